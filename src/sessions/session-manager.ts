import { sessionErrors } from "./errors.ts";
import { NewSessions } from "./new-sessions.ts";
import { UNCLAIMED_KEY } from "./reserved-keys.ts";
import { Session, stateOf } from "./session.ts";
import type { SessionBackend } from "./session-backend.ts";
import { SessionCache, type SessionLogger } from "./session-cache.ts";
import type { SessionCookie } from "./session-cookie.ts";
import { isSessionKey, sessionIdOf } from "./session-key.ts";
import { type SessionHome, type SessionOrigin, SessionState } from "./session-state.ts";
import { SessionWriter } from "./session-writer.ts";

/** What a session manager is made of. */
export interface SessionManagerOptions {
  /** Where sessions are kept. */
  readonly backend: SessionBackend;
  readonly cookie: SessionCookie;
  /** Saves a session in every request, so that it lives on for as long as it is used; false when absent. */
  readonly saveEveryRequest?: boolean;
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number;
  /** Told of stored sessions that cannot be read. */
  readonly logger?: SessionLogger;
  /** Most sessions that this process keeps in memory; 5,000 when absent. */
  readonly cacheSize?: number;
  /** Makes keys, for tests. */
  readonly newKey?: () => string;
  /** Name of a value that only sessions of signed-in users have: they live on although their cookie is not fetched. */
  readonly userKey?: string;
  /** How many sessions one address may begin in a minute; without bound when absent. */
  readonly newPerMinute?: number;
}

const NO_LINES: readonly string[] = [];

/**
 * Opens and saves sessions: for the requests of views, pages and events, and by `openSession()` for all other code.
 *
 * @example
 * const session = sessions.open(cookies.sessionid);
 * await sessions.prepare(session);
 * session.set("theme", "dark");
 * const lines = await sessions.save(session);
 */
export class SessionManager {
  readonly cookie: SessionCookie;
  readonly #backend: SessionBackend;
  readonly #cache: SessionCache;
  readonly #writer: SessionWriter;
  readonly #home: SessionHome;
  readonly #saveEveryRequest: boolean;

