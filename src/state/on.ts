import type { EventReference } from "../protocol/page.ts";
import type { EventArgs, EventName, StateClassShape } from "./client-view.ts";

/**
 * Names an event of a state class together with its arguments: a handler returns or yields it to run that event next.
 *
 * To call a method of the same state, call it directly. Pages import the same function from `antiphon/react`.
 *
 * @example
 * async save() { …; return on(NotesState, "refresh"); }
 */
export function on<C extends StateClassShape, E extends EventName<C>>(
  state: C,
  event: E,
  ...args: EventArgs<C, E>
): EventReference {
  return { kind: "event-reference", state, event, args };
}
