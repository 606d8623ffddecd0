import { channel } from "node:diagnostics_channel";

/** Published when a handler has ended, one way or the other. */
export interface EventTrace {
  /** `NotesState.save`. */
  readonly label: string;
  /** Milliseconds from its turn's begin to its end. */
  readonly milliseconds: number;
  /** Milliseconds it waited for its turn. */
  readonly waited: number;
  readonly error?: Error;
}

/** Published when handlers kept the process from doing anything else. */
export interface BlockedTrace {
  /** The handler; where that cannot be told after an `await`, all those that were running, the likeliest first. */
  readonly labels: readonly string[];
  readonly milliseconds: number;
}

/** `antiphon:event` and `antiphon:blocked` of `node:diagnostics_channel`: they cost nothing while nobody subscribes. */
export const trace = {
  event: channel("antiphon:event"),
  blocked: channel("antiphon:blocked"),
} as const;

/** A handler that runs longer than this (milliseconds) without an await stops everybody else in the process. */
export const BLOCKED_AFTER = 50;

/** The time for an `EventTrace`; undefined while no one subscribes. */
export function traceTime(): number | undefined {
  return trace.event.hasSubscribers ? performance.now() : undefined;
}
