import { activeReader } from "../../getter-reads.ts";
import type { PathSegment } from "../../protocol/frames.ts";
import { describe, isMapKey, isPlainObject, isUnsafeKey } from "../../protocol/values.ts";
import { keepOrigin } from "../../untrusted.ts";
import { stateErrors } from "../errors.ts";
import { FixedDate } from "./fixed-date.ts";
import { assertSetMember } from "./set-member.ts";
import { MapNode, ObjectNode } from "./tracked-entries.ts";
import { ListNode } from "./tracked-list.ts";
import { nodeOfProxy, type TrackedNode } from "./tracked-node.ts";
import { SetNode } from "./tracked-set.ts";

/** Less than what either end decodes, because a whole state is a level of its own. */
const MAX_DEPTH = 60;

/** What a recorder asks of the one whose writes it records. */
export interface RecorderHooks {
  /** Throws when nothing may be written now; `describe` names what would have been written. */
  assertWritable(describe: () => string): void;
  /** A key of a node has a new value. */
  changed(node: TrackedNode, key: unknown): void;
}

const NO_HOOKS: RecorderHooks = { assertWritable: () => {}, changed: () => {} };

/** Records every write below the states of one tab: what is needed to undo them, and to send them. */
export class Recorder {
  /** Nodes that were written since the last frame. */
  get dirty(): ReadonlySet<TrackedNode> {
    return this.#dirty;
  }

  // Replaced, not cleared: a cleared Set keeps its new table alive through the old one.
  #dirty = new Set<TrackedNode>();
  /** Above zero while instances are being made: their first values are no changes. */
  muted = 0;
  readonly #nodes = new WeakMap<object, TrackedNode>();
  /** Containers that were put elsewhere since the last frame, with the parent that they had. */
  readonly #moved = new Map<TrackedNode, TrackedNode | undefined>();
  readonly #hooks: RecorderHooks;
  /** How deep the place lies that a value is being copied to. */
  #above = 0;

  /** Without hooks every write is allowed, and no change is reported. */
  constructor(hooks: RecorderHooks = NO_HOOKS) {
    this.#hooks = hooks;
  }

  /** The node of a container that has been touched before. */
  existing(raw: unknown): TrackedNode | undefined {
    return typeof raw === "object" && raw !== null ? this.#nodes.get(raw) : undefined;
  }

  /** What a handler gets to see of a stored value: primitives and dates as they are, containers through their proxy. */
  wrap(value: unknown, parent: TrackedNode, key: PathSegment): unknown {
    if (typeof value !== "object" || value === null) return value;
    return this.nodeFor(value, parent, key)?.proxy ?? value;
  }

  /** The node of a stored container, made when it is touched first; undefined for what is no container. */
  nodeFor(raw: object, parent: TrackedNode, key: PathSegment | undefined): TrackedNode | undefined {
    const known = this.#nodes.get(raw);
    if (known) {
      if (known.parent === parent) known.hint = key;
      return known;
    }
    const node = Array.isArray(raw)
      ? new ListNode(this, raw, parent, key)
      : raw instanceof Map
        ? new MapNode(this, raw, parent, key)
        : raw instanceof Set
          ? new SetNode(this, raw, parent, key)
          : isPlainObject(raw)
            ? new ObjectNode(this, raw, parent, key)
            : undefined;
    if (node) this.#nodes.set(raw, node);
    return node;
  }

  /** To be called before each write, with what is about to change. */
  beforeWrite(node: TrackedNode, key: PathSegment | undefined): void {
    if (this.muted > 0) return;
    if (activeReader()) throw stateErrors.STATE_WRITE_IN_GETTER(node.describe(key));
    if (node.attached) this.#hooks.assertWritable(() => node.describe(key));
    this.#dirty.add(node);
  }

  /** To be called for a node that the next frame has something to say of, though nothing in it was changed. */
  touched(node: TrackedNode): void {
    if (this.muted === 0) this.#dirty.add(node);
  }

  /** To be called after each write. */
  changed(node: TrackedNode, key: unknown): void {
    if (this.muted === 0) this.#hooks.changed(node, key);
  }

