import { modelErrors } from "../errors.ts";
import type { FieldInfo, FieldKind } from "../schema/field-info.ts";
import { fieldKinds, type Plain } from "../schema/field-kinds.ts";
import { isModelClass, type ModelClass } from "../schema/model.ts";
import { describe, modelFields, quoted, targetModel, valueField } from "../schema/query-set-fields.ts";
import { referredRow } from "../schema/row-reference.ts";
import { storableText } from "../schema/text.ts";
import { coercePk } from "./coerce-pk.ts";

const LONGEST_TEXT = 10_000;
const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/;

/** How a kind's values are told from all others: the plain value, or undefined for what is none. */
interface Check {
  readonly expected: string;
  readonly read: (raw: unknown, field: FieldInfo) => Plain | undefined;
}

const text: Check = { expected: "text", read: (raw) => readText(raw) };
const checks: { readonly [Kind in FieldKind]?: Check } = {
  text,
  longText: text,
  integer: { expected: "a whole number within the column's range", read: parsedIf((raw) => typeof raw === "number") },
  bigInteger: { expected: "a whole number", read: parsedIf((raw) => /^(?:number|bigint|string)$/.test(typeof raw)) },
  float: { expected: "a number", read: parsedIf((raw) => typeof raw === "number") },
  // Any number of places: comparing with 0.125 makes sense where 0.12 is stored.
  decimal: { expected: "a decimal number as text", read: readDecimal },
  boolean: { expected: "true or false", read: (raw) => (typeof raw === "boolean" ? raw : undefined) },
  date: { expected: "a date as YYYY-MM-DD", read: parsedIf((raw) => typeof raw === "string") },
  datetime: {
    expected: "a Date, or ISO-8601 text with its zone",
    read: parsedIf((raw) => typeof raw === "string" || (raw instanceof Date && !Number.isNaN(raw.valueOf()))),
  },
  time: { expected: "a time as HH:MM:SS", read: parsedIf((raw) => typeof raw === "string") },
  uuid: { expected: "a UUID", read: parsedIf((raw) => typeof raw === "string") },
  enum: {
    expected: "one of the field's items",
    read: (raw, field) => field.enumItems?.find((item) => item === raw),
  },
  binary: { expected: "bytes", read: parsedIf((raw) => raw instanceof Uint8Array || typeof raw === "string") },
};

/**
 * Checks one value against the field that it is compared with, and gives it as a plain value.
 *
 * Only scalars of the field's kind pass, never an object or a list: so nothing that a browser sends in place of a value
 * can turn into a comparison.
 *
 * @throws QUERY_VALUE_INVALID
 */
export function checkValue(raw: unknown, field: FieldInfo, path: string): Plain {
  const compared = valueField(field);
  const value = field.relation === undefined ? raw : keyOfRow(raw, field);
  const check = checks[compared.kind];
  const checked = check?.read(value, compared);
  if (checked === undefined || checked === null) {
    throw modelErrors.QUERY_VALUE_INVALID(
      path,
      check?.expected ?? "null: there is no other value to compare it with",
      describe(raw),
    );
  }
  return checked;
}

/** Text as an operand of `contains` and its relatives. @throws QUERY_VALUE_INVALID */
export function checkOperandText(raw: unknown, path: string): string {
  const operand = readText(raw);
  if (operand === undefined) throw modelErrors.QUERY_VALUE_INVALID(path, "text", describe(raw));
  return operand;
}

/**
 * Turns one value from a browser into a value of a field: text such as "12" becomes 12 where the field is a number.
 *
 * Use it for what arrives in a request or an event and goes into `filter()`, where an object in place of a value would be
 * read as a comparison. `where()` and `get()` do it themselves.
 *
 * @throws QUERY_VALUE_INVALID for anything but a scalar of the field's kind, QUERY_PK_INVALID for a wrong key, QUERY_FIELD_UNKNOWN
 * @example
 * const mine = await objects(Note).filter({ user: scalar(request.query.user, Note, "user") as number }).rows();
 */
export function scalar(raw: unknown, model: ModelClass, name: string): string | number | boolean | null {
  const field = modelFields(model).byName.get(name);
  if (field === undefined || field.hidden) throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(name), "compare");
  return scalarOf(raw, field, name) as string | number | boolean | null;
}

/** `scalar()` for a field already found. @throws QUERY_VALUE_INVALID, QUERY_PK_INVALID */
export function scalarOf(raw: unknown, field: FieldInfo, path: string): Plain {
  if (raw === null) return null;
  const compared = valueField(field);
  if (!isScalar(raw))
    throw modelErrors.QUERY_VALUE_INVALID(path, checks[compared.kind]?.expected ?? "a single value", describe(raw));
  if (field.relation !== undefined) return coercePk(targetModel(field), raw);
  if (typeof raw === "string" && !isTextual(compared)) {
    const read = fieldKinds[compared.kind].parse(raw, compared);
    if (read.ok && read.value !== null) return checkValue(read.value, field, path);
  }
  return checkValue(raw, field, path);
}

/** True for what a single value may be. */
export function isScalar(raw: unknown): raw is string | number | boolean | bigint | Date | Uint8Array {
  return /^(?:string|number|boolean|bigint)$/.test(typeof raw) || raw instanceof Date || raw instanceof Uint8Array;
}

/** True when the field's values are compared as text. */
export function isTextual(field: FieldInfo): boolean {
  const { kind, enumItems } = valueField(field);
  return kind === "text" || kind === "longText" || (kind === "enum" && typeof enumItems?.[0] === "string");
}

function readText(raw: unknown): string | undefined {
  return typeof raw === "string" && raw.length <= LONGEST_TEXT && storableText(raw) ? raw : undefined;
}

function readDecimal(raw: unknown): string | undefined {
  const digits = typeof raw === "number" ? String(raw) : raw;
  return typeof digits === "string" && DECIMAL.test(digits) ? digits : undefined;
}

function parsedIf(fits: (raw: unknown) => boolean): Check["read"] {
  return (raw, field) => {
    if (!fits(raw)) return undefined;
    const result = fieldKinds[field.kind].parse(raw, field);
    return result.ok ? result.value : undefined;
  };
}

/** The primary key of a related row, where the row's own object stands in its place. */
export function keyOfRow(raw: unknown, field: FieldInfo): unknown {
  if (typeof raw !== "object" || raw === null || raw instanceof Date || raw instanceof Uint8Array) return raw;
  const model = targetModel(field);
  const referred = referredRow(raw);
  if (referred) return referred.model === model ? referred.key : raw;
  if (!isModelClass(raw.constructor) || !(raw instanceof model)) return raw;
  return (raw as Record<string, unknown>)[modelFields(model).primary.name];
}
