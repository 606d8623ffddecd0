import type { Store } from "../../stores/store.ts";
import type { ThrottlePurpose } from "../options.ts";
import type { Counter, CounterMatch, CounterState, Counters } from "./throttle-counters.ts";

const PREFIX = "throttle|";

/** How often giving a try back is tried when others count at the same moment. */
const REFUND_TRIES = 20;

/**
 * Counts tries in a store, such as that of the sessions.
 *
 * @example
 * const throttle = new Throttle({ counters: storeCounters(new MemoryStore()) });
 */
export function storeCounters(store: Store): Counters {
  return new StoreCounters(store);
}

class StoreCounters implements Counters {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  increment(counter: Counter, windowMs: number): Promise<{ readonly count: number; readonly resetAt: number }> {
    return this.#store.increment(keyOf(counter), windowMs);
  }

  async refund(counter: Counter): Promise<void> {
    const key = keyOf(counter);
    for (let left = REFUND_TRIES; left > 0; left--) {
      const found = await this.#store.get(key);
      if (!found) return;
      const count = Number(found.value) - 1;
      // Taken away with its version, so that a try which is counted in between is not lost with it.
      const done =
        count > 0
          ? (await this.#store.replace(key, String(count), found.version, found.expiresAt)) !== "stale"
          : await this.#store.delete(key, found.version);
      if (done) return;
    }
  }

  async forget(counter: Counter): Promise<void> {
    await this.#store.delete(keyOf(counter));
  }

  async clear(match: CounterMatch): Promise<number> {
    let gone = 0;
    for (const key of await this.#store.keys(PREFIX)) {
      const counter = counterOf(key);
      if (match.ip !== undefined && counter.ip !== match.ip) continue;
      if (match.identifier !== undefined && counter.identifier !== match.identifier) continue;
      if (await this.#store.delete(key)) gone++;
    }
    return gone;
  }

  async list(limit: number): Promise<readonly CounterState[]> {
    const keys = await this.#store.keys(PREFIX);
    const found = await Promise.all(keys.map(async (key) => ({ key, stored: await this.#store.get(key) })));
    return found
      .flatMap(({ key, stored }) =>
        stored ? [{ ...counterOf(key), count: Number(stored.value), resetAt: stored.expiresAt }] : [],
      )
      .sort((one, other) => other.count - one.count)
      .slice(0, limit);
  }

  clearExpired(): Promise<number> {
    return this.#store.clearExpired();
  }
}

/** Every part is a digest, an address or a name of ours, so none holds the sign between them. */
function keyOf({ purpose, rule, ip = "", identifier = "", userAgent = "" }: Counter): string {
  return PREFIX + [purpose, rule, ip, identifier, userAgent].join("|");
}

function counterOf(key: string): Counter {
  const [purpose = "", rule = "", ip, identifier, userAgent] = key.slice(PREFIX.length).split("|");
  return {
    purpose: purpose as ThrottlePurpose,
    rule,
    ...(ip ? { ip } : {}),
    ...(identifier ? { identifier } : {}),
    ...(userAgent ? { userAgent } : {}),
  };
}
