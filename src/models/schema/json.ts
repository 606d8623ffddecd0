import type { KeyedText } from "../../errors.ts";
import { markParsed, markUntrusted } from "../../untrusted.ts";
import { modelErrors } from "../errors.ts";
import { emptyOr, type KindField, type KindRow, nullable, parsed, refused, refusedBy } from "./kind-row.ts";
import type { Plain } from "./plain.ts";
import { storableText } from "./text.ts";

/** Bounds of one JSON value. */
export const jsonLimits = { depth: 32, characters: 1_048_576, nodes: 100_000 } as const;

const TOO_LARGE: KeyedText = { key: "This value is too large." };
const NOT_STORABLE: KeyedText = { key: "This value holds a character that can't be stored." };
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** A value of JSON, bounded in depth and size; keys that reach a prototype are refused. */
export const jsonKind: KindRow = {
  parse(raw) {
    const problem = jsonProblem(raw);
    return problem === undefined ? parsed(raw as Plain) : refusedBy(problem);
  },
  parseText(text, field) {
    if (text.length > jsonLimits.characters) return refusedBy(TOO_LARGE);
    const value = readJson(text);
    return value === undefined ? refused("Enter valid JSON.") : jsonKind.parse(value, field);
  },
  toPlain: nullable((value) => markUntrusted(value as Plain)),
  fromDriver: nullable((value, dialect, field: KindField) =>
    markParsed(dialect === "postgres" ? (value as Plain) : stored(value, field)),
  ),
  toDriver: nullable((value) => JSON.stringify(value)),
  empty: (field) => emptyOr(field, null),
  widget: "json",
};

/** SQLite and MySQL answer with text; a column of SQLite may have turned a bare number into one. */
function stored(value: unknown, field: KindField): Plain {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string") return value as Plain;
  const read = readJson(value);
  if (read === undefined) throw modelErrors.MODEL_JSON_BROKEN(field.model ?? "", field.name ?? "");
  return read as Plain;
}

/** No text is undefined as JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What keeps a value from being stored as JSON; undefined when nothing does. It keeps its own stack, so depth is safe. */
function jsonProblem(raw: unknown): KeyedText | undefined {
  const waiting: [value: unknown, depth: number][] = [[raw, 1]];
  let nodes = 0;
  let characters = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, depth] = next;
    if (depth > jsonLimits.depth)
      return { key: "This value is nested too deeply; {{0}} levels are the most.", values: { 0: jsonLimits.depth } };
    if (++nodes > jsonLimits.nodes) return TOO_LARGE;
    if (typeof value === "string") characters += value.length;
    if (characters > jsonLimits.characters) return TOO_LARGE;
    const problem = leafProblem(value);
    if (problem !== undefined) return problem;
    if (typeof value !== "object" || value === null) continue;
    const children = Array.isArray(value) ? value : Object.values(value);
    if (nodes + waiting.length + children.length > jsonLimits.nodes) return TOO_LARGE;
    if (!Array.isArray(value)) {
      for (const key of Object.keys(value)) {
        const wrong = keyProblem(key);
        if (wrong !== undefined) return wrong;
        characters += key.length;
      }
    }
    for (const child of children) waiting.push([child, depth + 1]);
  }
  return undefined;
}

function leafProblem(value: unknown): KeyedText | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "string") return storableText(value) ? undefined : NOT_STORABLE;
  if (typeof value === "number" && Number.isFinite(value)) return undefined;
  if (Array.isArray(value)) return undefined;
  if (typeof value === "object" && isPlainObject(value)) return undefined;
  return { key: "Enter a value that JSON can hold." };
}

function keyProblem(key: string): KeyedText | undefined {
  if (FORBIDDEN_KEYS.has(key)) return { key: "The key {{0}} can't be used.", values: { 0: key } };
  return storableText(key) ? undefined : NOT_STORABLE;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    typeof (value as { toJSON?: unknown }).toJSON !== "function"
  );
}
