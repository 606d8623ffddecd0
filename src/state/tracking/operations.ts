import type { Operation, Path, PathSegment } from "../../protocol/frames.ts";
import { encodeValue, isPlainObject } from "../../protocol/values.ts";
import { jsonSize } from "./json-size.ts";
import { listOperations } from "./list-operations.ts";
import type { Recorder } from "./recorder.ts";
import { EntriesNode } from "./tracked-entries.ts";
import type { InstanceNode } from "./tracked-instance.ts";
import { ListNode } from "./tracked-list.ts";
import { ABSENT, isHidden, type TrackedNode } from "./tracked-node.ts";
import { SetNode } from "./tracked-set.ts";

/**
 * Finds the operations that lead from the last frame to now.
 *
 * Only written containers and the way up from them are looked at. A container that was replaced as a whole is compared
 * with what it replaces, rows with an `id` by that; when the operations would be longer than the value, the value is sent.
 */
export class OperationFinder {
  readonly #recorder: Recorder;
  /** Written containers, and those on their way up, by parent. */
  readonly #below = new Map<TrackedNode, Set<TrackedNode>>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    for (const node of recorder.dirty) {
      let child = node;
      for (let parent = node.parent; parent; child = parent, parent = parent.parent) {
        const known = this.#below.get(parent);
        if (known?.has(child)) break;
        if (known) known.add(child);
        else this.#below.set(parent, new Set([child]));
      }
    }
  }

  /** Operations of one instance's visible vars. A field that was assigned gets one also when its value is the same. */
  instance(node: InstanceNode): Operation[] {
    const operations: Operation[] = [];
    const below = this.#below.get(node);
    if (!below && node.originals.size === 0) return operations;
    const touched = new Set(node.originals.keys());
    for (const child of below ?? []) {
      const key = node.keyOf(child);
      if (key !== undefined) touched.add(key);
    }
    for (const key of touched) {
      if (isHidden(key)) continue;
      const count = operations.length;
      this.change(node.original(key), node.valueAt(key), [key], operations);
      const isSame = operations.length === count && node.originals.has(key) && node.isField(key);
      if (isSame) operations.push(sameAgain(node.valueAt(key), [key]));
    }
    return operations;
  }

  /** Operations from `before` to `after`, or the whole value if that is shorter. */
  change(before: unknown, after: unknown, path: Path, out: Operation[]): void {
    if (typeof after === "number" || typeof after === "boolean") {
      if (!Object.is(before, after)) out.push(["set", path, encodeValue(after)]);
      return;
    }
    const operations: Operation[] = [];
    this.diff(before, after, path, operations);
    if (operations.length === 0) return;
    // A lone replacement of exactly this value is the value already.
    const whole = operations.length === 1 && operations[0]?.[0] === "set" && operations[0][1].length === path.length;
    if (!whole && isLonger(operations, after))
      operations.splice(0, operations.length, ["set", path, encodeValue(after)]);
    for (const operation of operations) out.push(operation);
  }

  /** Operations from one stored value to another; of containers that were written the old content counts. */
  diff(before: unknown, after: unknown, path: Path, out: Operation[]): void {
    if (Object.is(before, after)) {
      const node = this.#recorder.existing(after);
      if (node) this.#written(node, path, out);
      return;
    }
    if (typeof before === "string" && typeof after === "string" && before !== "" && after.startsWith(before)) {
      out.push(["append", path, after.slice(before.length)]);
      return;
    }
    if (before instanceof Date && after instanceof Date && before.getTime() === after.getTime()) return;
    if (Array.isArray(before) && Array.isArray(after)) {
      const node = this.#recorder.existing(before);
      this.#list(node instanceof ListNode ? node.originalItems() : before, after, path, out);
    } else if (before instanceof Set && after instanceof Set) {
      const node = this.#recorder.existing(before);
      setOperations((node instanceof SetNode ? node.base : undefined) ?? before, after, path, out);
    } else if (before instanceof Map && after instanceof Map) {
      this.#replacedEntries(this.#entries(before, before), after, after, path, out);
    } else if (isPlainObject(before) && isPlainObject(after)) {
      const entries = new Map(Object.entries(after));
      this.#replacedEntries(this.#entries(before, Object.entries(before)), entries, after, path, out);
    } else {
      out.push(["set", path, encodeValue(after)]);
    }
  }

  #entries(raw: object, current: Iterable<readonly [PathSegment, unknown]>): Entries {
    const node = this.#recorder.existing(raw);
    return node instanceof EntriesNode ? node.originalEntries() : new Map(current);
  }

  /** A container that stayed where it was, written itself or above something written. */
  #written(node: TrackedNode, path: Path, out: Operation[]): void {
    const dirty = this.#recorder.dirty.has(node);
    if (!dirty && !this.#below.has(node)) return;
    if (node instanceof SetNode) setOperations(node.base ?? node.raw, node.raw, path, out);
    else if (node instanceof ListNode) this.#writtenList(node, dirty, path, out);
    else if (node instanceof EntriesNode) this.#writtenEntries(node, dirty, path, out);
  }

  #writtenList(node: ListNode, dirty: boolean, path: Path, out: Operation[]): void {
    if (dirty && (node.base || node.appendedFrom !== undefined)) {
      this.#list(node.originalItems(), node.raw, path, out, node.base === undefined);
      return;
    }
    for (const child of this.#below.get(node) ?? []) {
      const key = node.keyOf(child);
      if (key !== undefined) this.#written(child, [...path, key], out);
    }
  }

  #list(before: readonly unknown[], after: readonly unknown[], path: Path, out: Operation[], appended = false): void {
    if (appended) {
      const items = after.slice(before.length).map((item) => encodeValue(item));
      if (items.length > 0) out.push(["splice", path, before.length, 0, ...items]);
    }
    const result = appended ? { operations: [], kept: [] } : listOperations(before, after, path);
    for (const operation of result.operations) out.push(operation);
    // Only what the browser already has can be changed inside.
    const written = this.#writtenItems(after);
    for (const [from, to] of result.kept) this.change(before[from], after[to], [...path, to], out);
    if (written.size === 0) return;
    const sent = new Set(before);
    for (const [index, child] of written) {
      if (sent.has(child.raw)) this.#written(child, [...path, index], out);
    }
  }

  #writtenItems(items: readonly unknown[]): Map<number, TrackedNode> {
    const found = new Map<number, TrackedNode>();
    const owner = this.#recorder.existing(items);
    for (const child of (owner && this.#below.get(owner)) ?? []) {
      const key = owner?.keyOf(child);
      if (typeof key === "number") found.set(key, child);
    }
    return found;
  }

  #writtenEntries(node: EntriesNode, dirty: boolean, path: Path, out: Operation[]): void {
    const touched = new Set<PathSegment>(dirty ? node.originals.keys() : []);
    for (const key of node.removed) out.push(["delete", [...path, key]]);
    for (const key of touched) {
      if (!node.hasKey(key) && node.original(key) !== ABSENT && !node.removed.has(key))
        out.push(["delete", [...path, key]]);
    }
    const added = [...touched].some(
      (key) => node.hasKey(key) && (node.originals.get(key) === ABSENT || node.removed.has(key)),
    );
    // New entries are sent in the order in which they stand, because a Map keeps it.
    for (const key of added ? node.keyList().filter((name) => touched.has(name)) : touched) {
      if (!node.hasKey(key)) continue;
      const fresh = node.originals.get(key) === ABSENT || node.removed.has(key);
      if (fresh) out.push(["set", [...path, key], encodeValue(node.valueAt(key))]);
      else this.change(node.originals.get(key), node.valueAt(key), [...path, key], out);
    }
    for (const child of this.#below.get(node) ?? []) {
      const key = node.keyOf(child);
      if (key !== undefined && !touched.has(key)) this.#written(child, [...path, key], out);
    }
  }

  /** One object or Map in the place of another; the order of a Map's entries counts, that of an object's does not. */
  #replacedEntries(before: Entries, after: Entries, whole: object, path: Path, out: Operation[]): void {
    if (whole instanceof Map) {
      const kept = [...before.keys()].filter((key) => after.has(key));
      const order = [...after.keys()];
      if (kept.some((key, index) => order[index] !== key)) {
        out.push(["set", path, encodeValue(whole)]);
        return;
      }
    }
    for (const key of before.keys()) if (!after.has(key)) out.push(["delete", [...path, key]]);
    for (const [key, value] of after) {
      if (before.has(key)) this.change(before.get(key), value, [...path, key], out);
      else out.push(["set", [...path, key], encodeValue(value)]);
    }
  }
}

type Entries = ReadonlyMap<PathSegment, unknown>;

function setOperations(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>, path: Path, out: Operation[]): void {
  const kept = [...before].filter((member) => after.has(member));
  const order = [...after];
  if (before.size > 0 && after.size === 0) out.push(["clear", path]);
  else if (kept.some((member, index) => !Object.is(order[index], member))) out.push(["set", path, encodeValue(after)]);
  else {
    for (const member of before) if (!after.has(member)) out.push(["remove", path, encodeValue(member)]);
    for (const member of after) if (!before.has(member)) out.push(["add", path, encodeValue(member)]);
  }
}

/** The smallest operation that leaves a value as it is, and tells the page that it was assigned. */
function sameAgain(value: unknown, path: Path): Operation {
  if (typeof value === "string") return ["append", path, ""];
  return Array.isArray(value) ? ["splice", path, 0, 0] : ["set", path, encodeValue(value)];
}

/** True when the operations take more bytes than the value; looks at no more of the value than it must. */
function isLonger(operations: readonly Operation[], value: unknown): boolean {
  const bytes = jsonSize(operations, Number.POSITIVE_INFINITY);
  return jsonSize(value, bytes) < bytes;
}
