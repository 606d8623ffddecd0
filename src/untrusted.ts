/** Returns the object that it is given, so that a class that extends it adds its private field to that object. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field comes onto another object
    return object;
  }
}

/** A mark that no code outside of this file can see, set or copy. A `WeakSet` costs forty times as much for each object. */
class Outside extends Given {
  #isOutside = true;

  static add(object: object): void {
    new Outside(object);
  }

  static has(object: object): boolean {
    return #isOutside in object;
  }
}

/**
 * Remembers that a value came from a browser, with every object inside it: `filter()` refuses such objects.
 *
 * The framework calls it for request bodies and queries, for the arguments of events, for fields that a browser writes, and
 * for what comes back from storage: values of a session and JSON columns. So `filter({ username: request.body.username })`
 * is safe when the body holds `{"$gt":""}` there, and so is the same value after it was stored. Copies are not
 * remembered, but what is put into a var of a state is. Call it for what you read from a cache or a file yourself.
 *
 * @example
 * const saved = markUntrusted(JSON.parse(await readFile("filter.json", "utf8")));
 */
export function markUntrusted<T>(value: T): T {
  if (!isObject(value) || Outside.has(value)) return value;
  const deep: object[] = [];
  mark(value, 0, deep);
  for (let next = deep.pop(); next !== undefined; next = deep.pop()) mark(next, 0, deep);
  return value;
}

/**
 * The same for what `JSON.parse` has just made, which is marked faster: each of its objects is a list or a plain object, is
 * in no other, and has no mark yet.
 */
export function markParsed<T>(value: T): T {
  if (isObject(value)) markFresh(value, DEPTH);
  return value;
}

function markFresh(value: object, levels: number): void {
  if (levels === 0) {
    markUntrusted(value);
    return;
  }
  Outside.add(value);
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (isObject(item)) markFresh(item, levels - 1);
  } else {
    for (const name in value) {
      const item = (value as Record<string, unknown>)[name];
      if (isObject(item)) markFresh(item, levels - 1);
    }
  }
}

/** Levels that are marked by recursion, which is fastest; what a browser sends may be nested without bound. */
const DEPTH = 50;

function mark(value: object, depth: number, deep: object[]): void {
  if (Outside.has(value)) return;
  Outside.add(value);
  if (depth > DEPTH) {
    // Marked so far; its parts come later.
    deep.push(...partsOf(value));
    return;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === "object" && item !== null) mark(item, depth + 1, deep);
    }
  } else if (isRecord(value)) {
    for (const name in value) {
      const item = value[name];
      if (typeof item === "object" && item !== null) mark(item, depth + 1, deep);
    }
  } else for (const item of partsOf(value)) mark(item, depth + 1, deep);
}

function partsOf(value: object): object[] {
  const parts: unknown[] =
    value instanceof Set || value instanceof Map
      ? [...value.values()]
      : isRecord(value) || Array.isArray(value)
        ? Object.values(value)
        : [];
  return parts.filter(isObject);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** What a parser makes of text. Bytes, streams and files are marked themselves; looking into them would take long. */
function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Parsers of queries make objects whose prototype has none.
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What stands for an object, or was copied from it, comes from where that came from; what is inside is told by itself. */
export function keepOrigin<T extends object>(from: object, to: T): T {
  if (Outside.has(from) && !Outside.has(to)) Outside.add(to);
  return to;
}

/**
 * What a schema made of a value from outside: its objects are copied, and the copies remembered as `markUntrusted()` does it.
 * The schema may have looked into a text, so it matters not what came; and what it gave may be the app's own object, which
 * is nobody else's business.
 *
 * @example
 * const order = takenFrom(schema.parse(input));
 */
export function takenFrom<T>(made: T): T {
  const copies = new Map<object, object>();
  // A list of what is still to be filled, not recursion: text that a schema parses may nest without bound.
  const empty: [from: object, copy: object][] = [];
  const copyOf = (value: unknown): unknown => {
    if (!isContainer(value) || Outside.has(value)) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy = emptyLike(value);
    Outside.add(copy);
    copies.set(value, copy);
    empty.push([value, copy]);
    return copy;
  };
  const copy = copyOf(made);
  for (let next = empty.pop(); next !== undefined; next = empty.pop()) fill(...next, copyOf);
  return copy as T;
}

function fill(from: object, copy: object, copyOf: (value: unknown) => unknown): void {
  if (from instanceof Map) for (const [key, item] of from) (copy as Map<unknown, unknown>).set(key, copyOf(item));
  else if (from instanceof Set) for (const item of from) (copy as Set<unknown>).add(copyOf(item));
  else {
    for (const [name, item] of Object.entries(from)) {
      // Defined, not assigned: a name such as __proto__ would change what the copy is.
      Object.defineProperty(copy, name, {
        value: copyOf(item),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  }
}

function emptyLike(container: object): object {
  if (Array.isArray(container)) return [];
  if (container instanceof Map) return new Map();
  if (container instanceof Set) return new Set();
  return Object.create(Object.getPrototypeOf(container) as object | null) as object;
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || value instanceof Map || value instanceof Set || isRecord(value);
}

/** True for an object that `markUntrusted()` has seen. */
export function isUntrusted(value: object): boolean {
  return Outside.has(value);
}
