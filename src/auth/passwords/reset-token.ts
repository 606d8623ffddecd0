import { isSignature, signature } from "../../signing/signing.ts";
import { signInOptions } from "../options.ts";

/** What a reset link depends on: it is worth nothing once any of it has changed. */
export interface ResetUser {
  readonly id: number | string;
  readonly email: string;
  /** The stored hash, whose salt is another one after every change. */
  readonly password: string;
  /** A moment in any form that a row has. */
  readonly lastLogin: Date | string | number | null;
  readonly isActive: boolean;
}

/** Secrets and time for tokens. */
export interface ResetTokenOptions {
  /** The first one signs, all of them count. */
  readonly secrets: readonly string[];
  /** Seconds that a token is good for; an hour when absent. */
  readonly timeout?: number;
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number;
}

const PURPOSE = "antiphon.auth.password-reset";
const LONGEST_UID = 400;

/** Stands for users that do not exist, so that asking for them is the same work. */
const NOBODY: ResetUser = { id: 0, email: "", password: "!", lastLogin: null, isActive: false };

/**
 * Makes the token of a reset link: the moment and a signature over the user as he is now. Nothing is stored.
 *
 * @throws SIGNING_SECRET_MISSING
 * @example
 * const token = makeResetToken(user, { secrets: ["the app's secret key"] });
 */
export function makeResetToken(user: ResetUser, { secrets, now = Date.now }: ResetTokenOptions): string {
  const moment = Math.floor(now() / 1000).toString(36);
  return `${moment}-${signature(PURPOSE, signed(user, moment), secrets[0] ?? "")}`;
}

/**
 * Whether a token was made for a user as he is now, and is not too old. Give undefined for a user that does not exist.
 *
 * @throws SIGNING_SECRET_MISSING
 */
export function checkResetToken(user: ResetUser | undefined, token: unknown, options: ResetTokenOptions): boolean {
  const { secrets, timeout = signInOptions.passwordResetTimeout.default, now = Date.now } = options;
  const [, moment = "0", given] =
    (typeof token === "string" && /^([1-9a-z][0-9a-z]{0,9})-([\w-]{43})$/.exec(token)) || [];
  const isMade = isSignature(PURPOSE, signed(user ?? NOBODY, moment), given, secrets) >= 0;
  const age = Math.floor(now() / 1000) - Number.parseInt(moment, 36);
  return isMade && user?.isActive === true && age <= timeout;
}

/** A user's key as it stands in a reset link. */
export function encodeUid(id: number | string): string {
  return Buffer.from(String(id), "utf8").toString("base64url");
}

/** The key that stands in a reset link, as a text; undefined when there is none. It may be no user's, or no key at all. */
export function decodeUid(uid: unknown): string | undefined {
  if (typeof uid !== "string" || uid.length > LONGEST_UID || !/^[\w-]+$/.test(uid)) return undefined;
  const id = Buffer.from(uid, "base64url").toString("utf8");
  // One spelling for each key, and no bytes that are no text.
  return encodeUid(id) === uid ? id : undefined;
}

/** As JSON, so that no value can pass for the end of one and the beginning of the next. */
function signed({ id, password, lastLogin, email }: ResetUser, moment: string): string {
  const login = lastLogin === null ? null : Math.floor(new Date(lastLogin).getTime() / 1000);
  return JSON.stringify([String(id), password, login, moment, email]);
}
