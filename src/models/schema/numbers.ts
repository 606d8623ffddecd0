import { modelErrors } from "../errors.ts";
import { emptyOr, type KindField, type KindRow, nullable, type ParseResult, parsed, refused } from "./kind-row.ts";

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
/** Longer input is no number that any column holds, and turning it into one costs more than its length. */
const LONGEST = 400;
const BIG_MIN = -(2n ** 63n);
const BIG_MAX = 2n ** 63n - 1n;
/** Digits that a SQLite number keeps: its numeric columns hold doubles. */
const SQLITE_DIGITS = 15;

/** A whole number within the range of its column. */
export const integerKind: KindRow = {
  parse(raw, field) {
    const value = wholeNumber(raw);
    if (value === undefined) return refused("Enter a whole number.");
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = field;
    if (value < BigInt(min)) return refused("Enter a number of at least {{0}}.", { 0: min });
    if (value > BigInt(max)) return refused("Enter a number of at most {{0}}.", { 0: max });
    return parsed(Number(value));
  },
  toPlain: nullable(Number),
  fromDriver: nullable(Number),
  toDriver: nullable(Number),
  empty: (field) => emptyOr(field, null),
  widget: "number",
};

/** A whole number of 64 bits; a string as a plain value, since a script's number loses digits. */
export const bigIntegerKind: KindRow = {
  parse(raw) {
    const value = wholeNumber(raw);
    if (value === undefined) return refused("Enter a whole number.");
    if (value < BIG_MIN) return refused("Enter a number of at least {{0}}.", { 0: BIG_MIN });
    if (value > BIG_MAX) return refused("Enter a number of at most {{0}}.", { 0: BIG_MAX });
    return parsed(String(value));
  },
  toPlain: nullable(String),
  fromDriver: nullable(String),
  toDriver: nullable((value, dialect: string) => (dialect === "sqlite" ? BigInt(value as string) : String(value))),
  empty: (field) => emptyOr(field, null),
  widget: "number",
};

/** A number with a fraction, of 64 bits. */
export const floatKind: KindRow = {
  parse(raw) {
    const value = typeof raw === "string" && raw.length <= LONGEST && FLOAT.test(raw.trim()) ? Number(raw) : raw;
    if (typeof value !== "number" || !Number.isFinite(value)) return refused("Enter a number.");
    return parsed(value === 0 ? 0 : value);
  },
  toPlain: nullable(Number),
  fromDriver: nullable(Number),
  toDriver: nullable(Number),
  empty: (field) => emptyOr(field, null),
  widget: "number",
};

/** A number of exact decimal places; a string with all of them as a plain value. */
export const decimalKind: KindRow = {
  parse: parseDecimal,
  toPlain: nullable((value, field: KindField) => decimalText(value, field.scale)),
  fromDriver: nullable((value, _dialect: string, field: KindField) => decimalText(value, field.scale)),
  toDriver: nullable((value, dialect: string, field: KindField) => {
    const text = decimalText(value, field.scale);
    if (dialect === "sqlite" && losesDigits(text))
      throw modelErrors.MODEL_DECIMAL_LOSES_DIGITS(field.model ?? "", field.name ?? "", text);
    return text;
  }),
  empty: (field) => emptyOr(field, null),
  widget: "number",
};

function wholeNumber(raw: unknown): bigint | undefined {
  if (typeof raw === "bigint") return raw;
  if (typeof raw === "number") return Number.isSafeInteger(raw) ? BigInt(raw) : undefined;
  if (typeof raw !== "string" || raw.length > LONGEST) return undefined;
  const text = raw.trim();
  if (!INTEGER.test(text)) return undefined;
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

function parseDecimal(raw: unknown, field: KindField): ParseResult {
  const text = typeof raw === "number" || typeof raw === "bigint" ? String(raw) : raw;
  if (typeof text !== "string" || text.length > LONGEST || !DECIMAL.test(text.trim()))
    return refused("Enter a number.");
  const { precision = 10, scale = 0 } = field;
  const { sign, whole, fraction } = digitsOf(text.trim());
  if (fraction.length > scale) return tooManyPlaces(scale);
  if (whole.length > precision - scale) {
    return refused("Use at most {{count}} digits before the decimal point.", { count: precision - scale });
  }
  return parsed(writeDecimal(sign, whole, fraction, scale));
}

/** The value with all decimal places of its column; more places than that stay, since to cut them would change it. */
export function decimalText(value: unknown, scale = 0): string {
  if (typeof value === "number") return withoutNegativeZero(value.toFixed(scale));
  const text = String(value);
  if (!DECIMAL.test(text))
    return Number.isFinite(Number(text)) ? withoutNegativeZero(Number(text).toFixed(scale)) : text;
  const { sign, whole, fraction } = digitsOf(text);
  return writeDecimal(sign, whole, fraction, scale);
}

/** Leading zeros of the whole part and trailing ones of the fraction say nothing. */
function digitsOf(text: string): { sign: string; whole: string; fraction: string } {
  const sign = text.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = (/^[+-]/.test(text) ? text.slice(1) : text).split(".");
  return { sign, whole: withoutLeadingZeros(whole), fraction: withoutTrailingZeros(fraction) };
}

function writeDecimal(sign: string, whole: string, fraction: string, scale: number): string {
  const places = fraction.padEnd(scale, "0");
  const text = `${whole === "" ? "0" : whole}${places === "" ? "" : `.${places}`}`;
  return whole === "" && fraction === "" ? text : sign + text;
}

function withoutNegativeZero(text: string): string {
  return /^-0(?:\.0*)?$/.test(text) ? text.slice(1) : text;
}

function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (digits[start] === "0") start++;
  return digits.slice(start);
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** Whether SQLite would round a decimal instead of keeping it. */
export function losesDigits(text: string): boolean {
  const { whole, fraction } = digitsOf(text);
  return (whole === "" ? withoutLeadingZeros(fraction).length : whole.length + fraction.length) > SQLITE_DIGITS;
}

function tooManyPlaces(scale: number): ParseResult {
  if (scale === 0) return refused("Enter a number without decimal places.");
  return refused("Use at most {{count}} decimal places.", { count: scale });
}
