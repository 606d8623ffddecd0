import { EXPIRY_KEY } from "./reserved-keys.ts";
import type { StoredSession } from "./session-backend.ts";
import { expiresAt, readExpiry, type StoredExpiry } from "./session-expiry.ts";
import { sessionIdOf } from "./session-key.ts";
import { type SessionPatch, type SessionTexts, SessionValues } from "./session-values.ts";

const NOTHING: SessionTexts = new Map();
const SETTLED = Promise.resolve();

/** A stored session with its values found. Several requests share one: nobody changes it. */
export interface SessionEntry {
  readonly texts: SessionTexts;
  readonly stored: StoredSession;
}

/** What a session asks of the manager that opened it. */
export interface SessionHome {
  /** Finds a stored session without waiting; undefined when that cannot be done. */
  find(id: string): SessionEntry | "none" | undefined;
  save(state: SessionState): Promise<void>;
  /** Saves one value alone. @throws SESSION_INTERRUPTED */
  saveAhead(state: SessionState, key: string, value: unknown): Promise<void>;
  now(): number;
  /** How many sessions have ended so far. */
  ends(): number;
  /** Seconds that a session lives by default. */
  readonly age: number;
}

/** The request that opens a session. */
export interface SessionOrigin {
  /** The sessions that an address begins are counted. */
  readonly ip: string;
  /** Whether the browser has to come for its cookie, as after an event of a socket. */
  readonly byTicket: boolean;
}

/** Options with which a session is opened. */
export interface OpenedBy {
  readonly key: string | null;
  readonly hadCookie: boolean;
  readonly origin?: SessionOrigin | undefined;
}

/** What is known of one request's session; `Session` shows it to the app, the manager loads and saves it. */
export class SessionState {
  readonly home: SessionHome;
  readonly values = new SessionValues();
  /** Whether the browser holds a cookie, whatever is in it. */
  hadCookie: boolean;
  /** Where the request comes from, and how it hands cookies over; undefined for code that runs outside of a request. */
  readonly origin: SessionOrigin | undefined;
  /** How many sessions had ended when this one was opened. */
  readonly openedAt: number;
  /** Undefined without a row. */
  entry: SessionEntry | undefined;
  isLoaded: boolean;
  accessed = false;
  /** The row that is to go, whatever else becomes of the session. */
  flushed = false;
  cycled = false;
  /** What the browser's key stood for, when there is nothing under it. */
  lostId: string | undefined;
  /** Cookie lines of saves, until somebody takes them to the browser. */
  lines: readonly string[] = [];
  /** The key that the browser has. */
  shownKey: string | null;
  /** Saves take turns. */
  turn: Promise<unknown> = SETTLED;
  #key: string | null;
  #id: string | undefined;

  constructor(home: SessionHome, { key, hadCookie, origin }: OpenedBy) {
    this.home = home;
    this.origin = origin;
    this.openedAt = home.ends();
    this.#key = key;
    this.shownKey = key;
    this.hadCookie = hadCookie;
    this.isLoaded = key === null;
  }

  /** Null when there is none, or when it turned out to open nothing. */
  get key(): string | null {
    return this.#key;
  }

  set key(key: string | null) {
    this.#key = key;
    this.#id = undefined;
  }

  get id(): string | undefined {
    if (this.#key !== null) this.#id ??= sessionIdOf(this.#key);
    return this.#id;
  }

  /** What was found for the key; a key that opens nothing is dropped. */
  load(found: SessionEntry | "none"): void {
    if (this.isLoaded) return;
    this.isLoaded = true;
    if (found === "none") {
      this.lostId = this.id;
      this.key = null;
      return;
    }
    this.entry = found;
    this.values.load(found.texts);
  }

  /** The same, in place of what was found before. */
  reload(found: SessionEntry | "none"): void {
    this.isLoaded = false;
    this.entry = undefined;
    this.values.load(NOTHING);
    this.load(found);
  }

  /** What is stored under the key after a save. */
  settle(key: string | null, entry: SessionEntry | undefined, patch: SessionPatch | undefined): void {
    this.key = key;
    this.entry = entry;
    this.flushed = false;
    this.cycled = false;
    this.values.settle(patch, entry?.texts ?? NOTHING);
  }

  get isModified(): boolean {
    return this.cycled || this.flushed || this.values.isModified;
  }

  get expiry(): StoredExpiry {
    return readExpiry(this.values.get(EXPIRY_KEY));
  }

  /** When the session ends, in milliseconds since 1970: of one that is not changed what is stored counts. */
  get expiresAt(): number {
    if (this.entry && !this.isModified) return this.entry.stored.expiresAt;
    return expiresAt(this.expiry, this.home.now(), this.home.age);
  }
}
