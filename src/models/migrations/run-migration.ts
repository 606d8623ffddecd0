import { createHash } from "node:crypto";
import { reasonOf } from "../../errors.ts";
import { modelErrors } from "../errors.ts";
import { guardSentence } from "../kind-changes/guard-statement.ts";
import { duplicatesFor } from "./duplicates.ts";
import { loadMigration, type MigrationModule } from "./migration-file.ts";
import { beginAlone } from "./migration-lock.ts";
import type { MigrationStep } from "./migration-plan.ts";
import { deleteRecord, putRecord, readRecords } from "./migration-records.ts";
import type { MigrationSession } from "./migration-session.ts";
import { dropsSomething, sqliteGuard } from "./sqlite-guard.ts";

/** How a migration is carried out. */
export interface RunOptions {
  /** Milliseconds to wait for another process that migrates. */
  readonly lockTimeout: number;
  /** Whether a SQLite file is copied before a table or column goes. */
  readonly backup: boolean;
  readonly onStatement: (number: number, of: number) => void;
  readonly onBackup: (file: string) => void;
}

/** What became of a migration: "skipped" when another process had done it meanwhile. */
export type RunOutcome = "done" | "skipped";

/** Where a migration is, for the error that tells where it stopped; 0 is its `run`. */
interface Progress {
  statement: number;
}

/**
 * Carries out one migration. Where the database can undo changes of tables (SQLite, PostgreSQL) it is done whole or not
 * at all; on MySQL what is done is noted after each statement, and the next run goes on from there.
 *
 * @throws MIGRATION_FAILED, MIGRATION_STOPPED, MIGRATION_FOREIGN_KEYS, MIGRATION_FILE_INVALID, MIGRATION_NO_WAY_BACK
 */
export async function runMigration(
  session: MigrationSession,
  step: MigrationStep,
  options: RunOptions,
): Promise<RunOutcome> {
  const module = await loadMigration(step.file);
  if (step.direction === "down" && module.down === undefined) throw modelErrors.MIGRATION_NO_WAY_BACK(step.file.name);
  const isSqlite = session.dialect === "sqlite";
  if (isSqlite && module.transaction === false && drops(step, module)) {
    throw modelErrors.MIGRATION_FILE_INVALID(step.file.name, NEEDS_TRANSACTION);
  }
  const atomic = session.dialect !== "mysql" && module.transaction !== false;
  return atomic ? runWhole(session, step, module, options) : runInSteps(session, step, module, options);
}

const NEEDS_TRANSACTION =
  "it drops a table or a column with transaction = false, and on SQLite the rows that refer to it would go too. Take that line away, or move what a transaction refuses to a migration of its own";

async function runWhole(
  session: MigrationSession,
  step: MigrationStep,
  module: MigrationModule,
  options: RunOptions,
): Promise<RunOutcome> {
  const statements = statementsOf(step, module);
  const { file, direction } = step;
  const copy = options.backup ? (direction === "up" ? file.name : `${file.name}.undo`) : undefined;
  const guard =
    session.dialect === "sqlite"
      ? await sqliteGuard(session, { statements, drops: drops(step, module), copy, onBackup: options.onBackup })
      : undefined;
  const progress: Progress = { statement: 0 };
  try {
    await beginAlone(session, options.lockTimeout);
    try {
      if (await isDoneMeanwhile(session, step)) {
        await session.execute("rollback");
        return "skipped";
      }
      await guard?.begun();
      await work(session, step, module, progress, options, 0);
      await guard?.check(file.name);
      await record(session, step);
      await session.execute("commit");
      return "done";
    } catch (error) {
      await session.execute("rollback").catch(() => {});
      const duplicates = await duplicatesFor(session, statements[progress.statement - 1]);
      throw failure(error, step, progress, statements.length, "MIGRATION_FAILED", duplicates);
    }
  } finally {
    await guard?.ended();
  }
}

