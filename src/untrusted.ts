const outside = new WeakSet<object>();

/**
 * Remembers that a value came from a browser, with every object inside it: `filter()` refuses such objects.
 *
 * It is called for request bodies and queries, for the arguments of events and for what a browser writes into a state, so
 * that `filter({ username: request.body.username })` is safe when the body holds `{"$gt":""}` there. Copies are not
 * remembered, but what is put into a var of a state is.
 *
 * @example
 * markUntrusted(request.body);
 */
export function markUntrusted<T>(value: T): T {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== "object" || next === null || outside.has(next)) continue;
    outside.add(next);
    if (Array.isArray(next) || next instanceof Set) for (const item of next) waiting.push(item);
    else if (next instanceof Map) for (const item of next.values()) waiting.push(item);
    else if (isRecord(next)) for (const name of Object.keys(next)) waiting.push(next[name]);
  }
  return value;
}

/** What a parser makes of text. Bytes, streams and files are marked themselves; looking into them would take long. */
function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Parsers of queries make objects whose prototype has none.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What stands for an object, or was copied from it, comes from where that came from; what is inside is told by itself. */
export function keepOrigin<T extends object>(from: object, to: T): T {
  if (outside.has(from)) outside.add(to);
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
export function takenFrom<T>(made: T, seen = new Map<object, unknown>()): T {
  if (!isContainer(made) || outside.has(made)) return made;
  const known = seen.get(made);
  if (known !== undefined) return known as T;
  const copy = emptyLike(made);
  seen.set(made, copy);
  outside.add(copy);
  if (made instanceof Map)
    for (const [key, item] of made) (copy as Map<unknown, unknown>).set(key, takenFrom(item, seen));
  else if (made instanceof Set) for (const item of made) (copy as Set<unknown>).add(takenFrom(item, seen));
  else {
    const to = copy as Record<string, unknown>;
    for (const [name, item] of Object.entries(made)) to[name] = takenFrom(item, seen);
  }
  return copy as T;
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
  return outside.has(value);
}
