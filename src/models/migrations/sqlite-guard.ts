import { existsSync, renameSync, rmSync } from "node:fs";
import { modelErrors } from "../errors.ts";
import { guardSentence } from "../kind-changes/guard-statement.ts";
import type { MigrationSession } from "./migration-session.ts";

/** What surrounds a migration of a SQLite database. */
export interface SqliteGuard {
  /** The transaction began. */
  begun(): Promise<void>;
  /** All statements ran: nothing may refer to a row that is not there. @throws MIGRATION_FOREIGN_KEYS */
  check(name: string): Promise<void>;
  /** The transaction is over, either way. */
  ended(): Promise<void>;
}

/** A trigger, or an index that was made by hand. */
interface Part {
  readonly kind: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string;
}

/** What a guard is told. */
export interface SqliteGuardOptions {
  readonly statements: readonly string[];
  /** Whether a table or a column goes. */
  readonly drops: boolean;
  /** What the copy of the file is called behind the file's own name; undefined for none. */
  readonly copy: string | undefined;
  readonly onBackup: (file: string) => void;
}

/** Whether a statement, or code that holds one, takes a table or a column away. */
export function dropsSomething(text: string): boolean {
  return /\bdrop\s+(?:table|column)\b/i.test(text);
}

/**
 * Keeps rows safe while tables are built anew: foreign keys switched off before the transaction (inside it SQLite ignores
 * the switch, and dropping a table deletes the rows that refer to it), a copy of the file, a check before the commit, and
 * the triggers, and indexes made by hand, that went with the old table.
 */
export async function sqliteGuard(session: MigrationSession, options: SqliteGuardOptions): Promise<SqliteGuard> {
  const { statements, drops, copy, onBackup } = options;
  if (drops) await session.execute("pragma foreign_keys = off");
  let before = new Map<string, number>();
  let parts: readonly Part[] = [];
  return {
    async begun() {
      // Only now it is sure that nobody else has done it, and that nobody writes meanwhile.
      if (drops && copy !== undefined) await backUp(session, copy, onBackup);
      before = await brokenReferences(session);
      parts = drops ? (await partsOf(session)).filter((part) => isKept(part, statements)) : [];
    },
    async check(name) {
      await restore(session, parts);
      const after = await brokenReferences(session);
      // What was broken before is not this migration's doing.
      const broken = Array.from(after).filter(([pair, count]) => count > (before.get(pair) ?? 0));
      if (broken.length > 0) {
        throw modelErrors.MIGRATION_FOREIGN_KEYS(
          name,
          broken.map(([pair, count]) => `${count} of ${pair}`),
        );
      }
    },
    async ended() {
      if (!drops) return;
      await session.execute("pragma legacy_alter_table = off");
      await session.execute("pragma foreign_keys = on");
    },
  };
}

/** Rows that refer to nothing, counted by "table to table". */
async function brokenReferences(session: MigrationSession): Promise<Map<string, number>> {
  const broken = new Map<string, number>();
  for (const row of await session.rows("pragma foreign_key_check")) {
    const pair = `${row["table"]} to ${row["parent"]}`;
    broken.set(pair, (broken.get(pair) ?? 0) + 1);
  }
  return broken;
}

async function partsOf(session: MigrationSession): Promise<Part[]> {
  const rows = await session.rows(
    "select type, name, tbl_name, sql from sqlite_master where type in ('trigger', 'index') and sql is not null",
  );
  return rows.map((row) => ({
    kind: String(row["type"]),
    name: String(row["name"]),
    table: String(row["tbl_name"]),
    sql: String(row["sql"]),
  }));
}

/** Rebuilds of earlier versions do not tell which indexes are to go: those of their tables stay as the SQL left them. */
function isKept({ kind, name, table }: Part, statements: readonly string[]): boolean {
  if (kind === "trigger") return true;
  const tellsAll = statements.some(
    (sql) => guardSentence(sql) !== undefined && sql.includes(`pragma_table_xinfo('${table.replaceAll("'", "''")}')`),
  );
  const dropped = statements.some(
    (sql) => /^drop\s+index\b/i.test(sql) && sql.slice(sql.lastIndexOf(" ") + 2, -1) === name,
  );
  return tellsAll && !dropped;
}

async function restore(session: MigrationSession, parts: readonly Part[]): Promise<void> {
  if (parts.length === 0) return;
  const left = new Set((await partsOf(session)).map(({ kind, name }) => `${kind} ${name}`));
  const rows = await session.rows("select name from sqlite_master where type = 'table'");
  const tables = new Set(rows.map((row) => String(row["name"])));
  for (const { kind, name, table, sql } of parts) {
    if (!left.has(`${kind} ${name}`) && tables.has(table)) await session.execute(sql);
  }
}

/** Copies the file beside itself, as other connections see it: as it is before the transaction. */
async function backUp(session: MigrationSession, copy: string, onBackup: (file: string) => void): Promise<void> {
  const [main] = (await session.rows("pragma database_list")).filter((row) => row["name"] === "main");
  const file = String(main?.["file"] ?? "");
  if (file === "" || !existsSync(file)) return;
  const target = `${file}.${copy}.backup`;
  const part = `${target}.${process.pid}`;
  const { default: Sqlite } = await import("better-sqlite3");
  const source = new Sqlite(file, { readonly: true });
  try {
    rmSync(part, { force: true });
    await source.backup(part);
  } finally {
    source.close();
  }
  renameSync(part, target);
  onBackup(target);
}
