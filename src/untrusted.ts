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
 * What a schema made of a value from outside, as `markUntrusted()` remembers that value: objects that the schema has made are
 * copied and remembered. What it has found by a text or number is the author's own, and stays what it is.
 *
 * @example
 * const order = takenFrom(input, schema.parse(markUntrusted(input)));
 */
export function takenFrom<T>(input: unknown, made: T, seen = new Map<object, unknown>()): T {
  if (!isContainer(made) || outside.has(made) || (input !== undefined && !isContainer(input))) return made;
  const known = seen.get(made);
  if (known !== undefined) return known as T;
  const copy = copyOf(made, (key, value, inner) => takenFrom(partOf(input, key), value, inner), seen);
  return copy as T;
}

type Step = (key: unknown, value: unknown, seen: Map<object, unknown>) => unknown;

function copyOf(made: object, step: Step, seen: Map<object, unknown>): object {
  const copy: object = Array.isArray(made)
    ? []
    : made instanceof Map
      ? new Map()
      : made instanceof Set
        ? new Set()
        : Object.create(Object.getPrototypeOf(made) as object | null);
  seen.set(made, copy);
  outside.add(copy);
  if (Array.isArray(made))
    for (const [index, item] of made.entries()) (copy as unknown[]).push(step(index, item, seen));
  else if (made instanceof Map)
    for (const [key, item] of made) (copy as Map<unknown, unknown>).set(key, step(key, item, seen));
  else if (made instanceof Set) for (const item of made) (copy as Set<unknown>).add(step(item, item, seen));
  else
    for (const name of Object.keys(made))
      (copy as Record<string, unknown>)[name] = step(name, (made as Record<string, unknown>)[name], seen);
  return copy;
}

function partOf(value: unknown, key: unknown): unknown {
  if (value instanceof Map) return value.get(key);
  if (typeof value !== "object" || value === null || value instanceof Set) return undefined;
  return Object.hasOwn(value, key as string) ? (value as Record<string, unknown>)[key as string] : undefined;
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || value instanceof Map || value instanceof Set || isRecord(value);
}

/** True for an object that `markUntrusted()` has seen. */
export function isUntrusted(value: object): boolean {
  return outside.has(value);
}
