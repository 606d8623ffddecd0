import type { DatabaseSchema, SchemaDifference, TableDifference } from "@mikro-orm/sql";
import { type KindChange, kindChanges } from "../kind-changes/column-kinds.ts";
import { postgresSequence } from "../kind-changes/kind-conversions.ts";
import { kindGuards } from "../kind-changes/kind-guards.ts";
import { referenceChanges, referenceGuards } from "../kind-changes/reference-changes.ts";
import { asideName } from "../renames/rename-order.ts";
import { type ColumnJson, type Rename, type Snapshot, tableNamed } from "../renames/snapshot.ts";
import type { DialectSchema } from "./dialect-schema.ts";
import { freeNames } from "./freed-names.ts";
import { exactTextsSql, inexactTables, takeHeldIndexes } from "./mysql-tables.ts";
import { permissionRenames } from "./permission-renames.ts";
import { aroundKinds } from "./server-columns.ts";
import { aroundKeys } from "./server-keys.ts";
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
  /** Models with another name than before, in the order in which they took it. */
  readonly models: readonly (readonly [old: string, now: string])[];
  readonly fills: Fills;
}

/** The SQL from one state of the tables to the next, and back. */
export function migrationSql(schema: DialectSchema, { from, to, renames, models, fills }: Change): MigrationSql {
  const back = [...renames].reverse().map((rename) => ({ ...rename, from: rename.to, to: rename.from }));
  const [freed, freedBack] = [freeNames(schema, from, to), freeNames(schema, to, from)];
  const old = () => schema.read(from);
  const now = () => schema.target();
  const literal = (value: unknown) => schema.literal(value);
  const kinds = kindChanges(from, to, literal);
  const back_ = kindChanges(to, from, literal).map((change) => ({ ...change, name: nameIn(kinds, change) }));
  const references = referenceChanges(from, to);
  return {
    up: [
      ...referenceGuards(
        schema,
        references.map((change) => ({ ...change, ...beforeRenames(renames, change) })),
      ),
      ...renames.flatMap((rename) => renameSql(schema, rename)),
      ...permissionRenames(schema, { from, to }, models),
      ...exactTextsSql(schema, from, inexactTables(from, to)),
      ...freed.statements,
      ...changeSql(schema, { from: () => schema.read(freed.from), to: now, fills, kinds }),
    ],
    down: [
      ...referenceGuards(
        schema,
        references.map((change) => ({ ...change, was: change.is, is: change.was })),
      ),
      ...freedBack.statements,
      ...changeSql(schema, {
        from: freedBack.statements.length === 0 ? now : () => schema.read(freedBack.from),
        to: old,
        fills: emptyFills(schema, to, from),
        kinds: back_,
      }),
      ...permissionRenames(schema, { from: to, to: from }, models.map(([old, now]) => [now, old] as const).reverse()),
      ...back.flatMap((rename) => renameSql(schema, rename)),
    ],
  };
}

/** A field is called as it is today, also on the way back. */
function nameIn(changes: readonly KindChange[], { table, column, name }: KindChange): string {
  return changes.find((one) => one.table === table && one.column === column)?.name ?? name;
}

/** What a column was called before some renames. */
function beforeRenames(renames: readonly Rename[], { table, column }: { table: string; column: string }) {
  let [owner, name] = [table, column];
  for (const rename of [...renames].reverse()) {
    if (rename.kind === "table") owner = owner === rename.to ? rename.from : owner;
    else if (rename.table === owner && rename.to === name) name = rename.from;
  }
  return { table: owner, column: name };
}

/** What differs between two states of the tables. */
export function differenceOf(schema: DialectSchema, from: Snapshot, to: Snapshot): SchemaDifference {
  const literal = (value: unknown) => schema.literal(value);
  return difference(schema, schema.read(from), schema.target(), kindChanges(from, to, literal));
}

/** The ORM sees of a column its type alone, which is the same for several kinds: most of all on SQLite. */
function difference(
  schema: DialectSchema,
  from: DatabaseSchema,
  to: DatabaseSchema,
  kinds: readonly KindChange[],
): SchemaDifference {
  const found = schema.compare(from, to);
  for (const { table, column } of kinds) {
    const [fromTable, toTable] = [from.getTable(table), to.getTable(table)];
    const [fromColumn, toColumn] = [fromTable?.getColumn(column), toTable?.getColumn(column)];
    if (!fromTable || !toTable || !fromColumn || !toColumn) continue;
    const key = Object.keys(found.changedTables).find((one) => found.changedTables[one]?.toTable.name === table);
    const changed = found.changedTables[key ?? table] ?? unchanged(fromTable, toTable);
    const changedProperties = changed.changedColumns[column]?.changedProperties ?? new Set();
    changedProperties.add("type");
    changed.changedColumns[column] = { oldColumnName: column, fromColumn, column: toColumn, changedProperties };
    found.changedTables[key ?? table] = changed;
  }
  return found;
}

