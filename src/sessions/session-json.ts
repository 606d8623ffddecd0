import { sessionErrors } from "./errors.ts";

/** How deep a value may be nested. */
const DEPTH = 60;

/**
 * The JSON text of a value that goes into a session.
 *
 * @throws SESSION_VALUE_INVALID for what would come back as something else, with the path to it.
 */
export function sessionJson(key: string, value: unknown): string {
  check(value, [key], []);
  return JSON.stringify(value);
}

function check(value: unknown, path: string[], holders: object[]): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) throw refusal(path, String(value));
      return;
    case "object":
      if (value !== null) checkObject(value, path, holders);
      return;
    case "undefined":
      throw refusal(path, "undefined", path.length === 1 ? " To take a value out, write: session.delete(key)" : "");
    default:
      throw refusal(path, `a ${typeof value}`);
  }
}

function checkObject(value: object, path: string[], holders: object[]): void {
  if (holders.includes(value)) throw refusal(path, "an object that contains itself");
  if (holders.length >= DEPTH) throw refusal(path, `an object that is nested more than ${DEPTH} levels deep`);
  const list = Array.isArray(value);
  if (!list && !isPlain(value)) throw refusal(path, described(value), hint(value));
  holders.push(value);
  if (list) {
    for (let index = 0; index < value.length; index++) inside(value[index], String(index), path, holders);
  } else {
    for (const name of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[name];
      // An optional property that is not set: JSON leaves it out, and it comes back as not set.
      if (item !== undefined) inside(item, name, path, holders);
    }
  }
  holders.pop();
}

function inside(value: unknown, name: string, path: string[], holders: object[]): void {
  if (typeof value === "string" || typeof value === "boolean") return;
  path.push(name);
  check(value, path, holders);
  path.pop();
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function described(value: object): string {
  const made: unknown = (value as { constructor?: unknown }).constructor;
  return typeof made === "function" && made.name !== ""
    ? `an object of the class ${made.name}`
    : "an object of a class";
}

function hint(value: object): string {
  if (value instanceof Date) return " Store date.toISOString() instead.";
  return value instanceof Map || value instanceof Set ? " Store an array of its entries instead." : "";
}

function refusal(path: readonly string[], got: string, more = ""): Error {
  return sessionErrors.SESSION_VALUE_INVALID(path.map(shown).join("."), got, more);
}

/** Names may come from a browser: a long one, or one of several lines, would spoil the log. */
function shown(name: string): string {
  return /^[\w$-]{1,60}$/.test(name) ? name : JSON.stringify(name.slice(0, 60));
}

/** What the JSON text of an object holds, as JSON text by key; undefined for any other text. */
export function readSessionJson(data: string): Map<string, string> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(parsed)) values.set(key, JSON.stringify(value));
  return values;
}

/** The JSON text of an object with values that are JSON text already. */
export function writeSessionJson(values: ReadonlyMap<string, string>): string {
  const parts: string[] = [];
  for (const [key, text] of values) parts.push(`${JSON.stringify(key)}:${text}`);
  return `{${parts.join(",")}}`;
}
