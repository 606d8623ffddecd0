import type { RequestUser } from "../../bridge/request-types.ts";
import { objects } from "../../models/query/query-set.ts";
import { isTooLong } from "../passwords/password-hash.ts";
import type { AuthBackend, Credentials } from "../users/auth-backend.ts";
import { type StoredUser, USER_FIELDS } from "../users/stored-user.ts";
import { USERNAME_MAX_LENGTH } from "../users/user-model.ts";
import { isSameEmail, isStorable, normalizeUsername } from "../users/username.ts";
import type { Auth } from "./auth.ts";
import { upgradePassword } from "./session-hash.ts";

const NOTHING: ReadonlySet<string> = new Set();

/** Lets in active users of the user table who know their password, and allows what the tables of permissions say. */
export function modelBackend(): AuthBackend {
  return tableBackend("model", (user) => user.isActive);
}

/** Like the usual back end, but a user who is not active may sign in as well; he is still allowed nothing. */
export function allowAllUsersBackend(): AuthBackend {
  return tableBackend("allow-all-users", () => true);
}

function tableBackend(name: string, accepts: (user: StoredUser) => boolean): AuthBackend {
  return {
    name,
    accepts: ({ username, email, password }) =>
      password !== undefined && (username !== undefined || email !== undefined),
    acceptsUser: accepts,
    async authenticate(credentials, { auth, accounts }) {
      const found = await findByPassword(auth, credentials, accounts);
      return found && accepts(found) ? found : undefined;
    },
    async permissions(user, object, auth) {
      return object === undefined ? namesOf(user, auth) : NOTHING;
    },
    async hasPerm(user, permission, object, auth) {
      return object === undefined && (await namesOf(user, auth)).has(permission);
    },
    async hasModulePerms(user, app, auth) {
      for (const permission of await namesOf(user, auth)) if (permission.startsWith(`${app}.`)) return true;
      return false;
    },
  };
}

async function namesOf(user: RequestUser, auth: Auth): Promise<ReadonlySet<string>> {
  const entry = await auth.entryOf(user);
  return entry?.user.isActive ? auth.users.permissions(entry) : NOTHING;
}

/**
 * Returns the accounts that credentials may be for: the one with this username, then the one with this e-mail address if
 * no other user has it. Two of them only where a user's name is another user's address.
 */
export async function accountsOf(auth: Auth, { username, email }: Credentials): Promise<readonly StoredUser[]> {
  const identifier = username ?? email;
  if (typeof identifier !== "string" || identifier.trim() === "") return [];
  const { loginFields } = auth.settings;
  const named =
    username !== undefined && loginFields.includes("username") ? await byUsername(auth, identifier) : undefined;
  const addressed = loginFields.includes("email") ? await byEmail(auth, identifier) : undefined;
  return [named, addressed?.id === named?.id ? undefined : addressed].filter((user) => user !== undefined);
}

/** A wrong guess always costs a run of the hasher. */
async function findByPassword(
  auth: Auth,
  credentials: Credentials,
  known: readonly StoredUser[] | undefined,
): Promise<StoredUser | undefined> {
  const { username, email, password } = credentials;
  const identifier = username ?? email;
  if (typeof identifier !== "string" || typeof password !== "string") return undefined;
  if (identifier.trim() === "" || password === "" || isTooLong(password)) return undefined;
  const { hashing } = auth.settings;
  const accounts = known ?? (await accountsOf(auth, credentials));
  for (const user of accounts) {
    const right = await hashing.verify(password, user.password, {
      onUpgrade: (encoded) => upgradePassword(auth, user, { password, encoded }),
    });
    if (right) return user;
  }
  if (accounts.length === 0) await hashing.verify(password, undefined);
  return undefined;
}

async function byUsername(auth: Auth, identifier: string): Promise<StoredUser | undefined> {
  const username = normalizeUsername(identifier);
  if (username.length > USERNAME_MAX_LENGTH || !isStorable(username)) return undefined;
  const [row] = await objects(auth.user).filter({ username }).limit(1).rows(USER_FIELDS);
  return row;
}

async function byEmail(auth: Auth, identifier: string): Promise<StoredUser | undefined> {
  // With whatever stands around it: each spelling would be counted as a name of its own.
  if (!isStorable(identifier)) return undefined;
  const email = identifier.trim();
  if (!isStorable(email)) return undefined;
  const rows = await objects(auth.user)
    .filter({ email: { iexact: email } })
    .rows(USER_FIELDS);
  // What a database takes for equal may only look alike.
  const [row, other] = rows.filter((one) => isSameEmail(one.email, email));
  return other ? undefined : row;
}
