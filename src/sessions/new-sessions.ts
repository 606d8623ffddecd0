import { RateLimit } from "../rate-limit.ts";
import { sessionErrors } from "./errors.ts";

/** How many sessions one address may begin. */
export interface NewSessionsOptions {
  /** In the long run; twice as many at once. */
  readonly perMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Counts that are kept; the one that was used longest ago is forgotten first. */
const COUNTS = 10_000;

/**
 * Counts the sessions that each address begins without a user, and those that each user begins at each address. A visitor
 * needs one; a program that begins one after the other would fill the table of sessions. Users of one address do not
 * share a count: a whole office may sign in from one address within a minute.
 */
export class NewSessions {
  readonly #options: NewSessionsOptions;
  readonly #limits = new Map<string, RateLimit>();

  constructor(options: NewSessionsOptions) {
    this.#options = options;
  }

  /** Counts one more session of an address, or of a user at it. @throws SESSION_TOO_MANY (429) */
  take(address: string, user: string | undefined): void {
    const { perMinute, now } = this.#options;
    const time = now();
    const counted = user === undefined ? address : `${address} ${user}`;
    const limit = this.#limits.get(counted) ?? new RateLimit(perMinute / 60, 2 * perMinute, time);
    this.#limits.delete(counted);
    this.#limits.set(counted, limit);
    if (this.#limits.size > COUNTS) this.#limits.delete(this.#limits.keys().next().value as string);
    if (limit.take(time)) return;
    throw sessionErrors.SESSION_TOO_MANY.with({ details: { retryAfter: Math.ceil(limit.secondsToNext(time)) } });
  }
}
