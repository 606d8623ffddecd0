import type { AntiphonError } from "../../errors.ts";
import { isRead } from "../dialects/outcome.ts";
import type { DatabaseLogger } from "./open-transactions.ts";

/** Errors of the database itself, and not of what was asked of it. */
const CODES = new Set([
  "DATABASE_BUSY",
  "DATABASE_CONNECTION_LOST",
  "DATABASE_FULL",
  "DATABASE_OUTCOME_UNKNOWN",
  "DATABASE_READ_ONLY",
  "DATABASE_STORAGE_FAILED",
  "DATABASE_TIMEOUT",
]);

/** Errors that do not end before a write succeeds. */
const OF_WRITES = new Set(["DATABASE_FULL", "DATABASE_READ_ONLY"]);

/** Milliseconds between two lines about one outage. */
const INTERVAL = 30_000;

/** Milliseconds without a failure after which an outage is over. */
const QUIET = 1_000;

interface Outage {
  readonly since: number;
  last: number;
  failed: number;
  /** When the last line was written. */
  told: number;
}

/**
 * Writes outages of the database to the log: one line when one begins, one for each further half minute, and one when it
 * is over. The requests and events that fail meanwhile have their own answers.
 */
export class Outages {
  readonly #logger: DatabaseLogger;
  readonly #now: () => number;
  readonly #open = new Map<string, Outage>();
  readonly #seen = new WeakSet<object>();

  constructor(logger: DatabaseLogger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Counts an error, if it is one of the database; the same one may come twice. */
  failed(error: AntiphonError): void {
    if (!CODES.has(error.code) || this.#seen.has(error)) return;
    this.#seen.add(error);
    const now = this.#now();
    const known = this.#open.get(error.code);
    const outage = known ?? { since: now, last: now, failed: 0, told: now };
    outage.failed++;
    outage.last = now;
    if (known && now - known.told < INTERVAL) return;
    outage.told = now;
    this.#open.set(error.code, outage);
    const { message: reason } = (error.cause ?? error) as Error;
    const details = { code: error.code, failed: outage.failed, reason };
    const message = known
      ? `The database still fails after ${seconds(now - outage.since)}. ${error.message}`
      : `The database fails. ${error.message}`;
    this.#logger.warn(details, message);
  }

  /** Looks whether an outage is over, after a statement that succeeded. */
  passed(sql: string): void {
    const now = this.#now();
    for (const [code, { since, last, failed }] of this.#open) {
      if (now - last < QUIET || (OF_WRITES.has(code) && isRead(sql))) continue;
      this.#open.delete(code);
      this.#logger.info({ code, failed }, `The database works again, after ${seconds(last - since)} with errors.`);
    }
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
