import type { StateChange } from "../../protocol/frames.ts";
import { applyChange, type Vars } from "../../protocol/patches.ts";
import type { StateSnapshot } from "./engine-types.ts";

/** The page's copy of the vars. It changes only by whole frames, and parts that did not change keep their identity. */
export class Mirror {
  readonly #states = new Map<string, Vars>();
  readonly #listeners = new Map<string, Set<(change?: StateChange) => void>>();

  get(state: string): StateSnapshot | undefined {
    return this.#states.get(state);
  }

  subscribe(state: string, listener: (change?: StateChange) => void): () => void {
    const listeners = this.#listeners.get(state) ?? new Set();
    this.#listeners.set(state, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Every state that is held. */
  all(): ReadonlyMap<string, StateSnapshot> {
    return new Map(this.#states);
  }

  /**
   * Applies the changes of one frame, all or none of them. `meanwhile` runs before the listeners learn of it.
   *
   * @throws PATCH_INVALID or a VALUE_… error; then nothing has changed.
   */
  apply(changes: { readonly [state: string]: StateChange }, meanwhile?: () => void): void {
    const next = Object.entries(changes).map(([state, change]): [string, Vars] => [
      state,
      applyChange(this.#states.get(state), change),
    ]);
    for (const [state, vars] of next) this.#states.set(state, vars);
    meanwhile?.();
    for (const [state] of next) this.#notify(state, changes[state]);
  }

  /** Puts the given states, all whole, in the place of everything. @throws like `apply`. */
  replace(changes: { readonly [state: string]: StateChange }, meanwhile?: () => void): void {
    const gone = [...this.#states.keys()].filter((state) => !Object.hasOwn(changes, state));
    this.apply(changes, () => {
      for (const state of gone) this.delete(state);
      meanwhile?.();
    });
  }

  delete(state: string): void {
    this.#states.delete(state);
  }

  #notify(state: string, change: StateChange | undefined): void {
    for (const listener of [...(this.#listeners.get(state) ?? [])]) listener(change);
  }
}
