import type { TableDifference } from "@mikro-orm/sql";
import { type KindChange, readKind, storedAlike } from "../kind-changes/column-kinds.ts";
import { guardStatement } from "../kind-changes/guard-statement.ts";
import { convertedSql } from "../kind-changes/kind-guards.ts";
import type { DialectSchema } from "./dialect-schema.ts";

/** How the new form of a table is called while it is filled; `migrate` knows a rebuild by it. */
export const REBUILD_PREFIX = "antiphon_new_";

type Table = TableDifference["toTable"];

/** Values that the rows of a table get for new columns. */
export interface NewValues {
  /** Literals by column. */
  readonly fills: ReadonlyMap<string, string>;
  readonly kinds: readonly KindChange[];
}

/** Table and index SQL of the ORM's helper that its types do not show. */
interface TableSql {
  createTable(table: Table): string[];
  createIndex(index: ReturnType<Table["getIndexes"]>[number], table: Table): string;
  dropIndex(table: string, index: ReturnType<Table["getIndexes"]>[number], oldName?: string): string;
  getAddColumnsSQL(table: Table, columns: ReturnType<Table["getColumns"]>, difference: TableDifference): string[];
}

/**
 * The SQL for a change of a table on SQLite, which can add columns and indexes in place; for all else the table is built
 * anew and its rows are copied. A rebuild needs foreign keys to be off, which `migrate` sees to: switched off inside a
 * transaction, as SQL could do it, they stay on, and dropping the old table deletes the rows that refer to it.
 */
export function alterSqliteTable(schema: DialectSchema, difference: TableDifference, values: NewValues): string[] {
  const sql = schema.helper as unknown as TableSql;
  for (const { column, was, is } of values.kinds) {
    // Nothing about the table changes: a guard has looked at the values.
    if (isStoredAlike(was, is) && isKindAlone(difference, column)) delete difference.changedColumns[column];
  }
  if (!canAlter(difference, values.fills)) return rebuild(schema, sql, difference, values);
  const { toTable, addedColumns, addedIndexes, changedIndexes, removedIndexes, renamedIndexes } = difference;
  const adds = Object.values(addedColumns);
  return [
    ...Object.values(removedIndexes).map((index) => sql.dropIndex(toTable.name, index)),
    ...Object.values(changedIndexes).map((index) => sql.dropIndex(toTable.name, index)),
    ...Object.entries(renamedIndexes).map(([oldName, index]) => sql.dropIndex(toTable.name, index, oldName)),
    ...(adds.length === 0
      ? []
      : sql.getAddColumnsSQL(toTable, adds, { ...difference, addedForeignKeys: { ...difference.addedForeignKeys } })),
    ...[addedIndexes, changedIndexes, renamedIndexes].flatMap((indexes) =>
      Object.values(indexes).map((index) => sql.createIndex(index, toTable)),
    ),
  ].map(plain);
}

function isStoredAlike(was: string, is: string): boolean {
  const [before, after] = [readKind(was), readKind(is)];
  return before !== undefined && after !== undefined && storedAlike(before, after);
}

function isKindAlone({ changedColumns, fromTable, toTable }: TableDifference, column: string): boolean {
  const properties = changedColumns[column]?.changedProperties ?? new Set();
  const [before, after] = [fromTable.getColumn(column), toTable.getColumn(column)];
  return [...properties].every((property) => property === "type") && before?.type === after?.type;
}

function canAlter(difference: TableDifference, fills: ReadonlyMap<string, string>): boolean {
  const { addedColumns, addedForeignKeys, addedChecks, addedIndexes, removedIndexes, changedIndexes } = difference;
  const others = [
    difference.changedColumns,
    difference.removedColumns,
    difference.renamedColumns,
    difference.removedForeignKeys,
    difference.changedForeignKeys,
    difference.removedChecks,
    difference.changedChecks,
  ];
  if (others.some((changes) => Object.keys(changes).length > 0)) return false;
  if (
    [addedIndexes, removedIndexes, changedIndexes].some((indexes) =>
      Object.values(indexes).some(({ primary }) => primary),
    )
  ) {
    return false;
  }
  const ofNewColumn = (columns: readonly (string | undefined)[]) =>
    columns.length === 1 && columns[0] !== undefined && columns[0] in addedColumns;
  return (
    Object.values(addedForeignKeys).every((key) => ofNewColumn(key.columnNames)) &&
    Object.values(addedChecks).every((check) => ofNewColumn([check.columnName])) &&
    Object.values(addedColumns).every((column) => {
      const constant = column.default != null && /^(?:-?[\d.]+|'(?:[^']|'')*'|true|false)$/i.test(column.default);
      // A column with a reference must be empty at first.
      const refers = Object.values(addedForeignKeys).some((key) => key.columnNames.includes(column.name));
      const possible = refers ? column.nullable && column.default == null : column.nullable || constant;
      return possible && !column.primary && !column.generated && !fills.has(column.name);
    })
  );
}

