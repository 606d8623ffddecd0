import { coercePk } from "./coerce-pk.ts";
import { modelErrors } from "./errors.ts";
import type { FieldInfo } from "./field-info.ts";
import { fieldKinds } from "./field-kinds.ts";
import { isModelClass, type ModelClass } from "./model.ts";
import { describe, modelFields, quoted, targetModel, valueField } from "./query-set-fields.ts";

const LONGEST_TEXT = 10_000;
const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/;
const WHOLE = /^-?\d{1,19}$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATETIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Each kind's check: the value as queries keep it, or undefined when it is none of the kind. */
const checks: { readonly [Kind in FieldInfo["kind"]]?: (raw: unknown, field: FieldInfo) => unknown } = {
  text: checkText,
  longText: checkText,
  integer: (raw) => (typeof raw === "number" && Number.isInteger(raw) && Math.abs(raw) < 2 ** 31 ? raw : undefined),
  bigInteger: checkBigInteger,
  float: (raw) => (typeof raw === "number" && Number.isFinite(raw) ? raw : undefined),
  decimal: (raw) => {
    const text = typeof raw === "number" ? String(raw) : raw;
    return typeof text === "string" && DECIMAL.test(text) ? text : undefined;
  },
  boolean: (raw) => (typeof raw === "boolean" ? raw : undefined),
  date: (raw) => (typeof raw === "string" && DATE.test(raw) && isDay(raw) ? raw : undefined),
  datetime: checkDatetime,
  time: (raw) => (typeof raw === "string" && TIME.test(raw) ? raw : undefined),
  uuid: (raw) => (typeof raw === "string" && UUID.test(raw) ? raw.toLowerCase() : undefined),
  enum: (raw, field) => (field.enumItems?.includes(raw as string) === true ? raw : undefined),
  binary: (raw) => (raw instanceof Uint8Array ? raw : undefined),
};

const expected: { readonly [Kind in FieldInfo["kind"]]?: string } = {
  text: "text",
  longText: "text",
  integer: "a whole number",
  bigInteger: "a whole number",
  float: "a number",
  decimal: "a decimal number as text",
  boolean: "true or false",
  date: "a date as YYYY-MM-DD",
  datetime: "a Date, or ISO-8601 text with its zone",
  time: "a time as HH:MM:SS",
  uuid: "a UUID",
  enum: "one of the field's items",
  binary: "bytes",
};

/**
 * Checks one value against the field that it is compared with or written to.
 *
 * Only scalars of the field's kind pass, never an object or a list: so nothing that a browser sends in place of a value
 * can turn into a comparison.
 *
 * @throws QUERY_VALUE_INVALID
 */
export function checkValue(raw: unknown, field: FieldInfo, path: string): unknown {
  const compared = field.relation === undefined ? field : valueField(field);
  const value = field.relation === undefined ? raw : primaryOf(raw, field);
  const checked = checks[compared.kind]?.(value, compared);
  if (checked === undefined) {
    throw modelErrors.QUERY_VALUE_INVALID(path, expected[compared.kind] ?? "another field: this one has no comparable value", describe(raw));
  }
  return checked;
}

/** Text as an operand of `contains` and its relatives. @throws QUERY_VALUE_INVALID */
export function checkOperandText(raw: unknown, path: string): string {
  const text = checkText(raw);
  if (text === undefined) throw modelErrors.QUERY_VALUE_INVALID(path, "text", describe(raw));
  return text;
}

/**
 * Turns one value from a browser into a value of a field: text such as "12" becomes 12 where the field is a number.
 *
 * Use it for everything that arrives in a request or an event and goes into `filter()`, where an object in place of a
 * value would be read as a comparison. `where()` and `get()` do it themselves.
 *
 * @throws QUERY_VALUE_INVALID for anything but a scalar of the field's kind, QUERY_FIELD_UNKNOWN
 * @example
 * const mine = await objects(Note).filter({ user: scalar(request.query.user, Note, "user") }).rows();
 */
export function scalar(raw: unknown, model: ModelClass, name: string): string | number | boolean | bigint | null {
  const field = modelFields(model).byName.get(name);
  if (field === undefined || field.hidden) throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(name), "compare");
  return scalarOf(raw, field, name) as string | number | boolean | bigint | null;
}

/** `scalar()` for a field already found. @throws QUERY_VALUE_INVALID */
export function scalarOf(raw: unknown, field: FieldInfo, path: string): unknown {
  if (raw === null) return null;
  const compared = valueField(field);
  if (!isScalar(raw)) {
    throw modelErrors.QUERY_VALUE_INVALID(path, expected[compared.kind] ?? "a single value", describe(raw));
  }
  if (field.relation !== undefined) return checkValue(coercePk(targetModel(field), raw), field, path);
  if (typeof raw === "string" && raw !== "" && !isTextual(compared)) {
    const parsed = fieldKinds[compared.kind].parse(raw, compared);
    if ("value" in parsed) return checkValue(parsed.value, field, path);
  }
  return checkValue(raw, field, path);
}

/** True for what a single value may be. */
export function isScalar(raw: unknown): raw is string | number | boolean | bigint | Date | Uint8Array {
  const type = typeof raw;
  if (type === "string" || type === "number" || type === "boolean" || type === "bigint") return true;
  return raw instanceof Date || raw instanceof Uint8Array;
}

/** True when the field's values are compared as text. */
export function isTextual(field: FieldInfo): boolean {
  const { kind, enumItems } = valueField(field);
  return kind === "text" || kind === "longText" || (kind === "enum" && typeof enumItems?.[0] === "string");
}

function checkText(raw: unknown): string | undefined {
  // PostgreSQL refuses the NUL character, and SQLite's functions stop at it.
  return typeof raw === "string" && raw.length <= LONGEST_TEXT && !raw.includes("\0") ? raw : undefined;
}

function checkBigInteger(raw: unknown): string | undefined {
  if (typeof raw === "number" ? !Number.isSafeInteger(raw) : typeof raw !== "bigint" && typeof raw !== "string") return undefined;
  const text = String(raw);
  if (!WHOLE.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value.toString() : undefined;
}

function checkDatetime(raw: unknown): Date | undefined {
  if (raw instanceof Date) return Number.isNaN(raw.valueOf()) ? undefined : raw;
  if (typeof raw !== "string" || !DATETIME.test(raw) || !isDay(raw.slice(0, 10))) return undefined;
  const date = new Date(raw);
  return Number.isNaN(date.valueOf()) ? undefined : date;
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text);
}

/** The primary key of a related row, where the row's own object stands in its place. */
function primaryOf(raw: unknown, field: FieldInfo): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const model = targetModel(field);
  if (!isModelClass(raw.constructor) || !(raw instanceof model)) return raw;
  return (raw as Record<string, unknown>)[modelFields(model).primary.name];
}
