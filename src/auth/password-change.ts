import { passwordErrors } from "./password-errors.ts";
import type { PasswordHashing } from "./password-hash.ts";
import { type PasswordCheckOptions, type PasswordOwner, readNewPassword } from "./password-rules.ts";
import type { Throttle } from "./throttle.ts";

/** Who changes his password, and with what. Nothing that was typed is trusted. */
export interface PasswordChange {
  readonly user: PasswordOwner & { readonly id: number | string; readonly password: string };
  readonly oldPassword: unknown;
  readonly password: unknown;
  /** The new password typed once more, where the form asks for it. */
  readonly repeated?: unknown;
  /** `request.ip`. */
  readonly ip: string;
}

/** What changing a password needs. */
export interface PasswordChangeOptions {
  readonly hashing: PasswordHashing;
  /** Who found an open screen must not try out passwords there. */
  readonly throttle: Throttle;
  readonly rules?: PasswordCheckOptions;
}

/**
 * Looks at a change of a password by its owner, who has to know the old one, and gives the hash to store.
 *
 * Store it only while the stored one is still `user.password`, and then keep the session that made the change alive.
 *
 * @throws PASSWORD_OLD_WRONG, PASSWORD_MISMATCH, PASSWORD_INVALID, AUTH_THROTTLED, AUTH_BUSY
 * @example
 * const hash = await changedPassword({ user, oldPassword, password, ip: request.ip }, { hashing, throttle });
 */
export async function changedPassword(change: PasswordChange, options: PasswordChangeOptions): Promise<string> {
  const { user, oldPassword, password, repeated, ip } = change;
  const { hashing, throttle, rules } = options;
  const keys = { ip, identifier: String(user.id) };
  await throttle.begin("change", keys);
  const isRight = typeof oldPassword === "string" && (await hashing.verify(oldPassword, user.password));
  if (!isRight) throw passwordErrors.PASSWORD_OLD_WRONG();
  await throttle.succeed("change", keys);
  return hashing.hash(await readNewPassword(password, repeated, user, rules));
}
