import type { ModelClass } from "./model.ts";

/** A row, named by its model and its key. */
export interface RowReference {
  readonly model: ModelClass;
  readonly key: unknown;
}

const references = new WeakMap<object, () => RowReference>();

/**
 * Lets an object stand for a row wherever a query takes the row itself: the user of a request for a row of the user model.
 *
 * What `row` throws is thrown by the query.
 */
export function standForRow(object: object, row: () => RowReference): void {
  references.set(object, row);
}

/** The row that an object stands for; undefined for any other object. */
export function referredRow(object: object): RowReference | undefined {
  return references.get(object)?.();
}

/** True for an object that stands for a row, or whose row nobody may have. */
export function standsForSomeRow(object: object): boolean {
  return references.has(object);
}