function rebuild(
  schema: DialectSchema,
  sql: TableSql,
  { fromTable, toTable }: TableDifference,
  { fills, kinds }: NewValues,
): string[] {
  const name = toTable.name;
  const [table, fresh] = [schema.quote(name), schema.quote(`${REBUILD_PREFIX}${name}`)];
  const copied = toTable.getColumns().flatMap((column) => {
    if (column.generated) return [];
    const column_ = schema.quote(column.name);
    const fill = fills.get(column.name) ?? (column.nullable ? undefined : (column.default ?? undefined));
    if (!fromTable.hasColumn(column.name)) return fill === undefined ? [] : [[column_, fill] as const];
    const wasNullable = fromTable.getColumn(column.name)?.nullable === true;
    const kind = kinds.find((one) => one.column === column.name);
    const value = kind === undefined ? column_ : convertedSql(schema, kind);
    return [
      [column_, wasNullable && !column.nullable && fill !== undefined ? `coalesce(${value}, ${fill})` : value] as const,
    ];
  });
  const keepsCount = toTable.getColumns().some((column) => column.autoincrement);
  const [create = "", ...rest] = sql.createTable(toTable).map(plain);
  const literal = (text: string) => schema.literal(text);
  const kept = new Set(toTable.getIndexes().map((index) => index.keyName));
  return [
    unknownParts(schema, fromTable),
    // Other indexes of the table were made by hand, and `migrate` makes them again.
    ...fromTable
      .getIndexes()
      .filter((index) => !index.primary && !kept.has(index.keyName))
      .map((index) => `drop index if exists ${schema.quote(index.keyName)}`),
    create.replace(`create table ${table}`, `create table ${fresh}`),
    `insert into ${fresh} (${copied.map(([column]) => column).join(", ")}) select ${copied.map(([, value]) => value).join(", ")} from ${table}`,
    // Numbers that were given to rows since deleted are not given again.
    ...(keepsCount
      ? [
          `delete from sqlite_sequence where name = ${literal(`${REBUILD_PREFIX}${name}`)}`,
          `insert into sqlite_sequence (name, seq) select ${literal(`${REBUILD_PREFIX}${name}`)}, seq from sqlite_sequence where name = ${literal(name)}`,
        ]
      : []),
    `drop table ${table}`,
    // Otherwise views of the table, which is gone for a moment, are in the way.
    "pragma legacy_alter_table = on",
    `alter table ${fresh} rename to ${table}`,
    "pragma legacy_alter_table = off",
    ...rest,
  ];
}

/**
 * A rebuild is written down when its migration is made, and takes the table for what it was then: what a migration of
 * another branch has added since would be lost with the old table.
 */
function unknownParts(schema: DialectSchema, table: Table): string {
  const literals = (texts: readonly string[]) => texts.map((text) => schema.literal(text)).join(", ");
  const known = table.getColumns().map(({ name, type, generated, autoincrement }) => {
    const declared = autoincrement ? "integer" : (type.split("(", 1)[0] ?? "").trimEnd();
    return lower(`${name} ${generated ? "" : declared}`);
  });
  const references = Object.values(table.getForeignKeys()).flatMap((key) =>
    key.columnNames.map((column) => lower(`${column} ${key.referencedTableName.replace(/^.*\./, "")}`)),
  );
  const bare = "case instr(type, '(') when 0 then type else rtrim(substr(type, 1, instr(type, '(') - 1)) end";
  const declared = `lower(name || ' ' || case hidden when 0 then ${bare} else '' end)`;
  const name = schema.literal(table.name);
  return guardStatement(
    `the table ${table.name} has parts that this migration does not know and would take away, such as those of another branch. Take this migration away, get the .snapshot.json of the migrations before it, and run makemigrations again`,
    `select 'column ' || name || ' ' || lower(type) as part from pragma_table_xinfo(${name}) where ${declared} not in (${literals(known)}) ` +
      `union all select 'foreign key on ' || "from" || ' to ' || "table" from pragma_foreign_key_list(${name}) where lower("from" || ' ' || "table") not in (${literals(references) || "''"})`,
  );
}

/** As SQLite's function of that name does it: letters of ASCII alone. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function plain(statement: string): string {
  return statement.trim().replace(/;$/, "");
}
