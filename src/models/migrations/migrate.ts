import { join } from "node:path";
import type { Database } from "../database/database.ts";
import { type MigrationFile, migrationFiles } from "./migration-file.ts";
import { alone } from "./migration-lock.ts";
import { type MigrationStep, planMigrations } from "./migration-plan.ts";
import { deleteRecord, ensureRecords, type MigrationRecord, putRecord, readRecords } from "./migration-records.ts";
import { MigrationSession } from "./migration-session.ts";
import { type RunOptions, runMigration } from "./run-migration.ts";

/** What `migrateDatabase` may be told. */
export interface MigrateOptions {
  /** The folder with one folder of migrations for each dialect, for example "migrations". */
  readonly folder: string;
  /** Where to go: a migration's name or number, or "zero"; the last one when absent. */
  readonly target?: string;
  /** Only records that it was done. */
  readonly fake?: boolean;
  /** Milliseconds to wait for another process that migrates the same database; 60,000 when absent. */
  readonly lockTimeout?: number;
  /**
   * Whether a SQLite file is copied to `<file>.<migration>.backup` (`.undo.backup` on the way back) before the first
   * migration of this run by which a table or column goes; true when absent.
   */
  readonly backup?: boolean;
  readonly onProgress?: (progress: MigrateProgress) => void;
}

/** What is being done. */
export type MigrateProgress =
  | {
      readonly state: "begins" | "done" | "skipped";
      readonly name: string;
      readonly direction: "up" | "down";
      readonly milliseconds: number;
    }
  | {
      readonly state: "statement";
      readonly name: string;
      readonly direction: "up" | "down";
      readonly statement: number;
      readonly of: number;
    }
  | { readonly state: "backup"; readonly name: string; readonly direction: "up" | "down"; readonly file: string };

/** What was done. */
export interface MigrateResult {
  readonly applied: readonly string[];
  readonly undone: readonly string[];
  /** Sentences about what looks wrong, for example files that were changed after they were applied. */
  readonly warnings: readonly string[];
}

/** How a migration stands. */
export interface MigrationStatus {
  readonly name: string;
  /** "half" is one that stopped in between; "missing" is applied and has no file. */
  readonly state: "applied" | "pending" | "half" | "missing";
  /** ISO time. */
  readonly appliedAt?: string;
  /** Whether the file was changed after it was applied. */
  readonly edited: boolean;
}

/**
 * Takes a database to a migration: the last one, or the target. Two processes that do it at once take turns, and each
 * migration is done once.
 *
 * A migration that fails leaves data and tables as they were on SQLite and PostgreSQL. MySQL cannot take back what
 * changes tables: the error tells where it stopped, and the next run goes on from there.
 *
 * Use it at the start of tests and in scripts; `antiphon migrate` does it for an app.
 *
 * @throws MIGRATION_… errors for whatever is in the way
 * @example
 * await using database = await Database.open({ url: "sqlite:./db.sqlite3", models: [Note] });
 * await migrateDatabase(database, { folder: "migrations" });
 */
export async function migrateDatabase(database: Database, options: MigrateOptions): Promise<MigrateResult> {
  const lockTimeout = options.lockTimeout ?? 60_000;
  const folder = join(options.folder, database.dialect);
  const files = migrationFiles(folder);
  return MigrationSession.hold(database, (session) =>
    alone(session, lockTimeout, async () => {
      await ensureRecords(session);
      const records = await readRecords(session);
      const { steps, warnings } = planMigrations(files, records, { target: options.target, folder });
      if (options.fake) await accept(session, files, records, steps);
      const done: MigrationStep[] = [];
      let backup = options.backup !== false;
      const onProgress = (progress: MigrateProgress) => {
        // A later copy would not be of what was there before the run.
        if (progress.state === "backup") backup = false;
        options.onProgress?.(progress);
      };
      for (const step of steps) {
        if (await carryOut(session, step, { ...options, lockTimeout, backup, onProgress })) done.push(step);
      }
      const namesOf = (direction: string) =>
        done.filter((step) => step.direction === direction).map(({ file }) => file.name);
      return { applied: namesOf("up"), undone: namesOf("down"), warnings: options.fake ? [] : warnings };
    }),
  );
}

/** What `migrateDatabase` would do. Changes nothing. @throws like `migrateDatabase` */
export async function planDatabase(
  database: Database,
  options: Pick<MigrateOptions, "folder" | "target">,
): Promise<{ readonly steps: readonly MigrationStep[]; readonly warnings: readonly string[] }> {
  const folder = join(options.folder, database.dialect);
  return planMigrations(migrationFiles(folder), await readRecords(database), { target: options.target, folder });
}

/** How every migration stands, on disk and in the database. Changes nothing. */
export async function migrationStatus(
  database: Database,
  { folder }: { readonly folder: string },
): Promise<MigrationStatus[]> {
  const files = migrationFiles(join(folder, database.dialect));
  const records = new Map((await readRecords(database)).map((record) => [record.name, record]));
  const names = [...new Set([...files.map(({ name }) => name), ...records.keys()])].sort();
  return names.map((name) => {
    const [file, record] = [files.find((one) => one.name === name), records.get(name)];
    const state = record === undefined ? "pending" : record.half ? "half" : file ? "applied" : "missing";
    return {
      name,
      state,
      edited: state === "applied" && file?.checksum !== record?.checksum,
      ...(record === undefined ? {} : { appliedAt: record.appliedAt }),
    } as const;
  });
}

/** Names of the migrations that are still to be applied. Changes nothing. */
export async function pendingMigrations(database: Database, options: { readonly folder: string }): Promise<string[]> {
  const all = await migrationStatus(database, options);
  return all.filter(({ state }) => state === "pending" || state === "half").map(({ name }) => name);
}

async function carryOut(
  session: MigrationSession,
  step: MigrationStep,
  options: MigrateOptions & Pick<RunOptions, "lockTimeout" | "backup"> & Required<Pick<MigrateOptions, "onProgress">>,
): Promise<boolean> {
  const { name } = step.file;
  const { direction } = step;
  const tell = options.onProgress;
  const startedAt = performance.now();
  tell({ state: "begins", name, direction, milliseconds: 0 });
  let outcome: "done" | "skipped" = "done";
  if (options.fake) {
    if (direction === "up") await putRecord(session, { name, checksum: step.file.checksum });
    else await deleteRecord(session, name);
  } else {
    outcome = await runMigration(session, step, {
      lockTimeout: options.lockTimeout,
      backup: options.backup,
      onStatement: (statement, of) => tell({ state: "statement", name, direction, statement, of }),
      onBackup: (file) => tell({ state: "backup", name, direction, file }),
    });
  }
  tell({ state: outcome, name, direction, milliseconds: performance.now() - startedAt });
  return outcome === "done";
}

/** Takes files as they are that were changed after they were applied. */
async function accept(
  session: MigrationSession,
  files: readonly MigrationFile[],
  records: readonly MigrationRecord[],
  steps: readonly MigrationStep[],
): Promise<void> {
  for (const { name, checksum, half } of records) {
    const file = files.find((one) => one.name === name);
    const planned = steps.some((step) => step.file.name === name);
    if (file && !half && !planned && file.checksum !== checksum)
      await putRecord(session, { name, checksum: file.checksum });
  }
}
