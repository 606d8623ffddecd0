import { KEYS, trackRead } from "../../getter-reads.ts";
import type { PathSegment } from "../../protocol/frames.ts";
import { stateErrors } from "../errors.ts";
import { nodeOfProxy, TrackedNode } from "./tracked-node.ts";

/** A list inside a state. */
export class ListNode extends TrackedNode<unknown[]> {
  /** Items at the last frame, once anything but the end was changed. */
  base: unknown[] | undefined;
  /** Length at the last frame, while items were only added at the end: then no copy is needed. */
  appendedFrom: number | undefined;

  /** Items at the last frame. */
  originalItems(): readonly unknown[] {
    if (this.base) return this.base;
    return this.appendedFrom === undefined ? this.raw : this.raw.slice(0, this.appendedFrom);
  }

  #beforeChange(): void {
    this.recorder.beforeWrite(this, undefined);
    if (this.recorder.muted > 0 || this.base) return;
    this.base = this.originalItems().slice();
    this.appendedFrom = undefined;
  }

  #beforeAppend(): void {
    this.recorder.beforeWrite(this, undefined);
    if (this.recorder.muted === 0 && !this.base) this.appendedFrom ??= this.raw.length;
  }

  #changed(): void {
    this.recorder.changed(this, KEYS);
  }

  #adopt(items: readonly unknown[], from: number): unknown[] {
    return items.map((item, offset) => this.recorder.adopt(item, this, from + offset));
  }

  #wrapItem(index: number): unknown {
    return this.wrap(this.raw[index], index);
  }

  /** All items as handlers see them. */
  #wrapped(): unknown[] {
    trackRead(this, KEYS);
    return Array.from(this.raw, (item, index) => this.wrap(item, index));
  }

  #release(removed: readonly unknown[], index: number): unknown[] {
    return removed.map((item, offset) => {
      const seen = this.wrap(item, index + offset);
      this.detach(item);
      return seen;
    });
  }

  #splice(start: number, count: number, items: readonly unknown[]): unknown[] {
    if (count === 0 && items.length === 0) return [];
    if (start === this.raw.length) this.#beforeAppend();
    else this.#beforeChange();
    // Adopting may throw: nothing has been taken out before.
    const adopted = this.#adopt(items, start);
    const removed = this.#release(this.raw.slice(start, start + count), start);
    const tail = this.raw.splice(start).slice(count);
    for (const item of adopted) this.raw.push(item);
    for (const item of tail) this.raw.push(item);
    this.#changed();
    return removed;
  }

  #reorder(work: (items: unknown[]) => void): void {
    const seen = this.#wrapped();
    const before = this.raw.slice();
    const rawOf = new Map(seen.map((item, index) => [item, before[index]]));
    const ordered = seen.slice();
    work(ordered);
    if (ordered.every((item, index) => Object.is(item, seen[index]))) return;
    this.#beforeChange();
    for (const [index, item] of ordered.entries()) this.raw[index] = rawOf.get(item);
    this.#changed();
  }

  #setItem(index: number, value: unknown): void {
    if (index > this.raw.length) {
      throw stateErrors.STATE_LIST_HOLE(this.describe(index), this.raw.length);
    }
    if (index === this.raw.length) {
      this.#splice(index, 0, [value]);
      return;
    }
    const old = this.raw[index];
    if (Object.is(old, value) || this.recorder.existing(old)?.proxy === value) return;
    this.#beforeChange();
    const adopted = this.recorder.adopt(value, this, index);
    this.detach(old);
    this.raw[index] = adopted;
    this.#changed();
  }

  #setLength(length: number): void {
    if (length > this.raw.length) throw stateErrors.STATE_LIST_HOLE(this.describe("length"), this.raw.length);
    this.#splice(length, this.raw.length - length, []);
  }

  #methods: Record<string, unknown> | undefined;

  #makeMethods(): Record<string, unknown> {
    const clamp = (value: number | undefined, fallback: number) => {
      const index = Math.trunc(value ?? fallback) || 0;
      return index < 0 ? Math.max(this.raw.length + index, 0) : Math.min(index, this.raw.length);
    };
    const find =
      (name: "indexOf" | "lastIndexOf" | "includes") =>
      (item: unknown, ...from: number[]) => {
        trackRead(this, KEYS);
        const raw = nodeOfProxy(item)?.raw ?? item;
        return (this.raw[name] as (...args: unknown[]) => unknown)(raw, ...from);
      };
    return {
      push: (...items: unknown[]) => {
        this.#splice(this.raw.length, 0, items);
        return this.raw.length;
      },
      pop: () => this.#splice(Math.max(this.raw.length - 1, 0), Math.min(this.raw.length, 1), [])[0],
      shift: () => this.#splice(0, Math.min(this.raw.length, 1), [])[0],
      unshift: (...items: unknown[]) => {
        this.#splice(0, 0, items);
        return this.raw.length;
      },
      splice: (...args: [start?: number, count?: number, ...items: unknown[]]) => {
        const start = clamp(args[0], 0);
        const left = this.raw.length - start;
        const count = args.length === 0 ? 0 : args.length === 1 ? left : Math.trunc(args[1] ?? 0) || 0;
        return this.#splice(start, Math.min(Math.max(count, 0), left), args.slice(2));
      },
      sort: (compare?: (a: unknown, b: unknown) => number) => {
        this.#reorder((items) => items.sort(compare));
        return this.proxy;
      },
      reverse: () => {
        this.#reorder((items) => items.reverse());
        return this.proxy;
      },
      fill: (value: unknown, start?: number, end?: number) => {
        const [from, to] = [clamp(start, 0), clamp(end, this.raw.length)];
        if (to > from)
          this.#splice(
            from,
            to - from,
            Array.from({ length: to - from }, () => value),
          );
        return this.proxy;
      },
      copyWithin: (target: number, start?: number, end?: number) => {
        const items = this.raw.slice(clamp(start, 0), clamp(end, this.raw.length));
        const to = clamp(target, 0);
        const fitting = items.slice(0, this.raw.length - to);
        if (fitting.length > 0) this.#splice(to, fitting.length, fitting);
        return this.proxy;
      },
      indexOf: find("indexOf"),
      lastIndexOf: find("lastIndexOf"),
      includes: find("includes"),
    };
  }

  override get(target: unknown[], key: string | symbol): unknown {
    if (typeof key === "string") {
      const index = toIndex(key);
      if (index !== undefined) {
        trackRead(this, KEYS);
        return this.#wrapItem(index);
      }
      this.#methods ??= this.#makeMethods();
      if (Object.hasOwn(this.#methods, key)) return this.#methods[key];
      if (READERS.has(key)) {
        return (...args: unknown[]) => (this.#wrapped()[key as "map"] as (...all: unknown[]) => unknown)(...args);
      }
    }
    trackRead(this, KEYS);
    return Reflect.get(target, key);
  }

  override set(_target: unknown[], key: string | symbol, value: unknown): boolean {
    if (key === "length") this.#setLength(Number(value));
    else this.#setItem(this.#index(key), value);
    return true;
  }

  override defineProperty(_target: unknown[], key: string | symbol, descriptor: PropertyDescriptor): boolean {
    this.#setItem(this.#index(key), descriptor.value);
    return true;
  }

  override deleteProperty(_target: unknown[], key: string | symbol): boolean {
    const index = this.#index(key);
    if (index < this.raw.length) this.#setItem(index, undefined);
    return true;
  }

  has(target: unknown[], key: string | symbol): boolean {
    trackRead(this, KEYS);
    return Reflect.has(target, key);
  }

  ownKeys(target: unknown[]): (string | symbol)[] {
    trackRead(this, KEYS);
    return Reflect.ownKeys(target);
  }

  getOwnPropertyDescriptor(target: unknown[], key: string | symbol): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
    const index = typeof key === "string" ? toIndex(key) : undefined;
    return descriptor && index !== undefined ? { ...descriptor, value: this.#wrapItem(index) } : descriptor;
  }

  #index(key: string | symbol): number {
    const index = typeof key === "string" ? toIndex(key) : undefined;
    if (index === undefined) {
      throw stateErrors.STATE_VALUE_NOT_SENDABLE(this.describe(), `the property "${String(key)}" of a list`);
    }
    return index;
  }

  override rollback(): void {
    const before = this.originalItems().slice();
    for (const item of this.raw) this.detach(item);
    this.raw.length = 0;
    for (const item of before) this.raw.push(item);
    this.#changed();
  }

  override adoptRestored(): void {
    for (const [index, item] of this.raw.entries()) this.attach(item, index);
  }

  override settle(): void {
    this.base = undefined;
    this.appendedFrom = undefined;
  }

  override keyOf(child: TrackedNode): PathSegment | undefined {
    const { hint } = child;
    if (typeof hint === "number" && this.raw[hint] === child.raw) return hint;
    const index = this.raw.indexOf(child.raw);
    child.hint = index < 0 ? undefined : index;
    return child.hint;
  }
}

/** Methods that only read: they run on one copy of the wrapped items, instead of through a trap per item. */
const READERS: ReadonlySet<string> = new Set([
  "map",
  "filter",
  "forEach",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "some",
  "every",
  "reduce",
  "reduceRight",
  "flatMap",
  "flat",
  "slice",
  "concat",
  "join",
  "toSorted",
  "toReversed",
  "toSpliced",
  "with",
]);

function toIndex(key: string): number | undefined {
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && String(index) === key ? index : undefined;
}
