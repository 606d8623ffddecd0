import type { KeyedText } from "../../errors.ts";
import { englishText } from "../../i18n/keyed-text.ts";
import type { FieldInfo } from "./field-info.ts";
import type { Plain } from "./plain.ts";

/** Databases that one model serves. */
export type KindDialect = "sqlite" | "postgres" | "mysql";

/** What became of a raw value: the plain value, or a sentence for the person who typed it, in English and as a key with values. */
export type ParseResult =
  | { readonly ok: true; readonly value: Plain }
  | { readonly ok: false; readonly message: string; readonly text: KeyedText };

/** The properties of a field that decide how its kind reads and writes values. A column of a migration has no model. */
export type KindField = Pick<
  FieldInfo,
  "kind" | "maxLength" | "precision" | "scale" | "min" | "max" | "enumItems" | "trim" | "letterCase" | "relation"
> &
  Partial<Pick<FieldInfo, "model" | "name">>;

/**
 * What one kind of field does with its values: between a form, a plain row and the driver.
 *
 * None of these is asked about null: an empty value is decided by the column, not by the kind.
 */
export interface KindRow {
  /** Reads an untrusted value strictly: a plain value of this kind, or what is wrong with it. */
  parse(raw: unknown, field: KindField): ParseResult;
  /** Reads what a person typed into the kind's input; where absent, `parse` does. */
  parseText?(text: string, field: KindField): ParseResult;
  /** A property of an entity as a plain value. */
  toPlain(value: unknown, field: KindField): Plain;
  /** What the driver answered as a plain value, the same on every dialect. */
  fromDriver(value: unknown, dialect: KindDialect, field: KindField): Plain;
  /** A plain value as a parameter of a statement. */
  toDriver(value: unknown, dialect: KindDialect, field: KindField): unknown;
  /** What a form without a value starts with. */
  empty(field: FieldInfo): Plain;
  /** Name of the input that forms use. */
  readonly widget: string;
}

/** The value was read. */
export function parsed(value: Plain): ParseResult {
  return { ok: true, value };
}

/** The value was refused, with a sentence of the catalogues. */
export function refused(key: string, values: KeyedText["values"] = {}): ParseResult {
  return refusedBy({ key, values });
}

/** The value was refused. */
export function refusedBy(text: KeyedText): ParseResult {
  return { ok: false, message: englishText(text), text };
}

/** Null passes every kind unchanged; the rest is the kind's. */
export function nullable<A extends unknown[], R>(
  work: (value: unknown, ...rest: A) => R,
): (value: unknown, ...rest: A) => R | null {
  return (value, ...rest) => (value === null || value === undefined ? null : work(value, ...rest));
}

/** What a form starts with: the column's default when it is a plain value, else the kind's own. */
export function emptyOr(field: FieldInfo, otherwise: Plain): Plain {
  return field.default ?? (field.nullable ? null : otherwise);
}
