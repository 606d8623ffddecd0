import { authErrors } from "../../auth/errors.ts";
import { guardErrors } from "../../auth/guard-errors.ts";
import type { RequestUser } from "../../bridge/request-types.ts";
import { hasCode } from "../../errors.ts";
import type { CrudContext } from "../types/context.ts";
import { shownError } from "./shown-error.ts";
import { specOf } from "./state-vars.ts";

/** The action that loads the list. */
export function listContext(user: RequestUser): CrudContext {
  return { action: "loadList", id: null, isNew: false, user };
}

/** The action that opens a row in the form. */
export function openContext(id: string | number, user: RequestUser): CrudContext {
  return { action: "startEdit", id, isNew: false, user };
}

/** The hooks around an action. */
interface ActionHooks {
  setup(context: CrudContext): unknown;
  checkPermissions(context: CrudContext): unknown;
  hasObjectPermission(context: CrudContext, row: object): Promise<boolean>;
  handleException(context: CrudContext, error: unknown): unknown;
  teardown(context: CrudContext): unknown;
}

/**
 * Runs work as an action: the login that it requires, `setup`, permissions, the work, `handleException` if it failed,
 * `teardown`.
 *
 * @throws AUTH_REQUIRED; whatever `handleException` throws
 */
export async function runAction(state: object, context: CrudContext, work: () => Promise<unknown>): Promise<unknown> {
  const hooks = state as ActionHooks;
  assertSignedIn(state, context);
  try {
    await hooks.setup(context);
    await hooks.checkPermissions(context);
    return await work();
  } catch (error) {
    return await hooks.handleException(context, error);
  } finally {
    await hooks.teardown(context);
  }
}

/** Checks the login and the permissions of an action, without running it. @throws AUTH_REQUIRED, AUTH_FORBIDDEN */
export async function assertAllowed(state: object, context: CrudContext): Promise<void> {
  assertSignedIn(state, context);
  await (state as ActionHooks).checkPermissions(context);
}

/** Checks the permissions for the row of an action. @throws AUTH_FORBIDDEN */
export async function assertRowAllowed(state: object, context: CrudContext, row: object): Promise<void> {
  if (!(await (state as ActionHooks).hasObjectPermission(context, row))) throw guardErrors.AUTH_FORBIDDEN();
}

/** Tells whether the user may perform an action, and perform it on a row if one is given, without running it. */
export async function isAllowed(state: object, context: CrudContext, row?: object): Promise<boolean> {
  try {
    await assertAllowed(state, context);
    if (row !== undefined) await assertRowAllowed(state, context, row);
    return true;
  } catch (error) {
    if (hasCode(error, "AUTH_REQUIRED") || shownError(error) !== undefined) return false;
    throw error;
  }
}

function assertSignedIn(state: object, { action, user }: CrudContext): void {
  if (specOf(state).loginRequired.has(action) && !user.isAuthenticated) throw authErrors.AUTH_REQUIRED();
}
