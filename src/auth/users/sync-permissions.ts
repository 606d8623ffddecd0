import { hasCode } from "../../errors.ts";
import { withDatabase } from "../../models/database/context.ts";
import type { Database } from "../../models/database/database.ts";
import { ConstraintError } from "../../models/database/database-errors.ts";
import { objects } from "../../models/query/query-set.ts";
import { modelLabel } from "../../models/schema/labels.ts";
import { type ModelClass, modelDefinition } from "../../models/schema/model.ts";
import { authErrors } from "../errors.ts";
import { Permission } from "./permission.ts";

/** Actions that every model's permissions are made of. */
const ACTIONS = ["add", "change", "delete", "view"] as const;

/** A permission as it is declared. */
export interface DeclaredPermission {
  readonly name: string;
  readonly app: string;
  readonly model: string;
  readonly codename: string;
}

/**
 * The permissions of a model: add, change, delete and view, unless it says otherwise, and its own.
 *
 * @throws AUTH_PERMISSION_CLASH, AUTH_PERMISSION_LONG
 * @example
 * declaredPermissions(Note, "notes").map(({ codename }) => codename); // ["add_note", …]
 */
export function declaredPermissions(model: ModelClass, appName: string): DeclaredPermission[] {
  const { name, options } = modelDefinition(model);
  const place = { app: options.appLabel ?? appName, model: name.toLowerCase() };
  const label = modelLabel(model);
  const usual = (options.defaultPermissions ?? ACTIONS).map((action) => ({
    ...place,
    codename: `${action}_${place.model}`,
    name: `Can ${action} ${label}`,
  }));
  const own = Object.entries(options.permissions ?? {}).map(([codename, text]) => ({ ...place, codename, name: text }));
  for (const { codename } of own) {
    if (usual.some((one) => one.codename === codename)) throw authErrors.AUTH_PERMISSION_CLASH(name, codename);
  }
  const all = [...usual, ...own];
  for (const permission of all) assertLengths(name, permission);
  return all;
}

/** A permission's full name. */
export function permissionName({ app, codename }: { readonly app: string; readonly codename: string }): string {
  return `${app}.${codename}`;
}

/**
 * Writes the permissions of models that are not in the database yet, and tells how many that were. None is changed or
 * deleted: users may have it. `migrate` does so at its end.
 *
 * @throws AUTH_PERMISSION_CLASH, AUTH_PERMISSION_LONG
 * @example
 * await syncPermissions(database, [...database.models.values()], "notes");
 */
export function syncPermissions(database: Database, models: readonly ModelClass[], appName: string): Promise<number> {
  const declared = models.flatMap((model) => declaredPermissions(model, appName));
  return withDatabase(database, async () => {
    for (let left = MAX_TRIES; ; left--) {
      try {
        return await addMissing(declared);
      } catch (error) {
        if (left === 1 || !isRace(error)) throw error;
      }
    }
  });
}

/** How often it is begun, when other processes do the same at the same time. */
const MAX_TRIES = 5;

function isRace(error: unknown): boolean {
  return error instanceof ConstraintError || hasCode(error, "DATABASE_DEADLOCK");
}

async function addMissing(declared: readonly DeclaredPermission[]): Promise<number> {
  const rows = await objects(Permission).rows(["app", "model", "codename"]);
  const known = new Set(rows.map(keyOf));
  const missing = declared.filter((permission) => !known.has(keyOf(permission)));
  if (missing.length > 0) await objects(Permission).createMany(missing);
  return missing.length;
}

function keyOf({ app, model, codename }: { app: string; model: string; codename: string }): string {
  return JSON.stringify([app, model, codename]);
}

const LENGTHS = { name: 255, app: 100, model: 100, codename: 100 } as const;

function assertLengths(model: string, permission: DeclaredPermission): void {
  for (const [part, most] of Object.entries(LENGTHS)) {
    const text = permission[part as keyof DeclaredPermission];
    if (text.length > most) throw authErrors.AUTH_PERMISSION_LONG(model, `${part} "${text.slice(0, 40)}…"`, most);
  }
}
