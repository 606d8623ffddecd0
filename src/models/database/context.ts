import type { SqlEntityManager } from "@mikro-orm/sql";
import { type BoundValue, runWith } from "../../context-variable.ts";
import { appBound } from "../../running-app.ts";
import { modelErrors } from "../errors.ts";
import { contexts, type DatabaseContext } from "./context-store.ts";
import type { Database } from "./database.ts";

let defaultContext: DatabaseContext | undefined;

/**
 * Runs work on a database, with an entity manager of its own that is made when it is first asked for. Requests, events,
 * hooks and commands run in one already; use it in scripts and tests.
 *
 * @example
 * await withDatabase(database, () => objects(Note).count());
 */
export function withDatabase<T>(database: Database, work: () => T): T {
  return runWith(databaseBound(database), work);
}

/** Returns the same as values of `runWith()`: the app of the database, and a unit of work in it. */
export function databaseBound(database: Database): readonly BoundValue[] {
  return [appBound(database.app), contexts.bound({ database })];
}

/**
 * Runs what starts or stops an app. What it leaves running, such as a timer, goes on with the database, and not with its
 * entity manager: what one call reads and has not written must not be the next one's.
 */
export async function withDatabaseFor<T>(database: Database, work: () => T | Promise<T>): Promise<T> {
  const context: DatabaseContext = { database };
  try {
    return await runWith([appBound(database.app), contexts.bound(context)], work);
  } finally {
    context.ended = true;
    context.manager = undefined;
  }
}

/** Sets the database for code that runs in no context: a shell or a script. Undefined takes it away. */
export function setDefaultDatabase(database: Database | undefined): void {
  defaultContext = database && { database };
}

/** What the running code works with. @throws DATABASE_NOT_OPEN */
export function currentContext(): DatabaseContext {
  const context = contexts.getStore() ?? defaultContext;
  if (!context) throw modelErrors.DATABASE_NOT_OPEN();
  return context;
}

/** Whether there is a database to work with. */
export function hasContext(): boolean {
  return (contexts.getStore() ?? defaultContext) !== undefined;
}

/** The database of the running code. @throws DATABASE_NOT_OPEN */
export function currentDatabase(): Database {
  return currentContext().database;
}

/**
 * The entity manager of the running request, event or command; inside `atomic()` the transaction's.
 *
 * Use it for objects that are loaded, changed and written with `flush()`; lists are read faster by `objects()`.
 *
 * @throws DATABASE_NOT_OPEN, DATABASE_NO_UNIT_OF_WORK in a timer that the app's start left running
 */
export function entityManager(): SqlEntityManager {
  const context = currentContext();
  if (context.ended && !context.scope?.manager) throw modelErrors.DATABASE_NO_UNIT_OF_WORK();
  return ownManager(context);
}

/** The manager of a context's transaction or unit of work; where there is neither, a new one, for what is written at once. */
export function ownManager(context: DatabaseContext): SqlEntityManager {
  if (context.scope?.manager) return context.scope.manager;
  if (context.ended) return context.database.newManager();
  context.manager ??= context.database.newManager();
  return context.manager;
}
