import { type EntityMetadata, EventType, Reference } from "@mikro-orm/core";
import type { AbstractSqlConnection, SqlEntityManager } from "@mikro-orm/sql";
import { contexts, type DatabaseContext } from "./context-store.ts";
import { rememberEntities } from "./entity-snapshot.ts";
import { Scope } from "./scope.ts";

type Transaction = ReturnType<SqlEntityManager["getTransactionContext"]>;

/** The ORM's step that writes what a flush has found. */
interface Writer {
  persistToDatabase(groups: unknown, transaction: Transaction): Promise<void>;
}

/**
 * Makes each flush of a manager whole: within `atomic()`, one that takes several statements is a savepoint. If such a flush
 * is refused and the error is caught, nothing that its first statements wrote stays. A single statement needs no savepoint.
 */
export function guardFlush(manager: SqlEntityManager): void {
  const unit = manager.getUnitOfWork(false);
  if (Object.hasOwn(unit, "persistToDatabase")) return;
  const writer = unit as unknown as Writer;
  const write = writer.persistToDatabase.bind(unit);
  writer.persistToDatabase = (groups, transaction) => {
    const context = contexts.getStore();
    const scope = context?.scope;
    // Outside of a transaction the ORM begins one of its own. The last flush of an `atomic()` fails with all of it.
    const isWhole = !manager.isInTransaction() || (scope?.isEnding === true && scope.manager === manager);
    if (context === undefined || scope === undefined || isWhole || !takesSeveralStatements(manager)) {
      return write(groups, transaction);
    }
    const within = { database: context.database, scope };
    return scope.nest(() => inSavepoint(manager, within, (savepoint) => write(groups, savepoint)));
  };
}

async function inSavepoint(
  manager: SqlEntityManager,
  { database, scope: outer }: DatabaseContext & { readonly scope: Scope },
  write: (savepoint: Transaction) => Promise<void>,
): Promise<void> {
  const scope = new Scope(database.busyTimeout, outer);
  scope.manager = outer.manager;
  const inside: DatabaseContext = { database, scope };
  const connection = manager.getConnection() as AbstractSqlConnection;
  const undo = rememberEntities(manager);
  try {
    const transaction = manager.getTransactionContext();
    await contexts.run(inside, () => connection.transactional((savepoint) => write(savepoint), { ctx: transaction }));
  } catch (error) {
    undo(manager, scope.isLost);
    throw error;
  } finally {
    scope.leave();
    // What a lifecycle hook left running goes on in the outer transaction.
    inside.scope = outer.lender;
  }
  outer.changes.push(...scope.changes);
}

const WRITE_EVENTS = [
  EventType.beforeCreate,
  EventType.afterCreate,
  EventType.beforeUpdate,
  EventType.afterUpdate,
  EventType.beforeDelete,
  EventType.afterDelete,
];

/** True unless the flush is one statement for sure: listeners may write as well. */
function takesSeveralStatements(manager: SqlEntityManager): boolean {
  const unit = manager.getUnitOfWork(false);
  const sets = unit.getChangeSets();
  if (sets.length + unit.getCollectionUpdates().length + unit.getExtraUpdates().size > 1) return true;
  const events = manager.getEventManager();
  return sets.some(
    ({ entity, meta }) =>
      refersToItself(entity, meta) || WRITE_EVENTS.some((event) => events.hasListeners(event, meta as never)),
  );
}

/** Such a row is inserted first and gets the reference afterwards. */
function refersToItself(entity: object, meta: EntityMetadata): boolean {
  return meta.relations.some(
    ({ name }) => Reference.unwrapReference((entity as Record<string, object>)[name] as never) === entity,
  );
}
