import { setTimeout as sleep } from "node:timers/promises";
import { clientAddress } from "../bridge/client-address.ts";
import { sessionErrors } from "./errors.ts";
import type { NewSessions } from "./new-sessions.ts";
import { EXPIRY_KEY, isNote, UNCLAIMED_KEY } from "./reserved-keys.ts";
import type { SessionBackend } from "./session-backend.ts";
import type { SessionCache, SessionLogger } from "./session-cache.ts";
import { cookieLines, deletionLines, type SessionCookie } from "./session-cookie.ts";
import { expiresAt, readExpiry, type StoredExpiry, UNCLAIMED_LIFE } from "./session-expiry.ts";
import { writeSessionJson } from "./session-json.ts";
import { newSessionKey, sessionIdOf } from "./session-key.ts";
import type { SessionEntry, SessionState } from "./session-state.ts";
import { applyPatch, type SessionPatch, type SessionTexts } from "./session-values.ts";

/** What saving needs. */
export interface SessionWriterOptions {
  readonly backend: SessionBackend;
  readonly cache: SessionCache;
  readonly cookie: SessionCookie;
  readonly now: () => number;
  readonly saveEveryRequest: boolean;
  readonly newKey?: (() => string) | undefined;
  /** Name of a value that only sessions of signed-in users have. */
  readonly userKey?: string | undefined;
  /** Counts the sessions that begin; without it there is no bound. */
  readonly newSessions?: NewSessions | undefined;
  /** Learns that expired sessions could not be deleted. */
  readonly logger?: SessionLogger | undefined;
}

/** Most bytes of JSON that one session holds. */
const MOST_BYTES = 64 * 1024;
/** Tries before a save gives up because others write all the time. */
const TRIES = 20;
/** Tries after which a save waits a little, each time another while, so that processes stop getting in each other's way. */
const EAGER_TRIES = 3;
/** Longest such wait, in milliseconds. */
const WAIT = 25;
/** The part of its life after which a session that is used lives on. */
const TOUCH_AFTER = 0.05;
/** Milliseconds after which a browser that still shows a key that opens nothing has got no other. */
const LOST_AFTER = 60_000;
/** Such keys that are remembered. */
const LOST_KEPT = 10_000;
/** Milliseconds between two deletions of what has expired. */
const CLEAR_EVERY = 60_000;
const NOTHING: SessionTexts = new Map();

/** Writes sessions, and decides which cookies that takes. */
export class SessionWriter {
  readonly #given: SessionWriterOptions;
  readonly #newKey: () => string;
  readonly #turns = new Map<string, Promise<unknown>>();
  /** When a browser first came with a key that opens nothing, by what it stands for. */
  readonly #lost = new Map<string, number>();

  /** When expired sessions were deleted last, in milliseconds since 1970. */
  #cleared: number;

  constructor(given: SessionWriterOptions) {
    this.#cleared = given.now();
    this.#given = given;
    this.#newKey = given.newKey ?? newSessionKey;
  }

