import { BigIntType, type EntityMetadata, type EntityProperty, isRaw, type Platform } from "@mikro-orm/core";
import type { Dialect } from "../dialects/session.ts";
import { modelErrors } from "../errors.ts";
import { type FieldInfo, fieldOf } from "./field-info.ts";
import { fieldKinds } from "./field-kinds.ts";
import { isModelClass } from "./model.ts";
import type { Plain } from "./plain.ts";

/** Defaults that mean the current time. */
const NOW = /^(?:current_timestamp|now)(?:\(\d?\))?$/i;

/**
 * Gives the columns of a model their defaults: the same value in the SQL of the database, as a literal of its own, and in
 * new rows that the ORM makes. An enum of numbers gets a column that holds all of them.
 *
 * @throws MODEL_DEFAULT_INVALID
 */
export function setDefaults(meta: EntityMetadata, platform: Platform, dialect: Dialect): void {
  const model: unknown = meta.class;
  if (!isModelClass(model)) return;
  for (const property of Object.values(meta.properties) as EntityProperty[]) {
    if (property.version) continue;
    const field = fieldOf(model, property.name);
    if (field === undefined || field.column === "") continue;
    if (field.kind === "enum") setEnumColumn(property, field, dialect);
    if (property.defaultRaw !== undefined) setRaw(property, field, dialect);
    else if (property.default !== undefined && property.default !== null && !isRaw(property.default))
      setValue(property, field, platform, dialect);
  }
}

function setRaw(property: EntityProperty, field: FieldInfo, dialect: Dialect): void {
  if (field.kind !== "datetime" || !NOW.test(String(property.defaultRaw))) return;
  if (dialect === "sqlite") {
    // Moments are numbers on SQLite, whose own word for now is a text.
    property.defaultRaw = "(cast(unixepoch('subsec') * 1000 as integer))";
    // It has no word for the default of a column either, for one of several rows that are written at once.
    makeFor(property, field, () => new Date());
  }
  // MySQL wants the digits of the column.
  else if (dialect === "mysql" && property.length) property.defaultRaw = `current_timestamp(${property.length})`;
}

function setValue(property: EntityProperty, field: FieldInfo, platform: Platform, dialect: Dialect): void {
  const plain = field.default;
  // The null of JSON is stored as an empty value, which only a nullable column takes.
  if (plain === undefined || (plain === null && !field.nullable))
    throw modelErrors.MODEL_DEFAULT_INVALID(field.model, field.name, shown(property.default));
  if (plain === null) {
    delete property.default;
    return;
  }
  property.defaultRaw = literalOf(plain, field, platform, dialect);
  const isBytes = field.kind === "binary";
  if (isBytes || field.kind === "json") {
    // Each row gets a value of its own, which it may change. The ORM would write a scalar of JSON without quotes.
    delete property.default;
    makeFor(property, field, () => (isBytes ? Buffer.from(plain as string, "base64") : structuredClone(plain)));
    return;
  }
  property.default = (field.kind === "datetime" ? new Date(plain as string) : plain) as never;
}

/** Makes the values of new rows; null stays where the field takes it. */
function makeFor(property: EntityProperty, { nullable }: FieldInfo, make: () => unknown): void {
  property.onCreate ??= (row: Record<string, unknown>) => (nullable && row[property.name] === null ? null : make());
}

function literalOf(plain: Plain, field: FieldInfo, platform: Platform, dialect: Dialect): string {
  if (typeof plain === "boolean" && field.kind === "boolean") return String(plain);
  const value = fieldKinds[field.kind].toDriver(plain, dialect, field);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return platform.quoteValue(value);
}

/** Bits of the integer that the ORM takes for an enum of numbers, whatever these are. SQLite's integers have 64. */
const ENUM_BITS = { sqlite: 64, postgres: 16, mysql: 8 } as const;

/** Gives an enum of numbers a column that holds all of them. */
function setEnumColumn(property: EntityProperty, { enumItems = [] }: FieldInfo, dialect: Dialect): void {
  if (property.columnTypes !== undefined || !enumItems.some((item) => typeof item === "number")) return;
  const fits = (bits: number) =>
    enumItems.every((item) => typeof item === "string" || (item >= -(2 ** (bits - 1)) && item < 2 ** (bits - 1)));
  if (fits(ENUM_BITS[dialect])) return;
  property.columnTypes = [fits(32) ? "int" : "bigint"];
  // PostgreSQL answers texts for these.
  if (!fits(32)) property.customType = new BigIntType("number");
}

function shown(value: unknown): string {
  return typeof value === "object" ? (JSON.stringify(value) ?? "an object") : `"${String(value)}"`;
}
