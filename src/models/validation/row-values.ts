import { type FieldInfo, fieldInfo } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";
import type { Plain } from "../schema/plain.ts";

/** Plain values by field name; a field whose value is not known is absent. */
export type PlainValues = { [field: string]: Plain };

/** What is known of a saved row: an entity, a plain row, or a part of one. Related rows become their keys. */
export function rowValues(model: ModelClass, row: object): PlainValues {
  const values: PlainValues = {};
  for (const field of fieldInfo(model)) {
    if (field.kind === "reverse") continue;
    const value = readValue(row, field);
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

function readValue(row: object, field: FieldInfo): Plain | undefined {
  const raw = (row as Readonly<Record<string, unknown>>)[field.name];
  if (raw === undefined || raw === null) return raw;
  if (field.kind === "manyToMany") {
    const { isInitialized } = raw as { isInitialized?: () => boolean };
    if (typeof isInitialized === "function" && !isInitialized.call(raw)) return undefined;
  }
  if (Array.isArray(raw) && field.relation !== undefined) {
    return raw.map((one) => fieldKinds.relation.toPlain(keyInRow(one, field), field));
  }
  return fieldKinds[field.kind].toPlain(keyInRow(raw, field), field);
}

/** A plain row may hold the related row instead of its key. */
function keyInRow(value: unknown, field: FieldInfo): unknown {
  if (field.relation === undefined || typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return (value as Record<string, unknown>)[field.relation.key().name];
}
