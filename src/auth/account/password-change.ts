import type { MailLogger } from "../../mail/mail-queue.ts";
import type { TryCounter } from "../auth-settings.ts";
import { authErrors } from "../errors.ts";
import { currentAuth } from "../identity/auth.ts";
import { announcePassword } from "../identity/session-hash.ts";
import { passwordErrors } from "../passwords/password-errors.ts";
import type { PasswordHashing } from "../passwords/password-hash.ts";
import { type PasswordCheckOptions, type PasswordOwner, readNewPassword } from "../passwords/password-rules.ts";
import { countedTry } from "../throttle/counted-try.ts";
import type { ThrottleKeys } from "../throttle/throttle.ts";
import { tryKeys } from "../throttle/try-keys.ts";
import { entryOf, renewSession, requestOf } from "./login.ts";
import { sentForm } from "./sent-form.ts";
import { passwordChanged } from "./signals.ts";

/** Who changes his password, and with what. Nothing that was typed is trusted. */
export interface PasswordChange extends Omit<ThrottleKeys, "identifier"> {
  readonly user: PasswordOwner & { readonly id: number | string; readonly password: string };
  readonly oldPassword: unknown;
  readonly password: unknown;
  /** The new password typed once more, where the form asks for it. */
  readonly repeated?: unknown;
}

/** What changing a password needs. */
export interface PasswordChangeOptions {
  readonly hashing: PasswordHashing;
  /** Counts guesses at the old password by a person who found an open screen. */
  readonly throttle: TryCounter | undefined;
  readonly rules?: PasswordCheckOptions;
  /** Gets the errors of counted tries that could not be given back. */
  readonly logger?: MailLogger | undefined;
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
  const { user, oldPassword, password, repeated, ...from } = change;
  const { hashing, throttle, rules, logger } = options;
  const keys = { ...from, identifier: String(user.id) };
  await countedTry(throttle, { purpose: "change", tries: [keys], logger }, async () => {
    const isRight = typeof oldPassword === "string" && (await hashing.verify(oldPassword, user.password));
    if (!isRight) throw passwordErrors.PASSWORD_OLD_WRONG();
  });
  await throttle?.succeed("change", keys);
  return hashing.hash(await readNewPassword(password, repeated, user, rules));
}

/** What a form to change a password sends. It comes from a browser: anything may stand in it. */
export interface ChangedPassword {
  readonly oldPassword: unknown;
  readonly newPassword: unknown;
  /** The new password typed once more; when it is absent, it is not compared. */
  readonly repeated?: unknown;
}

/**
 * Changes the password of who is signed in, who has to know the old one. The session that does it goes on under a new key
 * once the view or event has ended well; all other sessions of that user end.
 *
 * @throws AUTH_REQUIRED (401), PASSWORD_OLD_WRONG, PASSWORD_MISMATCH and PASSWORD_INVALID (400), AUTH_THROTTLED (429), AUTH_BUSY, AUTH_NO_REQUEST,
 * SESSION_INTERRUPTED
 * @example
 * await changePassword({ oldPassword: form.old, newPassword: form.password, repeated: form.repeated });
 */
export async function changePassword(given: ChangedPassword): Promise<void> {
  const { oldPassword, newPassword, repeated } = sentForm(given);
  const context = requestOf("changePassword");
  const auth = currentAuth();
  const { hashing, throttle, passwordValidators, logger } = auth.settings;
  const { id } = context.user;
  const user = id === null ? null : (await auth.users.read(id))?.user;
  if (!user) throw authErrors.AUTH_REQUIRED();
  const hash = await changedPassword(
    { ...tryKeys(context), user: { ...user }, oldPassword, password: newPassword, repeated },
    { hashing, throttle, logger, rules: { validators: passwordValidators } },
  );
  await announcePassword(auth, user, { password: hash, isSame: false }).catch(async (error: unknown) => {
    // It may have been ended by another change, which came first.
    const now = await auth.users.read(user.id);
    throw now?.user.password === user.password ? error : passwordErrors.PASSWORD_OLD_WRONG();
  });
  const saved = await auth.row(user.id).filter({ password: user.password }).update({ password: hash });
  // Somebody else has changed it since: the old one is another one now.
  if (saved === 0) throw passwordErrors.PASSWORD_OLD_WRONG();
  await passwordChanged.send({ userId: user.id, password: String(newPassword) });
  renewSession(context, await entryOf(auth, user, "changePassword"));
}
