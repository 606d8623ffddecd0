import { atomic } from "../../models/database/atomic.ts";
import { ConstraintError } from "../../models/database/database-errors.ts";
import { objects } from "../../models/query/query-set.ts";
import type { CreateData } from "../../models/query/query-set-types.ts";
import { readWrite } from "../../models/query/write-values.ts";
import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import { USERNAME_MAX_LENGTH, type UserModel, type UserRow } from "../users/user-model.ts";
import {
  foldUsername,
  isAddress,
  isSameEmail,
  isStorable,
  normalizeEmail,
  normalizeUsername,
} from "../users/username.ts";

/** What a new user is made of: a username, and any other fields of the user model. */
export type NewUser = Omit<CreateData<UserModel>, "password"> & {
  /** In plain text; without one, nobody can sign in with a password. */
  readonly password?: string | null;
  /** Fields that the app's own user model adds. */
  readonly [field: string]: unknown;
};

/**
 * Creates a user, active unless told otherwise. The password is hashed; whether it is a good one is not asked.
 *
 * @throws AUTH_USERNAME_INVALID, AUTH_USERNAME_TAKEN (also for another case), PASSWORD_TOO_LONG, ConstraintError, also when
 * a field of the app's own user model that needs a value has none
 * @example
 * const ada = await createUser({ username: "ada", email: "ada@example.org", password: "correct horse" });
 */
export function createUser(data: NewUser): Promise<UserRow> {
  return insertUser(currentAuth(), data, {});
}

/**
 * Creates a user who may do everything, in the app and in the admin.
 *
 * @throws AUTH_SUPERUSER_FLAGS, and what `createUser()` throws
 * @example
 * await createSuperuser({ username: "root", password });
 */
export async function createSuperuser(data: NewUser): Promise<UserRow> {
  for (const flag of ["isStaff", "isSuperuser"] as const) {
    if (data[flag] !== undefined && data[flag] !== true) throw authErrors.AUTH_SUPERUSER_FLAGS(flag);
  }
  return createUser({ ...data, isStaff: true, isSuperuser: true });
}

/** What creating a user may be told beside the data. */
export interface InsertOptions {
  /** Refuses an address that somebody has. */
  readonly uniqueEmail?: boolean;
  /** Hash of the password, made before. */
  readonly encoded?: string;
}

/** Creates a user; names that differ in case alone are the same name, also when two come at once. */
export async function insertUser(auth: Auth, data: NewUser, { uniqueEmail, encoded }: InsertOptions): Promise<UserRow> {
  const username = readUsername(data.username);
  const email = readEmail(data.email);
  const { hashing, messages } = auth.settings;
  // A hash is dear, and nothing may fail with one in hand that could have failed before.
  readWrite(auth.user, { ...data, username, email, password: hashing.unusable() }, "create");
  const made = typeof data.password === "string" ? await hashing.hash(data.password) : hashing.unusable();
  const password = encoded ?? made;
  try {
    return await atomic(async () => {
      await lockNames(auth, [foldUsername(username), email.toLowerCase()]);
      if (await isUsernameTaken(auth, username)) throw authErrors.AUTH_USERNAME_TAKEN(messages.usernameTaken);
      if (uniqueEmail && email !== "" && (await isEmailTaken(auth, email)))
        throw authErrors.AUTH_EMAIL_TAKEN(messages.emailTaken);
      return objects(auth.user).create({ ...data, username, email, password } as CreateData<UserModel>);
    });
  } catch (error) {
    if (!(error instanceof ConstraintError) || error.kind !== "unique") throw error;
    // Somebody else was faster.
    if (error.fields.includes("username"))
      throw authErrors.AUTH_USERNAME_TAKEN.with({ cause: error }, messages.usernameTaken);
    if (error.fields.includes("email")) throw authErrors.AUTH_EMAIL_TAKEN.with({ cause: error }, messages.emailTaken);
    throw error;
  }
}

/**
 * Whether a user has this name, or this text as an e-mail address, in any case. Names and addresses are typed into one
 * field, so that no text may stand for two users.
 */
export async function isUsernameTaken(auth: Auth, username: string): Promise<boolean> {
  return (await hasUsername(auth, username)) || (isAddress(username) && (await hasEmail(auth, username)));
}

/** Whether a user has this address, or this text as a name, in any case. */
export async function isEmailTaken(auth: Auth, email: string): Promise<boolean> {
  return (await hasEmail(auth, email)) || (await hasUsername(auth, normalizeUsername(email)));
}

async function hasUsername(auth: Auth, username: string): Promise<boolean> {
  if (!isStorable(username)) return false;
  return objects(auth.user)
    .filter({ username: { iexact: username } })
    .exists();
}

async function hasEmail(auth: Auth, email: string): Promise<boolean> {
  if (!isStorable(email)) return false;
  const rows = await objects(auth.user)
    .filter({ email: { iexact: email } })
    .rows(["email"]);
  return rows.some((row) => isSameEmail(row.email, email));
}

function readUsername(given: unknown): string {
  if (typeof given !== "string") throw authErrors.AUTH_USERNAME_INVALID("it is no text");
  const username = normalizeUsername(given);
  if (username === "") throw authErrors.AUTH_USERNAME_INVALID("it is empty");
  if (username.length > USERNAME_MAX_LENGTH)
    throw authErrors.AUTH_USERNAME_INVALID(`it is longer than ${USERNAME_MAX_LENGTH} characters`);
  if (!isStorable(username)) throw authErrors.AUTH_USERNAME_INVALID("it is no text");
  return username;
}

function readEmail(given: unknown): string {
  return typeof given === "string" ? normalizeEmail(given) : "";
}

/** Two requests for one name take turns. SQLite writes one after another. */
async function lockNames(auth: Auth, names: readonly string[]): Promise<void> {
  const { database } = auth;
  if (database.dialect === "mysql") return lockFirstUser(auth);
  if (database.dialect !== "postgres") return;
  // In one order everywhere, so that no two requests wait for each other.
  for (const name of new Set(names.filter((each) => each !== "").sort())) {
    await database.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`user ${name}`]);
  }
}

/** MySQL's named locks do not end with a transaction, so all new users take turns at the row of the first one. */
async function lockFirstUser({ database, user }: Auth): Promise<void> {
  const { tableName, primaryKeys, properties } = database.meta(user);
  const key = properties[primaryKeys[0] as never] as { readonly fieldNames: readonly string[] };
  const column = `\`${key.fieldNames[0]}\``;
  await database.execute(`select ${column} from \`${tableName}\` order by ${column} limit 1 for update`);
}
