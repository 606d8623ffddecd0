import type { RequestContext } from "../../bridge/request-context.ts";
import { sendMail } from "../../mail/current-mail.ts";
import { objects } from "../../models/query/query-set.ts";
import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import { tryKeys } from "../throttle/try-keys.ts";
import { USER_FIELDS, userKey } from "../users/stored-user.ts";
import { isStorable } from "../users/username.ts";
import { requestOf } from "./login.ts";
import { PasswordReset, type ResettingUser } from "./password-reset.ts";
import { forgetResetToken, moveResetTokenToSession, resetTokenOfSession } from "./reset-session.ts";
import { sentForm } from "./sent-form.ts";
import { passwordChanged } from "./signals.ts";

/** A new password, with the parts of the link that lets somebody set it. It comes from a browser: anything may stand in it. */
export interface NewPassword {
  readonly uid: unknown;
  /** The link's key, or `KEPT_KEY` for the one that `keepPasswordReset()` put into the session. */
  readonly key: unknown;
  readonly password: unknown;
  /** The password typed once more; when it is absent, it is not compared. */
  readonly repeated?: unknown;
}

/** Stands in an address in place of a key that is kept in the session. */
export const KEPT_KEY = "set-password";

/**
 * Sends a link to a new password to whoever has this e-mail address; the answer is the same when nobody has.
 *
 * The link begins with `publicUrl`; in development the address that was asked for may stand in.
 *
 * @throws AUTH_RESET_DISABLED (403), AUTH_THROTTLED (429), RESET_URL_MISSING, AUTH_NO_REQUEST
 * @example
 * await requestPasswordReset(form.email);
 */
export async function requestPasswordReset(email: unknown): Promise<void> {
  const { auth, context } = resetting("requestPasswordReset");
  const { publicUrl } = auth.settings;
  const origin = typeof publicUrl === "function" ? publicUrl(context) : undefined;
  await resetOf(auth).request(email, { ...tryKeys(context), origin });
}

/**
 * Whether a link to a new password is good at this moment, for the page behind it. Looking at it does not use it up.
 *
 * @throws AUTH_RESET_DISABLED (403), AUTH_NO_REQUEST
 * @example
 * this.isGood = await checkPasswordReset(uid, key);
 */
export async function checkPasswordReset(uid: unknown, key: unknown): Promise<boolean> {
  const { auth, context } = resetting("checkPasswordReset");
  return resetOf(auth).check(uid, keyOf(context, uid, key));
}

/**
 * Looks at a link and keeps its key in the session, so that the page goes on under an address with `KEPT_KEY` in the key's
 * place: an address stays in the browser's history, and other sites may be told of it. False for a link that is no good.
 *
 * @throws AUTH_RESET_DISABLED (403), AUTH_NO_REQUEST
 * @example
 * if (await keepPasswordReset(uid, key)) return redirect(`/password-reset/confirm/${uid}/${KEPT_KEY}`);
 */
export async function keepPasswordReset(uid: unknown, key: unknown): Promise<boolean> {
  const { context } = resetting("keepPasswordReset");
  if (!(await checkPasswordReset(uid, key))) return false;
  if (key !== KEPT_KEY) moveResetTokenToSession(context.session, String(uid), String(key));
  return true;
}

/**
 * Sets a new password by the link of a mail, which works once. All sessions of the user end; nobody is signed in by it,
 * unless what it returns is given to `login()`.
 *
 * @throws RESET_LINK_INVALID, PASSWORD_MISMATCH and PASSWORD_INVALID (400), AUTH_RESET_DISABLED (403), AUTH_THROTTLED (429), AUTH_BUSY, AUTH_NO_REQUEST
 * @example
 * await confirmPasswordReset({ uid, key, password: form.password, repeated: form.repeated });
 */
export async function confirmPasswordReset(given: NewPassword): Promise<{ readonly id: number | string }> {
  const { auth, context } = resetting("confirmPasswordReset");
  const { uid, key, password, repeated } = sentForm(given);
  const token = keyOf(context, uid, key);
  const id = await resetOf(auth).confirm({ uid, token, password, repeated, ...tryKeys(context) });
  forgetResetToken(context.session);
  await passwordChanged.send({ userId: id, password: String(password) });
  return { id };
}

/** @throws AUTH_RESET_DISABLED, AUTH_NO_REQUEST */
function resetting(call: string): { readonly auth: Auth; readonly context: RequestContext } {
  const auth = currentAuth();
  if (!auth.settings.passwordResetEnabled) throw authErrors.AUTH_RESET_DISABLED();
  return { auth, context: requestOf(call) };
}

function keyOf(context: RequestContext, uid: unknown, key: unknown): unknown {
  return key === KEPT_KEY ? resetTokenOfSession(context.session, uid) : key;
}

const resets = new WeakMap<Auth, PasswordReset>();

function resetOf(auth: Auth): PasswordReset {
  const known = resets.get(auth);
  if (known) return known;
  const made = makeReset(auth);
  resets.set(auth, made);
  return made;
}

function makeReset(auth: Auth): PasswordReset {
  const { hashing, throttle, secrets, publicUrl, passwordResetConfirmUrl, passwordValidators, resetMail, logger } =
    auth.settings;
  return new PasswordReset({
    findUsers: (email) => usersOfAddress(auth, email),
    findUser: (id) => userOfKey(auth, id),
    savePassword: async (id, before, password) =>
      (await auth.row(id).filter({ password: before }).update({ password })) > 0,
    hashing,
    throttle: throttle ?? { begin: async () => {}, succeed: async () => {}, refund: async () => {} },
    mail: { send: sendMail },
    secrets,
    ...(typeof publicUrl === "string" ? { publicUrl } : { development: true }),
    path: passwordResetConfirmUrl,
    timeout: auth.settings.passwordResetTimeout,
    rules: { validators: passwordValidators },
    templates: resetMail,
    ...(logger ? { logger } : {}),
  });
}

/** What a link depends on, which is more than views and events are told of a user. */
const FIELDS = [...USER_FIELDS, "lastLogin"] as const;

/** Users whose address may be this one: what a database takes for equal may only look alike. */
async function usersOfAddress(auth: Auth, email: string): Promise<readonly ResettingUser[]> {
  if (email === "" || !isStorable(email)) return [];
  return objects(auth.user)
    .filter({ email: { iexact: email } })
    .orderBy("id")
    .rows(FIELDS);
}

async function userOfKey(auth: Auth, id: string): Promise<ResettingUser | undefined> {
  const key = userKey(auth.user, id);
  if (key === undefined) return undefined;
  const [user] = await auth.row(key).rows(FIELDS);
  return user;
}
