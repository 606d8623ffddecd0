import { createHash } from "node:crypto";
import type { ThrottlePurpose } from "../options.ts";

/** One thing that is counted: tries of a kind from an address, for a name, or both. */
export interface Counter {
  readonly purpose: ThrottlePurpose;
  /** What the rule counts by, such as `identifier+ip`; with its seconds, `ip/3600`, where several count by the same. */
  readonly rule: string;
  /** Made uniform by `clientAddress`. */
  readonly ip?: string;
  /** A digest of it. */
  readonly identifier?: string;
  /** A digest of it. */
  readonly userAgent?: string;
}

/** A counter as it stands. */
export interface CounterState extends Counter {
  readonly count: number;
  /** Milliseconds since 1970 at which it begins anew. */
  readonly resetAt: number;
}

/** Which counters to take away; of one with both, those that have both. */
export interface CounterMatch {
  readonly ip?: string;
  /** A digest of it. */
  readonly identifier?: string;
}

/**
 * Where tries are counted. Each method is one indivisible step for all processes of the app.
 *
 * @example
 * const throttle = new Throttle({ counters: databaseCounters(database) });
 */
export interface Counters {
  /** Adds 1 and tells the new count; the first one begins a window of so many milliseconds. */
  increment(counter: Counter, windowMs: number): Promise<{ readonly count: number; readonly resetAt: number }>;
  /** Takes 1 away again, as long as its window lasts. */
  refund(counter: Counter): Promise<void>;
  /** Begins anew with the next one. */
  forget(counter: Counter): Promise<void>;
  /** Takes counters away and tells how many; all of them when nothing is named. */
  clear(match: CounterMatch): Promise<number>;
  /** What is counted at this moment, the highest count first. */
  list(limit: number): Promise<readonly CounterState[]>;
  /** Frees the room of counters whose window is over, and tells how many. */
  clearExpired(): Promise<number>;
}

/** A text that stands for another one, which cannot be read from it: 43 characters. */
export function digest(text: string): string {
  return createHash("sha256").update(text, "utf16le").digest("base64url");
}

/**
 * Returns milliseconds since 1970 that a later change of the system's clock does not move: what is counted in one process
 * stays locked for as long as its window, not longer.
 */
export function steadyNow(): number {
  return Math.round(performance.timeOrigin + performance.now());
}
