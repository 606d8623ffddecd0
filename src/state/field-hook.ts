/**
 * Name of a hook of the framework's own states that takes what the browser writes into a field, in place of a plain
 * assignment. The value has been parsed by the field's schema.
 */
export const onFieldWrite: unique symbol = Symbol("onFieldWrite");

/** A state with that hook. */
export interface TakesFields {
  [onFieldWrite](field: string, value: unknown): unknown;
}

/** Returns whether a state has that hook. */
export function takesFields<S extends object>(state: S): state is S & TakesFields {
  return onFieldWrite in state;
}