  /** Whether there is nothing to save and nothing that the browser must be told. */
  isClean(state: SessionState): boolean {
    if (state.isModified || state.lines.length > 0) return false;
    if (!state.hadCookie) return state.key === null;
    if (this.#given.saveEveryRequest) return false;
    if (!state.accessed) return true;
    const { entry } = state;
    if (!entry) return false;
    const next = this.#next(entry.texts, entry, undefined);
    return next.expiresAt === entry.stored.expiresAt && !next.cookieChanges;
  }

  /** Saves what a request has done to its session; the cookie lines stay in the state. */
  save(state: SessionState): Promise<void> {
    const saved = state.turn.then(() => this.#save(state));
    state.turn = saved.catch(() => {});
    return saved;
  }

  async #save(state: SessionState): Promise<void> {
    const { id } = state;
    if (id === undefined) return this.#create(state);
    if (!state.isLoaded) state.load(this.#given.cache.find(id) ?? (await this.#given.cache.load(id)));
    const { entry } = state;
    if (!entry) {
      // A logout that overtakes a request ends what it was about to write, also if it had read nothing of the session.
      const isOvertaken = this.#given.cache.hasEndedSince(id, state.openedAt);
      return isOvertaken ? this.#gone(state, id, state.values.patch()) : this.#create(state);
    }
    // Requests of one browser come in parallel: in their turn, none of them finds what it read to be old.
    const before = this.#turns.get(id) ?? Promise.resolve();
    const turn = before.then(() => this.#change(state, id, entry));
    const ended = turn.then(
      () => {},
      () => {},
    );
    this.#turns.set(id, ended);
    try {
      await turn;
    } finally {
      if (this.#turns.get(id) === ended) this.#turns.delete(id);
    }
  }

  /** Makes a row if there is anything to keep. */
  async #create(state: SessionState): Promise<void> {
    const patch = state.values.patch();
    const texts = patch ? applyPatch(NOTHING, patch) : NOTHING;
    const next = this.#next(texts, undefined, patch);
    if (isEmpty(texts) || next.expiresAt <= this.#given.now()) {
      state.flushed = false;
      state.cycled = false;
      this.#forgetCookie(state);
      return;
    }
    const { origin } = state;
    if (origin) this.#given.newSessions?.take(clientAddress(origin.ip), this.#userOf(texts));
    const isShort = origin?.byTicket && !this.#isOfUser(texts);
    const kept = isShort ? new Map(texts).set(UNCLAIMED_KEY, "true") : texts;
    const { expiresAt: end } = this.#next(kept, undefined, patch);
    this.#clearExpired();
    for (let tries = 0; tries < TRIES; tries++) {
      const key = this.#newKey();
      const stamp = this.#given.backend.stamp();
      const stored = { data: jsonOf(kept), version: 1, expiresAt: end };
      if (!(await this.#given.backend.create(sessionIdOf(key), stored))) continue;
      this.#keep(state, { key, patch, entry: { texts: kept, stored }, stamp });
      state.lines = this.#cookieLines(key, next);
      return;
    }
    throw sessionErrors.SESSION_BUSY(TRIES);
  }

  /** Deletes what has expired, now and then while sessions begin: those that nobody came back for would only take room. */
  #clearExpired(): void {
    const { backend, now, logger } = this.#given;
    if (!backend.clearExpired || now() - this.#cleared < CLEAR_EVERY) return;
    this.#cleared = now();
    backend
      .clearExpired(now())
      .catch((error: unknown) => logger?.warn({ err: error }, "Expired sessions could not be deleted."));
  }

  /** Brings a row up to date: changes it, moves it to another key, or deletes it. */
  async #change(state: SessionState, id: string, read: SessionEntry): Promise<void> {
    const { cache } = this.#given;
    const patch = state.values.patch();
    const moves = state.flushed || state.cycled;
    let entry = cache.latest(id, read);
    for (let tries = 0; tries < TRIES; tries++) {
      const outcome = await this.#try(state, { id, entry, patch, moves });
      if (outcome === "saved") return;
      if (tries >= EAGER_TRIES) await sleep(Math.random() * WAIT);
      if (outcome === "stale") {
        const found = await cache.reload(id);
        if (found !== "none") {
          entry = found;
          continue;
        }
      }
      if (outcome !== "taken") return this.#gone(state, id, patch);
    }
    throw sessionErrors.SESSION_BUSY(TRIES);
  }

  async #try(state: SessionState, { id, entry, patch, moves }: Attempt): Promise<Outcome> {
    const { backend, cache, now, saveEveryRequest } = this.#given;
    const { version } = entry.stored;
    if (entry.stored.expiresAt <= now()) return "stale";
    const texts = this.#withoutMark(patch ? applyPatch(entry.texts, patch) : entry.texts);
    const next = this.#next(texts, moves ? undefined : entry, patch);
    const stamp = backend.stamp();
    if ((patch || state.flushed) && (isEmpty(texts) || next.expiresAt <= now())) {
      if (!(await backend.delete(id, state.flushed ? undefined : version))) return "stale";
      cache.end(id);
      state.settle(null, undefined, patch);
      this.#forgetCookie(state);
      return "saved";
    }
    if (moves) {
      const key = this.#newKey();
      const stored = { data: jsonOf(texts), version: 1, expiresAt: next.expiresAt };
      const outcome = await backend.replace(id, sessionIdOf(key), stored, version);
      if (outcome !== "saved") return outcome;
      cache.end(id, "cycled");
      this.#keep(state, { key, patch, entry: { texts, stored }, stamp });
      state.lines = this.#cookieLines(key, next);
      return "saved";
    }
    const key = state.key as string;
    if (patch || next.expiresAt !== entry.stored.expiresAt) {
      const stored = {
        data: texts === entry.texts ? entry.stored.data : jsonOf(texts),
        version: version + 1,
        expiresAt: next.expiresAt,
      };
      const outcome = await backend.update(id, stored, version);
      if (outcome !== "saved") return outcome;
      this.#keep(state, { key, patch, entry: { texts, stored }, stamp });
    }
    if (next.cookieChanges || saveEveryRequest) state.lines = this.#cookieLines(key, next);
    return "saved";
  }

  /** The row is no longer there. */
  async #gone(state: SessionState, id: string, patch: SessionPatch | undefined): Promise<void> {
    this.#given.cache.end(id, "missing");
    if (state.flushed) {
      // It was to go anyway; what was set after the flush begins a new session.
      state.key = null;
      state.entry = undefined;
      return this.#create(state);
    }
    if (!patch && !state.cycled) return;
    if (patch && isEmpty(applyPatch(state.entry?.texts ?? NOTHING, patch))) {
      // It was to be empty, and so it is.
      state.settle(null, undefined, patch);
      return;
    }
    throw sessionErrors.SESSION_INTERRUPTED();
  }

  #keep(state: SessionState, { key, patch, entry, stamp }: Kept): void {
    this.#given.cache.saved(sessionIdOf(key), entry, stamp);
    state.settle(key, entry, patch);
  }

  #isOfUser(texts: SessionTexts): boolean {
    return this.#userOf(texts) !== undefined;
  }

