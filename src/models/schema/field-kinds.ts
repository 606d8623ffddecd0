import { booleanKind, enumKind } from "./choices.ts";
import { dateKind, datetimeKind, timeKind } from "./dates.ts";
import type { FieldKind } from "./field-info.ts";
import { jsonKind } from "./json.ts";
import { type KindField, type KindRow, nullable, type ParseResult, parsed, refused } from "./kind-row.ts";
import { bigIntegerKind, decimalKind, floatKind, integerKind } from "./numbers.ts";
import type { Plain } from "./plain.ts";
import { binaryKind, longTextKind, textKind, uuidKind } from "./text.ts";

export type { KindDialect, KindField, KindRow, ParseResult } from "./kind-row.ts";
export type { Plain } from "./plain.ts";

/** Most rows that one many-to-many value may name. */
const MOST_KEYS = 10_000;

/** A to-one relation: the key of the row at the other end. */
const relationKind: KindRow = {
  parse: (raw, field) => parseKey(keyField(field), keyOf(raw, field)),
  toPlain: nullable((value, field) => fieldKinds[keyField(field).kind].toPlain(keyOf(value, field), keyField(field))),
  fromDriver: nullable((value, dialect, field) =>
    fieldKinds[keyField(field).kind].fromDriver(value, dialect, keyField(field)),
  ),
  toDriver: nullable((value, dialect, field) =>
    fieldKinds[keyField(field).kind].toDriver(value, dialect, keyField(field)),
  ),
  empty: () => null,
  widget: "relation",
};

/** A many-to-many relation: the keys of the rows at the other end, each once. */
const manyToManyKind: KindRow = {
  parse: parseKeys,
  // A form sends the one chosen row without a list around it.
  parseText: (text, field) => parseKeys([text], field),
  toPlain: nullable((value, field) => keysOf(value).map((one) => relationKind.toPlain(one, field))),
  fromDriver: nullable((value) => value as Plain),
  toDriver: nullable((value) => value),
  empty: () => [],
  widget: "relations",
};

const OTHER_SIDE = "This field is set from the other side of its relation.";

/** The other end of a relation; it is read, and written at the end that owns it. */
const reverseKind: KindRow = {
  ...manyToManyKind,
  parse: () => refused(OTHER_SIDE),
  parseText: () => refused(OTHER_SIDE),
  toPlain: nullable((value, field) =>
    field.relation?.kind === "1:m" ? manyToManyKind.toPlain(value, field) : relationKind.toPlain(value, field),
  ),
  empty: (field) => (field.relation?.kind === "1:m" ? [] : null),
};

/**
 * What each kind of field does with its values.
 *
 * @example
 * const price = fieldOf(Note, "price")!;
 * fieldKinds[price.kind].parse("1.1", price); // { ok: true, value: "1.10" }
 */
export const fieldKinds: Readonly<Record<FieldKind, KindRow>> = Object.freeze({
  text: textKind,
  longText: longTextKind,
  integer: integerKind,
  bigInteger: bigIntegerKind,
  float: floatKind,
  decimal: decimalKind,
  boolean: booleanKind,
  date: dateKind,
  datetime: datetimeKind,
  time: timeKind,
  uuid: uuidKind,
  json: jsonKind,
  enum: enumKind,
  binary: binaryKind,
  relation: relationKind,
  manyToMany: manyToManyKind,
  reverse: reverseKind,
});

const KEY_REFUSED = "Choose one of the listed rows.";

/** Reads a key strictly: one spelling for each key, so that "01", " 1" and "1.0" are not another way to say 1. */
export function parseKey(key: KindField, raw: unknown): ParseResult {
  if (key.relation !== undefined) return parseKey(key.relation.key(), raw);
  if (raw === "" || (typeof raw !== "string" && typeof raw !== "number" && typeof raw !== "bigint"))
    return refused(KEY_REFUSED);
  const result = fieldKinds[key.kind].parse(raw, key);
  if (!result.ok || result.value === null || typeof result.value === "object") return refused(KEY_REFUSED);
  const spelling = key.kind === "uuid" ? String(raw).toLowerCase() : String(raw);
  return String(result.value) === spelling ? result : refused(KEY_REFUSED);
}

/** The relation's own end: keys are compared as the primary key over there. */
function keyField(field: KindField): KindField {
  let key = field;
  while (key.relation !== undefined) key = key.relation.key();
  return key;
}

/** The key of a row's object; anything else is itself. An object from a browser is never an instance of the model. */
function keyOf(value: unknown, field: KindField): unknown {
  let current = value;
  let { relation } = field;
  while (relation !== undefined && typeof current === "object" && current !== null) {
    const entity = unwrapped(current);
    if (!(entity instanceof relation.target())) return current;
    const key = relation.key();
    current = (entity as Record<string, unknown>)[key.name];
    relation = key.relation;
  }
  return current;
}

/** The ORM's reference holds its entity one step away. */
function unwrapped(value: object): object {
  const { __reference: isReference } = value as { __reference?: boolean };
  return isReference === true ? (value as { unwrap(): object }).unwrap() : value;
}

function keysOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const { getItems } = value as { getItems?: (check: boolean) => unknown[] };
  return typeof getItems === "function" ? getItems.call(value, false) : [];
}

function parseKeys(raw: unknown, field: KindField): ParseResult {
  if (!Array.isArray(raw) || raw.length > MOST_KEYS) return refused("Choose from the listed rows.");
  const keys = new Set<Plain>();
  for (const one of raw as unknown[]) {
    const key = relationKind.parse(one, field);
    if (!key.ok) return key;
    keys.add(key.value);
  }
  return parsed([...keys]);
}
