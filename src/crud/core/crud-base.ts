import { AppState } from "../../auth/app-state.ts";
import { guardErrors } from "../../auth/guard-errors.ts";
import { textForReader } from "../../i18n/keyed-text.ts";
import type { Row } from "../../models/query/query-set-types.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { markBase } from "../../state/class-info.ts";
import { checkHooks } from "../definition/check-hooks.ts";
import { varOfField } from "../definition/field-var.ts";
import { firstVars } from "../definition/first-vars.ts";
import { crudErrors } from "../errors.ts";
import type { Permission } from "../permissions.ts";
import type { CrudAction, CrudContext } from "../types/context.ts";
import { runAction } from "./run-action.ts";
import { type ShownError, shownError } from "./shown-error.ts";
import { readVar, specOf, specOfClass, writeVar } from "./state-vars.ts";

const CHECK_FIELDS = { key: "Check the marked fields." };

const permissions = new WeakMap<new () => Permission, Permission>();

/** The base of all data states: runs actions, with permissions and errors. */
export abstract class CrudBase<M extends ModelClass = ModelClass> extends AppState {
  static {
    markBase(CrudBase);
  }

  constructor() {
    super();
    const spec = specOfClass(new.target);
    checkHooks(new.target, spec);
    for (const [name, value] of firstVars(spec)) (this as unknown as Record<string, unknown>)[name] = value;
  }

  /**
   * Runs an action with all its hooks: `setup`, permissions, the action itself, `handleException` if it failed, `teardown`.
   * Call it from an event of your own that replaces a generated one.
   *
   * @throws AUTH_REQUIRED when the action is for signed-in users and the user is not; whatever `handleException` throws
   * @example
   * override async startEdit(id: number) {
   *   await this.dispatch("startEdit", id);
   *   this.title = `Copy of ${this.title}`;
   * }
   */
  protected async dispatch(action: CrudAction, id: string | number | null = null): Promise<unknown> {
    const context: CrudContext = { action, id, isNew: action === "save" && id === null, user: this.user };
    return await runAction(this, context, () => this.perform(context));
  }

  /** Performs an action. */
  protected perform({ action }: CrudContext): Promise<unknown> {
    throw crudErrors.CRUD_ACTION_UNAVAILABLE(this.constructor.name, action);
  }

  /** Runs before each action. */
  protected setup(_context: CrudContext): unknown {
    return undefined;
  }

  /** Runs after each action, whether it failed or not. */
  protected teardown(_context: CrudContext): unknown {
    return undefined;
  }

  /**
   * Asks the `permissionClasses` whether the action may begin.
   *
   * @throws AUTH_FORBIDDEN
   */
  protected async checkPermissions(context: CrudContext): Promise<void> {
    for (const permission of permissionsOf(this)) {
      if ((await (permission.hasPermission?.(context, this) ?? true)) !== true) throw guardErrors.AUTH_FORBIDDEN();
    }
  }

  /** Asks the `permissionClasses` whether the user may open, change or delete this row. It is in the scope already. */
  protected async hasObjectPermission(context: CrudContext, row: Row<M>): Promise<boolean> {
    for (const permission of permissionsOf(this)) {
      if ((await (permission.hasObjectPermission?.(context, row as never, this) ?? true)) !== true) return false;
    }
    return true;
  }

  /**
   * Shows an error that an action ended with. Errors that a page may read end up in the vars `error` and `fieldErrors`;
   * others are thrown on, so that nothing of the event is kept and the error is logged.
   */
  protected handleException(_context: CrudContext, error: unknown): unknown {
    const shown = shownError(error);
    if (shown === undefined) throw error;
    showError(this, shown);
    return undefined;
  }
}

function permissionsOf(state: object): Permission[] {
  return (specOf(state).options.permissionClasses ?? []).map((permissionClass) => {
    const known = permissions.get(permissionClass) ?? new permissionClass();
    permissions.set(permissionClass, known);
    return known;
  });
}

/** Writes an error into the vars; messages of fields that the form does not have join the one about the form. */
export function showError(state: object, { message, fields }: ShownError): void {
  const { fieldVars } = specOf(state);
  const own: Record<string, string> = {};
  const others: string[] = [];
  for (const [name, text] of Object.entries(fields)) {
    const found = varOfField(fieldVars, name);
    if (found) own[found.name] = text;
    else others.push(text);
  }
  showMessages(state, [message, ...others], own);
}

/** Writes messages into the vars: those about the form, and those by the names of vars. */
export function showMessages(
  state: object,
  messages: readonly string[],
  byVar: Readonly<Record<string, string>>,
): void {
  const others = messages.filter((text) => text !== "");
  if (Object.keys(byVar).length > 0 && readVar(state, "fieldErrors") !== undefined)
    writeVar(state, "fieldErrors", byVar);
  else others.push(...Object.values(byVar));
  writeVar(state, "error", others.length > 0 ? others.join(" ") : textForReader(CHECK_FIELDS));
}
