import type { TransactionOptions } from "@mikro-orm/core";
import { currentContext, ownManager } from "./context.ts";
import { contexts, type DatabaseContext } from "./context-store.ts";
import { toDatabaseError } from "./database-errors.ts";
import { rememberEntities } from "./entity-snapshot.ts";
import type { Manager } from "./manager.ts";
import { LONGEST_TIMER, transactionTooLong } from "./open-transactions.ts";
import { Scope } from "./scope.ts";

/**
 * Runs work in a transaction: all of it is kept, or, if it throws, nothing. Inside another `atomic()` it is a savepoint:
 * a failure that the outer one catches undoes the inner work alone. Changed objects are written at its end.
 *
 * Keep it short, above all on SQLite, where one transaction writes at a time; send mail and call services after it.
 * One that is open for longer than `database.transactionTimeout` is rolled back, and so is one that sends nothing while
 * others wait for the database. Parallel nested ones take turns. After a statement failed, go on only if that statement was in an `atomic()` of its own:
 * PostgreSQL refuses the rest.
 *
 * @throws whatever the work throws, ConstraintError, DATABASE_BUSY, DATABASE_CONFLICT, DATABASE_TRANSACTION_ABORTED,
 * DATABASE_TRANSACTION_TIMEOUT
 * @example
 * await atomic(async () => {
 *   await objects(Account).filter({ id: from }).update({ balance: left });
 *   await objects(Transfer).create({ from, to, amount });
 * });
 */
export function atomic<T>(work: () => Promise<T>, options: AtomicOptions = {}): Promise<T> {
  return runAtomic(work, {}, options);
}

/** Options of `atomic()`. */
export interface AtomicOptions {
  /** Milliseconds that it may take, in place of `database.transactionTimeout`; `Infinity` for no limit. */
  readonly timeout?: number;
}

/** `atomic()` with the ORM's own settings of a transaction, such as its isolation level. */
export async function runAtomic<T>(
  work: () => Promise<T>,
  options: TransactionOptions = {},
  { timeout }: AtomicOptions = {},
): Promise<T> {
  const context = currentContext();
  const outer = context.scope;
  try {
    const run = () => inScope(context, { work, options, timeout });
    return outer ? await outer.nest(run) : await run();
  } catch (error) {
    throw toDatabaseError(error, context.database);
  }
}

interface AtomicWork<T> {
  readonly work: () => Promise<T>;
  readonly options: TransactionOptions;
  readonly timeout: number | undefined;
}

async function inScope<T>(context: DatabaseContext, { work, options, timeout }: AtomicWork<T>): Promise<T> {
  const { database, scope: outer } = context;
  const manager = ownManager(context) as Manager;
  const scope = new Scope(database.busyTimeout, outer);
  scope.timeout = timeout;
  // The connection's own limit is that of the outermost one.
  const stop = outer && timeout !== undefined ? limitNested(scope, timeout) : undefined;
  const result = await contexts.run({ database, scope }, async () => {
    try {
      // What was changed before belongs to the outside: written now, it survives a failure of the inside.
      await flushOutside(manager, outer, context);
      const undo = rememberEntities(manager);
      try {
        return await manager.begun((inner) => workIn(scope, inner, work), options);
      } catch (error) {
        undo(scope.manager, scope.isLost);
        throw scope.abortReason ?? error;
      }
    } finally {
      stop?.();
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
    const value = await scope.race(work);
    for (let wait = scope.ready(); wait !== undefined; wait = scope.ready()) await wait;
    scope.isEnding = true;
    return value;
  } catch (error) {
    // Before the rollback: parallel branches still run, and what they write from now on would be kept.
    scope.end();
    throw error;
  }
}

function limitNested(scope: Scope, timeout: number): () => void {
  if (timeout > LONGEST_TIMER) return () => {};
  const timer = setTimeout(() => scope.abort(transactionTooLong(timeout)), timeout);
  return () => clearTimeout(timer);
}

/** In the context of the outside, so that its changes are published with the outside's. */
async function flushOutside(manager: Manager, outer: Scope | undefined, { database }: DatabaseContext): Promise<void> {
  if (holdsNothing(manager)) return;
  if (!outer) return contexts.run({ database }, () => manager.flush());
  // The outer scope waits for this one, so its own queries would wait for ever: noted there, run as a part of this.
  const scope = outer.lent();
  try {
    await contexts.run({ database, scope }, () => manager.flush());
  } finally {
    scope.leave();
  }
}

/** Whether a manager holds nothing that a flush could write. */
function holdsNothing(manager: Manager): boolean {
  const unit = manager.getUnitOfWork(false);
  const isQueueEmpty = unit.getPersistStack().size === 0 && unit.getRemoveStack().size === 0;
  return isQueueEmpty && unit.getIdentityMap()[Symbol.iterator]().next().done === true;
}
