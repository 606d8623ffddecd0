import type { EntityProperty } from "@mikro-orm/core";
import type { Database } from "../database/database.ts";
import { incompleteRow } from "../database/database-errors.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { fieldKinds, type Plain } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";
import { describe, modelFields, quoted, targetModel, valueField } from "../schema/query-set-fields.ts";
import { isScalar, keyOfRow } from "./query-set-values.ts";

/** What is to be written, checked: columns with plain values, and the members of many-to-many relations. */
export interface WriteData {
  readonly columns: ReadonlyMap<FieldInfo, Plain>;
  readonly members: ReadonlyMap<FieldInfo, readonly Plain[]>;
}

/**
 * Checks names and values before anything is written. An undefined value is a field that is left alone.
 *
 * @throws QUERY_FIELD_UNKNOWN, QUERY_FIELD_READ_ONLY, QUERY_VALUE_INVALID, ConstraintError for a new row that lacks a value
 */
export function readWrite(model: ModelClass, data: unknown, use: "create" | "update"): WriteData {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw modelErrors.QUERY_CONDITION_INVALID(
      model.name,
      `expected an object of fields and values, got ${describe(data)}`,
    );
  }
  const { byName, primary, version } = modelFields(model);
  const columns = new Map<FieldInfo, Plain>();
  const members = new Map<FieldInfo, readonly Plain[]>();
  for (const [name, raw] of Object.entries(data)) {
    if (raw === undefined) continue;
    const field = byName.get(name);
    if (field === undefined) throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(name), use);
    const fixed = field === version || (use === "update" && field === primary);
    if (field.kind === "reverse" || fixed) throw modelErrors.QUERY_FIELD_READ_ONLY(model.name, name);
    if (field.kind === "manyToMany") members.set(field, readMembers(raw, field));
    else columns.set(field, raw === null ? null : writtenValue(raw, field));
  }
  const incomplete =
    use === "create" ? incompleteRow(model, (name) => columns.get(byName.get(name) as FieldInfo)) : undefined;
  if (incomplete) throw incomplete;
  return { columns, members };
}

function readMembers(raw: unknown, field: FieldInfo): Plain[] {
  if (!Array.isArray(raw)) throw modelErrors.QUERY_VALUE_INVALID(field.name, "a list of keys", describe(raw));
  return [...new Set(raw.map((one) => writtenValue(one, field)))];
}

function writtenValue(raw: unknown, field: FieldInfo): Plain {
  const target = valueField(field);
  const value = field.relation === undefined ? raw : keyOfRow(raw, field);
  if (target.kind !== "json" && !isScalar(value)) {
    throw modelErrors.QUERY_VALUE_INVALID(field.name, "a single value", describe(value));
  }
  const result = fieldKinds[target.kind].parse(value, target);
  if (!result.ok)
    throw modelErrors.QUERY_VALUE_INVALID(
      field.name,
      `what this asks for: ${result.message.replace(/\.$/, "")}`,
      describe(value),
    );
  return result.value;
}

/** A plain value as a property of an entity holds it. */
export function entityValue(value: Plain, field: FieldInfo, property: EntityProperty): unknown {
  if (value === null) return null;
  const { kind } = valueField(field);
  if (field.relation !== undefined) return keyValue(value, targetModel(field));
  if (kind === "datetime") return new Date(value as string);
  if (kind === "bigInteger") return property.runtimeType === "bigint" ? BigInt(value as string) : value;
  if (kind === "binary") return Buffer.from(value as string, "base64");
  return value;
}

/** A plain key as the ORM's identity map knows it. */
function keyValue(value: Plain, model: ModelClass): unknown {
  return valueField(modelFields(model).primary).kind === "bigInteger" ? BigInt(value as string) : value;
}

/** A plain value as a statement binds it. */
export function driverValue(value: Plain, field: FieldInfo, database: Database): unknown {
  if (value === null) return null;
  const target = valueField(field);
  return fieldKinds[target.kind].toDriver(value, database.dialect, target);
}

/** The columns that the model sets by itself when a row is updated, such as `updatedAt`. */
export function updateHooks(
  database: Database,
  model: ModelClass,
  given: ReadonlyMap<FieldInfo, Plain>,
): Map<FieldInfo, Plain> {
  const values = new Map<FieldInfo, Plain>();
  for (const field of modelFields(model).columns) {
    const { onUpdate } = (database.meta(model).properties as Record<string, EntityProperty>)[field.name] ?? {};
    if (onUpdate === undefined || given.has(field)) continue;
    // No entity was loaded, so the hook sees an empty one; hooks that look at it need the unit of work.
    const made: unknown = onUpdate({} as never, database.newManager() as never);
    values.set(field, made === undefined || made === null ? null : fieldKinds[field.kind].toPlain(made, field));
  }
  return values;
}
