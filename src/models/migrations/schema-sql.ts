import type { DatabaseSchema, SchemaDifference } from "@mikro-orm/sql";
import type { DialectSchema } from "./dialect-schema.ts";
import type { ColumnJson, Rename, Snapshot, TableJson } from "./snapshot.ts";
import { alterSqliteTable } from "./sqlite-tables.ts";

/** Literals for rows that are there, by table and column: what they get in a column that may not be null. */
export type Fills = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** SQL of a migration, and what it changes in a person's words. */
export interface MigrationSql {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** What goes into {@link migrationSql}. */
export interface Change {
  /** The tables of the last migration, with the renames carried out. */
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly renames: readonly Rename[];
  readonly fills: Fills;
}

/** The SQL from one state of the tables to the next, and back. */
export function migrationSql(schema: DialectSchema, { from, to, renames, fills }: Change): MigrationSql {
  const back = [...renames].reverse().map((rename) => ({ ...rename, from: rename.to, to: rename.from }));
  const old = () => schema.read(from);
  const now = () => schema.target();
  const difference = schema.compare(old(), now());
  return {
    up: [...renames.map((rename) => renameSql(schema, rename)), ...changeSql(schema, old, now, fills)],
    down: [
      ...changeSql(schema, now, old, emptyFills(schema, to, from), difference),
      ...back.map((rename) => renameSql(schema, rename)),
    ],
  };
}

/** What differs between two states of the tables. */
export function differenceOf(schema: DialectSchema, from: Snapshot): SchemaDifference {
  return schema.compare(schema.read(from), schema.target());
}

type MakeSchema = () => DatabaseSchema;

function changeSql(
  schema: DialectSchema,
  from: MakeSchema,
  to: MakeSchema,
  fills: Fills,
  inverse?: SchemaDifference,
): string[] {
  if (schema.dialect === "sqlite") return sqliteSql(schema, schema.compare(from(), to(), inverse), fills);
  if (fills.size === 0) return schema.sql(schema.compare(from(), to(), inverse));
  // Columns come as nullable ones, are filled, and only then must have a value.
  const between = () => withNullable(to(), fills);
  const updates = Array.from(fills, ([table, columns]) =>
    Array.from(columns, ([column, literal]) => {
      const name = schema.quote(column);
      return `update ${schema.quote(table)} set ${name} = ${literal} where ${name} is null`;
    }),
  ).flat();
  return [
    ...schema.sql(schema.compare(from(), between(), inverse)),
    ...updates,
    ...schema.sql(schema.compare(between(), to())),
  ];
}

function sqliteSql(schema: DialectSchema, difference: SchemaDifference, fills: Fills): string[] {
  const none = { newTables: {}, changedTables: {}, removedTables: {}, orphanedForeignKeys: [] };
  return [
    ...schema.sql({ ...difference, ...none, newTables: difference.newTables }),
    ...Object.values(difference.changedTables).flatMap((changed) =>
      alterSqliteTable(schema, changed, fills.get(changed.toTable.name) ?? new Map()),
    ),
    ...schema.sql({ ...difference, ...none, removedTables: difference.removedTables }),
  ];
}

function renameSql(schema: DialectSchema, rename: Rename): string {
  if (rename.kind === "table") return `alter table ${schema.quote(rename.from)} rename to ${schema.quote(rename.to)}`;
  const [table, from, to] = [rename.table, rename.from, rename.to].map((name) => schema.quote(name));
  return `alter table ${table} rename column ${from} to ${to}`;
}

function withNullable(schema: DatabaseSchema, fills: Fills): DatabaseSchema {
  for (const [table, columns] of fills) {
    for (const column of columns.keys()) {
      const found = schema.getTable(table)?.getColumn(column);
      if (found) found.nullable = true;
    }
  }
  return schema;
}

/** Literals for columns that a step back brings again: their values are gone, so rows get an empty one. */
function emptyFills(schema: DialectSchema, from: Snapshot, to: Snapshot): Fills {
  const fills = new Map<string, Map<string, string>>();
  for (const table of to.schema.tables) {
    const known = tableOf(from, table.name);
    if (!known) continue;
    const references = new Set(Object.values(table.foreignKeys).flatMap((key) => key.columnNames));
    for (const column of Object.values(table.columns)) {
      const literal = emptyLiteral(schema, column);
      if (known.columns[column.name] || !needsFill(column) || literal === undefined || references.has(column.name))
        continue;
      fills.set(table.name, (fills.get(table.name) ?? new Map<string, string>()).set(column.name, literal));
    }
  }
  return fills;
}

/** A table of a snapshot. */
export function tableOf(snapshot: Snapshot, name: string): TableJson | undefined {
  return snapshot.schema.tables.find((table) => table.name === name);
}

/** Whether rows that are there cannot get the column without being told its value. */
export function needsFill(column: ColumnJson): boolean {
  return !column.nullable && column.default === null && !column.autoincrement && column.generated === undefined;
}

const EMPTY: { readonly [type: string]: string } = {
  string: "''",
  text: "''",
  character: "''",
  integer: "0",
  smallint: "0",
  tinyint: "0",
  mediumint: "0",
  bigint: "0",
  float: "0",
  double: "0",
  decimal: "0",
  boolean: "false",
  json: "'{}'",
  date: "'1970-01-01'",
  datetime: "'1970-01-01 00:00:00'",
  time: "'00:00:00'",
  uuid: "'00000000-0000-0000-0000-000000000000'",
};

function emptyLiteral({ dialect }: DialectSchema, column: ColumnJson): string | undefined {
  // A moment is a number there.
  if (dialect === "sqlite" && column.mappedType === "datetime") return "0";
  const [item] = (column["enumItems"] as readonly string[] | undefined) ?? [];
  return item === undefined ? EMPTY[column.mappedType] : `'${item.replaceAll("'", "''")}'`;
}
