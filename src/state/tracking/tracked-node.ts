import type { PathSegment } from "../../protocol/frames.ts";
import { keepOrigin } from "../../untrusted.ts";
import type { Recorder } from "./recorder.ts";

/** True for names that never leave the server. */
export function isHidden(key: PathSegment | undefined): boolean {
  return typeof key === "string" && key.charCodeAt(0) === 95;
}

/** Stands for "there was no such entry". */
export const ABSENT = Symbol("antiphon.absent");

const nodesByProxy = new WeakMap<object, TrackedNode>();

/** The node behind a proxy that a handler holds; undefined for any other value. */
export function nodeOfProxy(value: unknown): TrackedNode | undefined {
  return typeof value === "object" && value !== null ? nodesByProxy.get(value) : undefined;
}

/**
 * One container (instance, object, list, Map or Set) inside a state, seen through a recording proxy.
 *
 * A node exists only for what was touched. It remembers what the container held when the last frame was made, so that
 * the same memory serves to undo a failed handler and to find the operations of the next frame. Each container has at
 * most one parent: whatever is assigned is copied in, unless it had no parent any more.
 */
export abstract class TrackedNode<R extends object = object> implements ProxyHandler<R> {
  readonly recorder: Recorder;
  /** The container itself; only nodes write to it. */
  readonly raw: R;
  /** What handlers see. */
  readonly proxy: R;
  parent: TrackedNode | undefined;
  /** Where the parent held this container when it was last looked up: a hint, always verified. */
  hint: PathSegment | undefined;
  /** True once something inside was put elsewhere: from then on it is copied, never put back as it is. */
  gutted = false;

  constructor(recorder: Recorder, raw: R, parent: TrackedNode | undefined, hint: PathSegment | undefined) {
    this.recorder = recorder;
    this.raw = raw;
    this.parent = parent;
    this.hint = hint;
    // The node is the handler of its own proxy: thousands of rows need no closures of their own.
    this.proxy = keepOrigin(raw, new Proxy<R>(raw, this));
    nodesByProxy.set(this.proxy, this);
  }

  // Traps of the proxy.

  abstract get(target: R, key: string | symbol, receiver: unknown): unknown;
  abstract set(target: R, key: string | symbol, value: unknown, receiver: unknown): boolean;
  abstract defineProperty(target: R, key: string | symbol, descriptor: PropertyDescriptor): boolean;
  abstract deleteProperty(target: R, key: string | symbol): boolean;

  setPrototypeOf(): boolean {
    return false;
  }

  preventExtensions(): boolean {
    return false;
  }

  // What the recorder asks.

  /** Puts back what was there, without caring for parents. */
  abstract rollback(): void;
  /** Says again who the parent of the restored children is; runs when every node has been rolled back. */
  abstract adoptRestored(): void;
  /** Forgets what was there: a frame has been made. */
  abstract settle(): void;
  /** Under which key this container holds a child, if it does. */
  abstract keyOf(child: TrackedNode): PathSegment | undefined;
  /** How an error names this container, for example `NotesState.rows.3`. */
  describe(key?: PathSegment): string {
    const own = this.parent === undefined ? "A value" : this.parent.describe(this.parent.keyOf(this) ?? "?");
    return key === undefined ? own : `${own}.${String(key)}`;
  }

  /** True for the node of a state's instance. */
  get isInstance(): boolean {
    return false;
  }

  /** True when the way up ends at a state's instance. */
  get attached(): boolean {
    return this.parent?.attached ?? false;
  }

  /** How many containers of its var it lies in, itself counted; 0 for a state's instance. */
  get level(): number {
    let level = 0;
    for (let node: TrackedNode | undefined = this; node && !node.isInstance; node = node.parent) level++;
    return level;
  }

  protected wrap(value: unknown, key: PathSegment): unknown {
    return this.recorder.wrap(value, this, key);
  }

  protected detach(value: unknown): void {
    const node = this.recorder.existing(value);
    if (node?.parent === this) node.parent = undefined;
  }

  protected attach(value: unknown, key: PathSegment | undefined): void {
    const node = this.recorder.existing(value);
    if (node) {
      node.parent = this;
      node.hint = key;
    }
  }
}
