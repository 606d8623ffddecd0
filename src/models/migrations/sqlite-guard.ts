import { existsSync, renameSync, rmSync } from "node:fs";
import { modelErrors } from "../errors.ts";
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

interface Trigger {
  readonly name: string;
  readonly table: string;
  readonly sql: string;
}

/**
 * Keeps rows safe while tables are built anew: a copy of the file, foreign keys switched off before the transaction
 * (inside it SQLite ignores the switch, and dropping a table deletes the rows that refer to it), a check before the
 * commit, and the triggers that went with the old table.
 */
export async function sqliteGuard(
  session: MigrationSession,
  statements: readonly string[],
  options: { readonly backup: boolean; readonly onBackup: (file: string) => void },
): Promise<SqliteGuard> {
  const drops = statements.some((sql) => /\bdrop\s+(?:table|column)\b/i.test(sql));
  if (drops && options.backup) await backUp(session, options.onBackup);
  if (drops) await session.execute("pragma foreign_keys = off");
  let before = new Map<string, number>();
  let triggers: readonly Trigger[] = [];
  return {
    async begun() {
      before = await brokenReferences(session);
      triggers = drops ? await triggersOf(session) : [];
    },
    async check(name) {
      await restore(session, triggers);
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

async function triggersOf(session: MigrationSession): Promise<Trigger[]> {
  const rows = await session.rows("select name, tbl_name, sql from sqlite_master where type = 'trigger'");
  return rows.map((row) => ({ name: String(row["name"]), table: String(row["tbl_name"]), sql: String(row["sql"]) }));
}

async function restore(session: MigrationSession, triggers: readonly Trigger[]): Promise<void> {
  if (triggers.length === 0) return;
  const left = new Set((await triggersOf(session)).map(({ name }) => name));
  const rows = await session.rows("select name from sqlite_master where type = 'table'");
  const tables = new Set(rows.map((row) => String(row["name"])));
  for (const { name, table, sql } of triggers) {
    if (!left.has(name) && tables.has(table)) await session.execute(sql);
  }
}

/** Copies the file beside itself; of several runs the last copy stays. */
async function backUp(session: MigrationSession, onBackup: (file: string) => void): Promise<void> {
  const [main] = (await session.rows("pragma database_list")).filter((row) => row["name"] === "main");
  const file = String(main?.["file"] ?? "");
  if (file === "" || !existsSync(file)) return;
  const part = `${file}.backup.${process.pid}`;
  rmSync(part, { force: true });
  await session.execute("vacuum into ?", [part]);
  renameSync(part, `${file}.backup`);
  onBackup(`${file}.backup`);
}
