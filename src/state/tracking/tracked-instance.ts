import { activeReader, trackRead, trackUnseen } from "../../getter-reads.ts";
import type { PathSegment } from "../../protocol/frames.ts";
import type { RouterLocation } from "../../protocol/page.ts";
import { stateErrors } from "../errors.ts";
import { mayReadPrivate } from "./private-reads.ts";
import type { Recorder } from "./recorder.ts";
import { EntriesNode } from "./tracked-entries.ts";
import { isHidden, nodeOfProxy } from "./tracked-node.ts";

/** What an instance asks of the tab that it belongs to. */
export interface InstanceHost {
  /** Reads a getter of the class through its cache; undefined when the name is no cached getter. */
  readComputed(node: InstanceNode, name: string): (() => unknown) | undefined;
  router(): RouterLocation;
  signal(state: string): AbortSignal;
  sibling(stateClass: object): object;
  /** Never throws: it rejects. */
  update<T>(node: InstanceNode, work: () => T | Promise<T>): Promise<T>;
  reset(node: InstanceNode): void;
}

/** The parts of its class that an instance uses. */
export interface InstanceClass {
  readonly name: string;
  readonly fields: object;
}

/** An instance of a state class: its vars are the entries, its prototype chain holds methods and getters. */
export class InstanceNode extends EntriesNode {
  readonly className: string;
  /** True once the constructor is done: from then on there are no new vars. */
  sealed = false;
  /** The tab; undefined for an instance that somebody made by `new`. */
  readonly host: InstanceHost | undefined;
  readonly #fields: object;

  constructor(recorder: Recorder, raw: object, stateClass: InstanceClass, host: InstanceHost | undefined) {
    super(recorder, raw, undefined, undefined);
    this.className = stateClass.name;
    this.#fields = stateClass.fields;
    this.host = host;
  }

  override get isInstance(): boolean {
    return true;
  }

  override get attached(): boolean {
    return true;
  }

  override describe(key?: PathSegment): string {
    return key === undefined ? this.className : `${this.className}.${String(key)}`;
  }

  #vars(): Record<PathSegment, unknown> {
    return this.raw as Record<PathSegment, unknown>;
  }

  override hasKey(key: PathSegment): boolean {
    return Object.hasOwn(this.raw, key);
  }

  override valueAt(key: PathSegment): unknown {
    return this.#vars()[key];
  }

  override keyList(): PathSegment[] {
    return Object.keys(this.raw);
  }

  protected override store(key: PathSegment, value: unknown): void {
    this.#vars()[key] = value;
  }

  protected override drop(key: PathSegment): void {
    delete this.#vars()[key];
  }

  protected override adopt(value: unknown, key: PathSegment): unknown {
    // What never travels needs no copy: the var holds exactly what was put into it.
    if (isHidden(key)) return value;
    if (typeof value === "function") throw stateErrors.STATE_FUNCTION_FIELD(this.className, String(key));
    return super.adopt(value, key);
  }

  protected override read(key: PathSegment): unknown {
    if (!isHidden(key)) return super.read(key);
    trackRead(this, key);
    const value = this.valueAt(key);
    if (isReference(value) && !nodeOfProxy(value)) trackUnseen();
    return value;
  }

  /** Whether the browser may write a var: then an input may show something else than the var holds. */
  isField(key: PathSegment): boolean {
    return Object.hasOwn(this.#fields, key);
  }

  protected override unchanged(key: PathSegment, value: unknown): void {
    if (this.sealed && this.isField(key)) this.assignedAgain(key, value);
  }

  #declare(key: string, value: unknown): void {
    // Not an assignment: a getter of that name in the class would refuse it before the class checks can tell why.
    Object.defineProperty(this.raw, key, {
      value: this.adopt(value, key),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }

  #setVar(key: string, value: unknown, receiver: unknown): boolean {
    if (this.hasKey(key)) {
      this.write(key, value);
      return true;
    }
    const setter = findSetter(this.raw, key);
    if (setter) {
      setter.call(receiver, value);
      return true;
    }
    if (this.sealed) throw stateErrors.STATE_VAR_UNKNOWN(this.className, key);
    this.#declare(key, value);
    return true;
  }

  override get(target: object, key: string | symbol, receiver: unknown): unknown {
    if (typeof key === "symbol") return Reflect.get(target, key, receiver);
    if (Object.hasOwn(target, key)) return this.read(key);
    const computed = this.sealed ? this.host?.readComputed(this, key) : undefined;
    if (computed) return computed();
    const member: unknown = Reflect.get(target, key, receiver);
    if (activeReader() && typeof member === "function" && mayReadPrivate(member, this.raw)) trackUnseen();
    return member;
  }

  override set(target: object, key: string | symbol, value: unknown, receiver: unknown): boolean {
    return typeof key === "symbol" ? Reflect.set(target, key, value) : this.#setVar(key, value, receiver);
  }

  override defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if (typeof key === "symbol") return Reflect.defineProperty(target, key, descriptor);
    if (this.sealed || !("value" in descriptor)) throw stateErrors.STATE_VAR_FIXED(this.className, key);
    this.#declare(key, descriptor.value);
    return true;
  }

  override deleteProperty(_target: object, key: string | symbol): boolean {
    throw stateErrors.STATE_VAR_FIXED(this.className, String(key));
  }

  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
    return descriptor && typeof key === "string" ? { ...descriptor, value: this.read(key) } : descriptor;
  }
}

/** What may change inside without an assignment to the var. */
function isReference(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function findSetter(object: object, key: string): ((value: unknown) => void) | undefined {
  for (let at: object | null = object; at; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor) return descriptor.set;
  }
  return undefined;
}
