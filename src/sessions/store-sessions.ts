import type { Store, StoredValue } from "../stores/index.ts";
import type { SessionBackend, SessionWrite, StoredSession } from "./session-backend.ts";

const PREFIX = "session:";
/** Milliseconds for which a session that was read from a store outside of the process counts as true. */
const MAX_AGE = 5_000;

/**
 * Keeps sessions in a store: in memory, or in one that several processes share.
 *
 * @example
 * const sessions = new SessionManager({ backend: new StoreSessions(new MemoryStore()), cookie: sessionCookie() });
 */
export class StoreSessions implements SessionBackend {
  readonly readsAtOnce: boolean;
  readonly #store: Store;
  readonly #now: () => number;

  /** `now`: milliseconds since 1970, for tests. */
  constructor(store: Store, options: { readonly now?: () => number } = {}) {
    this.#store = store;
    this.#now = options.now ?? Date.now;
    this.readsAtOnce = store.readNow !== undefined;
  }

  get storage(): object {
    return this.#store;
  }

  readNow(id: string): StoredSession | "none" | undefined {
    return this.#store.readNow && (stored(this.#store.readNow(PREFIX + id)) ?? "none");
  }

  async load(id: string): Promise<StoredSession | undefined> {
    return stored(await this.#store.get(PREFIX + id));
  }

  create(id: string, { data, expiresAt }: StoredSession): Promise<boolean> {
    return this.#store.create(PREFIX + id, data, expiresAt);
  }

  update(id: string, { data, expiresAt }: StoredSession, version: number): Promise<SessionWrite> {
    return this.#store.replace(PREFIX + id, data, version, expiresAt);
  }

  replace(
    oldId: string,
    newId: string,
    { data, expiresAt }: StoredSession,
    version: number,
  ): Promise<SessionWrite | "taken"> {
    return this.#store.move(PREFIX + oldId, version, PREFIX + newId, data, expiresAt);
  }

  delete(id: string, version?: number): Promise<boolean> {
    return this.#store.delete(PREFIX + id, version);
  }

  clearExpired(): Promise<number> {
    return this.#store.clearExpired();
  }

  /** What can be read at once is read each time: that costs no more than asking whether it has changed. */
  stamp(): number {
    return this.#now();
  }

  isFresh(stamp: unknown): boolean {
    return !this.readsAtOnce && this.#now() - (stamp as number) <= MAX_AGE;
  }
}

function stored(value: StoredValue | undefined): StoredSession | undefined {
  return value && { data: value.value, version: value.version, expiresAt: value.expiresAt };
}
