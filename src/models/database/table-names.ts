import type { EntityMetadata } from "@mikro-orm/core";
import { modelErrors } from "../errors.ts";
import { fieldInfo } from "../schema/field-info.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { BoundedNaming, isTooLong, LONGEST_NAME } from "../schema/naming.ts";

/** A table, its columns, and the model or field that each belongs to. */
interface NamedTable {
  readonly owner: string;
  readonly table: string;
  readonly columns: readonly (readonly [owner: string, column: string])[];
}

const naming = new BoundedNaming();

/** Checks the names of models before the ORM does, whose errors have no code. @throws MODEL_COLUMN_TWICE, MODEL_TABLE_TWICE */
export function assertModelNames(models: readonly ModelClass[]): void {
  assertDistinct([...new Set(models)].map(tableOf));
}

/**
 * Checks the names that the ORM has made, such as those of the tables of many-to-many fields.
 *
 * @throws MODEL_NAME_TOO_LONG, MODEL_COLUMN_TWICE, MODEL_TABLE_TWICE
 */
export function assertTableNames(metas: readonly EntityMetadata[]): void {
  for (const meta of metas) assertLengths(meta);
  const owners = new Map(
    metas.flatMap((meta) => meta.props.map((prop) => [prop.pivotTable, `${meta.className}.${prop.name}`])),
  );
  assertDistinct(
    metas
      .filter(({ tableName, virtual, embeddable }) => tableName && !virtual && !embeddable)
      .map((meta) => {
        const between = meta.pivotTable ? owners.get(meta.tableName) : undefined;
        const columns = storedColumns(meta).map(([field, column]) => [between ?? field, column] as const);
        return { owner: between ?? meta.className, table: meta.tableName, columns };
      }),
  );
}

function tableOf(model: ModelClass): NamedTable {
  const { name, options, properties } = modelDefinition(model);
  const columns = fieldInfo(model)
    .filter((field) => field.column !== "" && properties[field.name]?.().persist !== false)
    .map((field) => [`${name}.${field.name}`, field.column] as const);
  return { owner: name, table: options.tableName ?? naming.classToTableName(name), columns };
}

function storedColumns(meta: EntityMetadata): (readonly [field: string, column: string])[] {
  return meta.props.flatMap(({ name, fieldNames = [], persist, kind }) =>
    persist === false || kind === "m:n" || kind === "1:m"
      ? []
      : fieldNames.map((column) => [`${meta.className}.${name}`, column] as const),
  );
}

function assertDistinct(tables: readonly NamedTable[]): void {
  const known = new Map<string, NamedTable>();
  for (const { owner, table, columns } of tables) {
    const other = known.get(table.toLowerCase());
    if (other !== undefined) throw modelErrors.MODEL_TABLE_TWICE([other.owner, owner], [other.table, table]);
    known.set(table.toLowerCase(), { owner, table, columns });
    const fields = new Map<string, readonly [owner: string, column: string]>();
    for (const [field, column] of columns) {
      const [first, same] = fields.get(column.toLowerCase()) ?? [];
      if (first !== undefined && same !== undefined) {
        throw modelErrors.MODEL_COLUMN_TWICE([first, field], [same, column]);
      }
      fields.set(column.toLowerCase(), [field, column]);
    }
  }
}

function assertLengths(meta: EntityMetadata): void {
  if (meta.tableName && isTooLong(meta.tableName)) throw tooLong(meta.className, "its table", meta.tableName);
  for (const { name, fieldNames = [], persist } of meta.props ?? []) {
    if (persist === false) continue;
    const column = fieldNames.find(isTooLong);
    if (column !== undefined) throw tooLong(`${meta.className}.${name}`, "its column", column);
  }
}

function tooLong(what: string, part: string, name: string): Error {
  return modelErrors.MODEL_NAME_TOO_LONG(what, part, name, LONGEST_NAME);
}
