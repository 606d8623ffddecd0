import { asideName } from "../renames/rename-order.ts";
import { type Snapshot, type TableJson, tableNamed } from "../renames/snapshot.ts";
import type { DialectSchema } from "./dialect-schema.ts";

/** A table that has given up the names that others need for theirs in the same migration, and the statements for it. */
interface Freed {
  readonly table: TableJson;
  readonly statements: readonly string[];
}

/** Takes names from indexes, checks and foreign keys that others need for theirs before these have given them up. */
export function freeNames(
  schema: DialectSchema,
  from: Snapshot,
  to: Snapshot,
): { readonly from: Snapshot; readonly statements: readonly string[] } {
  const freed = from.schema.tables.map((table): Freed => {
    if (schema.dialect === "mysql") return freeKeyNames(schema, table, tableNamed(to, table.name));
    const indexes = freeIndexNames(schema, table, to);
    if (schema.dialect === "sqlite") return indexes;
    const checks = freeCheckNames(schema, indexes.table, tableNamed(to, table.name));
    return { table: checks.table, statements: [...indexes.statements, ...checks.statements] };
  });
  const tables = freed.map(({ table }) => table);
  return { from: { ...from, schema: { ...from.schema, tables } }, statements: freed.flatMap((one) => one.statements) };
}

/**
 * On SQLite and PostgreSQL an index has its name for itself among those of all tables, and a table gets its indexes
 * before another one has given up the names.
 */
function freeIndexNames(schema: DialectSchema, table: TableJson, to: Snapshot): Freed {
  const needed = new Map(
    to.schema.tables.flatMap(({ name, indexes }) =>
      indexes.filter((index) => !index["primary"]).map(({ keyName }) => [keyName, name] as const),
    ),
  );
  const statements: string[] = [];
  const indexes = table.indexes.flatMap((index) => {
    if ((needed.get(index.keyName) ?? table.name) === table.name) return [index];
    const [name, old] = [index.keyName, asideName(index.keyName)];
    if (schema.dialect === "postgres") {
      statements.push(`alter index ${schema.quote(name)} rename to ${schema.quote(old)}`);
      return [{ ...index, keyName: old }];
    }
    // It has no other way; the index is made again under its new name.
    statements.push(`drop index if exists ${schema.quote(name)}`);
    return [];
  });
  return { table: { ...table, indexes }, statements };
}

/** The ORM takes checks with one name for the same, though they are of other columns. */
function freeCheckNames(schema: DialectSchema, table: TableJson, now: TableJson | undefined): Freed {
  const statements: string[] = [];
  const checks = table.checks.map((check) => {
    const other = now?.checks.find(({ name }) => name === check.name);
    if (other === undefined || other.columnName === check.columnName) return check;
    const name = asideName(check.name);
    const [owner, was, is] = [table.name, check.name, name].map((one) => schema.quote(one));
    statements.push(`alter table ${owner} rename constraint ${was} to ${is}`);
    return { ...check, name };
  });
  return { table: { ...table, checks }, statements };
}

/**
 * A foreign key of MySQL needs an index of its column at all times, so indexes of two of them can't exchange names one
 * by one. Both go, with their indexes, and are made again.
 */
function freeKeyNames(schema: DialectSchema, table: TableJson, now: TableJson | undefined): Freed {
  const isOther = (columns: readonly string[], others: readonly string[] | undefined) =>
    others !== undefined && others.join() !== columns.join();
  const all = Object.values(table.foreignKeys);
  const isTaken = ({ constraintName, columnNames }: (typeof all)[number]) =>
    isOther(columnNames, now?.foreignKeys[constraintName]?.columnNames);
  if (!all.some(isTaken)) return { table, statements: [] };
  const indexes = table.indexes.filter(
    ({ keyName, columnNames, ...index }) =>
      !index["primary"] && isOther(columnNames, now?.indexes.find((one) => one.keyName === keyName)?.columnNames),
  );
  const held = new Set(indexes.map(({ columnNames }) => columnNames[0]));
  const keys = all.filter((key) => isTaken(key) || held.has(key.columnNames[0]));
  const drop = (what: string, names: readonly string[]) =>
    `alter table ${schema.quote(table.name)} ${names.map((name) => `drop ${what} ${schema.quote(name)}`).join(", ")}`;
  const kept = all.filter((key) => !keys.includes(key));
  return {
    table: {
      ...table,
      indexes: table.indexes.filter((index) => !indexes.includes(index)),
      foreignKeys: Object.fromEntries(kept.map((key) => [key.constraintName, key])),
    },
    statements: [
      drop(
        "foreign key",
        keys.map((key) => key.constraintName),
      ),
      ...(indexes.length === 0
        ? []
        : [
            drop(
              "index",
              indexes.map((index) => index.keyName),
            ),
          ]),
    ],
  };
}
