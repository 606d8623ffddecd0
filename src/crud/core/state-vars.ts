import { nodeOfProxy } from "../../state/tracking/tracked-node.ts";
import type { CrudSpec, Feature } from "../definition/crud-spec.ts";
import type { CrudVar } from "../definition/names.ts";
import { crudErrors } from "../errors.ts";

/** Name of the definition on the class of a data state. */
export const CRUD: unique symbol = Symbol("crud");

/** Returns the definition of a class. @throws CRUD_CLASS_INCOMPLETE */
export function specOfClass(stateClass: object): CrudSpec {
  const spec = (stateClass as { readonly [CRUD]?: CrudSpec })[CRUD];
  if (spec === undefined)
    throw crudErrors.CRUD_CLASS_INCOMPLETE((stateClass as { readonly name?: string }).name || "MyState");
  return spec;
}

/** Returns the definition of a state. */
export function specOf(state: object): CrudSpec {
  return specOfClass(state.constructor);
}

/** Reads a var by the name that code uses. */
export function readVar<T>(state: object, name: CrudVar): T {
  return (state as Record<string, T>)[specOf(state).names[name]] as T;
}

/** Writes a var by the name that code uses; a var that the state does not have is left out. */
export function writeVar(state: object, name: CrudVar, value: unknown): void {
  const own = specOf(state).names[name];
  if (own in state) (state as Record<string, unknown>)[own] = value;
}

/** The rows of the list as they are, without the proxies that a handler gets: a long list is searched faster. */
export function rawRows(state: object): readonly Readonly<Record<string, unknown>>[] {
  const rows = readVar<readonly Record<string, unknown>[]>(state, "list");
  return (nodeOfProxy(rows)?.raw as readonly Record<string, unknown>[] | undefined) ?? rows;
}

/** The place of a row in the list; -1 when it is not there. Keys may come from a page, as text. */
export function indexOfRow(state: object, id: unknown): number {
  const key = String(id);
  return rawRows(state).findIndex((row) => String(row["id"]) === key);
}

/** Refuses an action that the state has no part for. @throws CRUD_ACTION_UNAVAILABLE */
export function assertFeature(state: object, feature: Feature): void {
  if (!specOf(state).features.has(feature)) throw crudErrors.CRUD_ACTION_UNAVAILABLE(state.constructor.name, feature);
}
