import type { Operation, Path } from "../../protocol/frames.ts";
import { encodeValue, isPlainObject } from "../../protocol/values.ts";

/** What turns one list into another. */
export interface ListChange {
  readonly operations: readonly Operation[];
  /** Items that stay but are other objects now: [index before, index after]. Their inside still has to be compared. */
  readonly kept: readonly (readonly [from: number, to: number])[];
}

/** Up to this many items are moved one by one; beyond it the new order is sent. */
const MAX_MOVES = 8;

/**
 * Finds the splices and moves that turn one list into another.
 *
 * Items are the same when they are identical, or objects with an equal `id`. What both ends of the lists share is skipped,
 * so that a change costs what it changes.
 */
export function listOperations(before: readonly unknown[], after: readonly unknown[], path: Path): ListChange {
  const shorter = Math.min(before.length, after.length);
  const kept: [number, number][] = [];
  const keep = (from: number, to: number) => {
    if (!Object.is(before[from], after[to])) kept.push([from, to]);
  };
  let start = 0;
  while (start < shorter && isSame(before[start], after[start])) {
    keep(start, start);
    start++;
  }
  let tail = 0;
  while (tail < shorter - start && isSame(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail++;
  for (let index = tail; index > 0; index--) keep(before.length - index, after.length - index);
  const [beforeEnd, afterEnd] = [before.length - tail, after.length - tail];
  if (start === beforeEnd && start === afterEnd) return { operations: [], kept };
  if (start === beforeEnd || start === afterEnd) {
    return { operations: [splice(path, start, beforeEnd - start, after.slice(start, afterEnd))], kept };
  }
  const oldKeys = keysOf(before, start, beforeEnd);
  const newKeys = keysOf(after, start, afterEnd);
  if (!oldKeys || !newKeys) {
    if (beforeEnd === afterEnd) {
      for (let index = start; index < beforeEnd; index++) kept.push([index, index]);
      return { operations: [], kept };
    }
    return { operations: [splice(path, start, beforeEnd - start, after.slice(start, afterEnd))], kept };
  }
  return { operations: keyed(before.length, after, path, start, oldKeys, newKeys, keep), kept };
}

function keyed(
  length: number,
  after: readonly unknown[],
  path: Path,
  start: number,
  oldKeys: ReadonlyMap<unknown, number>,
  newKeys: ReadonlyMap<unknown, number>,
  keep: (from: number, to: number) => void,
): Operation[] {
  const operations: Operation[] = [];
  const gone = [...oldKeys].filter(([key]) => !newKeys.has(key)).map(([, index]) => index);
  for (const [first, count] of runs(gone).reverse()) operations.push(splice(path, first, count, []));
  const remaining = [...oldKeys.keys()].filter((key) => newKeys.has(key));
  const wanted = [...newKeys.keys()].filter((key) => oldKeys.has(key));
  for (const key of wanted) keep(oldKeys.get(key) as number, newKeys.get(key) as number);
  for (const operation of reorder(remaining, wanted, length - gone.length, path, start)) operations.push(operation);
  const added = [...newKeys].filter(([key]) => !oldKeys.has(key)).map(([, index]) => index);
  for (const [first, count] of runs(added)) operations.push(splice(path, first, 0, after.slice(first, first + count)));
  return operations;
}

/** Moves for a few items, one order for many. */
function reorder(
  from: readonly unknown[],
  to: readonly unknown[],
  length: number,
  path: Path,
  start: number,
): Operation[] {
  const position = new Map(from.map((key, index) => [key, index]));
  const order = to.map((key) => position.get(key) as number);
  const steady = longestIncreasing(order);
  if (steady.size === order.length) return [];
  if (order.length - steady.size > MAX_MOVES) {
    const whole = Array.from({ length }, (_, index) => index);
    for (const [index, source] of order.entries()) whole[start + index] = start + source;
    return [["order", path, whole]];
  }
  const operations: Operation[] = [];
  // By old index, not by key: a list cannot be searched for NaN.
  const current = Array.from(order, (_, index) => index);
  for (const [target, item] of order.entries()) {
    if (steady.has(target)) continue;
    // Its place is behind the item that stands before it in the wanted order.
    const source = current.indexOf(item);
    current.splice(source, 1);
    const place = target === 0 ? 0 : current.indexOf(order[target - 1] as number) + 1;
    current.splice(place, 0, item);
    operations.push(["move", path, start + source, start + place]);
  }
  return operations;
}

/** Indices of a longest run of items that already stand in rising order: they need no move. */
function longestIncreasing(order: readonly number[]): Set<number> {
  const tails: number[] = [];
  const previous: number[] = [];
  for (const [index, value] of order.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((order[tails[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? (tails[low - 1] as number) : -1;
    tails[low] = index;
  }
  const result = new Set<number>();
  for (let index = tails.at(-1) ?? -1; index >= 0; index = previous[index] as number) result.add(index);
  return result;
}

/** Joins neighbouring indices: [first, count]. */
function runs(indices: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const index of indices) {
    const last = found.at(-1);
    if (last && last[0] + last[1] === index) last[1]++;
    else found.push([index, 1]);
  }
  return found;
}

function splice(path: Path, index: number, removed: number, items: readonly unknown[]): Operation {
  return ["splice", path, index, removed, ...items.map((item) => encodeValue(item))];
}

/** What identifies each item of a part of a list, with its index; undefined when two items are alike. */
function keysOf(items: readonly unknown[], start: number, end: number): Map<unknown, number> | undefined {
  const keys = new Map<unknown, number>();
  for (let index = start; index < end; index++) {
    const key = keyOf(items[index]);
    if (keys.has(key)) return undefined;
    keys.set(key, index);
  }
  return keys;
}

function keyOf(item: unknown): unknown {
  const id = idOf(item);
  // A string id must not be taken for a string item, nor 1 for "1".
  return id === undefined ? item : `${typeof id}:${id}`;
}

function idOf(item: unknown): string | number | undefined {
  if (!isPlainObject(item) || !Object.hasOwn(item, "id")) return undefined;
  const { id } = item;
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

function isSame(first: unknown, second: unknown): boolean {
  if (Object.is(first, second)) return true;
  const id = idOf(first);
  return id !== undefined && id === idOf(second);
}
