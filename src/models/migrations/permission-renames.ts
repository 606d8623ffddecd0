import { type Snapshot, tableNamed } from "../renames/snapshot.ts";
import { labelOf, modelLabel } from "../schema/labels.ts";
import type { ModelClass } from "../schema/model.ts";
import type { DialectSchema } from "./dialect-schema.ts";

/** Where the framework's own permissions are kept; an app without users has no such table. */
const TABLE = "auth_permission";

/** The permissions that every model has; `declaredPermissions` makes them of its name. */
const ACTIONS = ["add", "change", "delete", "view"] as const;

/**
 * SQL by which the permissions of renamed models follow them, so that users and groups keep them. Permissions of
 * a deleted model with the new name are removed: they were granted for another model.
 */
export function permissionRenames(
  schema: DialectSchema,
  tables: { readonly from: Snapshot; readonly to: Snapshot },
  models: readonly (readonly [old: string, now: string])[],
): string[] {
  if (!tableNamed(tables.from, TABLE) || !tableNamed(tables.to, TABLE)) return [];
  return models
    .map(([old, now]) => [old.toLowerCase(), now.toLowerCase(), labelFor(schema.model(now), now)] as const)
    .filter(([old, now]) => old !== now)
    .flatMap(([old, now, label]) => {
      const [was, is, permission, model, codename, name] = [schema.literal(old), schema.literal(now)].concat(
        [TABLE, "model", "codename", "name"].map((one) => schema.quote(one)),
      ) as [string, string, string, string, string, string];
      const chosen = (text: (action: string) => string, otherwise: string) =>
        `case ${codename} ${ACTIONS.map((action) => `when ${schema.literal(`${action}_${old}`)} then ${schema.literal(text(action))}`).join(" ")} else ${otherwise} end`;
      return [
        ...members(schema, tables.to).map(
          ([table, column]) =>
            `delete from ${table} where ${column} in (select ${schema.quote("id")} from ${permission} where ${model} = ${is})`,
        ),
        `delete from ${permission} where ${model} = ${is}`,
        // MySQL sets one column after the other, so that the codename comes last.
        `update ${permission} set ${name} = ${chosen((action) => `Can ${action} ${label}`, name)}, ${model} = ${is}, ` +
          `${codename} = ${chosen((action) => `${action}_${now}`, codename)} where ${model} = ${was}`,
      ];
    });
}

function labelFor(model: ModelClass | undefined, name: string): string {
  return model === undefined ? labelOf(name).toLowerCase() : modelLabel(model);
}

/** Columns that refer to permissions: those of users and groups. */
function members(schema: DialectSchema, { schema: { tables } }: Snapshot): [table: string, column: string][] {
  return tables.flatMap(({ name, foreignKeys }) =>
    Object.values(foreignKeys)
      .filter((key) => key.referencedTableName === TABLE || key.referencedTableName.endsWith(`.${TABLE}`))
      .flatMap((key) => key.columnNames.map((column): [string, string] => [schema.quote(name), schema.quote(column)])),
  );
}
