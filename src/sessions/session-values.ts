import { markUntrusted } from "../untrusted.ts";
import { UNCLAIMED_KEY } from "./reserved-keys.ts";
import { sessionJson } from "./session-json.ts";

/** What a request has done to the values of a session, to be laid over whatever is stored by then. */
export interface SessionPatch {
  /** Set when all values were taken out first. */
  readonly cleared: object | undefined;
  /** JSON text by key; undefined for a key that was taken out. */
  readonly changes: ReadonlyMap<string, string | undefined>;
  /** Which writes are in it: a later write of the same key is not. */
  readonly writes: ReadonlyMap<string, object>;
}

/** JSON text by key. */
export type SessionTexts = ReadonlyMap<string, string>;

interface Known {
  readonly value: unknown;
  /** JSON text with which the value was read; undefined for one that was set. */
  readonly text: string | undefined;
}

const NOTHING: SessionTexts = new Map();
/** Of sessions that are only read, which are most. */
const UNWRITTEN: ReadonlyMap<string, object> = new Map();
const UNKNOWN: ReadonlyMap<string, Known> = new Map();

/** Reads JSON; most values are short texts without anything to unescape. */
function parsed(text: string): unknown {
  return text.startsWith('"') && !text.includes("\\") ? text.slice(1, -1) : JSON.parse(text);
}

/**
 * The values of one request's session: those that were stored, and on top of them what the request has done.
 *
 * A value is parsed when it is read. An object that was read may be changed in place, so it is kept: its JSON is compared
 * when the session is saved, but only that of keys that were read.
 */
export class SessionValues {
  #stored: SessionTexts = NOTHING;
  /** Values that were set, and objects that were read. */
  #known: ReadonlyMap<string, Known> = UNKNOWN;
  /** Keys that were set or taken out, each write with a mark of its own. */
  #writes: ReadonlyMap<string, object> = UNWRITTEN;
  #cleared: object | undefined;

  /** What is stored, once it is known; what was done before stays on top of it. */
  load(stored: SessionTexts): void {
    this.#stored = stored;
  }

  has(key: string): boolean {
    return this.#known.has(key) || this.#storedText(key) !== undefined;
  }

  get(key: string): unknown {
    const known = this.#known.get(key);
    // Stored or not: what one handler puts into the session comes from a browser as often as not.
    if (known) return markUntrusted(known.value);
    const text = this.#storedText(key);
    if (text === undefined) return undefined;
    const value = markUntrusted(parsed(text));
    if (typeof value === "object" && value !== null) this.#keep().set(key, { value, text });
    return value;
  }

  set(key: string, value: unknown): void {
    sessionJson(key, value);
    this.#keep().set(key, { value, text: undefined });
    this.#written().set(key, {});
  }

  #keep(): Map<string, Known> {
    if (this.#known === UNKNOWN) this.#known = new Map();
    return this.#known as Map<string, Known>;
  }

  #written(): Map<string, object> {
    if (this.#writes === UNWRITTEN) this.#writes = new Map();
    return this.#writes as Map<string, object>;
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#keep().delete(key);
    this.#written().set(key, {});
    return true;
  }

  clear(): void {
    this.#known = UNKNOWN;
    this.#writes = UNWRITTEN;
    this.#cleared = {};
  }

  keys(): string[] {
    const keys = new Set<string>();
    for (const key of this.#stored.keys()) if (this.has(key)) keys.add(key);
    for (const key of this.#known.keys()) keys.add(key);
    return [...keys];
  }

  get isModified(): boolean {
    if (this.#cleared || this.#writes.size > 0) return true;
    for (const [key, known] of this.#known) if (isChanged(key, known)) return true;
    return false;
  }

  /** What was done so far. @throws SESSION_VALUE_INVALID when an object was changed into what JSON cannot say. */
  patch(): SessionPatch | undefined {
    const changes = new Map<string, string | undefined>();
    for (const key of this.#writes.keys()) if (!this.#known.has(key)) changes.set(key, undefined);
    for (const [key, { value, text }] of this.#known) {
      const isObject = typeof value === "object" && value !== null;
      if (!this.#writes.has(key) && !isObject) continue;
      const now = sessionJson(key, value);
      if (now !== text) changes.set(key, now);
    }
    if (!this.#cleared && changes.size === 0) return undefined;
    return { cleared: this.#cleared, changes, writes: new Map(this.#writes) };
  }

  /** After a save: what is stored now holds the patch; what was done since then stays on top of it. */
  settle(patch: SessionPatch | undefined, stored: SessionTexts): void {
    this.#stored = stored;
    if (patch?.cleared === this.#cleared) this.#cleared = undefined;
    for (const [key, mark] of patch?.writes ?? []) if (this.#writes.get(key) === mark) this.#written().delete(key);
    for (const [key, { value, text }] of this.#known) {
      if (this.#writes.has(key)) continue;
      const saved = patch?.changes.get(key) ?? text;
      // Another request has changed it meanwhile: the next reading shows that.
      if (saved === undefined || stored.get(key) !== saved) this.#keep().delete(key);
      else this.#keep().set(key, { value, text: saved });
    }
  }

  #storedText(key: string): string | undefined {
    return this.#cleared || this.#writes.has(key) ? undefined : this.#stored.get(key);
  }
}

function isChanged(key: string, { value, text }: Known): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    return sessionJson(key, value) !== text;
  } catch {
    return true;
  }
}

/** Lays a patch over what is stored. */
export function applyPatch(stored: SessionTexts, { cleared, changes }: SessionPatch): Map<string, string> {
  // Clearing values keeps the session's own notes.
  const result = new Map(cleared ? [...stored].filter(([key]) => key === UNCLAIMED_KEY) : stored);
  for (const [key, text] of changes) {
    if (text === undefined) result.delete(key);
    else result.set(key, text);
  }
  return result;
}
