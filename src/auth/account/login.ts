import { isSafeMethod } from "../../bridge/cross-site.ts";
import { currentContext, currentRequest } from "../../bridge/current-request.ts";
import type { RequestContext } from "../../bridge/request-context.ts";
import type { AppRequest, RequestSession, RequestUser } from "../../bridge/request-types.ts";
import { hasContext } from "../../models/database/context.ts";
import { setReserved } from "../../sessions/session.ts";
import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import type { UserEntry } from "../identity/identity-cache.ts";
import { pinUser } from "../identity/pinned-user.ts";
import { admitPassword } from "../identity/session-hash.ts";
import { USER_BACKEND, USER_HASH, USER_ID } from "../identity/session-keys.ts";
import { userLoggedIn, userLoggedOut } from "./signals.ts";

/** Anything that tells a user's key: a row, or a user of a request. */
export interface UserLike {
  readonly id: number | string | null;
}

/** What `login` may be told. */
export interface LoginOptions {
  /** Name of the back end that let the user in; the first of the settings when absent. */
  readonly backend?: string;
}

/**
 * Signs a user in, in the session of the running view or event; who he is must have been found out before.
 *
 * Values of somebody who was not signed in stay in the session, under a new key; those of another user go. It takes
 * effect for the browser when the view or event ends well. Most code calls `signIn()`, which asks for a password.
 *
 * @throws AUTH_INACTIVE (403) for a user whose session would count for nothing, AUTH_NO_REQUEST, AUTH_USER_MISSING,
 * AUTH_BACKEND_UNKNOWN
 * @example
 * const user = await authenticate({ username, password });
 * if (user) await login(user);
 */
export async function login(user: UserLike, options: LoginOptions = {}): Promise<RequestUser> {
  const context = requestOf("login");
  const auth = currentAuth();
  const backend = auth.backendName(options.backend);
  const entry = await entryOf(auth, user, "login");
  if (!auth.accepts(backend, entry.user)) throw authErrors.AUTH_INACTIVE(auth.settings.messages.inactive);
  const { session } = context;
  const known = session.get<unknown>(USER_ID);
  if (known === undefined) session.cycleKey();
  else changeHands(auth, session, entry);
  setReserved(session, USER_ID, String(entry.user.id));
  setReserved(session, USER_BACKEND, backend);
  setReserved(session, USER_HASH, entry.hashes.current);
  await auth.row(entry.user.id).update({ lastLogin: new Date() });
  renew(context, entry);
  await userLoggedIn.send({ request: currentRequest() as AppRequest, user: context.user });
  return context.user;
}

/** Another user's values are not for this one, nor are those of a time when somebody else knew the password. */
function changeHands(auth: Auth, session: RequestSession, entry: UserEntry): void {
  const secret = isOwn(session, entry) ? entry.hashes.match(session.get(USER_HASH)) : -1;
  if (secret < 0) endSession(auth, session);
  else if (secret > 0) session.cycleKey();
}

/**
 * Signs out who is signed in: the session ends, with all that it held, when the view or event ends well. A view that does
 * it must not answer GET, which any other site can make a browser ask for.
 *
 * @throws AUTH_NO_REQUEST, AUTH_LOGOUT_METHOD (405)
 * @example
 * app.post("/logout", async () => {
 *   await logout();
 *   return { ok: true };
 * });
 */
export async function logout(): Promise<void> {
  const context = requestOf("logout");
  const { kind, method, user } = context;
  if (kind === "view" && isSafeMethod(method))
    throw authErrors.AUTH_LOGOUT_METHOD.with({ details: { allow: "POST" } }, method);
  await userLoggedOut.send({
    request: currentRequest() as AppRequest,
    user: user.isAuthenticated ? user : null,
  });
  // An app without models has sessions too, and nobody who could sign in.
  endSession(hasContext() ? currentAuth() : undefined, context.session);
  context.forgetUser();
}

/** Ends a session. The values that the settings name go on in the next one: they belong to the browser, not to a user. */
function endSession(auth: Auth | undefined, session: RequestSession): void {
  const keys = auth?.settings.keptSessionKeys ?? [];
  const kept = keys.filter((key) => session.has(key)).map((key) => [key, session.get(key)]);
  session.flush();
  session.update(Object.fromEntries(kept));
}

/**
 * Keeps the session of the running view or event alive after its user's password was changed, under a new key; all other
 * sessions of that user end. Call it at once after `setPassword()`: another request of the same browser that comes in
 * between ends the session. `changePassword()` leaves no such gap.
 *
 * @throws AUTH_NO_REQUEST, AUTH_USER_MISSING, SESSION_INTERRUPTED
 * @example
 * await setPassword(currentUser(), password);
 * await updateSessionAuthHash(currentUser());
 */
export async function updateSessionAuthHash(user: UserLike): Promise<void> {
  const context = requestOf("updateSessionAuthHash");
  const auth = currentAuth();
  const entry = await entryOf(auth, user, "updateSessionAuthHash");
  if (isOwn(context.session, entry)) await admitPassword(auth, context.session, entry.hashes.current);
  renewSession(context, entry);
}

/** Gives the session of a request another key and, if it is this user's, the hash of his password. */
export function renewSession(context: RequestContext, entry: UserEntry): void {
  const { session } = context;
  session.cycleKey();
  if (!isOwn(session, entry)) return;
  setReserved(session, USER_HASH, entry.hashes.current);
  renew(context, entry);
}

function isOwn(session: RequestSession, entry: UserEntry): boolean {
  return session.get<unknown>(USER_ID) === String(entry.user.id);
}

/** The request whose session a call changes. @throws AUTH_NO_REQUEST */
export function requestOf(call: string): RequestContext {
  const context = currentContext();
  if (!context) throw authErrors.AUTH_NO_REQUEST(call);
  return context;
}

/** A user as the running code sees him. @throws AUTH_USER_MISSING */
export async function entryOf(auth: Auth, user: UserLike, call: string): Promise<UserEntry> {
  const entry = user.id === null ? null : await auth.users.read(user.id);
  if (!entry) throw authErrors.AUTH_USER_MISSING(call);
  return entry;
}

function renew(context: RequestContext, entry: UserEntry): void {
  pinUser(context, entry);
  context.forgetUser();
}
