import { clientErrors } from "../errors.ts";

interface EventLike {
  readonly type: string;
  readonly nativeEvent?: unknown;
  preventDefault(): void;
}

/** Whether a value is an event of the browser or React's wrapper of one. */
export function isDomEvent(value: unknown): value is EventLike {
  if (typeof value !== "object" || value === null) return false;
  if (typeof Event !== "undefined" && value instanceof Event) return true;
  const { nativeEvent, preventDefault, type } = value as Partial<EventLike>;
  return nativeEvent !== undefined && typeof preventDefault === "function" && typeof type === "string";
}

/**
 * Prepares the arguments of an event function that may stand in JSX as it is: `onClick={notes.refresh}`.
 *
 * A browser event as the first argument is left out; of a submit event the browser's own submit is stopped.
 *
 * @throws CLIENT_EVENT_ARGUMENT for a browser event in another position.
 */
export function withoutDomEvent(state: string, event: string, args: readonly unknown[]): readonly unknown[] {
  const [first] = args;
  const startsWithEvent = isDomEvent(first);
  if (startsWithEvent && first.type === "submit") first.preventDefault();
  const rest = startsWithEvent ? args.slice(1) : args;
  const position = rest.findIndex(isDomEvent);
  if (position >= 0) throw clientErrors.CLIENT_EVENT_ARGUMENT(state, event, position + (startsWithEvent ? 2 : 1));
  return rest;
}