async function runInSteps(
  session: MigrationSession,
  step: MigrationStep,
  module: MigrationModule,
  options: RunOptions,
): Promise<RunOutcome> {
  const { file, direction } = step;
  const statements = statementsOf(step, module);
  if (await isDoneMeanwhile(session, step)) return "skipped";
  const known = (await readRecords(session)).find(({ name }) => name === file.name);
  const done = known?.half?.done ?? 0;
  // Only what is still to come may have been corrected.
  if (known?.half && known.checksum !== checksumOf(statements.slice(0, done))) {
    throw modelErrors.MIGRATION_HALF_DONE(file.name, direction === "up" ? "applied" : "undone");
  }
  const progress: Progress = { statement: done };
  const note = (count: number) =>
    putRecord(session, {
      name: file.name,
      checksum: checksumOf(statements.slice(0, count)),
      half: { done: count, direction },
    });
  let noted = done;
  try {
    await work(session, step, module, progress, options, done, async (count) => {
      // A guard changes nothing: until the next statement is done, another run looks at the values again.
      if (guardSentence(statements[count - 1] ?? "") !== undefined) return;
      await note(count);
      noted = count;
    });
    await record(session, step);
    return "done";
  } catch (error) {
    const code = noted === 0 ? "MIGRATION_FAILED" : "MIGRATION_STOPPED";
    const duplicates = await duplicatesFor(session, statements[progress.statement - 1]);
    throw failure(error, step, progress, statements.length, code, duplicates);
  }
}

async function work(
  session: MigrationSession,
  { file, direction }: MigrationStep,
  module: MigrationModule,
  progress: Progress,
  options: RunOptions,
  done: number,
  note?: (count: number) => Promise<void>,
): Promise<void> {
  const statements = direction === "up" ? module.up : (module.down ?? []);
  const change = direction === "up" ? module.run : module.undo;
  // Data is changed after the tables, and on the way back before them: once, also when the statements go on later.
  if (direction === "down" && done === 0) await changeData(session, change, progress, note !== undefined);
  for (const [index, sql] of statements.entries()) {
    if (index < done) continue;
    progress.statement = index + 1;
    options.onStatement(index + 1, statements.length);
    await executeOrRefuse(session, file.name, sql);
    await note?.(index + 1);
  }
  if (direction === "up") await changeData(session, change, progress, note !== undefined);
}

/** Most of what a guard has found that its error tells. */
const SHOWN = 5;

/** @throws MIGRATION_REFUSED when a statement that must find nothing has found something */
async function executeOrRefuse(session: MigrationSession, name: string, sql: string): Promise<void> {
  const sentence = guardSentence(sql);
  const { rows } = await session.execute(sql);
  if (sentence === undefined || rows.length === 0) return;
  const found = rows.slice(0, SHOWN).map((row) => Object.values(row).map(shown).join(" "));
  throw modelErrors.MIGRATION_REFUSED(name, sentence, found);
}

function shown(value: unknown): string {
  return value instanceof Uint8Array ? `${value.byteLength} bytes` : String(value).slice(0, 60);
}

async function changeData(
  session: MigrationSession,
  change: MigrationModule["run"],
  progress: Progress,
  ownTransaction: boolean,
): Promise<void> {
  if (!change) return;
  progress.statement = 0;
  if (!ownTransaction) return change(session);
  await session.execute("begin");
  try {
    await change(session);
    await session.execute("commit");
  } catch (error) {
    await session.execute("rollback").catch(() => {});
    throw error;
  }
}

async function isDoneMeanwhile(session: MigrationSession, { file, direction }: MigrationStep): Promise<boolean> {
  const record = (await readRecords(session)).find(({ name }) => name === file.name);
  return direction === "up" ? record !== undefined && record.half === undefined : record === undefined;
}

async function record(session: MigrationSession, { file, direction }: MigrationStep): Promise<void> {
  if (direction === "up") await putRecord(session, { name: file.name, checksum: file.checksum });
  else await deleteRecord(session, file.name);
}

/** Whether a table or a column goes, by a statement or in the code beside them. */
function drops(step: MigrationStep, module: MigrationModule): boolean {
  const change = step.direction === "up" ? module.run : module.undo;
  return [...statementsOf(step, module), String(change ?? "")].some(dropsSomething);
}

function statementsOf({ direction }: MigrationStep, module: MigrationModule): readonly string[] {
  return direction === "up" ? module.up : (module.down ?? []);
}

function checksumOf(statements: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(statements)).digest("hex");
}

function failure(
  error: unknown,
  { file }: MigrationStep,
  { statement }: Progress,
  of: number,
  code: "MIGRATION_FAILED" | "MIGRATION_STOPPED",
  reason = reasonOf(error),
): unknown {
  const ours = (error as { code?: unknown } | null)?.code;
  if (typeof ours === "string" && ours.startsWith("MIGRATION_")) return error;
  return modelErrors[code].with(
    { cause: error, details: { migration: file.name, statement } },
    file.name,
    statement,
    of,
    reason,
  );
}
