import type { Store, StoredValue, StoreWrite } from "./store.ts";

/** Fewest writes of new values after which expired ones are looked for. */
const SWEEP_AFTER = 1_000;

/**
 * A store in the memory of this process: for tests, and for an app of one process whose sessions may end with it.
 *
 * @example
 * const store = new MemoryStore();
 * await store.create("greeting", "hello", Date.now() + 60_000);
 */
export class MemoryStore implements Store {
  readonly #now: () => number;
  readonly #values = new Map<string, StoredValue>();
  #untilSweep = SWEEP_AFTER;

  /** `now`: milliseconds since 1970, for tests. */
  constructor(options: { readonly now?: () => number } = {}) {
    this.#now = options.now ?? Date.now;
  }

  readNow(key: string): StoredValue | undefined {
    const found = this.#values.get(key);
    return found && found.expiresAt > this.#now() ? found : undefined;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    return this.readNow(key);
  }

  async create(key: string, value: string, expiresAt: number): Promise<boolean> {
    if (this.readNow(key)) return false;
    this.#put(key, { value, version: 1, expiresAt });
    return true;
  }

  async replace(key: string, value: string, version: number, expiresAt: number): Promise<StoreWrite> {
    const found = this.#check(key, version);
    if (found === "saved") this.#values.set(key, { value, version: version + 1, expiresAt });
    return found;
  }

  async move(
    from: string,
    version: number,
    to: string,
    value: string,
    expiresAt: number,
  ): Promise<StoreWrite | "taken"> {
    if (this.readNow(to)) return "taken";
    const found = this.#check(from, version);
    if (found !== "saved") return found;
    this.#values.delete(from);
    this.#put(to, { value, version: 1, expiresAt });
    return "saved";
  }

  async delete(key: string, version?: number): Promise<boolean> {
    const found = this.readNow(key);
    if (!found || (version !== undefined && found.version !== version)) return false;
    return this.#values.delete(key);
  }

  async increment(key: string, windowMs: number): Promise<{ readonly count: number; readonly resetAt: number }> {
    const found = this.readNow(key);
    const count = found ? Number(found.value) + 1 : 1;
    const whole = this.#now() + windowMs;
    // Not later than a window that begins now: the clock was ahead when this one began.
    const expiresAt = Math.min(found?.expiresAt ?? whole, whole);
    this.#put(key, { value: String(count), version: (found?.version ?? 0) + 1, expiresAt });
    return { count, resetAt: expiresAt };
  }

  async keys(prefix: string): Promise<string[]> {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix) && this.readNow(key));
  }

  async clearExpired(): Promise<number> {
    return this.#sweep();
  }

  /** How many values take room, expired ones included. */
  get size(): number {
    return this.#values.size;
  }

  #check(key: string, version: number): StoreWrite {
    const found = this.readNow(key);
    if (!found) return "gone";
    return found.version === version ? "saved" : "stale";
  }

  #put(key: string, value: StoredValue): void {
    this.#values.set(key, value);
    this.#untilSweep -= 1;
    if (this.#untilSweep <= 0) this.#sweep();
  }

  #sweep(): number {
    let gone = 0;
    for (const [key, { expiresAt }] of this.#values) {
      if (expiresAt > this.#now()) continue;
      this.#values.delete(key);
      gone += 1;
    }
    // Nobody else takes expired values away; as many writes as there are values share the cost of looking at each.
    this.#untilSweep = Math.max(SWEEP_AFTER, this.#values.size);
    return gone;
  }
}
