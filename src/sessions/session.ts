import type { RequestSession } from "../bridge/request-types.ts";
import { sessionErrors } from "./errors.ts";
import { EXPIRY_KEY, isNote, isReserved } from "./reserved-keys.ts";
import { storedExpiry } from "./session-expiry.ts";
import type { SessionState } from "./session-state.ts";

let reveal: (session: Session) => SessionState;

/**
 * One request's view of a session. What it does is kept with it until it is saved; one that is thrown away has changed
 * nothing.
 *
 * `SessionManager.open` makes it.
 */
export class Session implements RequestSession {
  readonly #state: SessionState;

  static {
    reveal = (session) => session.#state;
  }

  constructor(state: SessionState) {
    this.#state = state;
  }

  get<T = unknown>(key: string): T | undefined;
  get<T>(key: string, fallback: T): T;
  get(key: string, fallback?: unknown): unknown {
    const { values } = this.#read();
    return !isNote(key) && values.has(key) ? values.get(key) : fallback;
  }

  set(key: string, value: unknown): void {
    assertKey(key);
    this.#write().values.set(key, value);
  }

  has(key: string): boolean {
    return this.#read().values.has(key) && !isNote(key);
  }

  delete(key: string): boolean {
    return this.#read().values.has(key) && !isNote(key) && this.#write().values.delete(key);
  }

  pop<T = unknown>(key: string, fallback?: T): T | undefined {
    const value = this.get<T | undefined>(key, fallback);
    this.delete(key);
    return value;
  }

  setDefault<T>(key: string, value: T): T {
    if (!this.has(key)) this.set(key, value);
    return this.get<T>(key) as T;
  }

  update(values: { readonly [key: string]: unknown }): void {
    for (const [key, value] of Object.entries(values)) this.set(key, value);
  }

  keys(): string[] {
    return this.#read()
      .values.keys()
      .filter((key) => !isNote(key));
  }

  entries(): [key: string, value: unknown][] {
    return this.keys().map((key) => [key, this.get(key)]);
  }

  clear(): void {
    this.#write().values.clear();
  }

  flush(): void {
    const state = this.#write();
    state.values.clear();
    state.flushed = true;
  }

  cycleKey(): void {
    this.#write().cycled = true;
  }

  setExpiry(value: number | Date | null): void {
    const expiry = storedExpiry(value);
    this.#write().values.set(EXPIRY_KEY, expiry);
  }

  get expiryAge(): number {
    const { expiresAt, home } = this.#read();
    return Math.max(0, Math.round((expiresAt - home.now()) / 1_000));
  }

  get expiryDate(): Date {
    return new Date(this.#read().expiresAt);
  }

  get expiresAtBrowserClose(): boolean {
    return this.#read().expiry === 0;
  }

  get key(): string | null {
    const { flushed, key } = this.#read();
    return flushed ? null : key;
  }

  get isEmpty(): boolean {
    return this.keys().length === 0;
  }

  get accessed(): boolean {
    return this.#state.accessed;
  }

  get modified(): boolean {
    return this.#state.isModified;
  }

  save(): Promise<void> {
    return this.#state.home.save(this.#state);
  }

  /** Keeps keys and values out of logs. */
  toJSON(): { readonly session: string } {
    return { session: "[secret]" };
  }

  /** For reading: loads it if that can be done without waiting. @throws SESSION_NOT_LOADED */
  #read(): SessionState {
    const state = this.#state;
    state.accessed = true;
    if (state.isLoaded) return state;
    const found = state.home.find(state.id as string);
    if (found === undefined) throw sessionErrors.SESSION_NOT_LOADED();
    state.load(found);
    return state;
  }

  /** For writing, which needs nothing that is stored. */
  #write(): SessionState {
    this.#state.accessed = true;
    return this.#state;
  }
}

/** What is behind a session, for the manager. */
export function stateOf(session: Session): SessionState {
  return reveal(session);
}

/**
 * Saves one value of a session at once, and nothing else of it, whatever becomes of the request: for what other requests of
 * the browser have to know before this one has ended.
 *
 * @throws SESSION_INTERRUPTED when the session has ended meanwhile
 */
export async function saveAhead(session: RequestSession, key: string, value: unknown): Promise<void> {
  if (!(session instanceof Session)) return;
  const state = reveal(session);
  await state.home.saveAhead(state, key, value);
}

/**
 * Sets a value that says who is signed in, under a key that `set()` refuses to the app: such a session counts as one that
 * its browser holds, and lives longer.
 */
export function setReserved(session: RequestSession, key: string, value: unknown): void {
  if (!(session instanceof Session)) {
    session.set(key, value);
    return;
  }
  const state = reveal(session);
  state.accessed = true;
  state.values.set(key, value);
}

function assertKey(key: unknown): void {
  if (typeof key === "string" && !isReserved(key)) return;
  throw sessionErrors.SESSION_KEY_INVALID(typeof key === "string" ? `"${key}"` : `a ${typeof key}`);
}
