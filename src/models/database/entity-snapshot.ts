import { helper } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/sql";

interface Remembered {
  readonly original: Record<string, unknown> | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly members: ReadonlyMap<string, RememberedMembers>;
}

interface RememberedMembers {
  /** What the database holds. */
  readonly stored: readonly object[];
  /** What the object holds, when that has not been written yet. */
  readonly changed: readonly object[] | undefined;
}

interface Members {
  isInitialized(): boolean;
  isDirty(): boolean;
  getItems(check?: boolean): object[];
  getSnapshot(): object[] | undefined;
  set(items: object[]): void;
  hydrate(items: object[], forcePropagate?: boolean): void;
  takeSnapshot(): void;
  setDirty(dirty?: boolean): void;
}

/**
 * Remembers what a manager's objects hold before a transaction or a flush. The answer puts them back after a rollback: otherwise they
 * would show values that are not in the database, and believe that these were written.
 */
export function rememberEntities(
  manager: SqlEntityManager,
): (inner: SqlEntityManager | undefined, outerIsUndone: boolean) => void {
  const remembered = new Map<object, Remembered>();
  for (const entity of manager.getUnitOfWork(false).getIdentityMap()) remembered.set(entity, remember(entity));
  return (inner, outerIsUndone) => {
    const known = inner?.getUnitOfWork(false).getIdentityMap();
    for (const entity of [...(known ?? [])]) {
      if (remembered.has(entity)) continue;
      known?.delete(entity);
      forget(entity);
    }
    // The outer transaction has put them back further than to the beginning of this one.
    if (outerIsUndone) return;
    const map = manager.getUnitOfWork(false).getIdentityMap();
    for (const [entity, before] of remembered) {
      putBack(entity, before);
      map.store(entity);
    }
  };
}

function remember(entity: object): Remembered {
  const wrapped = helper(entity);
  const data: Record<string, unknown> = {};
  const members = new Map<string, RememberedMembers>();
  for (const property of wrapped.__meta.props) {
    const value = (entity as Record<string, unknown>)[property.name];
    if (!isMembers(value)) {
      if (property.kind !== "1:m" && property.kind !== "m:n" && property.persist !== false) data[property.name] = value;
    } else if (value.isInitialized()) members.set(property.name, rememberMembers(value));
  }
  return { original: wrapped.__originalEntityData as Remembered["original"], data, members };
}

function rememberMembers(collection: Members): RememberedMembers {
  const items = [...collection.getItems(false)];
  if (!collection.isDirty()) return { stored: items, changed: undefined };
  return { stored: [...(collection.getSnapshot() ?? [])], changed: items };
}

function putBack(entity: object, { original, data, members }: Remembered): void {
  const wrapped = helper(entity);
  const record = entity as Record<string, unknown>;
  for (const [name, value] of Object.entries(data)) {
    if (record[name] !== value) record[name] = value;
  }
  for (const [name, { stored, changed }] of members) {
    const collection = record[name];
    if (!isMembers(collection)) continue;
    collection.hydrate([...stored]);
    collection.takeSnapshot();
    collection.setDirty(false);
    if (changed !== undefined) collection.set([...changed]);
  }
  (wrapped as { __originalEntityData?: unknown }).__originalEntityData = original;
  wrapped.__managed = true;
}

/** What was made inside was never made: stored again, it is inserted and not updated. */
function forget(entity: object): void {
  const wrapped = helper(entity) as unknown as Record<string, unknown>;
  delete wrapped.__originalEntityData;
  delete wrapped.__em;
  wrapped.__managed = false;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && "isInitialized" in value && "takeSnapshot" in value;
}
