import type { SqlEntityManager } from "@mikro-orm/sql";
import { contexts, type DatabaseContext } from "./context-store.ts";
import type { Database } from "./database.ts";
import { modelErrors } from "./errors.ts";

let defaultContext: DatabaseContext | undefined;

/**
 * Runs work on a database, with an entity manager of its own that is made when it is first asked for. Requests, events,
 * hooks and commands run in one already; use it in scripts and tests.
 *
 * @example
 * await withDatabase(database, () => objects(Note).count());
 */
export function withDatabase<T>(database: Database, work: () => T): T {
  return contexts.run({ database }, work);
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
 * @throws DATABASE_NOT_OPEN
 */
export function entityManager(): SqlEntityManager {
  const context = currentContext();
  if (context.scope?.manager) return context.scope.manager;
  context.manager ??= context.database.newManager();
  return context.manager;
}
