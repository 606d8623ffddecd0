import type Database from "better-sqlite3";

/** What is known of a foreign key that failed. */
export interface FailedForeignKey {
  readonly table: string;
  /** Columns of the row that refers to nothing; empty when the row is one that others refer to. */
  readonly columns: readonly string[];
}

interface ForeignKey {
  readonly id: number;
  readonly table: string;
  readonly from: string;
  readonly to: string | null;
}

/**
 * Finds which foreign key a statement failed on: runs it again with checks put off, looks at the rows it wrote, and takes
 * it back. Only the written rows are looked at, so the size of the table does not matter.
 */
export function describeForeignKey(
  error: Error,
  native: Database,
  sql: string,
  parameters: readonly unknown[],
): FailedForeignKey | undefined {
  if (!error.message.includes("FOREIGN KEY")) return undefined;
  const [, verb = "", table = ""] =
    /^\s*(insert|replace|update|delete)\b(?:\s+or\s+\w+)?(?:\s+into|\s+from)?\s+[`"]?(\w+)/i.exec(sql) ?? [];
  if (table === "") return undefined;
  if (/delete/i.test(verb)) return { table, columns: [] };
  const keys = native.pragma(`foreign_key_list(${quoted(table)})`) as ForeignKey[];
  if (/update/i.test(verb)) {
    const set = sql.slice(sql.search(/\bset\b/i));
    const written = keys.filter((key) => new RegExp(`[\`"]?\\b${key.from}\\b[\`"]?\\s*=`).test(set));
    return { table, columns: written.length === 1 ? [written[0]?.from as string] : [] };
  }
  return {
    table,
    columns: keys.length === 1 ? [keys[0]?.from as string] : missingParents(native, sql, parameters, table, keys),
  };
}

function missingParents(
  native: Database,
  sql: string,
  parameters: readonly unknown[],
  table: string,
  keys: readonly ForeignKey[],
): string[] {
  native.exec("savepoint antiphon_foreign_keys");
  try {
    native.pragma("defer_foreign_keys = on");
    const statement = native.prepare(sql);
    const before = native.prepare("select last_insert_rowid() as id").all()[0]?.id as number;
    if (statement.reader) statement.all(parameters);
    else statement.run(parameters);
    const last = native.prepare("select last_insert_rowid() as id").all()[0]?.id as number;
    const count = native.prepare("select changes() as n").all()[0]?.n as number;
    const first = Math.max(last - count + 1, last === before ? last : 0);
    return keys.filter((key) => hasOrphan(native, table, key, first, last)).map((key) => key.from);
  } catch {
    return [];
  } finally {
    native.exec("rollback to antiphon_foreign_keys");
    native.exec("release antiphon_foreign_keys");
    if (native.inTransaction) native.pragma("defer_foreign_keys = off");
  }
}

function hasOrphan(native: Database, table: string, key: ForeignKey, first: number, last: number): boolean {
  const to = key.to === null ? "rowid" : quoted(key.to);
  const from = quoted(key.from);
  const orphan = native.prepare(
    `select 1 from ${quoted(table)} c where c.rowid between ? and ? and c.${from} is not null ` +
      `and not exists (select 1 from ${quoted(key.table)} p where p.${to} = c.${from})`,
  );
  return orphan.all([first, last]).length > 0;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