function unchanged(fromTable: TableDifference["fromTable"], toTable: TableDifference["toTable"]): TableDifference {
  const parts = ["Columns", "ForeignKeys", "Indexes", "Checks", "Triggers"].flatMap((part) =>
    ["added", "changed", "removed"].map((how) => [`${how}${part}`, {}] as const),
  );
  const more = { addedPolicies: {}, removedPolicies: {}, renamedColumns: {}, renamedIndexes: {} };
  return {
    name: toTable.name,
    ...Object.fromEntries(parts),
    ...more,
    fromTable,
    toTable,
  } as unknown as TableDifference;
}

type MakeSchema = () => DatabaseSchema;

interface TableChange {
  readonly from: MakeSchema;
  readonly to: MakeSchema;
  readonly fills: Fills;
  readonly kinds: readonly KindChange[];
}

function changeSql(schema: DialectSchema, change: TableChange): string[] {
  const guards = kindGuards(schema, change.kinds);
  if (schema.dialect === "sqlite") return [...guards, ...sqliteSql(schema, change)];
  const { from, to, kinds } = change;
  return [
    ...guards,
    ...aroundKinds(schema, serverSql(schema, change), { from: from(), to: to(), kinds }),
    ...sequenceSql(schema, change),
  ];
}

function serverSql(schema: DialectSchema, { from, to, fills, kinds }: TableChange): string[] {
  const sql = (found: SchemaDifference) => {
    const held = schema.dialect === "mysql" ? takeHeldIndexes(schema, found) : [];
    // A reference of a changed table to one that goes would be dropped twice.
    const isAgain = (sql: string, index: number, all: readonly string[]) =>
      / drop (?:foreign key|constraint) /.test(sql) && all.indexOf(sql) < index;
    const statements = schema.sql(found).filter((...given) => !isAgain(...given));
    const { first, last } = aroundKeys(schema, statements, found, fills);
    return { first: [...first, ...held], last };
  };
  if (fills.size === 0) {
    const { first, last } = sql(difference(schema, from(), to(), kinds));
    return [...first, ...last];
  }
  // Columns come as nullable ones, are filled, and only then must have a value.
  const between = () => withNullable(to(), fills);
  const updates = Array.from(fills, ([table, columns]) =>
    Array.from(columns, ([column, literal]) => {
      const name = schema.quote(column);
      return `update ${schema.quote(table)} set ${name} = ${literal} where ${name} is null`;
    }),
  ).flat();
  const { first, last } = sql(difference(schema, from(), between(), kinds));
  return [...first, ...updates, ...schema.sql(schema.compare(between(), to())), ...last];
}

function sequenceSql(schema: DialectSchema, { from, to, kinds }: TableChange): string[] {
  if (schema.dialect !== "postgres") return [];
  const counts = (tables: DatabaseSchema, { table, column }: KindChange) =>
    tables.getTable(table)?.getColumn(column)?.autoincrement === true;
  return kinds
    .filter((change) => counts(from(), change) && counts(to(), change))
    .map((change) => postgresSequence(schema, change));
}

function sqliteSql(schema: DialectSchema, { from, to, fills, kinds }: TableChange): string[] {
  const found = difference(schema, from(), to(), kinds);
  const none = { newTables: {}, changedTables: {}, removedTables: {}, orphanedForeignKeys: [] };
  return [
    ...schema.sql({ ...found, ...none, newTables: found.newTables }),
    // Before others take the names of their indexes; foreign keys are off meanwhile.
    ...schema.sql({ ...found, ...none, removedTables: found.removedTables }),
    ...Object.values(found.changedTables).flatMap((changed) =>
      alterSqliteTable(schema, changed, {
        fills: fills.get(changed.toTable.name) ?? new Map(),
        kinds: kinds.filter(({ table }) => table === changed.toTable.name),
      }),
    ),
  ];
}

function renameSql(schema: DialectSchema, rename: Rename): string[] {
  if (rename.kind === "table") {
    const [from, to, between] = [rename.from, rename.to, asideName(rename.to)].map((name) => schema.quote(name));
    // Where case does not count, a table is in its own way.
    if (rename.from.toLowerCase() === rename.to.toLowerCase() && schema.dialect !== "postgres")
      return [`alter table ${from} rename to ${between}`, `alter table ${between} rename to ${to}`];
    return [`alter table ${from} rename to ${to}`];
  }
  const [table, from, to] = [rename.table, rename.from, rename.to].map((name) => schema.quote(name));
  return [`alter table ${table} rename column ${from} to ${to}`];
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
    const known = tableNamed(from, table.name);
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

function emptyLiteral(schema: DialectSchema, column: ColumnJson): string | undefined {
  // A moment is a number there.
  if (schema.dialect === "sqlite" && column.mappedType === "datetime") return "0";
  const [item] = (column["enumItems"] as readonly string[] | undefined) ?? [];
  return item === undefined ? EMPTY[column.mappedType] : schema.literal(item);
}
