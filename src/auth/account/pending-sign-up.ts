import { randomBytes, randomInt } from "node:crypto";
import type { RequestSession, RequestUser } from "../../bridge/request-types.ts";
import { sendMail } from "../../mail/current-mail.ts";
import { isPlainObject } from "../../protocol/values.ts";
import { SIGN_IN_PREFIX } from "../../sessions/reserved-keys.ts";
import { setReserved } from "../../sessions/session.ts";
import { isSignature, signature } from "../../signing/signing.ts";
import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import { countedTry } from "../throttle/counted-try.ts";
import { tryKeys } from "../throttle/try-keys.ts";
import { insertUser, isEmailTaken, type NewUser } from "./create-user.ts";
import { login, requestOf } from "./login.ts";
import { baseFor } from "./password-reset.ts";
import { sentForm } from "./sent-form.ts";
import { asSignUpError, checkedUser, type SignUpData, typedName } from "./sign-up.ts";
import { writeTakenMail, writeVerifyMail } from "./verify-mail.ts";

const KEY = `${SIGN_IN_PREFIX}_pending_sign_up`;
const CODE = "antiphon.auth.verify-code";
const LINK = "antiphon.auth.verify-link";
/** Wrong codes after which another one has to be sent. */
const MOST_TRIES = 5;
const CODE_LENGTH = 6;

