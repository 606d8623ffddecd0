import { protocolErrors } from "./errors.ts";
import type { Json, Operation, Path, PathSegment, StateChange } from "./frames.ts";
import { decodeValue, isPlainObject, isUnsafeKey } from "./values.ts";

/** Visible vars of a state by name. */
export type Vars = { readonly [name: string]: unknown };

type Container = unknown[] | Record<string, unknown> | Map<PathSegment, unknown> | Set<unknown>;

/**
 * Applies one state's change and returns the new vars; what was not changed keeps its identity, the old vars stay as they were.
 *
 * Either every operation applies or the call throws and nothing has happened.
 *
 * @throws PATCH_INVALID when an operation does not fit the data, VALUE_UNSAFE_KEY, VALUE_UNKNOWN_TAG.
 * @example
 * applyChange({ count: 1 }, [["set", ["count"], 2]]); // { count: 2 }
 */
export function applyChange(vars: Vars | undefined, change: StateChange): Vars {
  if (!isOperations(change)) {
    const full = decodeValue(change.full as Json);
    if (!isPlainObject(full)) throw protocolErrors.PATCH_INVALID("a whole state is no object");
    return full;
  }
  if (vars === undefined) throw protocolErrors.PATCH_INVALID("operations came before the whole state");
  const draft = new Draft(vars);
  for (const operation of change) draft.apply(operation);
  return draft.root;
}

function isOperations(change: StateChange): change is readonly Operation[] {
  return Array.isArray(change);
}

/** Copies a container the first time that an operation changes it or something below it, and at no other time. */
class Draft {
  root: Record<string, unknown>;
  readonly #owned = new Set<unknown>();

  constructor(vars: Vars) {
    this.root = { ...vars };
    this.#owned.add(this.root);
  }

  apply(operation: Operation): void {
    const path = operation[1];
    switch (operation[0]) {
      case "set":
        return this.#set(path, decodeValue(operation[2]));
      case "delete":
        return this.#delete(path);
      case "append": {
        const text = read(this.#parent(path), last(path));
        if (typeof text !== "string") throw protocolErrors.PATCH_INVALID(`${show(path)} is no text to append to`);
        return this.#set(path, text + operation[2]);
      }
      case "splice": {
        const [, , index, removed, ...items] = operation;
        const array = this.#array(path);
        if (!isIndex(index, array.length + 1) || !isIndex(removed, array.length - index + 1)) {
          throw protocolErrors.PATCH_INVALID(`${show(path)} has no ${removed} items at ${index}`);
        }
        // Not one splice with spread items: a long list would overflow the argument stack.
        const tail = array.splice(index);
        for (const item of items) array.push(decodeValue(item));
        for (const kept of tail.slice(removed)) array.push(kept);
        return;
      }
      case "move": {
        const [, , from, to] = operation;
        const array = this.#array(path);
        if (!isIndex(from, array.length) || !isIndex(to, array.length)) {
          throw protocolErrors.PATCH_INVALID(`${show(path)} has no items ${from} and ${to}`);
        }
        array.splice(to, 0, ...array.splice(from, 1));
        return;
      }
      case "order": {
        const array = this.#array(path);
        const order = operation[2];
        const seen = new Set(order);
        if (order.length !== array.length || seen.size !== order.length) {
          throw protocolErrors.PATCH_INVALID(`${show(path)} cannot be put in an order of ${order.length} items`);
        }
        const old = array.slice();
        for (const [index, from] of order.entries()) {
          if (!isIndex(from, old.length)) throw protocolErrors.PATCH_INVALID(`${show(path)} has no item ${from}`);
          array[index] = old[from];
        }
        return;
      }
      case "add":
      case "remove": {
        const set = this.#container(path);
        if (!(set instanceof Set)) throw protocolErrors.PATCH_INVALID(`${show(path)} is no Set`);
        const member = decodeValue(operation[2]);
        if (operation[0] === "add") set.add(member);
        else set.delete(member);
        return;
      }
      case "clear": {
        const container = this.#container(path);
        if (!(container instanceof Set) && !(container instanceof Map)) {
          throw protocolErrors.PATCH_INVALID(`${show(path)} is no Map or Set`);
        }
        container.clear();
        return;
      }
      default:
        operation satisfies never;
        throw protocolErrors.PATCH_INVALID(`the operation ${String((operation as unknown[])[0])} is unknown`);
    }
  }

  #set(path: Path, value: unknown): void {
    const parent = this.#parent(path);
    const key = last(path);
    if (Array.isArray(parent) && !isIndex(key, parent.length)) {
      throw protocolErrors.PATCH_INVALID(`${show(path)} is outside of its list`);
    }
    write(parent, key, value);
  }

  #delete(path: Path): void {
    const parent = this.#parent(path);
    const key = last(path);
    if (parent instanceof Map) parent.delete(key);
    else if (isPlainObject(parent)) delete parent[safeKey(key)];
    else throw protocolErrors.PATCH_INVALID(`${show(path)} is no property`);
  }

  #array(path: Path): unknown[] {
    const container = this.#container(path);
    if (!Array.isArray(container)) throw protocolErrors.PATCH_INVALID(`${show(path)} is no list`);
    return container;
  }

  #parent(path: Path): Container {
    if (path.length === 0) throw protocolErrors.PATCH_INVALID("a path is empty");
    return this.#container(path.slice(0, -1));
  }

  #container(path: Path): Container {
    let container: Container = this.root;
    for (const [depth, key] of path.entries()) {
      const child = read(container, key);
      if (this.#owned.has(child)) {
        container = child as Container;
        continue;
      }
      const copy = clone(child);
      if (copy === undefined)
        throw protocolErrors.PATCH_INVALID(`${show(path.slice(0, depth + 1))} holds no container`);
      this.#owned.add(copy);
      write(container, key, copy);
      container = copy;
    }
    return container;
  }
}

function clone(value: unknown): Container | undefined {
  if (Array.isArray(value)) return value.slice();
  if (value instanceof Map) return new Map(value);
  if (value instanceof Set) return new Set(value);
  return isPlainObject(value) ? { ...value } : undefined;
}

function read(container: Container, key: PathSegment): unknown {
  if (Array.isArray(container)) return typeof key === "number" ? container[key] : undefined;
  if (container instanceof Map) return container.get(key);
  if (container instanceof Set) return undefined;
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function write(container: Container, key: PathSegment, value: unknown): void {
  if (Array.isArray(container)) container[key as number] = value;
  else if (container instanceof Map) container.set(key, value);
  else if (container instanceof Set) throw protocolErrors.PATCH_INVALID("a member of a Set cannot be replaced");
  else container[safeKey(key)] = value;
}

function safeKey(key: PathSegment): string {
  if (isUnsafeKey(key)) throw protocolErrors.VALUE_UNSAFE_KEY(String(key));
  return String(key);
}

function isIndex(value: unknown, length: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < length;
}

function last(path: Path): PathSegment {
  return path[path.length - 1] as PathSegment;
}

function show(path: Path): string {
  return path.join(".") || "the state";
}
