import { currentRequest } from "../../bridge/current-request.ts";
import type { AppRequest, RequestUser } from "../../bridge/request-types.ts";
import { authErrors } from "../errors.ts";
import { currentAuth } from "../identity/auth.ts";
import { accountsOf } from "../identity/model-backend.ts";
import { isDenied } from "../identity/permission-checks.ts";
import { countedTry } from "../throttle/counted-try.ts";
import type { ThrottleKeys } from "../throttle/throttle.ts";
import { tryKeys } from "../throttle/try-keys.ts";
import type { Credentials } from "../users/auth-backend.ts";
import type { StoredUser } from "../users/stored-user.ts";
import type { UserRow } from "../users/user-model.ts";
import { foldUsername, isAddress } from "../users/username.ts";
import { login, requestOf } from "./login.ts";
import { sentForm } from "./sent-form.ts";
import { maskCredentials, userLoginFailed } from "./signals.ts";

/** An authenticated user and their back end. */
export interface Authenticated {
  readonly user: UserRow;
  readonly backend: string;
}

/**
 * Returns the user with these credentials, or undefined. It does not sign them in, and does not count tries: `signIn()`
 * does both.
 *
 * With the usual back end, `username` may be an e-mail address if `auth.loginFields` says so. A value that is not a text
 * matches no user.
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

/** Calls the back ends in their order. `accounts` are those that the credentials may be for, if they were read already. */
export async function findUser(
  credentials: Credentials,
  request: AppRequest | undefined,
  accounts?: readonly StoredUser[],
): Promise<Authenticated | undefined> {
  const auth = currentAuth();
  for (const backend of auth.settings.backends) {
    if (!backend.authenticate || backend.accepts?.(credentials) === false) continue;
    try {
      const found = await backend.authenticate(credentials, { auth, request, accounts });
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
 * text that was typed and by the account that they are for, and the answer to all of them is the same. A failed try leaves
 * the session as it was.
 *
 * @throws AUTH_CREDENTIALS_INVALID (400), AUTH_INACTIVE (403), AUTH_THROTTLED (429), AUTH_NO_REQUEST
 * @example
 * await signIn({ username: form.username, password: form.password });
 */
export async function signIn(credentials: Credentials): Promise<RequestUser> {
  const context = requestOf("signIn");
  const auth = currentAuth();
  const { throttle, messages, logger } = auth.settings;
  const form = { ...sentForm(credentials) };
  const typed = form["username"] ?? form["email"];
  const keys = tryKeys(context, typed);
  let accounts: readonly StoredUser[] | undefined;
  let names: readonly CountedName[] = [];
  const more = async () => {
    accounts = await accountsOf(auth, form);
    names = namesToCount(keys, typed, accounts);
    return names.slice(1).map((name) => name.keys);
  };
  const found = await countedTry(throttle, { purpose: "login", tries: [keys], more, logger }, () =>
    findUser(form, currentRequest(), accounts),
  );
  if (!found) throw authErrors.AUTH_CREDENTIALS_INVALID(messages.invalidCredentials);
  for (const { keys: counted, owner } of names) {
    const isTheirs = owner === undefined || owner === found.user.id;
    await (isTheirs ? throttle?.succeed("login", counted) : throttle?.refund("login", counted));
  }
  if (!found.user.isActive) throw authErrors.AUTH_INACTIVE(messages.inactive);
  return login(found.user, { backend: found.backend });
}

/** A name that a try is counted under, with the id of the account whose count it is; undefined if it is of no account. */
interface CountedName {
  readonly keys: ThrottleKeys;
  readonly owner: StoredUser["id"] | undefined;
}

/**
 * Returns the names that a try is counted under: the typed text first, then the usernames of the accounts that it is for,
 * so that the name and the address of an account share a count. This tells one thing: if tries by a known username are
 * refused, the first try by an address is refused only if both are of one account. An address without an account is counted
 * twice, too: by tries with the address alone, neither the answers nor the work tell whether it has one.
 */
function namesToCount(keys: ThrottleKeys, typed: unknown, accounts: readonly StoredUser[]): readonly CountedName[] {
  if (typeof typed !== "string") return [{ keys, owner: undefined }];
  const folded = foldUsername(typed);
  const own = accounts.find(({ username }) => foldUsername(username) === folded);
  const alias = (identifier: string): ThrottleKeys => ({ ...keys, identifier, alias: true });
  const names: CountedName[] = [{ keys, owner: own?.id }];
  for (const { id, username } of accounts) if (id !== own?.id) names.push({ keys: alias(username), owner: id });
  // No username holds a space.
  if (names.length === 1 && isAddress(typed)) names.push({ keys: alias(`no account ${folded}`), owner: undefined });
  return names;
}
