const outside = new WeakSet<object>();

/**
 * Remembers that a value came from a browser, with every object inside it: `filter()` refuses such objects.
 *
 * The server calls it for request bodies and queries, and for the arguments of events, so that
 * `filter({ username: request.body.username })` is safe when the body holds `{"$gt":""}` there. Copies are not remembered.
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
    if (Array.isArray(next)) for (const item of next) waiting.push(item);
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

/** True for an object that `markUntrusted()` has seen. */
export function isUntrusted(value: object): boolean {
  return outside.has(value);
}
