/** Name of the work of a turn, for messages, logs and traces. */
export interface EventName {
  /** Class name of the state; for work of the framework, what that work is. */
  readonly state: string;
  /** Name of the event, field or hook; empty for work of the framework. */
  readonly event: string;
}

/** Returns the name of an event for logs and messages, such as `NotesState.save`. */
export function labelOf({ state, event }: EventName): string {
  return event === "" ? state : `${state}.${event}`;
}
