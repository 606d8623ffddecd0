import type { SchemaDifference, TableDifference } from "@mikro-orm/sql";
import { EXACT_TEXTS } from "../dialects/exact-texts.ts";
import type { Snapshot } from "../renames/snapshot.ts";
import type { DialectSchema } from "./dialect-schema.ts";

type Table = TableDifference["toTable"];
type Index = ReturnType<Table["getIndexes"]>[number];

/** SQL of the ORM's helper that its types do not show. */
interface IndexSql {
  createIndex(index: Index, table: Table): string;
  dropIndex(table: string, index: Index, oldName?: string): string;
}

interface ReferenceSql {
  dropForeignKey(table: string, name: string): string;
  createForeignKey(table: Table, key: ReturnType<Table["getForeignKeys"]>[string]): string;
}

/**
 * Takes out of a difference the indexes that go, or become others, while a foreign key needs one of their column: MySQL
 * requires an index at all times. The statements that do the same come after all others.
 */
export function takeHeldIndexes(schema: DialectSchema, difference: SchemaDifference): string[] {
  const sql = schema.helper as unknown as IndexSql;
  return Object.values(difference.changedTables).flatMap((changed) => {
    const { toTable, removedIndexes, changedIndexes, renamedIndexes } = changed;
    const held = new Set(Object.values(toTable.getForeignKeys()).map((key) => key.columnNames[0]));
    const isHeld = (index: Index) => !index.primary && held.has(index.columnNames[0] ?? "");
    const taken: string[] = [];
    /** In one statement, so that the column is never without an index. */
    const exchange = (index: Index, oldName: string) => {
      const create = sql.createIndex(index, toTable).trim().replace(/;$/, "");
      const table = `alter table ${schema.quote(toTable.name)} `;
      const drop = sql.dropIndex(toTable.name, index, oldName);
      taken.push(...(create.startsWith(table) ? [`${drop}, ${create.slice(table.length)}`] : [create, drop]));
    };
    for (const [name, index] of Object.entries(changedIndexes)) {
      if (!isHeld(index)) continue;
      exchange(index, name);
      delete changedIndexes[name];
    }
    for (const [oldName, index] of Object.entries(renamedIndexes)) {
      if (!isHeld(index) || !index.unique) continue;
      exchange(index, oldName);
      delete renamedIndexes[oldName];
    }
    for (const [name, index] of Object.entries(removedIndexes)) {
      if (!isHeld(index)) continue;
      taken.push(sql.dropIndex(toTable.name, index));
      delete removedIndexes[name];
    }
    return taken;
  });
}

/** Tables of earlier versions, whose texts are compared without case and accents. */
export function inexactTables(from: Snapshot, to: Snapshot): string[] {
  return from.schema.tables
    .map(({ name }) => name)
    .filter((name) => to.names[name]?.exact === true && from.names[name] !== undefined && !from.names[name].exact);
}

/** Makes the texts of tables be compared exactly. References by texts are in the way of it, and come again afterwards. */
export function exactTextsSql(schema: DialectSchema, from: Snapshot, tables: readonly string[]): string[] {
  if (tables.length === 0) return [];
  const sql = schema.helper as unknown as ReferenceSql;
  const kept = schema.read(from);
  const references = tables.flatMap((name) => {
    const table = kept.getTable(name);
    const keys = Object.values(table?.getForeignKeys() ?? {});
    const byText = keys.filter((key) =>
      key.columnNames.some((one) => /char|text/.test(table?.getColumn(one)?.type ?? "")),
    );
    return byText.map((key) => ({
      drop: sql.dropForeignKey(name, key.constraintName),
      create: sql.createForeignKey(table as Table, key),
    }));
  });
  return [
    ...references.map(({ drop }) => drop),
    ...tables.map((table) => `alter table ${schema.quote(table)} convert to character set utf8mb4 ${EXACT_TEXTS}`),
    ...references.map(({ create }) => create),
  ];
}