  constructor(options: SessionManagerOptions) {
    const { backend, cookie, saveEveryRequest = false, now = Date.now, logger, cacheSize = 5_000, newKey } = options;
    const { newPerMinute: perMinute, userKey } = options;
    const newSessions = perMinute === undefined ? undefined : new NewSessions({ perMinute, now });
    this.cookie = cookie;
    this.#backend = backend;
    this.#saveEveryRequest = saveEveryRequest;
    const cache = new SessionCache({ backend, now, size: cacheSize, logger });
    const given = { backend, cache, cookie, now, saveEveryRequest, newKey, newSessions, logger, userKey };
    const writer = new SessionWriter(given);
    this.#cache = cache;
    this.#writer = writer;
    const save = async (state: SessionState) => (state.accessed ? writer.save(state) : undefined);
    this.#home = {
      find: (id) => cache.find(id),
      ends: () => cache.ends,
      save,
      saveAhead: (state, name, value) => this.#saveAhead(state, name, value),
      now,
      age: cookie.maxAge,
    };
  }

  /**
   * The session of a key, as a browser's cookie holds it; reads nothing yet. A key that opens nothing, or cannot be one,
   * gives an empty session, which gets a key of its own when it is saved.
   */
  open(key: string | undefined, origin?: SessionOrigin): Session {
    const hadCookie = key !== undefined && key !== "";
    return new Session(new SessionState(this.#home, { key: isSessionKey(key) ? key : null, hadCookie, origin }));
  }

  /** Notes that a browser has fetched the cookie of a session, which from now on lives as long as the settings say. */
  async claimed(key: string): Promise<void> {
    const session = await this.find(key);
    if (!session) return;
    const state = stateOf(session);
    if (!state.values.delete(UNCLAIMED_KEY)) return;
    state.accessed = true;
    await this.#writer.save(state);
  }

  /** The stored session of a key, loaded; undefined when the key opens nothing. */
  async find(key: string): Promise<Session | undefined> {
    const id = this.idOf(key);
    if (id === undefined) return undefined;
    const found = this.#cache.find(id) ?? (await this.#cache.load(id));
    if (found === "none") return undefined;
    const session = this.open(key);
    stateOf(session).load(found);
    return session;
  }

  /** The name of a key's session within the framework: a hash, worth nothing to a thief. Undefined for what is no key. */
  idOf(key: string | undefined): string | undefined {
    return isSessionKey(key) ? sessionIdOf(key) : undefined;
  }

  /**
   * Loads a session ahead, so that reading it needs no waiting. There is nothing to do, and no promise, when its storage
   * answers at once or the session is known already.
   */
  prepare(session: Session): void | Promise<void> {
    const state = stateOf(session);
    const { id } = state;
    if (this.#backend.readsAtOnce || state.isLoaded || id === undefined) return;
    const found = this.#cache.find(id);
    if (found !== undefined) return state.load(found);
    return this.#cache.load(id).then((loaded) => state.load(loaded));
  }

  /** Reads a session anew, in place of what is known of it. Not one that something was done to. */
  async refresh(session: Session): Promise<void> {
    const state = stateOf(session);
    const { id } = state;
    if (id !== undefined && !state.isModified) state.reload(await this.#cache.reload(id));
  }

  /**
   * Reads a value for the framework itself, after `prepare()`: the session counts as one that nobody has asked for, which
   * neither lives longer nor makes an answer one person's.
   */
  peek(session: Session, key: string): unknown {
    const state = stateOf(session);
    if (!state.isLoaded) {
      const found = this.#cache.find(state.id as string);
      if (found === undefined) return undefined;
      state.load(found);
    }
    return state.values.get(key);
  }

  /**
   * What is stored of a session that its request has read and not changed; as long as that stays stored, it is the same
   * object for every request.
   */
  unchanged(session: Session): object | undefined {
    const state = stateOf(session);
    return state.isModified ? undefined : state.entry;
  }

  /**
   * Saves what was done to a session, over what others have saved meanwhile: of each key the last writer counts. Answers
   * with the `Set-Cookie` lines for the browser; none when it has nothing new to know.
   *
   * With a status of 500 and above nothing is saved: only the lines of earlier `session.save()` calls are given.
   *
   * @throws SESSION_INTERRUPTED when another request has ended the session, which stays ended
   * @throws SESSION_TOO_LARGE, SESSION_VALUE_INVALID, SESSION_BUSY, SESSION_IN_TRANSACTION; nothing is saved then
   */
  async save(session: Session, status = 200): Promise<readonly string[]> {
    const state = stateOf(session);
    const due = state.accessed || (this.#saveEveryRequest && state.hadCookie);
    if (due && status < 500) await this.#writer.save(state);
    state.shownKey = state.key;
    const { lines } = state;
    if (lines.length === 0) return NO_LINES;
    state.lines = NO_LINES;
    state.hadCookie = state.key !== null;
    return lines;
  }

  /** In a view of its own of what is stored: all else that the request has done waits for its end. */
  async #saveAhead(state: SessionState, name: string, value: unknown): Promise<void> {
    const { id, key, flushed } = state;
    // Nobody else can know a session that has not been saved yet.
    if (id === undefined || flushed) return;
    const found = this.#cache.find(id) ?? (await this.#cache.load(id));
    if (found === "none") throw sessionErrors.SESSION_INTERRUPTED();
    const apart = new SessionState(this.#home, { key, hadCookie: true });
    apart.load(found);
    apart.values.set(name, value);
    await this.#writer.save(apart);
    if (apart.lines.length > 0) state.lines = apart.lines;
  }

  /** Whether saving a session would do nothing: most requests only read it, and need not wait for that. */
  isClean(session: Session): boolean {
    return this.#writer.isClean(stateOf(session));
  }

  /** Whether a session was changed after it was saved, or has a key of which its browser knows nothing. */
  isUnsaved(session: Session): boolean {
    const { isModified, key, shownKey } = stateOf(session);
    return isModified || (key !== null && key !== shownKey);
  }

  /**
   * Calls a listener once with the id of each session that was ended, deleted or moved to another key; `cycled` is true for
   * one that lives on under another key, which its browser is about to get.
   */
  onEnded(listener: (id: string, cycled: boolean) => void): () => void {
    return this.#cache.onEnded(listener);
  }

  /** Deletes expired sessions and tells how many. @throws SESSION_CLEAR_UNSUPPORTED when their storage cannot. */
  async clearExpired(): Promise<number> {
    if (!this.#backend.clearExpired) throw sessionErrors.SESSION_CLEAR_UNSUPPORTED();
    const count = await this.#backend.clearExpired(this.#home.now());
    await this.#cache.recheckExpired();
    return count;
  }
}
