import type { ChangeSet, EntityMetadata, EntityProperty, EventSubscriber, FlushEventArgs } from "@mikro-orm/core";
import { asError } from "../../errors.ts";
import { isModelClass, modelDefinition } from "../schema/model.ts";
import { currentDatabase } from "./context.ts";
import { noteChange } from "./context-store.ts";
import type { Database } from "./database.ts";

/** Something that was written to the database. */
export interface Change {
  /** Name of the model. */
  readonly model: string;
  /** `m2m`: the members of a many-to-many field. */
  readonly action: "create" | "update" | "delete" | "m2m";
  /** Keys of the rows; "many" when they are not known, as with rows that the database deletes with their parent. */
  readonly ids: readonly (string | number)[] | "many";
  /** The many-to-many field. */
  readonly field?: string;
}

/** Takes the changes of one transaction, after it was committed. Nobody waits for one that is async. */
export type ChangeListener = (changes: readonly Change[]) => unknown;

/** Tells of changes, once they are committed. */
export class ChangeFeed {
  readonly #listeners = new Set<ChangeListener>();

  /** Adds a listener; the answer takes it away again. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all listeners. One that fails keeps nobody else from hearing, and does not undo what is committed. */
  publish(changes: readonly Change[]): void {
    if (changes.length === 0 || this.#listeners.size === 0) return;
    const told = merged(changes);
    for (const listener of [...this.#listeners]) {
      try {
        Promise.resolve(listener(told)).catch(warn);
      } catch (error) {
        warn(error);
      }
    }
  }
}

function warn(error: unknown): void {
  const { message, stack } = asError(error);
  // Of an error object Node would pass over the code.
  process.emitWarning(message, { code: "ANTIPHON_CHANGE_LISTENER", detail: stack ?? message });
}

/**
 * Calls a listener after every committed change of the current database.
 *
 * @example
 * const stop = onChange((changes) => console.log(changes.map(({ model, action }) => `${model} ${action}`)));
 */
export function onChange(listener: ChangeListener): () => void {
  return currentDatabase().changes.subscribe(listener);
}

/**
 * Tells of a change that was made by SQL: after the outermost commit, never after a rollback. Rows that a delete takes
 * with it are announced as well.
 */
export function announce(change: Change): void {
  const database = currentDatabase();
  const meta = metaByName(database, change.model);
  const changes = change.action === "delete" && meta ? [change, ...alsoChanged(database, meta)] : [change];
  if (!noteChange(database, changes)) database.changes.publish(changes);
}

/** Finds the changes of what the unit of work writes. */
export function changeSubscriber(): EventSubscriber {
  return {
    afterFlush({ uow }: FlushEventArgs) {
      const sets = uow.getChangeSets() as unknown as ChangeSet<object>[];
      const updates = uow.getCollectionUpdates() as unknown as { owner: object; property: EntityProperty }[];
      if (sets.length === 0 && updates.length === 0) return;
      const database = currentDatabase();
      const changes: Change[] = [];
      for (const set of sets) {
        const action = ACTIONS[set.type];
        changes.push({ model: nameOf(set.meta), action, ids: idsOf(set.getPrimaryKey()) });
        if (action === "delete") changes.push(...alsoChanged(database, set.meta));
      }
      for (const { owner, property } of updates) changes.push(memberChange(owner, property));
      if (!noteChange(database, changes)) database.changes.publish(changes);
    },
  };
}

const ACTIONS = {
  create: "create",
  update: "update",
  delete: "delete",
  update_early: "update",
  delete_early: "delete",
} as const;

function memberChange(owner: object, property: EntityProperty): Change {
  const wrapped = (owner as { __helper: { __meta: EntityMetadata; getPrimaryKey(): unknown } }).__helper;
  return { model: nameOf(wrapped.__meta), action: "m2m", ids: idsOf(wrapped.getPrimaryKey()), field: property.name };
}

function idsOf(key: unknown): Change["ids"] {
  if (typeof key === "string" || typeof key === "number") return [key];
  return typeof key === "bigint" ? [key.toString()] : "many";
}

const reachable = new WeakMap<EntityMetadata, readonly Change[]>();

/** What may change in other models when rows of this one are deleted, by the rules of their foreign keys. */
function alsoChanged(database: Database, meta: EntityMetadata): readonly Change[] {
  const known = reachable.get(meta);
  if (known) return known;
  const found: Change[] = [];
  const deleted = new Set([meta.className]);
  const queue = [meta.className];
  const metas = Array.from(database.models.values(), (model) => database.meta(model));
  for (let gone = queue.shift(); gone !== undefined; gone = queue.shift()) {
    for (const other of metas) {
      for (const property of other.relations) {
        if (property.targetMeta?.className !== gone) continue;
        const change = consequence(other, property);
        if (!change) continue;
        if (change.action !== "delete") found.push(change);
        else if (!deleted.has(other.className)) {
          deleted.add(other.className);
          queue.push(other.className);
          found.push(change);
        } else if (other.className === meta.className && !found.some(({ model }) => model === change.model))
          found.push(change);
      }
    }
  }
  reachable.set(meta, found);
  return found;
}

function consequence(meta: EntityMetadata, property: EntityProperty): Change | undefined {
  const model = nameOf(meta);
  // Members disappear on the owner's side; the other side has no column.
  if (property.kind === "m:n")
    return property.owner ? { model, action: "m2m", ids: "many", field: property.name } : undefined;
  if (property.kind !== "m:1" && !(property.kind === "1:1" && property.owner)) return undefined;
  if (property.deleteRule === "cascade") return { model, action: "delete", ids: "many" };
  if (property.deleteRule === "set null" || property.deleteRule === "set default") {
    return { model, action: "update", ids: "many", field: property.name };
  }
  return undefined;
}

function nameOf(meta: EntityMetadata): string {
  return isModelClass(meta.class) ? modelDefinition(meta.class).name : meta.className;
}

function metaByName(database: Database, name: string): EntityMetadata | undefined {
  const model = database.models.get(name);
  return model && database.meta(model);
}

/** Changes of one kind become one, so that a listener hears of a thousand inserts in one piece. */
function merged(changes: readonly Change[]): Change[] {
  const found = new Map<string, { change: Change; ids: Set<string | number> | "many" }>();
  for (const change of changes) {
    const key = `${change.model}\0${change.action}\0${change.field ?? ""}`;
    const before = found.get(key);
    if (!before) found.set(key, { change, ids: change.ids === "many" ? "many" : new Set(change.ids) });
    else if (change.ids === "many" || before.ids === "many") before.ids = "many";
    else for (const id of change.ids) before.ids.add(id);
  }
  return Array.from(found.values(), ({ change, ids }) => ({ ...change, ids: ids === "many" ? ids : [...ids] }));
}
