import { RateLimit } from "../rate-limit.ts";
import { sessionErrors } from "./errors.ts";

/** How many anonymous sessions one address may begin. */
export interface NewSessionsOptions {
  /** In the long run; twice as many at once. */
  readonly perMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Addresses that are remembered; the one that began a session longest ago is forgotten first. */
const ADDRESSES = 10_000;

/**
 * Counts the anonymous sessions that each address begins. A visitor needs one; a program that begins one after the other
 * would fill the table of sessions.
 */
export class NewSessions {
  readonly #options: NewSessionsOptions;
  readonly #limits = new Map<string, RateLimit>();

  constructor(options: NewSessionsOptions) {
    this.#options = options;
  }

  /** Counts one more session of an address. @throws SESSION_TOO_MANY (429) */
  take(address: string): void {
    const { perMinute, now } = this.#options;
    const time = now();
    const limit = this.#limits.get(address) ?? new RateLimit(perMinute / 60, 2 * perMinute, time);
    this.#limits.delete(address);
    this.#limits.set(address, limit);
    if (this.#limits.size > ADDRESSES) this.#limits.delete(this.#limits.keys().next().value as string);
    if (limit.take(time)) return;
    throw sessionErrors.SESSION_TOO_MANY.with({ details: { retryAfter: Math.ceil(limit.secondsToNext(time)) } });
  }
}
