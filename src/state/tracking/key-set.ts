/**
 * An immutable set of keys, shared by all that hold the same keys added in the same order: a getter that reads two
 * fields of 10,000 rows keeps one set, not 10,000.
 */
export class KeySet {
  static readonly empty = new KeySet(new Set());
  readonly #keys: ReadonlySet<unknown>;
  #next: Map<unknown, KeySet> | undefined;

  private constructor(keys: ReadonlySet<unknown>) {
    this.#keys = keys;
  }

  has(key: unknown): boolean {
    return this.#keys.has(key);
  }

  [Symbol.iterator](): IterableIterator<unknown> {
    return this.#keys.values();
  }

  /** This set and one more key. */
  with(key: unknown): KeySet {
    if (this.#keys.has(key)) return this;
    const known = this.#next?.get(key);
    if (known) return known;
    const next = new KeySet(new Set([...this.#keys, key]));
    // Large sets are those of records keyed by ids: not worth remembering.
    if (this.#keys.size < 16) {
      this.#next ??= new Map();
      if (this.#next.size < 256) this.#next.set(key, next);
    }
    return next;
  }
}
