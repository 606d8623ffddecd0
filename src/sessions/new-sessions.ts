import { sessionErrors } from "./errors.ts";

/** How many sessions one address may begin. */
export interface NewSessionsOptions {
  /** In the long run; twice as many at once. */
  readonly perMinute: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Account {
  permits: number;
  filled: number;
}

/** Addresses that are remembered; the one that began a session longest ago is forgotten first. */
const ADDRESSES = 10_000;

/**
 * Counts the sessions that each address begins. A visitor needs one; a program that begins one after the other would fill
 * the table of sessions.
 */
export class NewSessions {
  readonly #options: NewSessionsOptions;
  readonly #accounts = new Map<string, Account>();

  constructor(options: NewSessionsOptions) {
    this.#options = options;
  }

  /** Counts one more session of an address. @throws SESSION_TOO_MANY (429) */
  take(address: string): void {
    const { perMinute, now } = this.#options;
    const time = now();
    const burst = 2 * perMinute;
    const account = this.#accounts.get(address) ?? { permits: burst, filled: time };
    // A clock that was set back fills nothing.
    const passed = Math.max(0, time - account.filled);
    account.permits = Math.min(burst, account.permits + (passed / 60_000) * perMinute);
    account.filled = time;
    this.#accounts.delete(address);
    this.#accounts.set(address, account);
    if (this.#accounts.size > ADDRESSES) this.#accounts.delete(this.#accounts.keys().next().value as string);
    if (account.permits < 1) {
      const retryAfter = Math.ceil(((1 - account.permits) * 60) / perMinute);
      throw sessionErrors.SESSION_TOO_MANY.with({ details: { retryAfter } });
    }
    account.permits--;
  }
}
