import { currentAuth } from "../auth/identity/auth.ts";
import { permissionName } from "../auth/users/sync-permissions.ts";
import { modelDefinition } from "../models/schema/model.ts";
import { specOf } from "./core/state-vars.ts";
import type { CrudContext } from "./types/context.ts";

/**
 * Decides what a data state may do for its user. List its class in the option `permissionClasses`.
 *
 * @example
 * class OwnRows implements Permission {
 *   hasObjectPermission({ user }: CrudContext, row: { owner: number }) { return row.owner === user.id; }
 * }
 */
export interface Permission {
  /** Decides about an action before it begins. */
  hasPermission?(context: CrudContext, state: object): boolean | Promise<boolean>;
  /** Decides about a row that is opened in the form, changed or deleted. */
  hasObjectPermission?(context: CrudContext, row: never, state: object): boolean | Promise<boolean>;
}

/** A class of permissions. */
export type PermissionClass = new () => Permission;

/** Allows everything. */
export class AllowAny implements Permission {
  /** Allows the action. */
  hasPermission(): boolean {
    return true;
  }
}

/** Allows everything to signed-in users, and nothing to others but leaving the form. */
export class IsAuthenticated implements Permission {
  /** Allows the action if the user is signed in. */
  hasPermission({ action, user }: CrudContext): boolean {
    return action === "cancelEdit" || user.isAuthenticated;
  }
}

/**
 * Asks for the permissions of the model: `view` to list and open rows, `add` to create, `change` to update, `delete` to
 * delete. `antiphon migrate` makes them.
 */
export class ModelPermissions implements Permission {
  /** Allows the action if the user has the permission for it. */
  async hasPermission(context: CrudContext, state: object): Promise<boolean> {
    const needed = NEEDED[context.action](context);
    if (needed === undefined) return true;
    const { name, options } = modelDefinition(specOf(state).model);
    const app = options.appLabel ?? currentAuth().settings.appName;
    return await context.user.hasPerm(permissionName({ app, codename: `${needed}_${name.toLowerCase()}` }));
  }
}

const NEEDED: Readonly<Record<CrudContext["action"], (context: CrudContext) => string | undefined>> = {
  loadList: () => "view",
  startEdit: () => "view",
  save: ({ isNew }) => (isNew ? "add" : "change"),
  delete: () => "delete",
  cancelEdit: () => undefined,
};
