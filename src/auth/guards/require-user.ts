import { currentUser } from "../../bridge/current-request.ts";
import type { RequestUser } from "../../bridge/request-types.ts";
import { authErrors } from "../errors.ts";

/** Somebody who is signed in, and so has a key. */
export interface KnownUser extends RequestUser {
  readonly id: number | string;
  readonly isAuthenticated: true;
}

/**
 * The user who makes the current request, in code that is of no use to anybody else.
 *
 * @throws AUTH_REQUIRED (401) when nobody is signed in
 * @example
 * const mine = await objects(Note).filter({ user: requireUser().id }).rows();
 */
export function requireUser(): KnownUser {
  const user = currentUser();
  if (!isKnown(user)) throw authErrors.AUTH_REQUIRED();
  return user;
}

function isKnown(user: RequestUser): user is KnownUser {
  return user.isAuthenticated && user.id !== null;
}
