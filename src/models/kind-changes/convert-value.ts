import { modelErrors } from "../errors.ts";
import { fieldKinds, type ParseResult } from "../schema/field-kinds.ts";
import { refused } from "../schema/kind-row.ts";
import { decimalText } from "../schema/numbers.ts";
import type { Plain } from "../schema/plain.ts";
import { type ColumnKind, isNumber, isText, readKind } from "./column-kinds.ts";

/** The SQL function by which a migration of a SQLite database converts values; see `convertValue`. */
export const CONVERT_FUNCTION = "antiphon_convert";

/** How a kind is called in an error. */
const WORDS: { readonly [kind: string]: string } = {
  text: "a text",
  longText: "a text",
  enum: "a text",
  integer: "a whole number",
  bigInteger: "a whole number",
  float: "a number",
  decimal: "a decimal number",
  boolean: "true or false",
  date: "a date",
  datetime: "a date and time",
  time: "a time",
  uuid: "a UUID",
  json: "JSON",
  binary: "bytes",
};

const TRUE = /^(?:true|t|yes|y|on|1)$/i;
const FALSE = /^(?:false|f|no|n|off|0)$/i;
/** A day or a moment without a zone is one of UTC, as the other databases read it. */
const NO_ZONE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?$/;

/**
 * A value that a SQLite column of one kind holds, as a column of another kind holds it. SQLite stores whatever it is
 * given in any column, so that nothing else would notice a value that does not fit.
 *
 * @throws MIGRATION_VALUE_REFUSED for a value that would be another one, or none, in the new kind
 */
export function convertValue(value: unknown, from: string, to: string, name: string): unknown {
  if (value === null || value === undefined) return null;
  const [was, is] = [readKind(from), readKind(to)];
  if (was === undefined) throw refusal(name, value, to, `"${from}" is not a field kind.`);
  if (is === undefined) throw refusal(name, value, to, `"${to}" is not a field kind.`);
  const read = readAs(plainOf(value, was), was, is);
  if (!read.ok) throw refusal(name, value, is.kind, read.message);
  try {
    const stored = fieldKinds[is.kind].toDriver(read.value, "sqlite", is);
    return typeof stored === "boolean" ? Number(stored) : stored;
  } catch {
    throw refusal(name, value, is.kind, "SQLite keeps 15 digits of a number.");
  }
}

function refusal(name: string, value: unknown, to: string, reason: string): Error {
  const text = value instanceof Uint8Array ? `${value.byteLength} bytes` : JSON.stringify(String(value).slice(0, 60));
  return modelErrors.MIGRATION_VALUE_REFUSED(`${name} of a row holds ${text}`, WORDS[to] ?? to, reason);
}

/** Undefined for what the column's own kind cannot be. */
function plainOf(value: unknown, was: ColumnKind): Plain | undefined {
  try {
    return fieldKinds[was.kind].fromDriver(value, "sqlite", was);
  } catch {
    return undefined;
  }
}

const NO_WAY = refused("There is no conversion.");

function readAs(plain: Plain | undefined, was: ColumnKind, target: ColumnKind): ParseResult {
  if (plain === undefined) return NO_WAY;
  const row = fieldKinds[target.kind];
  // Items of an enum are checked by the new table itself.
  if (target.kind === "enum") return isText(was) ? { ok: true, value: plain } : NO_WAY;
  if (isText(target) && target.kind !== "uuid") {
    const text = asText(plain, was);
    return text === undefined ? refused("The bytes are not valid UTF-8.") : row.parse(text, target);
  }
  if (isText(was)) return fromText(String(plain), target);
  if (was.kind === target.kind && !isNumber(was)) return row.parse(plain, target);
  if (was.kind === "json") return fromJson(plain, target);
  if (isNumber(was)) return fromNumber(plain, was, target);
  if (was.kind === "boolean" && (isNumber(target) || target.kind === "json")) {
    return row.parse(target.kind === "json" ? plain : Number(plain), target);
  }
  const text = String(plain);
  if (was.kind === "date" && target.kind === "datetime") return row.parse(`${text}T00:00:00Z`, target);
  if (was.kind === "datetime" && target.kind === "date") return row.parse(text.slice(0, 10), target);
  if (was.kind === "datetime" && target.kind === "time") return row.parse(text.slice(11, 19), target);
  return NO_WAY;
}

