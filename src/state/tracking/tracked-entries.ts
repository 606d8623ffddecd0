import { KEYS, trackRead } from "../../getter-reads.ts";
import type { PathSegment } from "../../protocol/frames.ts";
import { isMapKey, isUnsafeKey } from "../../protocol/values.ts";
import { stateErrors } from "../errors.ts";
import { ABSENT, TrackedNode } from "./tracked-node.ts";

const NO_ENTRIES: ReadonlyMap<PathSegment, unknown> = new Map();
const NO_KEYS: ReadonlySet<PathSegment> = new Set();

/** What plain objects, instances and Maps have in common: values under keys, in an order. */
export abstract class EntriesNode<R extends object = object> extends TrackedNode<R> {
  // Made when needed, and never cleared: a cleared Map keeps its new table alive through the old one.
  #originals: Map<PathSegment, unknown> | undefined;
  #removed: Set<PathSegment> | undefined;
  #order: PathSegment[] | undefined;

  /** Value at the last frame, of each key written since; ABSENT for keys that are new. */
  get originals(): ReadonlyMap<PathSegment, unknown> {
    return this.#originals ?? NO_ENTRIES;
  }

  /** Keys that were there at the last frame and have been deleted since, perhaps to be added again at the end. */
  get removed(): ReadonlySet<PathSegment> {
    return this.#removed ?? NO_KEYS;
  }

  abstract hasKey(key: PathSegment): boolean;
  abstract valueAt(key: PathSegment): unknown;
  abstract keyList(): PathSegment[];
  protected abstract store(key: PathSegment, value: unknown): void;
  protected abstract drop(key: PathSegment): void;

  /** Value of a key at the last frame. */
  original(key: PathSegment): unknown {
    if (this.originals.has(key)) return this.originals.get(key);
    return this.hasKey(key) ? this.valueAt(key) : ABSENT;
  }

  /** All entries at the last frame. */
  originalEntries(): Map<PathSegment, unknown> {
    const entries = new Map<PathSegment, unknown>();
    for (const key of this.#order ?? this.keyList()) {
      const value = this.original(key);
      if (value !== ABSENT) entries.set(key, value);
    }
    return entries;
  }

  protected read(key: PathSegment): unknown {
    trackRead(this, key);
    return this.wrap(this.valueAt(key), key);
  }

  protected adopt(value: unknown, key: PathSegment): unknown {
    return this.recorder.adopt(value, this, key);
  }

  protected write(key: PathSegment, incoming: unknown): void {
    const had = this.hasKey(key);
    const old = had ? this.valueAt(key) : ABSENT;
    if (had && (Object.is(old, incoming) || this.recorder.existing(old)?.proxy === incoming)) {
      this.unchanged(key, old);
      return;
    }
    this.recorder.beforeWrite(this, key);
    this.detach(old);
    let value: unknown;
    try {
      value = this.adopt(incoming, key);
    } catch (error) {
      this.attach(old, key);
      throw error;
    }
    this.remember(key, old);
    this.store(key, value);
    this.recorder.changed(this, key);
    if (!had) this.recorder.changed(this, KEYS);
  }

  protected remove(key: PathSegment): boolean {
    if (!this.hasKey(key)) return false;
    this.recorder.beforeWrite(this, key);
    this.#order ??= this.keyList().filter((name) => this.original(name) !== ABSENT);
    const old = this.valueAt(key);
    this.remember(key, old);
    if (this.originals.get(key) !== ABSENT) {
      this.#removed ??= new Set();
      this.#removed.add(key);
    }
    this.detach(old);
    this.drop(key);
    this.recorder.changed(this, key);
    this.recorder.changed(this, KEYS);
    return true;
  }

  /** Called when a key was given the value that it holds. */
  protected unchanged(_key: PathSegment, _value: unknown): void {}

  /** Notes such an assignment for the next frame, though there is nothing to undo. */
  protected assignedAgain(key: PathSegment, value: unknown): void {
    this.recorder.touched(this);
    this.remember(key, value);
  }

  private remember(key: PathSegment, old: unknown): void {
    if (this.recorder.muted > 0) return;
    this.#originals ??= new Map();
    if (!this.#originals.has(key)) this.#originals.set(key, old);
  }

  override rollback(): void {
    const before = this.originalEntries();
    for (const key of this.originals.keys()) {
      if (this.hasKey(key)) this.detach(this.valueAt(key));
      this.recorder.changed(this, key);
    }
    this.recorder.changed(this, KEYS);
    if (this.#order) {
      for (const key of this.keyList()) this.drop(key);
      for (const [key, value] of before) this.store(key, value);
      return;
    }
    for (const [key, value] of this.originals) {
      if (value === ABSENT) this.drop(key);
      else this.store(key, value);
    }
  }

  override adoptRestored(): void {
    for (const [key, value] of this.originals) if (value !== ABSENT) this.attach(value, key);
  }

  override settle(): void {
    this.#originals = undefined;
    this.#removed = undefined;
    this.#order = undefined;
  }

  override keyOf(child: TrackedNode): PathSegment | undefined {
    const { hint } = child;
    if (hint !== undefined && this.hasKey(hint) && this.valueAt(hint) === child.raw) return hint;
    child.hint = this.keyList().find((key) => this.valueAt(key) === child.raw);
    return child.hint;
  }
}

/** A plain object inside a state. */
export class ObjectNode extends EntriesNode<Record<string, unknown>> {
  override hasKey(key: PathSegment): boolean {
    return Object.hasOwn(this.raw, key);
  }

