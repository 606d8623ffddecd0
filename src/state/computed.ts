import { stateErrors } from "./errors.ts";
import { KeySet } from "./key-set.ts";
import { plain } from "./plain.ts";
import { type Reader, withReader } from "./tracking.ts";

type Freshness = "clean" | "check" | "dirty";

/**
 * The cache of one getter of one instance.
 *
 * While the getter runs, every read of every state of the tab is noted; it runs again only after one of these reads
 * would give something else. A getter that read another getter runs again only if that one's value changed.
 */
export class Computed implements Reader {
  readonly #owner: string;
  readonly #name: string;
  readonly #getter: () => unknown;
  #freshness: Freshness = "dirty";
  #value: unknown;
  #version = 0;
  #reads = new Map<object, KeySet>();
  #upstream = new Map<Computed, number>();
  #snapshot: { readonly version: number; readonly value: unknown } | undefined;

  constructor(owner: string, name: string, getter: () => unknown) {
    this.#owner = owner;
    this.#name = name;
    this.#getter = getter;
  }

  /** Notes a read of the getter that runs now; part of the Reader interface. */
  read(node: object, key: unknown): void {
    if (node instanceof Computed) this.#upstream.set(node, node.#version);
    else this.#reads.set(node, (this.#reads.get(node) ?? KeySet.empty).with(key));
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
      this.#snapshot = { version: this.#version, value: withReader(this, () => plain(this.#value, this.#path)) };
    }
    return this.#snapshot.value;
  }

  get #path(): string {
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
    if (this.#freshness !== "clean" || !this.#upstream.has(other)) return false;
    this.#freshness = "check";
    return true;
  }

  #refresh(): void {
    if (this.#freshness === "check") {
      this.#freshness = this.#upstreamChanged() ? "dirty" : "clean";
    }
    if (this.#freshness === "clean") return;
    const [reads, upstream] = [this.#reads, this.#upstream];
    this.#reads = new Map();
    this.#upstream = new Map();
    try {
      const value = withReader(this, this.#getter);
      this.#freshness = "clean";
      // A container may be the same object with another inside, so it always counts as changed.
      if (!Object.is(value, this.#value) || this.#version === 0 || (typeof value === "object" && value !== null)) {
        this.#value = value;
        this.#version++;
      }
    } catch (error) {
      // What was read until the throw may be the very thing that has to change; so may be what was read before.
      for (const [node, keys] of reads) for (const key of keys) this.read(node, key);
      for (const [other, version] of upstream) if (!this.#upstream.has(other)) this.#upstream.set(other, version);
      const reason = error instanceof Error ? error.message : String(error);
      throw stateErrors.STATE_COMPUTED_FAILED.with({ cause: error }, this.#owner, this.#name, reason);
    }
  }

  #upstreamChanged(): boolean {
    for (const [other, version] of this.#upstream) {
      withReader(undefined, () => other.#refresh());
      if (other.#version !== version) return true;
    }
    return false;
  }
}
