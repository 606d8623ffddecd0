import { setTimeout as sleep } from "node:timers/promises";
import { AntiphonError } from "../../errors.ts";
import { modelErrors } from "../errors.ts";
import type { MigrationSession } from "./migration-session.ts";

/** The number of PostgreSQL's lock; any that nobody else takes. */
const POSTGRES_LOCK = 4_702_111_234;

/**
 * Runs work while no other process migrates the database. SQLite has no lock that outlives a transaction: there each
 * migration begins with `beginAlone`, and looks again at what is applied.
 *
 * @throws MIGRATION_LOCKED when the other takes longer than `milliseconds`
 */
export async function alone<T>(session: MigrationSession, milliseconds: number, work: () => Promise<T>): Promise<T> {
  switch (session.dialect) {
    case "sqlite":
      return work();
    case "postgres":
      return postgresAlone(session, milliseconds, work);
    case "mysql":
      return mysqlAlone(session, milliseconds, work);
  }
}

/** Begins a transaction that writes, as soon as no other process does. @throws MIGRATION_LOCKED */
export async function beginAlone(session: MigrationSession, milliseconds: number): Promise<void> {
  if (session.dialect !== "sqlite") {
    await session.execute("begin");
    return;
  }
  const end = performance.now() + milliseconds;
  for (;;) {
    try {
      await session.execute("begin immediate");
      return;
    } catch (error) {
      if (!(error instanceof AntiphonError) || error.code !== "DATABASE_BUSY") throw error;
      if (performance.now() > end) throw modelErrors.MIGRATION_LOCKED.with({ cause: error }, seconds(milliseconds));
    }
  }
}

async function postgresAlone<T>(session: MigrationSession, milliseconds: number, work: () => Promise<T>): Promise<T> {
  // A migration may take longer than a request.
  await session.execute("set statement_timeout = 0");
  try {
    const end = performance.now() + milliseconds;
    // Tried again and again: a query that waits would hold a snapshot that the other may have to wait for.
    for (;;) {
      const [row] = await session.rows(`select pg_try_advisory_lock(${POSTGRES_LOCK}) as locked`);
      if (row?.["locked"] === true) break;
      if (performance.now() > end) throw modelErrors.MIGRATION_LOCKED(seconds(milliseconds));
      await sleep(50);
    }
    try {
      return await work();
    } finally {
      await tidyUp(session, `select pg_advisory_unlock(${POSTGRES_LOCK})`);
    }
  } finally {
    await tidyUp(session, "reset statement_timeout");
  }
}

async function mysqlAlone<T>(session: MigrationSession, milliseconds: number, work: () => Promise<T>): Promise<T> {
  // A migration may take longer than a request, and so may the wait for another one. MariaDB and MySQL call it otherwise.
  const [limit] = await session.rows(
    "show session variables where variable_name in ('max_statement_time', 'max_execution_time')",
  );
  const set = (value: unknown) => `set session ${limit?.["Variable_name"]} = ${value}`;
  if (limit !== undefined) await session.execute(set(0));
  try {
    return await mysqlLocked(session, milliseconds, work);
  } finally {
    if (limit !== undefined) await tidyUp(session, set(limit["Value"]));
  }
}

async function mysqlLocked<T>(session: MigrationSession, milliseconds: number, work: () => Promise<T>): Promise<T> {
  // The lock is the server's, so it is named after the database; names have at most 64 characters.
  const name = "concat('antiphon_', left(sha1(database()), 40))";
  const [row] = await session.rows(`select get_lock(${name}, ${seconds(milliseconds)}) as locked`);
  if (Number(row?.["locked"]) !== 1) throw modelErrors.MIGRATION_LOCKED(seconds(milliseconds));
  try {
    return await work();
  } finally {
    await tidyUp(session, `do release_lock(${name})`);
  }
}

/** It fails on a connection that is gone, which has let go of all; the error of the work is the one to tell. */
async function tidyUp(session: MigrationSession, sql: string): Promise<void> {
  await session.execute(sql).catch(() => {});
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / 1000));
}
