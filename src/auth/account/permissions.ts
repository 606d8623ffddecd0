import type { RequestUser } from "../../bridge/request-types.ts";
import { objects, type QuerySet } from "../../models/query/query-set.ts";
import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import { checkModule, checkPermission, checkPermissions, collectPermissions } from "../identity/permission-checks.ts";
import { SignedInUser } from "../identity/signed-in-user.ts";
import type { UserModel } from "../users/user-model.ts";
import type { UserLike } from "./login.ts";

/**
 * Whether a user may do something, `app.codename`; with an object, whether he may do it to that one. For the user of a
 * request `request.user.hasPerm()` says the same.
 *
 * An active superuser may do everything, one who is not active nothing. Permissions of the user table are for all
 * objects, so that the usual back end says no when it is asked about one.
 *
 * @example
 * if (await hasPerm(row, "notes.change_note")) { … }
 */
export async function hasPerm(user: UserLike, permission: string, object?: unknown): Promise<boolean> {
  const auth = currentAuth();
  return checkPermission(auth, await asked(auth, user), permission, object);
}

/**
 * Whether a user may do all of it; yes for an empty list.
 *
 * @throws AUTH_PERMISSIONS_LIST for anything but a list
 */
export async function hasPerms(user: UserLike, permissions: readonly string[], object?: unknown): Promise<boolean> {
  const auth = currentAuth();
  return checkPermissions(auth, await asked(auth, user), permissions, object);
}

/** Whether a user has any permission of an app. */
export async function hasModulePerms(user: UserLike, app: string): Promise<boolean> {
  const auth = currentAuth();
  return checkModule(auth, await asked(auth, user), app);
}

/** Whether a user is in a group, by the group's name; a superuser is in those that he is in, and no others. */
export async function hasGroup(user: UserLike, name: string): Promise<boolean> {
  return (await asked(currentAuth(), user)).hasGroup(name);
}

/** All that a user may do, as `app.codename`; of a superuser every permission there is. */
export async function permissionsOf(user: UserLike, object?: unknown): Promise<ReadonlySet<string>> {
  const auth = currentAuth();
  return collectPermissions(auth, await asked(auth, user), object);
}

/** What `usersWithPerm` may be told. */
export interface WithPermOptions {
  /** Only users who are active, or only those who are not; null for both. True when absent. */
  readonly isActive?: boolean | null;
  /** Whether superusers count, who have every permission; true when absent. */
  readonly includeSuperusers?: boolean;
}

/**
 * Users who have a permission by themselves, by a group, or as superusers. A permission that does not exist has the
 * superusers alone.
 *
 * @throws AUTH_PERMISSION_NAME
 * @example
 * const editors = await usersWithPerm("notes.change_note").orderBy("username").rows();
 */
export function usersWithPerm(permission: string, options: WithPermOptions = {}): QuerySet<UserModel> {
  const { isActive = true, includeSuperusers = true } = options;
  const auth = currentAuth();
  const [app, codename] = splitPermission(permission);
  const has = [
    { userPermissions: { app, codename } },
    { groups: { permissions: { app, codename } } },
    ...(includeSuperusers ? [{ isSuperuser: true }] : []),
  ];
  const users = objects(auth.user).filter({ $or: has });
  return isActive === null ? users : users.filter({ isActive });
}

/** App and codename of a permission. @throws AUTH_PERMISSION_NAME */
export function splitPermission(permission: string): [app: string, codename: string] {
  const parts = typeof permission === "string" ? permission.split(".") : [];
  const [app = "", codename = ""] = parts;
  if (parts.length !== 2 || app === "" || codename === "")
    throw authErrors.AUTH_PERMISSION_NAME(JSON.stringify(String(permission).slice(0, 80)));
  return [app, codename];
}

async function asked(auth: Auth, user: UserLike): Promise<RequestUser> {
  if (user instanceof SignedInUser) return user;
  return (user.id === null ? undefined : await auth.load(user.id)) ?? auth.anonymous;
}
