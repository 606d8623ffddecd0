import type { SchemaDifference, TableDifference } from "@mikro-orm/sql";
import type { DialectSchema } from "./dialect-schema.ts";
import { addsForeignKey } from "./server-columns.ts";

type Table = TableDifference["toTable"];

/** SQL of the ORM's helper that its types do not show. */
interface KeySql {
  createIndex(index: NonNullable<ReturnType<Table["getPrimaryKey"]>>, table: Table, createPrimary: true): string;
}

/** Statements, and those of them that come after all others. */
interface Ordered {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/**
 * Puts the statements of a server in an order in which tables can get another primary key: references come after it, and
 * so does a key of columns that rows get a value in, the `filled` ones, by table.
 */
export function aroundKeys(
  schema: DialectSchema,
  statements: readonly string[],
  { changedTables }: SchemaDifference,
  filled: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Ordered {
  const tables = Object.values(changedTables).filter(hasOtherKey);
  if (tables.length === 0) return { first: statements, last: [] };
  const helper = schema.helper as unknown as KeySql;
  const inline = new Set<string>();
  const late = new Set<string>();
  for (const { toTable, addedColumns } of tables) {
    const key = toTable.getPrimaryKey();
    if (!key) continue;
    const sql = helper.createIndex(key, toTable, true);
    // A new generated column brings its key along.
    if (isGenerated(addedColumns)) inline.add(sql);
    if (key.columnNames.some((name) => filled.get(toTable.name)?.has(name))) late.add(sql);
  }
  const rest = statements.filter((sql) => !inline.has(sql) && !late.has(sql) && !addsForeignKey(sql));
  const named = withKeyNames(schema, rest, tables);
  return {
    first: schema.dialect === "mysql" ? tables.reduce((all, table) => merged(schema, all, table), named) : named,
    last: statements.filter((sql) => late.has(sql) || addsForeignKey(sql)).sort(byKeysFirst),
  };
}

function hasOtherKey({ removedIndexes, changedIndexes, addedIndexes }: TableDifference): boolean {
  return [removedIndexes, changedIndexes, addedIndexes].some((all) =>
    Object.values(all).some(({ primary }) => primary),
  );
}

function isGenerated(columns: TableDifference["addedColumns"]): boolean {
  return Object.values(columns).some((one) => one.autoincrement && one.primary);
}

function byKeysFirst(one: string, other: string): number {
  return Number(addsForeignKey(one)) - Number(addsForeignKey(other));
}

/**
 * Makes one statement of those that change a table's columns and indexes: a generated column of MySQL has a key at all
 * times, and a foreign key an index.
 */
function merged(
  schema: DialectSchema,
  statements: readonly string[],
  { toTable, addedColumns }: TableDifference,
): string[] {
  const table = `alter table ${schema.quote(toTable.name)} `;
  const isPart = (sql: string) =>
    sql.startsWith(table) && /^(?:add|drop|modify) (?!constraint|foreign key|check)/.test(sql.slice(table.length));
  const parts = statements.filter(isPart);
  const at = statements.findIndex(isPart);
  const changes = parts.map((sql) => sql.slice(table.length));
  // Otherwise the new key would count on from the old one.
  if (isGenerated(addedColumns)) changes.push("auto_increment = 1");
  return [
    ...statements.slice(0, at),
    table + changes.join(", "),
    ...statements.slice(at).filter((sql) => !isPart(sql)),
  ];
}

/** A renamed table of PostgreSQL has a primary key with the name of the table that it was: its name is looked up. */
function withKeyNames(
  schema: DialectSchema,
  statements: readonly string[],
  tables: readonly TableDifference[],
): string[] {
  if (schema.dialect !== "postgres") return [...statements];
  const drops = new Map<string, string>(
    tables.flatMap(({ fromTable, toTable }) => {
      const table = schema.quote(toTable.name);
      const known = [fromTable, toTable].flatMap((one) => one.getPrimaryKey()?.keyName ?? []);
      const keys = [...known, `${toTable.name}_pkey`];
      return keys.map((key) => [`alter table ${table} drop constraint ${schema.quote(key)}`, schema.literal(table)]);
    }) as [string, string][],
  );
  return statements.map((sql) => {
    const table = drops.get(sql);
    if (table === undefined) return sql;
    return `do $$ begin execute (select format('alter table %s drop constraint %I', ${table}, conname) from pg_constraint where conrelid = ${table}::regclass and contype = 'p'); end $$`;
  });
}
