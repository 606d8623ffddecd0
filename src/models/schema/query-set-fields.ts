import { modelErrors } from "../errors.ts";
import { type FieldInfo, fieldInfo } from "./field-info.ts";
import type { ModelClass } from "./model.ts";

/** The fields of a model as queries need them. */
export interface ModelFields {
  readonly model: ModelClass;
  readonly byName: ReadonlyMap<string, FieldInfo>;
  /** Fields with a column in the model's own table. */
  readonly columns: readonly FieldInfo[];
  readonly primary: FieldInfo;
  readonly version: FieldInfo | undefined;
  /** Columns that a new row must have a value for, because neither the model nor the database provides one. */
  readonly needed: readonly FieldInfo[];
  /** Fields that `rows()` reads when it names none: every column that is not hidden. */
  readonly visible: readonly FieldInfo[];
}

const known = new WeakMap<ModelClass, ModelFields>();

/** Reads a model's fields once. @throws QUERY_MODEL_UNSUPPORTED when it has not exactly one primary key. */
export function modelFields(model: ModelClass): ModelFields {
  const found = known.get(model);
  if (found !== undefined) return found;
  const fields = fieldInfo(model);
  const columns = fields.filter(hasColumn);
  const primaries = columns.filter((field) => field.primary);
  const [primary] = primaries;
  if (primary === undefined || primaries.length > 1) {
    throw modelErrors.QUERY_MODEL_UNSUPPORTED(model.name, `it has ${primaries.length} primary keys, expected one`);
  }
  const made: ModelFields = {
    model,
    byName: new Map(fields.map((field) => [field.name, field])),
    columns,
    primary,
    version: columns.find((field) => field.version),
    needed: columns.filter((field) => !field.nullable && !field.hasDefault),
    visible: columns.filter((field) => !field.hidden),
  };
  known.set(model, made);
  return made;
}

/** True when the field is a column of the model's own table. */
export function hasColumn(field: FieldInfo): boolean {
  return field.kind !== "manyToMany" && field.kind !== "reverse";
}

/** The model at the other end of a relation. */
export function targetModel(field: FieldInfo): ModelClass {
  const { relation } = field;
  if (relation === undefined) throw modelErrors.QUERY_MODEL_UNSUPPORTED(field.name, "it is no relation");
  return relation.target();
}

/** The field whose values a comparison with this one uses: for a relation, the primary key at its other end. */
export function valueField(field: FieldInfo): FieldInfo {
  let current = field;
  while (current.relation !== undefined) current = modelFields(current.relation.target()).primary;
  return current;
}

/** A name from outside as it may stand in an error: quoted, without control characters, short. */
export function quoted(name: unknown): string {
  if (typeof name !== "string") return `(${describe(name)})`;
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

/** What a value is, without its content: content may be secret or long. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string")
    return value.length > 40 ? `text of ${value.length} characters` : JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return typeof value;
}