function asText(plain: Plain, { kind }: ColumnKind): string | undefined {
  if (kind === "json") return JSON.stringify(plain);
  if (kind !== "binary") return String(plain);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(String(plain), "base64"));
  } catch {
    return undefined;
  }
}

function fromText(given: string, target: ColumnKind): ParseResult {
  const row = fieldKinds[target.kind];
  if (target.kind === "binary") return row.parse(Buffer.from(given, "utf8"), target);
  const text = given.trim();
  if (target.kind === "boolean") {
    if (TRUE.test(text)) return row.parse(true, target);
    return FALSE.test(text) ? row.parse(false, target) : row.parse(text, target);
  }
  if (target.kind === "datetime") {
    const [, day, time = "00:00:00"] = NO_ZONE.exec(text) ?? [];
    return row.parse(day === undefined ? text : `${day}T${time}Z`, target);
  }
  if (target.kind === "float" && !keepsNumber(text)) return CHANGED;
  if (target.kind === "json" && !keepsNumbers(text)) return CHANGED;
  return row.parseText?.(text, target) ?? row.parse(text, target);
}

const CHANGED = refused("It has digits or an exponent that a number of 64 bits does not keep.");

/** Returns false for the text of a number that a double would change: to 0, to a nearby one, or to none. */
function keepsNumber(text: string): boolean {
  const [, digits = "", power = "0"] = /^[+-]?([\d.]+)(?:e([+-]?\d{1,9}))?$/i.exec(text) ?? [];
  const [whole = "", fraction = ""] = digits.split(".");
  const all = whole + fraction;
  const significant = all.replace(/^0+/, "");
  if (significant === "") return true;
  // More digits than JavaScript writes.
  if (significant.length > 100) return false;
  const [mantissa, exponent] = Math.abs(Number(text))
    .toExponential(significant.length - 1)
    .split("e");
  const first = whole.length - (all.length - significant.length) - 1 + Number(power);
  return mantissa?.replace(".", "") === significant && Number(exponent) === first;
}

/** Returns false for a JSON text with such a number. */
function keepsNumbers(text: string): boolean {
  let keeps = true;
  const look = (_key: string, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value === "number" && context?.source !== undefined) keeps &&= keepsNumber(context.source);
    return value;
  };
  try {
    JSON.parse(text, look);
  } catch {
    return true;
  }
  return keeps;
}

function fromJson(plain: Plain, target: ColumnKind): ParseResult {
  if (typeof plain === "boolean") return readAs(plain, { kind: "boolean" }, target);
  if (typeof plain === "number") return readAs(plain, { kind: "float" }, target);
  return NO_WAY;
}

function fromNumber(plain: Plain, was: ColumnKind, target: ColumnKind): ParseResult {
  const row = fieldKinds[target.kind];
  // Of a double only what its 15 sure digits say: 0.1 + 0.2 is 0.3.
  const digits = was.kind === "float" ? String(Number(Number(plain).toPrecision(15))) : String(plain);
  const text = digits.includes("e") ? digits : decimalText(digits);
  if (target.kind === "float" || target.kind === "json") {
    const number = was.kind === "float" ? Number(plain) : Number(text);
    if (was.kind === "bigInteger" && BigInt(number) !== BigInt(text))
      return refused("Its digits would not all be kept.");
    return row.parse(number, target);
  }
  if (target.kind === "boolean") return row.parse(text === "1" ? true : text === "0" ? false : text, target);
  return isNumber(target) ? row.parse(text, target) : NO_WAY;
}
