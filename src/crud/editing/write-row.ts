import { modelErrors } from "../../models/errors.ts";
import type { QuerySet } from "../../models/query/query-set.ts";
import type { Plain } from "../../models/schema/field-kinds.ts";
import { firstModelWord, modelWord } from "../../models/schema/labels.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { specOf } from "../core/state-vars.ts";
import type { ListHooks } from "../lists/load-rows.ts";
import { editedRow, type PlainRow } from "./edited-row.ts";

/**
 * Writes changed values of a row of a scope, if it still has the version with which its form was opened.
 *
 * @throws DATABASE_CONFLICT, QUERY_NOT_FOUND
 */
export async function updatedRow(state: object, row: PlainRow, values: PlainRow): Promise<PlainRow> {
  const { model, modelFields } = specOf(state);
  const scope = (state as unknown as ListHooks).getQueryset();
  const { primary, version } = modelFields;
  const key = row[primary.name];
  const current = scope.filter({ [primary.name]: key } as never);
  const expected = assertVersion(state, row);
  if (Object.keys(values).length === 0) return row;
  const query = version === undefined ? current : current.filter({ [version.name]: expected } as never);
  if ((await query.update(values as never)) === 0) {
    throw (await current.exists()) ? conflict(model) : modelErrors.QUERY_NOT_FOUND(modelWord(model));
  }
  return { ...row, ...values };
}

/**
 * Returns the version with which the form of a row was opened, if the row still has it.
 *
 * @throws DATABASE_CONFLICT
 */
export function assertVersion(state: object, row: PlainRow): Plain | undefined {
  const { model, modelFields } = specOf(state);
  const { primary, version } = modelFields;
  if (version === undefined) return undefined;
  const expected = editedRow(state, row[primary.name])?.version ?? row[version.name];
  if (row[version.name] !== expected) throw conflict(model);
  return expected;
}

/** The error that says that another user has saved the row. */
function conflict(model: ModelClass): Error {
  return modelErrors.DATABASE_CONFLICT(firstModelWord(model));
}

/** Whether the user may have the row with this key, now. */
export async function isInScope(state: object, key: string | number): Promise<boolean> {
  const scope = (state as ListHooks).getQueryset();
  return await scope.filter({ [specOf(state).modelFields.primary.name]: key } as never).exists();
}

/** Reads the members of the many-to-many fields that the form edits: one statement for each. */
export async function readMembers(
  state: object,
  scope: QuerySet<ModelClass>,
  key: string | number,
): Promise<Record<string, Plain>> {
  const { fieldVars, modelFields } = specOf(state);
  const { name: primary } = modelFields.primary;
  const members: Record<string, Plain> = {};
  for (const { field } of fieldVars.values()) {
    if (field.kind !== "manyToMany" || field.relation === undefined) continue;
    const { name } = field.relation.key();
    const query = scope.allowFields([primary, `${field.name}.${name}`]).related(field.name as never);
    const row = (await query.get(key as never, [primary] as never)) as unknown as Record<
      string,
      Record<string, Plain>[]
    >;
    members[field.name] = (row[field.name] ?? []).map((one) => one[name] as Plain);
  }
  return members;
}
