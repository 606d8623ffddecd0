import { channel } from "node:diagnostics_channel";

/** Published when a handler has ended, with or without an error. */
export interface EventTrace {
  /** `NotesState.save`. */
  readonly label: string;
  /** Duration of its turn in milliseconds. */
  readonly milliseconds: number;
  /** Milliseconds it waited for its turn. */
  readonly waited: number;
  readonly error?: Error;
}

/** Published when a handler blocked the event loop. */
export interface BlockedTrace {
  /** The handler. After an `await` it may be one of several: then all running handlers, the likeliest first. */
  readonly labels: readonly string[];
  readonly milliseconds: number;
}

/** `antiphon:event` and `antiphon:blocked` of `node:diagnostics_channel`: they cost nothing without a subscriber. */
export const trace = {
  event: channel("antiphon:event"),
  blocked: channel("antiphon:blocked"),
} as const;

/** Milliseconds without an await after which a handler is reported: it blocks all other tabs of the process. */
export const BLOCKED_AFTER = 50;

/** The time for an `EventTrace`; undefined while no one subscribes. */
export function traceTime(): number | undefined {
  return trace.event.hasSubscribers ? performance.now() : undefined;
}
