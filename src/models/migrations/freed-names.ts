import type { Snapshot } from "../renames/snapshot.ts";
import { bounded } from "../schema/naming.ts";
import type { DialectSchema } from "./dialect-schema.ts";

/**
 * Takes names from indexes that other tables need for theirs: on SQLite and PostgreSQL an index has its name for itself
 * among those of all tables, and a table gets its indexes before another one has given up the names.
 */
export function freeIndexNames(
  schema: DialectSchema,
  from: Snapshot,
  to: Snapshot,
): { readonly from: Snapshot; readonly statements: readonly string[] } {
  if (schema.dialect === "mysql") return { from, statements: [] };
  const needed = new Map(
    to.schema.tables.flatMap(({ name, indexes }) =>
      indexes.filter((index) => !index["primary"]).map(({ keyName }) => [keyName, name] as const),
    ),
  );
  const statements: string[] = [];
  const tables = from.schema.tables.map((table) => ({
    ...table,
    indexes: table.indexes.flatMap((index) => {
      if ((needed.get(index.keyName) ?? table.name) === table.name) return [index];
      const [name, old] = [index.keyName, bounded(`antiphon_old_${index.keyName}`)];
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
