import type { RequestUser } from "../../bridge/request-types.ts";
import { hasCode } from "../../errors.ts";
import { authErrors } from "../errors.ts";
import type { AuthBackend } from "../users/auth-backend.ts";
import type { Auth } from "./auth.ts";

/** Names of permissions, as `app.codename`. */
type Names = ReadonlySet<string>;

/** The answer of a back end that ends the search with a no. */
export function denied(): Error {
  return authErrors.AUTH_DENIED();
}

/** Whether an error is such an answer. */
export function isDenied(error: unknown): boolean {
  return hasCode(error, "AUTH_DENIED");
}

/** Asks the back ends in their order: the first yes counts, and a denial ends the search. */
export async function checkPermission(
  auth: Auth,
  user: RequestUser,
  permission: string,
  object: unknown,
): Promise<boolean> {
  if (typeof permission !== "string") return false;
  return ask(auth, user, (backend) => backend.hasPerm?.(user, permission, object, auth));
}

/** Whether all of them hold. @throws AUTH_PERMISSIONS_LIST */
export async function checkPermissions(
  auth: Auth,
  user: RequestUser,
  permissions: readonly string[],
  object: unknown,
): Promise<boolean> {
  if (!Array.isArray(permissions))
    throw authErrors.AUTH_PERMISSIONS_LIST(typeof permissions === "string" ? "a text" : typeof permissions);
  for (const permission of permissions) {
    if (!(await checkPermission(auth, user, permission, object))) return false;
  }
  return true;
}

/** Whether a user has any permission of an app. */
export async function checkModule(auth: Auth, user: RequestUser, app: string): Promise<boolean> {
  if (typeof app !== "string") return false;
  return ask(auth, user, (backend) => backend.hasModulePerms?.(user, app, auth));
}

/** All that the back ends know a user to be allowed. */
export async function collectPermissions(auth: Auth, user: RequestUser, object: unknown): Promise<Names> {
  if (user.isAuthenticated && !user.isActive) return new Set();
  const all = new Set<string>();
  for (const backend of backendsFor(auth, user)) {
    for (const name of (await backend.permissions?.(user, object, auth)) ?? []) all.add(name);
  }
  return all;
}

async function ask(
  auth: Auth,
  user: RequestUser,
  question: (backend: AuthBackend) => Promise<boolean> | undefined,
): Promise<boolean> {
  if (user.isAuthenticated) {
    if (!user.isActive) return false;
    if (user.isSuperuser) return true;
  }
  for (const backend of backendsFor(auth, user)) {
    try {
      if ((await question(backend)) === true) return true;
    } catch (error) {
      if (isDenied(error)) return false;
      throw error;
    }
  }
  return false;
}

function backendsFor(auth: Auth, user: RequestUser): readonly AuthBackend[] {
  const { backends } = auth.settings;
  return user.isAuthenticated ? backends : backends.filter((backend) => backend.knowsAnonymous === true);
}
