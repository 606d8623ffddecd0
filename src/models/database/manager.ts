import type { MikroORM, TransactionOptions } from "@mikro-orm/core";
import { SqlEntityManager } from "@mikro-orm/sql";
import { AntiphonError } from "../../errors.ts";
import { isModelClass, modelDefinition } from "../schema/model.ts";
import { runAtomic } from "./atomic.ts";
import { announce } from "./change-feed.ts";
import { currentContext, entityManager, hasContext, ownManager } from "./context.ts";
import { contexts, type DatabaseContext } from "./context-store.ts";
import type { Database } from "./database.ts";
import { toDatabaseError } from "./database-errors.ts";
import { Scope } from "./scope.ts";
import { guardFlush } from "./write-savepoint.ts";

const databases = new WeakMap<object, Database>();

/** The ORM's manager, with writes that queries of the same context can join, and errors of ours. */
export class Manager extends SqlEntityManager {
  /** Writes all changes or none; outside `atomic()` in a transaction of their own. @throws ConstraintError, DATABASE_CONFLICT */
  override async flush(): Promise<void> {
    const database = databases.get(this.config);
    if (!database) return super.flush();
    const flush = () => settled(this, () => super.flush());
    const context = contexts.getStore();
    try {
      if (context?.database === database && context.scope) {
        guardFlush(this);
        return await flushWithin(this, { database, scope: context.scope }, flush);
      }
      const scope = Scope.ofFlush(database.busyTimeout);
      scope.manager = this;
      const inside: DatabaseContext = { database, manager: this, scope };
      try {
        await contexts.run(inside, () => scope.race(flush));
      } finally {
        scope.end();
        // What a lifecycle hook left running goes on outside the transaction.
        inside.scope = undefined;
      }
      database.changes.publish(scope.changes);
    } catch (error) {
      throw toDatabaseError(error, database);
    }
  }

  /** The same as `atomic()`, with the ORM's settings. */
  override transactional<T>(work: (manager: this) => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const own = databases.has(this.config) && options.propagation === undefined && options.ctx === undefined;
    if (!own || !hasContext() || ownManager(currentContext()) !== (this as SqlEntityManager))
      return super.transactional(work, options);
    return runAtomic(async () => work(entityManager() as this), options);
  }

  /** The ORM's own transaction, for `atomic()`. */
  begun<T>(work: (manager: this) => Promise<T>, options: TransactionOptions): Promise<T> {
    return super.transactional(work, options);
  }
}

/** A flush of the ORM, and those that it has put off until the end of that one. */
interface RunningFlush {
  readonly own: Promise<void>;
  readonly later: Set<Promise<void>>;
  /** Fails with the first of them that is refused. */
  readonly refused: PromiseWithResolvers<never>;
}

const running = new WeakMap<object, RunningFlush>();

/**
 * Flushes, and fails with the flush that runs already, or one put off before this one, if that is refused: it has taken the
 * objects of this one too. The ORM would say that all is well, or leave this one without an answer.
 */
function settled(manager: Manager, flush: () => Promise<void>): Promise<void> {
  const unit = manager.getContext(false).getUnitOfWork(false);
  const before = running.get(unit);
  const own = flush();
  if (before === undefined) {
    const refused = Promise.withResolvers<never>();
    refused.promise.catch(() => {});
    follow(unit, { own, later: new Set(), refused });
    return own;
  }
  const { later, refused } = before;
  later.add(own);
  own.then(
    () => void later.delete(own),
    (error: unknown) => {
      later.delete(own);
      refused.reject(error);
    },
  );
  // A flush within a hook of the running one is refused at once.
  return Promise.race([refused.promise, own, before.own.then(() => own)]);
}

function follow(unit: object, flush: RunningFlush): void {
  running.set(unit, flush);
  flush.own.then(
    () => {
      // One that came at the very end runs by itself, and others may join it.
      const [next] = flush.later;
      if (next === undefined) running.delete(unit);
      else follow(unit, { ...flush, own: next });
    },
    () => void running.delete(unit),
  );
}

/** Runs one more flush in the turn in which a manager flushes already. */
type JoinFlush = (flush: () => Promise<void>) => Promise<void>;

const turns = new WeakMap<Manager, JoinFlush>();

/**
 * Flushes within `atomic()` in a turn of its own. A nested `atomic()` that began before the first statement of a flush would
 * wait for the ORM to end the flush, and the flush's statement for the nested one.
 */
async function flushWithin(
  manager: Manager,
  { database, scope: outer }: DatabaseContext & { readonly scope: Scope },
  flush: () => Promise<void>,
): Promise<void> {
  // The last flush of an `atomic()` comes when its work has ended: nothing runs beside it.
  if (outer.isEnding) return flush();
  // The ORM must get a flush while it is in another one: at the end it forgets the objects that no flush asked for.
  const join = turns.get(manager);
  if (join) return join(flush);
  return outer.nest(async () => {
    const scope = outer.lent();
    const inside: DatabaseContext = { database, scope };
    const flushes = new Set<Promise<void>>();
    const start: JoinFlush = (one) => {
      const started = contexts.run(inside, one);
      flushes.add(started);
      const ended = () => void flushes.delete(started);
      started.then(ended, ended);
      return started;
    };
    turns.set(manager, start);
    try {
      const own = start(flush);
      while (flushes.size > 0) await Promise.allSettled(flushes);
      // At once: whatever joined from now on would find the turn at its end.
      turns.delete(manager);
      return await own;
    } finally {
      scope.leave();
      // What a lifecycle hook left running goes on in the outer transaction.
      inside.scope = outer.lender;
    }
  });
}

/** The ORM's own writes that its events do not tell of, and what they do. */
const BULK_WRITES = {
  insert: "create",
  insertMany: "create",
  upsert: "update",
  upsertMany: "update",
  nativeUpdate: "update",
  nativeDelete: "delete",
} as const;

type Method = (...args: unknown[]) => Promise<unknown>;

for (const [name, action] of Object.entries(BULK_WRITES)) {
  const original = (SqlEntityManager.prototype as unknown as Record<string, Method>)[name] as Method;
  const method = async function (this: Manager, ...args: unknown[]): Promise<unknown> {
    const result = await original.apply(this, args);
    const target = [args[0]].flat()[0];
    const model = isModelClass(target) ? target : (target as object | undefined)?.constructor;
    if (hasContext() && isModelClass(model)) announce({ model: modelDefinition(model).name, action, ids: "many" });
    return result;
  };
  Object.defineProperty(Manager.prototype, name, { value: method, writable: true, configurable: true });
}

/** Tells managers which database they belong to. */
export function ownManagers(orm: MikroORM, database: Database): void {
  databases.set(orm.config, database);
  const platform = orm.em.getPlatform();
  const converter = platform.getExceptionConverter();
  // Every error of the ORM's statements passes here, those of reads and of bulk writes too.
  platform.getExceptionConverter = () => ({
    convertException(error) {
      if (error instanceof AntiphonError) return error as never;
      return toDatabaseError(converter.convertException(error), database) as never;
    },
  });
}
