import { isDeepStrictEqual } from "node:util";
import { AntiphonError, asError } from "../../errors.ts";
import { type Reader, withReader } from "../../getter-reads.ts";
import { stateErrors } from "../errors.ts";
import { KeySet } from "./key-set.ts";
import { plain } from "./plain.ts";

/** `failed`: the getter threw. It runs again whenever it is asked, and what read it hears when it may give something else. */
type Freshness = "clean" | "check" | "dirty" | "failed";

/** Codes that say already which getter it was. */
const FAILURES: ReadonlySet<string> = new Set(["STATE_COMPUTED_FAILED", "STATE_COMPUTED_CYCLE"]);

/** Stands for the value of a getter that has none. */
const NOTHING = Symbol("antiphon.nothing");

/** The getters that are being brought up to date now, each for the one before it. */
const refreshing: Computed[] = [];

/**
 * The cache of one getter of one instance.
 *
 * While the getter runs, every read of every state of the tab is noted; it runs again only after one of these reads
 * would give something else. A getter that read another getter runs again only if that one's value changed.
 *
 * A getter that read something whose changes nobody sees has no cache: it runs whenever it is read, and at each step.
 */
export class Computed implements Reader {
  readonly #owner: string;
  readonly #name: string;
  readonly #getter: () => unknown;
  readonly #readsPrivate: boolean;
  #freshness: Freshness = "dirty";
  #value: unknown = NOTHING;
  #version = 0;
  #reads = new Map<object, KeySet>();
  #upstream = new Map<Computed, number>();
  #isUnseen = false;
  #snapshot: { readonly version: number; readonly value: unknown } | undefined;

  /** `readsPrivate`: the getter may read `#private` fields, which it does unseen. */
  constructor(owner: string, name: string, getter: () => unknown, readsPrivate = false) {
    this.#owner = owner;
    this.#name = name;
    this.#getter = getter;
    this.#readsPrivate = readsPrivate;
  }

  /** Notes a read of the getter that runs now; part of the Reader interface. */
  read(node: object, key: unknown): void {
    if (node instanceof Computed) {
      this.#upstream.set(node, node.#version);
      if (node.#isUnseen) this.#isUnseen = true;
    } else this.#reads.set(node, (this.#reads.get(node) ?? KeySet.empty).with(key));
  }

  readUnseen(): void {
    this.#isUnseen = true;
  }

  /** The getter's value, from the cache where that still holds. */
  get(): unknown {
    this.#refresh();
    return this.#value;
  }

  /** The value as plain data, copied; what only the copying read counts as read by the getter. */
  snapshot(): unknown {
    this.#refresh();
    if (this.#snapshot?.version !== this.#version) {
      const value: unknown = withReader(this, () => plain(this.#value, this.path));
      // It ran without any sign that something has changed: an equal value is no change.
      const before = this.#isUnseen ? this.#snapshot : undefined;
      const isEqual = before !== undefined && isDeepStrictEqual(value, before.value);
      this.#snapshot = { version: this.#version, value: isEqual ? before.value : value };
    }
    return this.#snapshot.value;
  }

  /** For messages. */
  get path(): string {
    return `${this.#owner}.${this.#name}`;
  }

  /** Marks the cache as out of date if the getter read this key. Returns whether it was marked now. */
  invalidate(node: object, key: unknown): boolean {
    if (this.#freshness === "dirty" || !this.#reads.get(node)?.has(key)) return false;
    this.#freshness = "dirty";
    return true;
  }

  /** Marks the cache as perhaps out of date if the getter read that other getter. Returns whether it was marked now. */
  suspect(other: Computed): boolean {
    if (this.#freshness === "dirty" || this.#freshness === "check" || !this.#upstream.has(other)) return false;
    this.#freshness = this.#freshness === "failed" ? "dirty" : "check";
    return true;
  }

  /** Forgets what the getter read: what it was read from is no more. */
  forget(): void {
    this.#freshness = "dirty";
    this.#reads = new Map();
    this.#upstream = new Map();
  }

  #refresh(): void {
    if (this.#freshness === "clean" && !this.#isUnseen) return;
    if (refreshing.includes(this)) {
      const ring = [...refreshing.slice(refreshing.indexOf(this)), this];
      throw stateErrors.STATE_COMPUTED_CYCLE(ring.map((each) => each.path));
    }
    refreshing.push(this);
    try {
      if (this.#freshness === "check" && !this.#isUnseen && !this.#upstreamChanged()) this.#freshness = "clean";
      else this.#run();
    } finally {
      refreshing.pop();
    }
  }

  #run(): void {
    this.#reads = new Map();
    this.#upstream = new Map();
    this.#isUnseen = this.#readsPrivate;
    try {
      const value = withReader(this, this.#getter);
      this.#freshness = "clean";
      // A container may be the same object with another inside, so it always counts as changed.
      if (!Object.is(value, this.#value) || (typeof value === "object" && value !== null)) this.#take(value);
    } catch (error) {
      this.#freshness = "failed";
      this.#take(NOTHING);
      // Of getters that read each other the one that threw is named, not all that wanted its value.
      const failure = asError(error);
      if (failure instanceof AntiphonError && FAILURES.has(failure.code)) throw failure;
      throw stateErrors.STATE_COMPUTED_FAILED.with({ cause: failure }, this.#owner, this.#name, failure.message);
    }
  }

  #take(value: unknown): void {
    this.#value = value;
    this.#version++;
  }

  #upstreamChanged(): boolean {
    for (const [other, version] of this.#upstream) {
      try {
        withReader(undefined, () => other.#refresh());
      } catch {
        // Whether that is a failure is for the getter to say: it may catch it.
        return true;
      }
      if (other.#version !== version) return true;
    }
    return false;
  }
}
