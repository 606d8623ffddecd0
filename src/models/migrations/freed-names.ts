import type { DialectSchema } from "./dialect-schema.ts";
import { type Snapshot, tableNamed } from "./snapshot.ts";

/**
 * Takes names from indexes of renamed tables that new tables need for theirs: on SQLite and PostgreSQL an index has its
 * name for itself among those of all tables, and new tables come before others are changed.
 */
export function freeIndexNames(
  schema: DialectSchema,
  from: Snapshot,
  to: Snapshot,
): { readonly from: Snapshot; readonly statements: readonly string[] } {
  if (schema.dialect === "mysql") return { from, statements: [] };
  const fresh = to.schema.tables.filter(({ name }) => !tableNamed(from, name));
  const needed = new Set(
    fresh.flatMap(({ indexes }) => indexes.filter((index) => !index["primary"]).map(({ keyName }) => keyName)),
  );
  const statements: string[] = [];
  const tables = from.schema.tables.map((table) => ({
    ...table,
    indexes: table.indexes.flatMap((index) => {
      if (!needed.has(index.keyName)) return [index];
      const [name, old] = [index.keyName, `antiphon_old_${index.keyName}`.slice(0, 63)];
      if (schema.dialect === "postgres") {
        statements.push(`alter index ${schema.quote(name)} rename to ${schema.quote(old)}`);
        return [{ ...index, keyName: old }];
      }
      // It has no other way; the index is made again under its new name.
      statements.push(`drop index if exists ${schema.quote(name)}`);
      return [];
    }),
  }));
  return { from: { ...from, schema: { ...from.schema, tables } }, statements };
}
