import type { EventReference } from "../../protocol/page.ts";
import { type StateClass, stateId } from "../class-info.ts";
import { stateErrors } from "../errors.ts";
import type { AskedTier, EventDefinition, Guard } from "../event.ts";
import type { EventName } from "../event-name.ts";
import type { State } from "../state.ts";
import type { StateTree } from "../state-tree.ts";
import { plain } from "../tracking/plain.ts";
import type { ActiveRuns } from "./active-runs.ts";

/** The state and the user that a call was made for. */
export interface CallTarget extends EventName {
  readonly stateId: string;
  readonly instance: State;
  /** The value of the `passed` option when the call was made. */
  readonly passed: number;
}

/** An event that was found by its name and may now wait for its turn. */
export interface PreparedEvent extends CallTarget {
  readonly definition: EventDefinition;
  /** Guard of the whole state. */
  readonly guard: Guard | undefined;
  readonly tier: AskedTier | undefined;
  readonly args: readonly unknown[];
  /** Maximum depth of arguments from a browser; undefined for a chained event. */
  readonly depth: number | undefined;
}

/** Finds the events of a tab by name. */
export class EventFinder {
  readonly #tree: StateTree;
  readonly #active: ActiveRuns;
  readonly #passed: () => number;

  constructor(tree: StateTree, active: ActiveRuns, passed: () => number) {
    this.#tree = tree;
    this.#active = active;
    this.#passed = passed;
  }

  /** Finds an event that a browser called. @throws STATE_UNKNOWN, EVENT_UNKNOWN */
  called(id: string, event: string, args: readonly unknown[], depth?: number): PreparedEvent {
    if (this.#active.closed) throw this.#active.closed;
    const info = this.#tree.info(id);
    const definition = info.events.get(event);
    if (!definition) throw stateErrors.EVENT_UNKNOWN(info.name, event);
    return {
      stateId: id,
      state: info.name,
      event,
      instance: this.#tree.byId(id),
      passed: this.#passed(),
      definition,
      guard: info.guard,
      tier: definition.bridge ?? info.bridge,
      args,
      depth,
    };
  }

  /** Finds an event that another handler returned or yielded. */
  chained(reference: EventReference): PreparedEvent {
    const id = stateId(reference.state) as string;
    const label = `${(reference.state as StateClass).name}.${reference.event}`;
    // Copies, because a part of a var would otherwise still be that var in the chained event.
    const args = reference.args.map((arg, index) => plain(arg, `${label}, argument ${index + 1}`));
    return this.called(id, reference.event, args);
  }

  /** Finds a field that a browser writes. @throws STATE_UNKNOWN */
  field(id: string, field: string): CallTarget {
    const { name } = this.#tree.info(id);
    return { stateId: id, state: name, event: field, instance: this.#tree.byId(id), passed: this.#passed() };
  }

  /**
   * Refuses a call that waited while the tab's states were replaced, or while the tab passed to another user.
   *
   * @throws EVENT_STATE_GONE, EVENT_USER_CHANGED
   */
  assertCurrent({ stateId: id, state, event, instance, passed }: CallTarget): void {
    if (this.#tree.byId(id) !== instance) throw stateErrors.EVENT_STATE_GONE(state, event);
    if (this.#passed() !== passed) throw stateErrors.EVENT_USER_CHANGED(state, event);
  }
}
