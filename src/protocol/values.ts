import { protocolErrors } from "./errors.ts";
import type { Json } from "./frames.ts";

/** A value that can live in a var and travel: plain data and the few kinds that JSON lacks. */
export type Sendable =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | readonly Sendable[]
  | { readonly [key: string]: Sendable }
  | ReadonlyMap<string | number, Sendable>
  | ReadonlySet<null | undefined | boolean | number | bigint | string>;

/** How deep a value may be nested before either end refuses it. */
export const DEFAULT_DEPTH = 64;

const UNSAFE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** True for names that must never be a property name of data: they reach an object's prototype. */
export function isUnsafeKey(key: unknown): boolean {
  return typeof key === "string" && UNSAFE_KEYS.has(key);
}

/** True for objects made by `{}`, `JSON.parse` or `Object.create(null)`, in any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/**
 * Turns a value into JSON: a Date becomes `{"$date": ms}`, a bigint `{"$bigint": "…"}`, a Map `{"$map": […]}`, a Set
 * `{"$set": […]}`, undefined, NaN, the infinities and -0 `{"$": "…"}`; an object that owns a name with a leading `$`
 * is wrapped in `{"$object": […]}`, so that data can never be taken for a tag.
 *
 * Parts without tags are returned as they are, not copied.
 *
 * @throws VALUE_NOT_SENDABLE for a function, symbol or class instance, with the path to it; VALUE_UNSAFE_KEY; VALUE_TOO_DEEP.
 * @example
 * encodeValue({ at: new Date(0) }); // { at: { $date: 0 } }
 */
export function encodeValue(value: unknown, depth: number = DEFAULT_DEPTH): Json {
  return encode(value, depth, depth);
}

function encode(value: unknown, left: number, limit: number): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { $: "undefined" };
    case "bigint":
      return { $bigint: String(value) };
    case "object":
      break;
    default:
      throw protocolErrors.VALUE_NOT_SENDABLE("A value", `a ${typeof value}`);
  }
  if (value === null) return null;
  if (left === 0) throw protocolErrors.VALUE_TOO_DEEP(limit);
  if (Array.isArray(value)) return encodeArray(value, left, limit);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.getTime() };
  if (value instanceof Map) {
    const entries: Json[] = [];
    for (const [key, item] of value) entries.push([encode(key, left - 1, limit), encode(item, left - 1, limit)]);
    return { $map: entries };
  }
  if (value instanceof Set) return { $set: Array.from(value, (item) => encode(item, left - 1, limit)) };
  if (!isPlainObject(value)) throw protocolErrors.VALUE_NOT_SENDABLE("A value", describe(value));
  return encodeObject(value, left, limit);
}

function encodeArray(array: readonly unknown[], left: number, limit: number): Json {
  let copy: Json[] | undefined;
  for (let index = 0; index < array.length; index++) {
    const item = array[index];
    const encoded = encode(item, left - 1, limit);
    if (copy === undefined && encoded !== item) copy = array.slice(0, index) as Json[];
    copy?.push(encoded);
  }
  return copy ?? (array as readonly Json[]);
}

function encodeObject(object: Record<string, unknown>, left: number, limit: number): Json {
  let copy: Record<string, Json> | undefined;
  let tagged = false;
  const keys = Object.keys(object);
  for (const [index, key] of keys.entries()) {
    if (isUnsafeKey(key)) throw protocolErrors.VALUE_UNSAFE_KEY(key);
    if (key.charCodeAt(0) === 36) tagged = true;
    const item = object[key];
    const encoded = encode(item, left - 1, limit);
    if (copy === undefined && encoded !== item) {
      copy = {};
      for (const earlier of keys.slice(0, index)) copy[earlier] = object[earlier] as Json;
    }
    if (copy) copy[key] = encoded;
  }
  const result = copy ?? (object as Record<string, Json>);
  return tagged ? { $object: Object.entries(result) } : result;
}

