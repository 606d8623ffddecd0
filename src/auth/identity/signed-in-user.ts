import { anonymousUser } from "../../bridge/anonymous-user.ts";
import type { RequestUser } from "../../bridge/request-types.ts";
import { standForRow } from "../../models/schema/row-reference.ts";
import { authErrors } from "../errors.ts";
import type { Auth } from "./auth.ts";
import type { UserEntry } from "./identity-cache.ts";
import { checkModule, checkPermission, checkPermissions, collectPermissions } from "./permission-checks.ts";

/** A user of the database as views and events see him: a picture of the moment, without the password. */
export class SignedInUser implements RequestUser {
  readonly id: number | string;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isAuthenticated = true;
  readonly isActive: boolean;
  readonly isStaff: boolean;
  readonly isSuperuser: boolean;
  readonly #auth: Auth;
  readonly #entry: UserEntry;

  constructor(auth: Auth, entry: UserEntry) {
    const { user } = entry;
    this.#auth = auth;
    this.#entry = entry;
    this.id = user.id;
    this.username = user.username;
    this.email = user.email;
    this.firstName = user.firstName;
    this.lastName = user.lastName;
    this.isActive = user.isActive;
    this.isStaff = user.isStaff;
    this.isSuperuser = user.isSuperuser;
    standForRow(this, () => ({ model: auth.user, key: this.id }));
    Object.freeze(this);
  }

  /** What a user was made of; undefined for any other object. */
  static entryOf(user: RequestUser): UserEntry | undefined {
    return #entry in user ? user.#entry : undefined;
  }

  hasPerm(permission: string, object?: unknown): Promise<boolean> {
    return checkPermission(this.#auth, this, permission, object);
  }

  hasPerms(permissions: readonly string[], object?: unknown): Promise<boolean> {
    return checkPermissions(this.#auth, this, permissions, object);
  }

  hasModulePerms(app: string): Promise<boolean> {
    return checkModule(this.#auth, this, app);
  }

  async hasGroup(name: string): Promise<boolean> {
    return this.isActive && (await this.#auth.users.groups(this.#entry)).has(name);
  }

  async groupNames(): Promise<readonly string[]> {
    return this.isActive ? [...(await this.#auth.users.groups(this.#entry))] : [];
  }

  permissions(): Promise<ReadonlySet<string>> {
    return collectPermissions(this.#auth, this, undefined);
  }
}

// A query for the rows of nobody would find those that belong to nobody.
standForRow(anonymousUser, refuseNobody);

function refuseNobody(): never {
  throw authErrors.AUTH_REQUIRED();
}

/** The user of an entry; the same object as long as the entry is the same. */
export function showUser(auth: Auth, entry: UserEntry): RequestUser {
  entry.shown ??= new SignedInUser(auth, entry);
  return entry.shown;
}

/** Somebody who is not signed in, for an app whose back ends may allow him something. */
export function anonymousFor(auth: Auth): RequestUser {
  if (!auth.settings.backends.some((backend) => backend.knowsAnonymous === true)) return anonymousUser;
  const user: RequestUser = Object.freeze({
    ...anonymousUser,
    hasPerm: (permission: string, object?: unknown) => checkPermission(auth, user, permission, object),
    hasPerms: (permissions: readonly string[], object?: unknown) => checkPermissions(auth, user, permissions, object),
    hasModulePerms: (app: string) => checkModule(auth, user, app),
    permissions: () => collectPermissions(auth, user, undefined),
  });
  standForRow(user, refuseNobody);
  return user;
}