  /** Undoes every write since the last frame. */
  rollback(): void {
    const dirty = [...this.#dirty];
    this.#dirty = new Set();
    for (const node of dirty) node.rollback();
    for (const [node, parent] of this.#moved) node.parent = parent;
    // From the top down: what is in no state any more must not claim what was once in it.
    for (let left = dirty, before = -1; left.length > 0 && left.length !== before; ) {
      before = left.length;
      left = left.filter((node) => {
        if (node.attached) node.adoptRestored();
        return !node.attached;
      });
    }
    for (const node of dirty) node.settle();
    this.#moved.clear();
  }

  /** Forgets how to undo: a frame has been made. */
  settle(): void {
    if (this.#dirty.size > 0) {
      for (const node of this.#dirty) node.settle();
      this.#dirty = new Set();
    }
    if (this.#moved.size > 0) this.#moved.clear();
  }

  /**
   * What is stored for a value that a handler assigns: containers are copied in, so that nothing in a state has two
   * parents and nobody holds its inside. What was just taken out of this tab's states goes back in uncopied.
   */
  adopt(value: unknown, parent: TrackedNode, key: PathSegment): unknown {
    if (typeof value !== "object" || value === null) return this.#primitive(value, parent, key, []);
    const before = this.#above;
    this.#above = parent.level;
    try {
      return this.#copyIn(value, parent, key, []);
    } finally {
      this.#above = before;
    }
  }

  #primitive(value: unknown, parent: TrackedNode, key: PathSegment | undefined, trail: PathSegment[]): unknown {
    if (typeof value === "function" || typeof value === "symbol") {
      throw stateErrors.STATE_VALUE_NOT_SENDABLE(where(parent, key, trail), describe(value));
    }
    return value;
  }

  #copyIn(value: unknown, parent: TrackedNode, key: PathSegment | undefined, trail: PathSegment[]): unknown {
    if (typeof value !== "object" || value === null) return this.#primitive(value, parent, key, trail);
    if (value instanceof Date) return FixedDate.is(value) ? value : new FixedDate(value.getTime());
    if (this.#above + trail.length >= MAX_DEPTH)
      throw stateErrors.STATE_VALUE_TOO_DEEP(where(parent, key, trail.slice(0, 3)), MAX_DEPTH);
    const held = nodeOfProxy(value);
    if (held) {
      if (held.isInstance) throw stateErrors.STATE_VALUE_NOT_SENDABLE(where(parent, key, trail), "a state");
      if (held.recorder === this && !held.attached && !held.gutted) {
        this.#takeOver(held);
        // A fresh parent that is no node yet takes the child over when #link makes it one.
        held.parent = parent;
        held.hint = key;
        return held.raw;
      }
    }
    const source = held?.raw ?? value;
    const taken: [TrackedNode, PathSegment][] = [];
    const step = (child: unknown, childKey: PathSegment) => {
      trail.push(childKey);
      const stored = this.#copyIn(child, parent, key, trail);
      trail.pop();
      const node = this.existing(stored);
      if (node) taken.push([node, childKey]);
      return stored;
    };
    const copy = keepOrigin(source, this.#copy(source, step, parent, key, trail));
    if (taken.length > 0) this.#link(copy, parent, key, taken);
    return copy;
  }

  /** A container leaves the detached one that it was in; that one must not come back with it inside. */
  #takeOver(child: TrackedNode): void {
    if (!this.#moved.has(child)) this.#moved.set(child, child.parent);
    for (let parent = child.parent; parent; parent = parent.parent) parent.gutted = true;
  }

  #copy(
    source: object,
    step: (child: unknown, key: PathSegment) => unknown,
    parent: TrackedNode,
    key: PathSegment | undefined,
    trail: PathSegment[],
  ): object {
    if (Array.isArray(source)) return Array.from(source, (item, index) => step(item, index));
    if (source instanceof Map) {
      const copy = new Map<PathSegment, unknown>();
      for (const [entryKey, item] of source) {
        if (!isMapKey(entryKey)) {
          const got = `a Map key that is ${describeKey(entryKey)}`;
          throw stateErrors.STATE_VALUE_NOT_SENDABLE(where(parent, key, trail), got);
        }
        copy.set(entryKey, step(item, entryKey));
      }
      return copy;
    }
    if (source instanceof Set) {
      for (const member of source) assertSetMember(member, () => where(parent, key, trail));
      return new Set(source);
    }
    if (!isPlainObject(source)) {
      throw stateErrors.STATE_VALUE_NOT_SENDABLE(where(parent, key, trail), describe(source));
    }
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(source)) {
      if (isUnsafeKey(name)) {
        throw stateErrors.STATE_VALUE_NOT_SENDABLE(where(parent, key, trail), `the property name "${name}"`);
      }
      copy[name] = step(source[name], name);
    }
    return copy;
  }

  #link(
    copy: object,
    parent: TrackedNode,
    key: PathSegment | undefined,
    taken: readonly [TrackedNode, PathSegment][],
  ): void {
    const node = this.nodeFor(copy, parent, key);
    for (const [child, childKey] of taken) {
      child.parent = node;
      child.hint = childKey;
    }
  }
}

function describeKey(key: unknown): string {
  return typeof key === "number" ? String(key) : describe(key);
}

function where(parent: TrackedNode, key: PathSegment | undefined, trail: readonly PathSegment[]): string {
  return [parent.describe(key), ...trail].join(".");
}