/**
 * Turns JSON from the other end back into values, refusing everything that `encodeValue` would not have made.
 *
 * Give it what `JSON.parse` made: untagged parts are kept, not copied.
 *
 * @throws VALUE_UNKNOWN_TAG, VALUE_UNSAFE_KEY, VALUE_TOO_DEEP.
 * @example
 * decodeValue({ at: { $date: 0 } }); // { at: new Date(0) }
 */
export function decodeValue(json: Json, depth: number = DEFAULT_DEPTH): unknown {
  return decode(json, depth, depth);
}

function decode(json: Json, left: number, limit: number): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (left === 0) throw protocolErrors.VALUE_TOO_DEEP(limit);
  if (isJsonArray(json)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < json.length; index++) {
      const item = json[index] as Json;
      const decoded = decode(item, left - 1, limit);
      if (copy === undefined && decoded !== item) copy = json.slice(0, index);
      copy?.push(decoded);
    }
    return copy ?? json;
  }
  const keys = Object.keys(json);
  if (keys.length === 1 && keys[0]?.charCodeAt(0) === 36) return decodeTag(keys[0], json[keys[0]] as Json, left, limit);
  let copy: Record<string, unknown> | undefined;
  for (const [index, key] of keys.entries()) {
    if (isUnsafeKey(key)) throw protocolErrors.VALUE_UNSAFE_KEY(key);
    if (key.charCodeAt(0) === 36) throw protocolErrors.VALUE_UNKNOWN_TAG(key);
    const item = json[key] as Json;
    const decoded = decode(item, left - 1, limit);
    if (copy === undefined && decoded !== item) {
      copy = {};
      for (const earlier of keys.slice(0, index)) copy[earlier] = json[earlier];
    }
    if (copy) copy[key] = decoded;
  }
  return copy ?? json;
}

const SPECIAL: { readonly [text: string]: unknown } = {
  undefined,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

function decodeTag(tag: string, body: Json, left: number, limit: number): unknown {
  switch (tag) {
    case "$":
      if (typeof body === "string" && Object.hasOwn(SPECIAL, body)) return SPECIAL[body];
      break;
    case "$date":
      if (body === null) return new Date(Number.NaN);
      if (typeof body === "number" && Math.abs(body) <= 8.64e15) return new Date(body);
      break;
    case "$bigint":
      if (typeof body === "string" && /^-?\d{1,1000}$/.test(body)) return BigInt(body);
      break;
    case "$map":
      if (isJsonArray(body)) return new Map(pairs(tag, body, left, limit, isMapKey));
      break;
    case "$set":
      if (isJsonArray(body)) return new Set(body.map((item) => setMember(decode(item, left - 1, limit))));
      break;
    case "$object":
      if (isJsonArray(body)) return Object.fromEntries(pairs(tag, body, left, limit, isSafeName));
      break;
  }
  throw protocolErrors.VALUE_UNKNOWN_TAG(tag);
}

function pairs<K>(tag: string, body: readonly Json[], left: number, limit: number, isKey: (key: unknown) => key is K) {
  return body.map((pair): [K, unknown] => {
    if (!isJsonArray(pair) || pair.length !== 2) throw protocolErrors.VALUE_UNKNOWN_TAG(tag);
    const key = decode(pair[0] as Json, left - 1, limit);
    if (!isKey(key)) throw protocolErrors.VALUE_UNSAFE_KEY(String(key));
    return [key, decode(pair[1] as Json, left - 1, limit)];
  });
}

/** True for what a Map in data may have as a key: it must be able to stand in a path. */
export function isMapKey(key: unknown): key is string | number {
  return typeof key === "string" || Number.isFinite(key);
}

function isSafeName(key: unknown): key is string {
  return typeof key === "string" && !isUnsafeKey(key);
}

function setMember(value: unknown): unknown {
  if (typeof value === "object" && value !== null) throw protocolErrors.VALUE_UNKNOWN_TAG("$set");
  return value;
}

// Array.isArray does not narrow a readonly array.
function isJsonArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

/** Names a value for an error message: "a function", "an instance of Date", "a symbol". */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
  if (typeof value !== "object") return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name;
  return isPlainObject(value) || name === undefined ? "an object" : `an instance of ${name}`;
}
