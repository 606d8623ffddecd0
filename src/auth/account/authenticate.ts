import { currentRequest } from "../../bridge/current-request.ts";
import type { AppRequest, RequestUser } from "../../bridge/request-types.ts";
import { authErrors } from "../errors.ts";
import { currentAuth } from "../identity/auth.ts";
import { accountsOf } from "../identity/model-backend.ts";
import { isDenied } from "../identity/permission-checks.ts";
import { countedTry } from "../throttle/counted-try.ts";
import { tryKeys } from "../throttle/try-keys.ts";
import type { Credentials } from "../users/auth-backend.ts";
import type { UserRow } from "../users/user-model.ts";
import { login, requestOf } from "./login.ts";
import { sentForm } from "./sent-form.ts";
import { maskCredentials, userLoginFailed } from "./signals.ts";

/** Who was let in, and by which back end. */
export interface Authenticated {
  readonly user: UserRow;
  readonly backend: string;
}

/**
 * Finds out who somebody is by what he says; undefined when nobody. It signs nobody in, and does not count tries:
 * `signIn()` does both.
 *
 * With the usual back end, `username` may be an e-mail address if `auth.loginFields` says so. What is no text is of no use.
 *
 * @throws AUTH_BUSY, AUTH_UNAVAILABLE
 * @example
 * const user = await authenticate({ username: "ada", password: "correct horse" });
 */
export async function authenticate(
  credentials: Credentials,
  request: AppRequest | undefined = currentRequest(),
): Promise<UserRow | undefined> {
  return (await findUser(sentForm(credentials), request))?.user;
}

/** Asks the back ends in their order. */
export async function findUser(
  credentials: Credentials,
  request: AppRequest | undefined,
): Promise<Authenticated | undefined> {
  const auth = currentAuth();
  for (const backend of auth.settings.backends) {
    if (!backend.authenticate || backend.accepts?.(credentials) === false) continue;
    try {
      const found = await backend.authenticate(credentials, { auth, request });
      const user = found && (await auth.row(found.id).first());
      if (user) return { user, backend: backend.name };
    } catch (error) {
      if (!isDenied(error)) throw error;
      break;
    }
  }
  await userLoginFailed.send({ credentials: maskCredentials(credentials), request });
  return undefined;
}

/**
 * Signs in a user who knows the password: for the form of a page, an event or a view. Wrong guesses are counted by the
 * account that they are for, and the answer to all of them is the same. A failed try leaves the session as it was.
 *
 * @throws AUTH_CREDENTIALS_INVALID (400), AUTH_INACTIVE (403), AUTH_THROTTLED (429), AUTH_NO_REQUEST
 * @example
 * await signIn({ username: form.username, password: form.password });
 */
export async function signIn(credentials: Credentials): Promise<RequestUser> {
  const context = requestOf("signIn");
  const { throttle, messages } = currentAuth().settings;
  const form = sentForm(credentials);
  const { username, email } = form;
  const accounts = await accountsOf(currentAuth(), form);
  // By account: its name and its address share one count, and no other account's sign-in begins that count again.
  const names = accounts.length > 0 ? accounts.map((account) => account.username) : [username ?? email];
  const tries = names.map((name) => tryKeys(context, name));
  const found = await countedTry(throttle, { purpose: "login", tries }, () => findUser(form, currentRequest()));
  if (!found) throw authErrors.AUTH_CREDENTIALS_INVALID(messages.invalidCredentials);
  for (const [index, keys] of tries.entries()) {
    const isTheirs = accounts.length === 0 || accounts[index]?.id === found.user.id;
    await (isTheirs ? throttle?.succeed("login", keys) : throttle?.refund("login", keys));
  }
  if (!found.user.isActive) throw authErrors.AUTH_INACTIVE(messages.inactive);
  return login(found.user, { backend: found.backend });
}
