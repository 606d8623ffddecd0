/** A value as a store keeps it. */
export interface StoredValue {
  readonly value: string;
  /** 1 when the value is made; one more with every change. */
  readonly version: number;
  /** Milliseconds since 1970 after which the value is no longer there. */
  readonly expiresAt: number;
}

/** What became of a write that was meant for one version: `stale` when another has come before it, `gone` without a value. */
export type StoreWrite = "saved" | "stale" | "gone";

/**
 * Keyed texts that expire: sessions and counters of an app that keeps them outside of its database.
 *
 * Each method is one indivisible step, however many processes share the store. A value that has expired is not there.
 */
export interface Store {
  get(key: string): Promise<StoredValue | undefined>;
  /** Puts a value where there is none, with version 1; false where there is one. */
  create(key: string, value: string, expiresAt: number): Promise<boolean>;
  /** Changes a value that still has the version. */
  replace(key: string, value: string, version: number, expiresAt: number): Promise<StoreWrite>;
  /** Takes the value of one version away and puts another under a new key, or does neither. */
  move(from: string, version: number, to: string, value: string, expiresAt: number): Promise<StoreWrite | "taken">;
  /** Takes a value away; with a version only if it still has that. Tells whether it did. */
  delete(key: string, version?: number): Promise<boolean>;
  /** Adds 1 to a counter. The first one begins a window of so many milliseconds, at whose end the counter is gone. */
  increment(key: string, windowMs: number): Promise<{ readonly count: number; readonly resetAt: number }>;
  /** The keys with a beginning, for commands and tests: it looks at all of them. */
  keys(prefix: string): Promise<string[]>;
  /** Frees the room of what has expired and tells how many values that were; 0 from a store that does so by itself. */
  clearExpired(): Promise<number>;
  /** Reads without waiting; absent from a store that lies outside of the process. */
  readNow?(key: string): StoredValue | undefined;
}