  override valueAt(key: PathSegment): unknown {
    return this.raw[key];
  }

  override keyList(): PathSegment[] {
    return Object.keys(this.raw);
  }

  protected override store(key: PathSegment, value: unknown): void {
    this.raw[key] = value;
  }

  protected override drop(key: PathSegment): void {
    delete this.raw[key];
  }

  #writeNamed(key: string | symbol, value: unknown): boolean {
    if (typeof key === "symbol" || isUnsafeKey(key)) {
      throw stateErrors.STATE_VALUE_NOT_SENDABLE(this.describe(), `the property name ${String(key)}`);
    }
    this.write(key, value);
    return true;
  }

  override get(target: Record<string, unknown>, key: string | symbol): unknown {
    if (typeof key === "symbol") return Reflect.get(target, key);
    if (Object.hasOwn(target, key)) return this.read(key);
    trackRead(this, key);
    return Reflect.get(target, key);
  }

  override set(_target: object, key: string | symbol, value: unknown): boolean {
    return this.#writeNamed(key, value);
  }

  override defineProperty(_target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (!("value" in descriptor)) {
      throw stateErrors.STATE_VALUE_NOT_SENDABLE(`${this.describe()}.${String(key)}`, "a getter or setter");
    }
    return this.#writeNamed(key, descriptor.value);
  }

  override deleteProperty(_target: object, key: string | symbol): boolean {
    if (typeof key === "string") this.remove(key);
    return true;
  }

  has(target: object, key: string | symbol): boolean {
    trackRead(this, key);
    return Reflect.has(target, key);
  }

  ownKeys(target: object): (string | symbol)[] {
    trackRead(this, KEYS);
    return Reflect.ownKeys(target);
  }

  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
    return descriptor && typeof key === "string" ? { ...descriptor, value: this.read(key) } : descriptor;
  }
}

type MapKey = PathSegment;

/** A Map inside a state; its keys are strings or numbers. */
export class MapNode extends EntriesNode<Map<MapKey, unknown>> {
  override hasKey(key: MapKey): boolean {
    return this.raw.has(key);
  }

  override valueAt(key: MapKey): unknown {
    return this.raw.get(key);
  }

  override keyList(): MapKey[] {
    return [...this.raw.keys()];
  }

  protected override store(key: MapKey, value: unknown): void {
    this.raw.set(key, value);
  }

  protected override drop(key: MapKey): void {
    this.raw.delete(key);
  }

  *#entries(): Generator<[MapKey, unknown]> {
    trackRead(this, KEYS);
    for (const key of this.raw.keys()) yield [key, this.read(key)];
  }

  *#values(): Generator<unknown> {
    for (const [, value] of this.#entries()) yield value;
  }

  #set(key: unknown, value: unknown): void {
    if (!isMapKey(key)) {
      const got = typeof key === "number" ? String(key) : `a ${typeof key}`;
      throw stateErrors.STATE_VALUE_NOT_SENDABLE(this.describe(), `a Map key that is ${got}`);
    }
    this.write(key, value);
  }

  #methods: Record<string | symbol, unknown> | undefined;

  #makeMethods(): Record<string | symbol, unknown> {
    return {
      get: (key: MapKey) => this.read(key),
      has: (key: MapKey) => {
        trackRead(this, key);
        return this.raw.has(key);
      },
      set: (key: unknown, value: unknown) => {
        this.#set(key, value);
        return this.proxy;
      },
      delete: (key: MapKey) => this.remove(key),
      clear: () => {
        for (const key of this.keyList()) this.remove(key);
      },
      keys: () => {
        trackRead(this, KEYS);
        return this.raw.keys();
      },
      values: () => this.#values(),
      entries: () => this.#entries(),
      forEach: (work: (value: unknown, key: MapKey, map: unknown) => void, self?: unknown) => {
        for (const [key, value] of this.#entries()) work.call(self, value, key, this.proxy);
      },
      [Symbol.iterator]: () => this.#entries(),
    };
  }

  override get(target: Map<MapKey, unknown>, key: string | symbol): unknown {
    if (key === "size") {
      trackRead(this, KEYS);
      return target.size;
    }
    this.#methods ??= this.#makeMethods();
    return Object.hasOwn(this.#methods, key) ? this.#methods[key] : Reflect.get(target, key);
  }

  override set(): boolean {
    return false;
  }

  override defineProperty(): boolean {
    return false;
  }

  override deleteProperty(): boolean {
    return false;
  }
}