/** An account that is made once its e-mail address is proven. It lies in the session: until then there is no row. */
interface PendingSignUp {
  readonly user: NewUser;
  /** Hash of the password. */
  readonly password: string;
  /** Names this try in links and counts. */
  readonly nonce: string;
  /** Signature of the code. */
  readonly code: string;
  readonly tries: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Begins a sign-up whose e-mail address has to be proven: mails a code of six digits and a link. The account is made by
 * `finishSignUp()`, so nobody can take an address that is not theirs, and there is nothing to clean up.
 *
 * An address that has an account gets the same answer; its owner is told by mail. Whether a username is taken is told.
 *
 * @throws AUTH_SIGNUP_DISABLED (403), AUTH_SIGNUP_INVALID (400), AUTH_USERNAME_TAKEN (409), AUTH_THROTTLED (429), RESET_URL_MISSING, AUTH_NO_REQUEST
 * @example
 * await beginSignUp({ username, email, password, confirmPassword });
 */
export async function beginSignUp(data: SignUpData): Promise<void> {
  const auth = currentAuth();
  const { signupEnabled, throttle, logger, hashing } = auth.settings;
  if (!signupEnabled) throw authErrors.AUTH_SIGNUP_DISABLED();
  const context = requestOf("beginSignUp");
  const base = baseFor(auth.settings.publicUrl, context);
  const form = sentForm(data);
  const tries = [tryKeys(context, typedName(form))];
  await countedTry(throttle, { purpose: "signup", tries, logger }, async () => {
    const { password, ...user } = await checkedUser(auth, form, { provesEmail: true });
    const encoded = await hashing.hash(password);
    await send(auth, context.session, { base, user, password: encoded });
  });
}

/**
 * Returns the address that a code was mailed to; undefined if no sign-up of this session waits for one.
 *
 * @example
 * const email = pendingSignUp();
 */
export function pendingSignUp(): string | undefined {
  const email = stored(requestOf("pendingSignUp").session)?.user["email"];
  return typeof email === "string" ? email : undefined;
}

/**
 * Mails another code, which takes the place of the one before.
 *
 * @throws AUTH_VERIFY_INVALID (400) if no sign-up of this session waits, AUTH_THROTTLED (429), AUTH_NO_REQUEST
 * @example
 * await resendSignUpCode();
 */
export async function resendSignUpCode(): Promise<void> {
  const context = requestOf("resendSignUpCode");
  const auth = currentAuth();
  const { throttle, logger, publicUrl } = auth.settings;
  const pending = stored(context.session);
  if (!pending) throw authErrors.AUTH_VERIFY_INVALID(auth.settings.messages.verifyNothing);
  const tries = [tryKeys(context, pending.user.email)];
  await countedTry(throttle, { purpose: "verify", tries, logger }, () =>
    send(auth, context.session, { base: baseFor(publicUrl, context), user: pending.user, password: pending.password }),
  );
}

/** What proves an address: the code of the mail, or the key of its link. Both come from a browser. */
export interface EmailProof {
  readonly code?: unknown;
  readonly key?: unknown;
}

/**
 * Makes the account of this session's sign-up and signs it in, if the code of the mail or the key of its link is right.
 *
 * The key counts in the session that signed up, and nowhere else: who forwards or scans the mail gets nothing by it.
 *
 * @throws AUTH_VERIFY_INVALID (400), AUTH_USERNAME_TAKEN and AUTH_EMAIL_TAKEN (409), AUTH_SIGNUP_DISABLED (403), AUTH_THROTTLED (429), AUTH_NO_REQUEST
 * @example
 * await finishSignUp({ code: form.code });
 */
export async function finishSignUp(given: EmailProof): Promise<RequestUser> {
  const { code, key } = sentForm(given);
  const context = requestOf("finishSignUp");
  const auth = currentAuth();
  const { signupEnabled, messages, secrets, throttle, logger } = auth.settings;
  if (!signupEnabled) throw authErrors.AUTH_SIGNUP_DISABLED();
  const { session } = context;
  const pending = stored(session);
  if (!pending) throw authErrors.AUTH_VERIFY_INVALID(messages.verifyNothing);
  const isByLink = key !== undefined && isSignature(LINK, pending.nonce, key, secrets) >= 0;
  if (!isByLink) {
    const keys = tryKeys(context, pending.nonce);
    await countedTry(throttle, { purpose: "verify", tries: [keys], logger }, async () => {
      const typed = typeof code === "string" ? code.replace(/\s/g, "") : "";
      const isRight =
        pending.tries < MOST_TRIES && isSignature(CODE, signedCode(pending.nonce, typed), pending.code, secrets) >= 0;
      if (isRight) return;
      setReserved(session, KEY, { ...pending, tries: pending.tries + 1 });
      throw authErrors.AUTH_VERIFY_INVALID(
        code === undefined ? messages.verifyLinkInvalid : messages.verifyCodeInvalid,
      );
    });
    await throttle?.succeed("verify", keys);
  }
  const { user, password } = pending;
  const row = await insertUser(auth, user, { uniqueEmail: true, encoded: password }).catch(asSignUpError);
  session.delete(KEY);
  return login(row);
}

/** Whether a key of a link counts in this session, for the page behind it. It is not used up. */
export function isSignUpLink(key: unknown): boolean {
  const pending = stored(requestOf("isSignUpLink").session);
  return pending !== undefined && isSignature(LINK, pending.nonce, key, currentAuth().settings.secrets) >= 0;
}

interface Sending {
  readonly base: string;
  readonly user: NewUser;
  readonly password: string;
}

/** Keeps the sign-up and mails its code. For an address that has an account the same work is done, with another mail. */
async function send(auth: Auth, session: RequestSession, { base, user, password }: Sending): Promise<void> {
  const { secrets, verifyTimeout, verifyEmailUrl, passwordResetUrl, passwordResetEnabled, logger } = auth.settings;
  const email = String(user.email);
  const nonce = randomBytes(16).toString("base64url");
  const code = String(randomInt(10 ** CODE_LENGTH)).padStart(CODE_LENGTH, "0");
  const secret = secrets[0] ?? "";
  const pending: PendingSignUp = {
    user,
    password,
    nonce,
    code: signature(CODE, signedCode(nonce, code), secret),
    tries: 0,
    expiresAt: Date.now() + verifyTimeout * 1_000,
  };
  setReserved(session, KEY, pending);
  const url = `${base}${verifyEmailUrl}?key=${signature(LINK, nonce, secret)}`;
  const values = { url, code, minutes: Math.floor(verifyTimeout / 60) };
  const isTaken = await isEmailTaken(auth, email);
  const reset = passwordResetEnabled ? base + passwordResetUrl : undefined;
  try {
    sendMail(isTaken ? writeTakenMail(email, reset) : writeVerifyMail(email, values));
  } catch (err) {
    // Thrown, it would tell one kind of address from the other.
    logger?.error({ err }, "The mail of a sign-up could not be written.");
  }
}

function signedCode(nonce: string, code: string): string {
  return JSON.stringify([nonce, code]);
}

function stored(session: RequestSession): PendingSignUp | undefined {
  const kept: unknown = session.get(KEY);
  if (!isPlainObject(kept) || !isPlainObject(kept["user"])) return undefined;
  const pending = kept as unknown as PendingSignUp;
  return pending.expiresAt > Date.now() ? pending : undefined;
}
