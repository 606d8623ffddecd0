import { AsyncLocalStorage } from "node:async_hooks";

/**
 * All that the running code belongs to, by the index of a variable: one storage for all of them, because each further one
 * costs every `run` of every other.
 */
const slots = new AsyncLocalStorage<readonly unknown[]>();

/**
 * Runs work in the context in which this module was loaded: it belongs to no request, handler or transaction, whoever starts
 * it, and to no AsyncLocalStorage of the app either.
 *
 * @example
 * emitter.on("change", () => runDetached(() => refresh()));
 */
export const runDetached: <R>(work: () => R) => R = AsyncLocalStorage.snapshot();

let count = 0;

/** A variable with a value. */
export interface BoundValue {
  readonly index: number;
  readonly value: unknown;
}

/** Runs work in a context of whoever gave this, and with other values besides. */
export type RunWithin = <R>(work: () => R, values?: readonly BoundValue[]) => R;

/**
 * Runs work, and all that it starts, with values of several variables, for the price of one.
 *
 * @example
 * runWith([tenants.bound("acme"), languages.bound("ar")], () => tenants.getStore()); // "acme"
 */
export function runWith<R>(values: readonly BoundValue[], work: () => R): R {
  const next = slots.getStore()?.slice() ?? [];
  for (const { index, value } of values) next[index] = value;
  return slots.run(next, work);
}

/**
 * A value that code finds without being handed it, as in an AsyncLocalStorage: the request, the database, the running
 * handler. Make one per module, never one per call.
 *
 * @example
 * const tenants = new ContextVariable<string>();
 * tenants.run("acme", () => tenants.getStore()); // "acme"
 */
export class ContextVariable<T> {
  readonly #index = count++;

  /** The value for the running code; undefined outside of any `run`. */
  getStore(): T | undefined {
    return slots.getStore()?.[this.#index] as T | undefined;
  }

  /** Runs work, and all that it starts, with a value. */
  run<R>(value: T, work: () => R): R {
    return slots.run(this.#with(value), work);
  }

  /** A value for `runWith()`. */
  bound(value: T): BoundValue {
    return { index: this.#index, value };
  }

  /** Sets the value for the rest of the running code. */
  enterWith(value: T): void {
    slots.enterWith(this.#with(value));
  }

  #with(value: T): readonly unknown[] {
    const next = slots.getStore()?.slice() ?? [];
    next[this.#index] = value;
    return next;
  }
}
