import type { StateChange } from "../../protocol/frames.ts";
import type { ClientError, Engine, StateSnapshot } from "../engine/engine-types.ts";
import type { FieldKind } from "./field-value.ts";

/** Which field of which state. */
export interface FieldAddress {
  readonly engine: Engine;
  readonly state: string;
  readonly field: string;
  /** Gives the vars that the page shows of the state; those that have arrived when absent. */
  readonly shown?: () => StateSnapshot | undefined;
}

/** What a binding is made from. */
export interface FieldBindingOptions extends FieldAddress {
  readonly kind?: FieldKind | undefined;
  /** Whether the class begins with null in the var. */
  readonly isNullable?: boolean;
  /** That of all inputs of the field; one of its own when absent. */
  readonly origin?: FieldOrigin;
  /** Gets an error of a write that is no mistake in what was typed. */
  readonly onFailure: (error: ClientError) => void;
}

/**
 * Tells whether the value of a field comes from the user, and what the server had given before. One for all inputs of a
 * field, and as old as the page: an input may be gone and come back.
 *
 * Each write that the server accepts arrives as one assignment; what arrives beyond that is a handler's.
 */
export class FieldOrigin {
  /** The input in which the user typed last; undefined if they have not, or gave that up. */
  newest: object | undefined;
  readonly #address: FieldAddress;
  #base: unknown;
  #isTyped = false;
  #onTheirWay = 0;
  /** Assignments that arrived while writes were on their way, less one for each of those that was accepted. */
  #assigned = 0;

  constructor(address: FieldAddress) {
    this.#address = address;
    address.engine.subscribe(address.state, (change) => {
      if (change === undefined || !assigns(change, address.field)) return;
      if (this.#onTheirWay > 0) this.#assigned++;
      else this.#isTyped = false;
    });
  }

  /** The value that the page shows, without what is typed. */
  get value(): unknown {
    const { engine, state, field, shown = () => engine.snapshot(state) } = this.#address;
    return shown()?.[field];
  }

  /** Whether the value is what the user has typed, and no handler has assigned the field since. */
  get isTyped(): boolean {
    return this.#isTyped;
  }

  /** What the server gave before the user typed; `held` if they have not. */
  givenBefore(held: unknown): unknown {
    return this.#isTyped ? this.#base : held;
  }

  /** What the user has typed was sent. */
  sent(): void {
    if (!this.#isTyped) this.#base = this.value;
    this.#isTyped = true;
    this.#onTheirWay++;
  }

  /** A write was answered. Returns true if it was the last one, and a handler has assigned the field meanwhile. */
  answered(isAccepted: boolean): boolean {
    this.#onTheirWay--;
    if (isAccepted) this.#assigned--;
    if (this.#onTheirWay > 0) return false;
    const isAssigned = this.#assigned > 0;
    this.#assigned = 0;
    if (isAssigned) this.#isTyped = false;
    return isAssigned;
  }

  /** Called when the states were reset: their values are not the user's, and writes to the previous states get no answer. */
  beginEpoch(): void {
    this.newest = undefined;
    this.#isTyped = false;
    this.#onTheirWay = 0;
    this.#assigned = 0;
  }
}

/** Whether a change writes a var, be it with the value that it holds already. */
export function assigns(change: StateChange, name: string): boolean {
  return (
    Array.isArray(change) &&
    (change as readonly (readonly unknown[])[]).some(([, path]) => (path as readonly unknown[])[0] === name)
  );
}
