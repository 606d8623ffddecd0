import { LRUCache } from "lru-cache";
import { asError } from "../errors.ts";
import type { SessionBackend, StoredSession } from "./session-backend.ts";
import { readSessionJson } from "./session-json.ts";
import { eachPeer, joinPeers } from "./session-peers.ts";
import type { SessionEntry } from "./session-state.ts";

/** Where warnings go; the server's logger is one. */
export interface SessionLogger {
  warn(details: object, message: string): void;
}

/** What the cache is made of. */
export interface SessionCacheOptions {
  readonly backend: SessionBackend;
  readonly now: () => number;
  /** Most sessions that are kept. */
  readonly size: number;
  readonly logger?: SessionLogger | undefined;
}

interface Cached {
  readonly entry: SessionEntry;
  /** `OLD` for one that no longer counts. */
  stamp: unknown;
}

/**
 * How a session has ended: this process has ended it, or has moved it to another key, or found it to be gone, which either
 * may have done elsewhere.
 */
export type SessionEnd = "ended" | "cycled" | "missing";

/** Most text that is kept, in characters: sessions are small, but nothing else says that they are. */
const MOST_TEXT = 32 * 1024 * 1024;
/** Ended sessions that are remembered, so that each is told once and what still asks for it costs no query. */
const ENDED_KEPT = 10_000;
const OLD = Symbol("old");

/** The sessions that this process has read or written lately, and those that it saw end. */
export class SessionCache {
  readonly #backend: SessionBackend;
  readonly #now: () => number;
  readonly #logger: SessionLogger | undefined;
  readonly #cached: LRUCache<string, Cached>;
  readonly #loading = new Map<string, Promise<SessionEntry | "none">>();
  readonly #ended = new Map<string, { readonly how: SessionEnd; readonly number: number }>();
  #ends = 0;
  readonly #listeners = new Set<(id: string, cycled: boolean) => void>();

  constructor({ backend, now, size, logger }: SessionCacheOptions) {
    this.#backend = backend;
    this.#now = now;
    this.#cached = new LRUCache({
      max: size,
      maxSize: MOST_TEXT,
      sizeCalculation: ({ entry }) => Math.max(1, entry.stored.data.length),
    });
    this.#logger = logger;
    joinPeers(backend.storage, this);
    // Held weakly: the storage outlives the code that uses it, when that is loaded again.
    const self = new WeakRef(this);
    const stop = backend.onForeignChange?.((change) => {
      const cache = self.deref();
      if (cache) cache.#foreign(change);
      else stop?.();
    });
  }

  /** Finds a session without waiting; undefined when the storage must be asked. */
  find(id: string): SessionEntry | "none" | undefined {
    if (this.#ended.has(id)) return "none";
    const cached = this.#cached.get(id);
    if (cached && cached.stamp !== OLD && this.#backend.isFresh(cached.stamp) && this.#lives(cached.entry.stored)) {
      return cached.entry;
    }
    if (!this.#backend.readsAtOnce) return undefined;
    const stamp = this.#backend.stamp();
    const stored = this.#backend.readNow(id);
    return stored && this.#take(id, stored === "none" ? undefined : stored, stamp);
  }

  /** Reads a session; requests that come at once share one reading. */
  load(id: string): Promise<SessionEntry | "none"> {
    const running = this.#loading.get(id);
    if (running) return running;
    const loading = this.reload(id).finally(() => this.#loading.delete(id));
    this.#loading.set(id, loading);
    return loading;
  }

  /** Reads a session anew. */
  async reload(id: string): Promise<SessionEntry | "none"> {
    if (this.#ended.has(id)) return "none";
    const stamp = this.#backend.stamp();
    return this.#take(id, await this.#backend.load(id), stamp);
  }

  /** The newer of what is known and what a request has read. */
  latest(id: string, read: SessionEntry): SessionEntry {
    const cached = this.#cached.peek(id)?.entry;
    return cached && cached.stored.version > read.stored.version ? cached : read;
  }

  /** Keeps what this process has written; `stamp` was taken before. */
  saved(id: string, entry: SessionEntry, stamp: unknown): void {
    // Whoever has ended it meanwhile came after this write.
    if (this.#ended.has(id)) return;
    const cached = this.#cached.peek(id);
    if (!cached || cached.entry.stored.version <= entry.stored.version) this.#cached.set(id, { entry, stamp });
    eachPeer(this.#backend.storage, this, (peer) => peer.#outdate(id));
  }

  /** A session is no more. Tells the listeners, once. */
  end(id: string, how: SessionEnd = "ended"): void {
    this.#endHere(id, how);
    eachPeer(this.#backend.storage, this, (peer) => peer.#endHere(id, how));
  }

  /** How a session has ended, if that is known. */
  endOf(id: string): SessionEnd | undefined {
    return this.#ended.get(id)?.how;
  }

  /** How many sessions have ended so far. */
  get ends(): number {
    return this.#ends;
  }

  /** Whether a session is known to have ended after so many others. */
  hasEndedSince(id: string, ends: number): boolean {
    return (this.#ended.get(id)?.number ?? 0) > ends;
  }

  #endHere(id: string, how: SessionEnd): void {
    this.#cached.delete(id);
    if (this.#ended.has(id)) return;
    this.#ended.set(id, { how, number: ++this.#ends });
    if (this.#ended.size > ENDED_KEPT) this.#ended.delete(this.#ended.keys().next().value as string);
    for (const listener of [...this.#listeners]) {
      try {
        listener(id, how === "cycled");
      } catch (error) {
        this.#logger?.warn({ err: asError(error) }, "a listener for ended sessions failed");
      }
    }
  }

  onEnded(listener: (id: string, cycled: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks again at those whose time is over. */
  async recheckExpired(): Promise<void> {
    for (const [id, { entry }] of [...this.#cached]) {
      if (!this.#lives(entry.stored)) await this.load(id);
    }
  }

  #foreign({ ids, deleted }: { readonly ids: readonly string[] | "many"; readonly deleted: boolean }): void {
    for (const id of ids === "many" ? [...this.#cached.keys()] : ids) {
      this.#outdate(id);
      if (deleted && ids !== "many") this.#endHere(id, "ended");
    }
  }

  #outdate(id: string): void {
    const cached = this.#cached.peek(id);
    if (cached) cached.stamp = OLD;
  }

  #take(id: string, stored: StoredSession | undefined, stamp: unknown): SessionEntry | "none" {
    if (this.#ended.has(id)) return "none";
    const cached = this.#cached.peek(id);
    if (!stored || !this.#lives(stored)) {
      // Of ids that it has never seen nobody was told anything: browsers may send what they like.
      if (cached) this.end(id, "missing");
      return "none";
    }
    // A reading that took long may be older than what was written meanwhile.
    if (cached && cached.entry.stored.version > stored.version) return cached.entry;
    const entry = cached?.entry.stored.version === stored.version ? cached.entry : this.#parse(id, stored);
    this.#cached.set(id, { entry, stamp });
    return entry;
  }

  #parse(id: string, stored: StoredSession): SessionEntry {
    const texts = readSessionJson(stored.data);
    if (texts) return { texts, stored };
    this.#logger?.warn(
      { session: id, code: "SESSION_CORRUPT" },
      "a stored session can't be read and counts as empty: something else wrote to it",
    );
    return { texts: new Map(), stored };
  }

  #lives({ expiresAt }: StoredSession): boolean {
    return expiresAt > this.#now();
  }
}
