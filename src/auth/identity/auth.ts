import type { RequestUser } from "../../bridge/request-types.ts";
import { currentDatabase } from "../../models/database/context.ts";
import type { Database } from "../../models/database/database.ts";
import { objects, type QuerySet } from "../../models/query/query-set.ts";
import { AppPart } from "../../running-app.ts";
import { type AuthSettings, type ResolvedAuthSettings, resolveAuthSettings } from "../auth-settings.ts";
import { authErrors } from "../errors.ts";
import type { StoredUser } from "../users/stored-user.ts";
import { isUserModel, User, type UserModel } from "../users/user-model.ts";
import { IdentityCache, type UserEntry } from "./identity-cache.ts";
import { modelBackend } from "./model-backend.ts";
import { anonymousFor, SignedInUser, showUser } from "./signed-in-user.ts";

export type { AuthSettings, ResolvedAuthSettings, TryCounter } from "../auth-settings.ts";
export type { LoginField } from "../options.ts";

const authPart = new AppPart<Auth>("auth");

/** What an `Auth` may be told beside its settings. */
export interface AuthOptions {
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number;
}

/** Users and sign-in of one database: its settings, its user model, and what is known of its users. */
export class Auth {
  readonly database: Database;
  readonly settings: ResolvedAuthSettings;
  /** The app's own user model if it has one, else `User`. */
  readonly user: UserModel;
  /** Users that were read, with their permissions and groups. */
  readonly users: IdentityCache;
  /** Who is not signed in. */
  readonly anonymous: RequestUser;

  /** @throws AUTH_USER_MODEL_TWICE, AUTH_LOGIN_FIELDS_INVALID, AUTH_SIGNUP_FIELD_FORBIDDEN, AUTH_BACKEND_TWICE */
  constructor(database: Database, settings: AuthSettings = {}, options: AuthOptions = {}) {
    this.database = database;
    this.settings = resolveAuthSettings(settings, modelBackend);
    this.user = userModelOf([...database.models.values()]);
    this.users = new IdentityCache({ database, model: this.user, secrets: this.settings.secrets, ...options });
    this.anonymous = anonymousFor(this);
  }

  /** The row of one user, to be read and written. */
  row(id: number | string): QuerySet<UserModel> {
    // The app's own model may have keys of another kind.
    return objects(this.user).filter({ id: id as number });
  }

  /** A user as views and events see him. */
  show(entry: UserEntry): RequestUser {
    return showUser(this, entry);
  }

  /** What is known of a user; he is read if he was made elsewhere. */
  async entryOf(user: { readonly id: number | string | null }): Promise<UserEntry | null> {
    const known = user instanceof SignedInUser ? SignedInUser.entryOf(user) : undefined;
    if (known) return known;
    return user.id === null ? null : this.users.load(user.id);
  }

  /** A user by his key, as views and events see him; undefined when there is none. */
  async load(id: number | string): Promise<RequestUser | undefined> {
    const entry = await this.users.load(id);
    return entry ? this.show(entry) : undefined;
  }

  /** Whether a session of this user counts that he has begun by the back end of this name. */
  accepts(backendName: unknown, user: StoredUser): boolean {
    const backend = this.settings.backends.find(({ name }) => name === backendName);
    return backend !== undefined && (backend.acceptsUser?.(user) ?? user.isActive);
  }

  /** The back end of a name; without one, the first. @throws AUTH_BACKEND_UNKNOWN */
  backendName(name?: string): string {
    const names = this.settings.backends.map((backend) => backend.name);
    if (name !== undefined && !names.includes(name)) throw authErrors.AUTH_BACKEND_UNKNOWN(name, names);
    return name ?? (names[0] as string);
  }
}

/** Gives a database its settings of users and sign-in. */
export function bindAuth(database: Database, settings: AuthSettings = {}, options: AuthOptions = {}): Auth {
  const auth = new Auth(database, settings, options);
  database.app.put(authPart, auth);
  return auth;
}

/** Users and sign-in of a database; with the usual settings when it was given none. */
export function authOf(database: Database): Auth {
  return database.app.get(authPart) ?? bindAuth(database);
}

/** Users and sign-in of the running code's database. @throws DATABASE_NOT_OPEN */
export function currentAuth(): Auth {
  return authOf(currentDatabase());
}

function userModelOf(models: readonly unknown[]): UserModel {
  const [one = User, other] = models.filter(isUserModel);
  if (other) throw authErrors.AUTH_USER_MODEL_TWICE(one.name, other.name);
  return one;
}
