import { emptyOr, type KindField, type KindRow, nullable, type ParseResult, parsed, refused } from "./kind-row.ts";

const asText = (value: unknown) => String(value);

/** One line of text, bounded by its column on every database, SQLite included. */
export const textKind: KindRow = {
  parse: parseText,
  toPlain: nullable(asText),
  fromDriver: nullable(asText),
  toDriver: nullable(asText),
  empty: (field) => emptyOr(field, ""),
  widget: "text",
};

/** Text without a bound of its own. */
export const longTextKind: KindRow = { ...textKind, widget: "textarea" };

const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const asUuid = (value: unknown) => String(value).toLowerCase();

/** A UUID of any version, in lower case. */
export const uuidKind: KindRow = {
  parse(raw) {
    const text = typeof raw === "string" && raw.length <= UUID_LENGTH + 2 ? raw.trim().toLowerCase() : "";
    return UUID.test(text) ? parsed(text) : refused("Enter a valid UUID.");
  },
  toPlain: nullable(asUuid),
  fromDriver: nullable(asUuid),
  toDriver: nullable(asUuid),
  empty: (field) => emptyOr(field, null),
  widget: "text",
};

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Bytes; base64 as a plain value. */
export const binaryKind: KindRow = {
  parse(raw, field) {
    if (raw instanceof Uint8Array) return sizedBytes(raw.byteLength, toBase64(raw), field);
    if (typeof raw !== "string" || raw.length % 4 !== 0 || !BASE64.test(raw)) return refused("Enter bytes in base64.");
    return sizedBytes(Buffer.byteLength(raw, "base64"), raw, field);
  },
  toPlain: nullable(toBase64),
  fromDriver: nullable(toBase64),
  toDriver: nullable((value) =>
    value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value), "base64"),
  ),
  empty: (field) => emptyOr(field, null),
  widget: "file",
};

function parseText(raw: unknown, field: KindField): ParseResult {
  if (typeof raw !== "string") return refused("Enter text.");
  const storable = storableText(raw);
  if (!storable) return refused("This text holds a character that can't be stored.");
  const text = inFormOf(raw, field);
  const { maxLength } = field;
  if (maxLength !== undefined && text.length > maxLength) {
    const length = characters(text);
    if (length > maxLength) return tooLong("Use at most {{count}} characters; there are {{0}}.", maxLength, length);
  }
  return parsed(text);
}

/** PostgreSQL refuses NUL, and half a surrogate pair would be replaced without a word. */
export function storableText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** Databases count characters, JavaScript counts halves of some. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function inFormOf(raw: string, field: KindField): string {
  const text = field.trim === true ? raw.trim() : raw;
  if (field.letterCase === undefined) return text;
  return field.letterCase === "lower" ? text.toLowerCase() : text.toUpperCase();
}

function sizedBytes(size: number, base64: string, field: KindField): ParseResult {
  const { maxLength } = field;
  if (maxLength !== undefined && size > maxLength)
    return tooLong("Use at most {{count}} bytes; there are {{0}}.", maxLength, size);
  return parsed(base64);
}

function tooLong(key: string, most: number, length: number): ParseResult {
  return refused(key, { count: most, 0: length });
}

function toBase64(value: unknown): string {
  if (typeof value === "string") return value;
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
