import type { TransactionOptions } from "@mikro-orm/core";
import { currentContext, ownManager } from "./context.ts";
import { contexts, type DatabaseContext } from "./context-store.ts";
import { toDatabaseError } from "./database-errors.ts";
import { rememberEntities } from "./entity-snapshot.ts";
import type { Manager } from "./manager.ts";
import { Scope } from "./scope.ts";

/**
 * Runs work in a transaction: all of it is kept, or, if it throws, nothing. Inside another `atomic()` it is a savepoint:
 * a failure that the outer one catches undoes the inner work alone. Changed objects are written at its end.
 *
 * Keep it short, above all on SQLite, where one transaction writes at a time; send mail and call services after it.
 * Parallel nested ones take turns. After a statement failed, go on only if that statement was in an `atomic()` of its own:
 * PostgreSQL refuses the rest.
 *
 * @throws whatever the work throws, ConstraintError, DATABASE_BUSY, DATABASE_CONFLICT, DATABASE_TRANSACTION_ABORTED
 * @example
 * await atomic(async () => {
 *   await objects(Account).filter({ id: from }).update({ balance: left });
 *   await objects(Transfer).create({ from, to, amount });
 * });
 */
export function atomic<T>(work: () => Promise<T>): Promise<T> {
  return runAtomic(work);
}

/** `atomic()` with the ORM's own settings of a transaction, such as its isolation level. */
export async function runAtomic<T>(work: () => Promise<T>, options: TransactionOptions = {}): Promise<T> {
  const context = currentContext();
  const outer = context.scope;
  try {
    return outer ? await outer.nest(() => inScope(context, work, options)) : await inScope(context, work, options);
  } catch (error) {
    throw toDatabaseError(error, context.database);
  }
}

async function inScope<T>(context: DatabaseContext, work: () => Promise<T>, options: TransactionOptions): Promise<T> {
  const { database, scope: outer } = context;
  const manager = ownManager(context) as Manager;
  const scope = new Scope(database.busyTimeout, outer);
  const result = await contexts.run({ database, scope }, async () => {
    try {
      // What was changed before belongs to the outside: written now, it survives a failure of the inside.
      await flushOutside(manager, outer, context);
      const undo = rememberEntities(manager);
      try {
        return await manager.begun((inner) => workIn(scope, inner, work), options);
      } catch (error) {
        undo(scope.manager, scope.isLost);
        throw error;
      }
    } finally {
      scope.leave();
    }
  });
  if (outer) outer.changes.push(...scope.changes);
  else database.changes.publish(scope.changes);
  return result;
}

async function workIn<T>(scope: Scope, manager: Manager, work: () => Promise<T>): Promise<T> {
  scope.manager = manager;
  try {
    const value = await work();
    for (let wait = scope.ready(); wait !== undefined; wait = scope.ready()) await wait;
    return value;
  } catch (error) {
    // Before the rollback: parallel branches still run, and what they write from now on would be kept.
    scope.end();
    throw error;
  }
}

/** In the context of the outside, so that its changes are published with the outside's. */
async function flushOutside(manager: Manager, outer: Scope | undefined, { database }: DatabaseContext): Promise<void> {
  if (!outer) return contexts.run({ database }, () => manager.flush());
  // The outer scope waits for this one, so its own queries would wait for ever: noted there, run as a part of this.
  const scope = outer.lent();
  try {
    await contexts.run({ database, scope }, () => manager.flush());
  } finally {
    scope.leave();
  }
}