  /** The signed-in user as the session stores it: JSON of the key. */
  #userOf(texts: SessionTexts): string | undefined {
    const { userKey } = this.#given;
    return userKey === undefined ? undefined : texts.get(userKey);
  }

  /**
   * Removes the mark of a session that begins to belong to a signed-in user: the tab uses it also if its page never
   * fetches the cookie.
   */
  #withoutMark(texts: SessionTexts): SessionTexts {
    if (!texts.has(UNCLAIMED_KEY) || !this.#isOfUser(texts)) return texts;
    const left = new Map(texts);
    left.delete(UNCLAIMED_KEY);
    return left;
  }

  /** When it is to end, and whether the browser must be told. */
  #next(texts: SessionTexts, entry: SessionEntry | undefined, patch: SessionPatch | undefined): Next {
    const { now, cookie, saveEveryRequest } = this.#given;
    const expiry = expiryOf(texts);
    const time = now();
    const fresh = expiresAt(expiry, time, cookie.maxAge);
    if (texts.has(UNCLAIMED_KEY)) {
      return {
        expiresAt: entry?.stored.expiresAt ?? Math.min(fresh, time + UNCLAIMED_LIFE),
        expiry,
        cookieChanges: !entry,
      };
    }
    const asked = patch?.changes.has(EXPIRY_KEY) || (entry && expiryOf(entry.texts) !== expiry);
    if (!entry || asked) return { expiresAt: fresh, expiry, cookieChanges: true };
    const before = entry.stored.expiresAt;
    const due = saveEveryRequest || Math.abs(fresh - before) > (fresh - time) * TOUCH_AFTER;
    return { expiresAt: due ? fresh : before, expiry, cookieChanges: due && expiry !== 0 && fresh !== before };
  }

  #cookieLines(key: string, { expiresAt: end, expiry }: Next): string[] {
    const { cookie, now } = this.#given;
    return cookieLines(cookie, key, expiry === 0 ? undefined : (end - now()) / 1_000);
  }

  /**
   * Takes away a cookie that opens nothing; one whose session may live on under another key only after a while. A request
   * that came beside a login, which may have run in another process, must not take away the key that the login has brought.
   */
  #forgetCookie(state: SessionState): void {
    const { hadCookie, lostId } = state;
    const isOver = lostId === undefined || this.#given.cache.endOf(lostId) === "ended" || this.#isLongLost(lostId);
    state.lines = hadCookie && isOver ? deletionLines(this.#given.cookie) : [];
  }

  #isLongLost(id: string): boolean {
    const time = this.#given.now();
    const since = this.#lost.get(id);
    if (since !== undefined) return time - since >= LOST_AFTER;
    this.#lost.set(id, time);
    if (this.#lost.size > LOST_KEPT) this.#lost.delete(this.#lost.keys().next().value as string);
    return false;
  }
}

type Outcome = "saved" | "stale" | "gone" | "taken";

interface Attempt {
  readonly id: string;
  readonly entry: SessionEntry;
  readonly patch: SessionPatch | undefined;
  readonly moves: boolean;
}

interface Kept {
  readonly key: string;
  readonly patch: SessionPatch | undefined;
  readonly entry: SessionEntry;
  readonly stamp: unknown;
}

interface Next {
  readonly expiresAt: number;
  readonly expiry: StoredExpiry;
  readonly cookieChanges: boolean;
}

function expiryOf(texts: SessionTexts): StoredExpiry {
  const text = texts.get(EXPIRY_KEY);
  return text === undefined ? null : readExpiry(JSON.parse(text));
}

function isEmpty(texts: SessionTexts): boolean {
  for (const key of texts.keys()) if (!isNote(key)) return false;
  return true;
}

/** @throws SESSION_TOO_LARGE */
function jsonOf(texts: SessionTexts): string {
  const data = writeSessionJson(texts);
  const bytes = Buffer.byteLength(data);
  if (bytes <= MOST_BYTES) return data;
  const [key = "", text = ""] = [...texts].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  throw sessionErrors.SESSION_TOO_LARGE(bytes, MOST_BYTES, key.slice(0, 60), Buffer.byteLength(text));
}
