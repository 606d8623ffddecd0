import type { Database } from "./database.ts";

/** When something was read, as `Freshness` counts. */
export type Stamp = number;

/** Milliseconds for which something that was read from a database server counts as true. */
const MAX_AGE = 5_000;

/**
 * Tells whether what was read a moment ago still counts, although another process may have written meanwhile.
 *
 * SQLite says at once whether anybody else has written to the file; of other databases a value counts for a few seconds.
 * What this process writes itself is its own affair: it knows.
 *
 * @example
 * const freshness = new Freshness(database);
 * const stamp = freshness.stamp();
 * if (!freshness.isFresh(stamp)) await readAgain();
 */
export class Freshness {
  readonly #version: (() => number) | undefined;
  readonly #maxAge: number;
  readonly #now: () => number;

  constructor(database: Database, options: { readonly maxAge?: number; readonly now?: () => number } = {}) {
    this.#maxAge = options.maxAge ?? MAX_AGE;
    this.#now = options.now ?? Date.now;
    this.#version = versionOf(database);
  }

  /** Of now. */
  stamp(): Stamp {
    return this.#version ? this.#version() : this.#now();
  }

  /** Whether something that was read at the stamp's moment counts. */
  isFresh(stamp: Stamp): boolean {
    return this.#version ? this.#version() === stamp : this.#now() - stamp <= this.#maxAge;
  }
}

interface Native {
  prepare(sql: string): { pluck(): { get(): unknown } };
}

/** SQLite changes this number for a connection whenever another one has committed. */
function versionOf(database: Database): (() => number) | undefined {
  const native = database.native as Native | undefined;
  if (!native) return undefined;
  const statement = native.prepare("pragma data_version").pluck();
  let known: number | undefined;
  const forget = () => {
    known = undefined;
  };
  return () => {
    if (known !== undefined) return known;
    known = Number(statement.get());
    // All that one turn of the event loop serves is served by one look: nothing comes in between.
    setImmediate(forget);
    return known;
  };
}
