import { types } from "node:util";
import { isPlainObject } from "../../protocol/values.ts";
import { CONTAINER_BYTES, jsonSize } from "./json-size.ts";

/** Containers from this size on are counted once, in the first tab that holds them: tabs may share a cache. */
const SHARED_FROM = 1_000;
const holders = new WeakMap<object, WeakRef<object>>();

/**
 * About how many bytes the value of a hidden var takes. It may be anything: plain data is counted to its end, other objects
 * are not looked into, and nothing of the author's runs.
 */
export function hiddenSize(root: unknown, holder: object): number {
  let size = 0;
  const seen = new Set<object>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) size += 1 + jsonSize(value, Number.POSITIVE_INFINITY);
    else if (!seen.has(value)) {
      seen.add(value);
      size += CONTAINER_BYTES + enter(value, waiting, holder);
    }
  }
  return size;
}

/** Puts the parts of a container into the list; returns the bytes of what is not a part. */
function enter(value: object, waiting: unknown[], holder: object): number {
  if (types.isProxy(value)) return 0;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  if (Array.isArray(value)) {
    if (isHeldElsewhere(value, value.length, holder)) return 0;
    for (let index = 0; index < value.length; index++) waiting.push(partOf(value, index));
    return 0;
  }
  if (types.isMap(value)) {
    if (isHeldElsewhere(value, sizeOfMap.call(value), holder)) return 0;
    Map.prototype.forEach.call(value, (item: unknown, key: unknown) => waiting.push(key, item));
    return 0;
  }
  if (types.isSet(value)) {
    if (isHeldElsewhere(value, sizeOfSet.call(value), holder)) return 0;
    Set.prototype.forEach.call(value, (member: unknown) => waiting.push(member));
    return 0;
  }
  if (!isPlainObject(value)) return 0;
  let names = 0;
  const keys = Object.keys(value);
  if (isHeldElsewhere(value, keys.length, holder)) return 0;
  for (const key of keys) {
    names += key.length + 3;
    waiting.push(partOf(value, key));
  }
  return names;
}

/** A property's value; undefined where a getter would have to run. */
function partOf(value: object, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

const sizeOfMap = accessor(Map.prototype);
const sizeOfSet = accessor(Set.prototype);

function accessor(prototype: object): (this: object) => number {
  return Object.getOwnPropertyDescriptor(prototype, "size")?.get as (this: object) => number;
}

function isHeldElsewhere(container: object, length: number, holder: object): boolean {
  if (length < SHARED_FROM) return false;
  const first = holders.get(container)?.deref();
  if (first === undefined) holders.set(container, new WeakRef(holder));
  return first !== undefined && first !== holder;
}
