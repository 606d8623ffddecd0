import {
  BigIntType,
  BlobType,
  BooleanType,
  DateTimeType,
  DateType,
  DecimalType,
  DoubleType,
  FloatType,
  IntegerType,
  isRaw,
  JsonType,
  MediumIntType,
  SmallIntType,
  StringType,
  TextType,
  TimeType,
  TinyIntType,
  Uint8ArrayType,
  Utils,
  UuidType,
} from "@mikro-orm/core";
import { modelErrors } from "../errors.ts";
import type { DeclaredProperty } from "./declared-property.ts";
import { fieldKinds } from "./field-kinds.ts";
import { labelOf } from "./labels.ts";
import {
  type FieldOptions,
  isModelClass,
  type ModelClass,
  type ModelDefinition,
  modelDefinition,
  type Validator,
} from "./model.ts";
import { BoundedNaming } from "./naming.ts";
import type { Plain } from "./plain.ts";

/** What a field holds; each has a row in `fieldKinds`. */
export type FieldKind =
  | "text"
  | "longText"
  | "integer"
  | "bigInteger"
  | "float"
  | "decimal"
  | "boolean"
  | "date"
  | "datetime"
  | "time"
  | "uuid"
  | "json"
  | "enum"
  | "binary"
  | "relation"
  | "manyToMany"
  | "reverse";

/** The other end of a relation. */
export interface FieldRelation {
  readonly kind: "m:1" | "1:1" | "1:m" | "m:n";
  readonly target: () => ModelClass;
  /** True where the column, or the table between, belongs to this side. */
  readonly owner: boolean;
  /** The primary key of the target. */
  readonly key: () => FieldInfo;
}

/** Everything that forms, serializers, queries and the admin need to know of one field. */
export interface FieldInfo {
  readonly name: string;
  /** Name of the model that declares it. */
  readonly model: string;
  readonly kind: FieldKind;
  /** Column in the model's table; empty for a field that has none. */
  readonly column: string;
  /** Whether a new row needs a value from outside. */
  readonly required: boolean;
  /** Whether the column may be NULL; an empty value becomes NULL then. */
  readonly nullable: boolean;
  /** Whether a form may leave it empty. */
  readonly blank: boolean;
  /** Characters, or bytes of a binary field. */
  readonly maxLength?: number;
  /** Digits of a decimal in all, and of its fraction. */
  readonly precision?: number;
  readonly scale?: number;
  /** Range of an integer's column. */
  readonly min?: number;
  readonly max?: number;
  readonly enumItems?: readonly (string | number)[];
  /** The enum's items with what a person reads. */
  readonly choices?: readonly { readonly value: string | number; readonly label: string }[];
  /** The column's default when it is a plain value. */
  readonly default?: Plain;
  /** Whether a row gets a value when none is given, whoever provides it. */
  readonly hasDefault: boolean;
  readonly unique: boolean;
  readonly primary: boolean;
  /** Whether the framework or the database sets it, and nobody else. */
  readonly readOnly: boolean;
  /** Whether forms show an input for it. */
  readonly editable: boolean;
  /** Whether the framework or the database provides the value: keys, timestamps, versions. */
  readonly auto: boolean;
  /** The column that optimistic locking counts. */
  readonly version: boolean;
  readonly relation?: FieldRelation;
  readonly label: string;
  readonly helpText?: string;
  readonly widget: string;
  readonly validators: readonly Validator[];
  /** Kept out of rows that do not name it: passwords, tokens. */
  readonly hidden: boolean;
  /** What `.trim()`, `.lowercase()` and `.uppercase()` of the builder ask for. */
  readonly trim?: boolean;
  readonly letterCase?: "lower" | "upper";
}

const known = new WeakMap<ModelDefinition, readonly FieldInfo[]>();
const primaries = new WeakMap<ModelDefinition, FieldInfo>();
const columns = new BoundedNaming();

/**
 * The fields of a model, in the order of their declaration.
 *
 * It needs no database. Computed properties (`formula`, `persist(false)`) are no fields.
 *
 * @throws MODEL_UNKNOWN, MODEL_FIELD_UNSUPPORTED, MODEL_ENUM_FRACTION, MODEL_RELATION_TARGET, MODEL_PRIMARY_KEY
 * @example
 * for (const field of fieldInfo(Note)) console.log(field.name, field.kind, field.required);
 */
export function fieldInfo(model: ModelClass): readonly FieldInfo[] {
  const definition = modelDefinition(model);
  const found = known.get(definition);
  if (found !== undefined) return found;
  const fields: FieldInfo[] = [];
  for (const [name, read] of Object.entries(definition.properties)) {
    const property = read();
    if (property.persist !== false && property.formula === undefined)
      fields.push(makeField(definition, name, property));
  }
  known.set(definition, fields);
  return fields;
}

/**
 * One field of a model by its name; undefined when there is none.
 *
 * @example
 * fieldOf(Note, "title")?.maxLength; // 200
 */
export function fieldOf(model: ModelClass, name: string): FieldInfo | undefined {
  return fieldInfo(model).find((field) => field.name === name);
}

/**
 * The primary key of a model.
 *
 * @throws MODEL_PRIMARY_KEY when the model has none, or more than one
 * @example
 * primaryField(Note).name; // "id"
 */
export function primaryField(model: ModelClass): FieldInfo {
  const definition = modelDefinition(model);
  const kept = primaries.get(definition);
  if (kept) return kept;
  const names = Object.keys(definition.properties).filter((name) => definition.properties[name]?.().primary === true);
  const [name] = names;
  const property = name === undefined ? undefined : definition.properties[name]?.();
  if (name === undefined || property === undefined || names.length > 1) {
    throw modelErrors.MODEL_PRIMARY_KEY(definition.name, names.length);
  }
  // Not through fieldInfo(): two models that point at each other would ask for ever.
  const field = known.get(definition)?.find(({ primary }) => primary);
  if (field) primaries.set(definition, field);
  return field ?? makeField(definition, name, property);
}

function makeField(definition: ModelDefinition, name: string, property: DeclaredProperty): FieldInfo {
  const options: FieldOptions = definition.options.fields?.[name] ?? {};
  const relation = relationOf(definition, name, property);
  const kind = kindOf(definition, name, property, relation);
  const auto = isAuto(kind, property);
  const readOnly = kind === "reverse" || (auto && options.editable !== true);
  const nullable = property.nullable === true;
  const hasDefault =
    auto || [property.default ?? undefined, property.defaultRaw, property.onCreate].some((one) => one !== undefined);
  const blank = options.blank ?? (nullable || hasDefault || kind === "manyToMany" || kind === "reverse");
  const choices = choicesOf(kind, property, options);
  const fraction = choices.enumItems?.find((item) => typeof item === "number" && !Number.isInteger(item));
  if (fraction !== undefined) throw modelErrors.MODEL_ENUM_FRACTION(definition.name, name, fraction);
  const base = {
    name,
    model: definition.name,
    kind,
    column: columnOf(name, property, relation, kind),
    required: !readOnly && !blank,
    nullable,
    blank,
    hasDefault,
    unique: isUnique(definition, name, property, relation),
    primary: property.primary === true,
    readOnly,
    editable: options.editable ?? !readOnly,
    auto,
    version: property.version === true,
    label: options.label ?? labelOf(name),
    widget: options.widget ?? fieldKinds[kind].widget,
    validators: options.validators ?? [],
    hidden: property.hidden === true,
    ...(options.helpText === undefined ? {} : { helpText: options.helpText }),
    ...(relation === undefined ? {} : { relation }),
    ...boundsOf(kind, property),
    ...choices,
  };
  return Object.freeze({ ...base, ...defaultOf(base, property) });
}

const kindsByType = new Map<unknown, FieldKind>([
  [StringType, "text"],
  [TextType, "longText"],
  [IntegerType, "integer"],
  [SmallIntType, "integer"],
  [TinyIntType, "integer"],
  [MediumIntType, "integer"],
  [BigIntType, "bigInteger"],
  [DoubleType, "float"],
  [FloatType, "float"],
  [DecimalType, "decimal"],
  [BooleanType, "boolean"],
  [DateType, "date"],
  [DateTimeType, "datetime"],
  [TimeType, "time"],
  [UuidType, "uuid"],
  [JsonType, "json"],
  [BlobType, "binary"],
  [Uint8ArrayType, "binary"],
]);

function kindOf(
  definition: ModelDefinition,
  name: string,
  property: DeclaredProperty,
  relation: FieldRelation | undefined,
): FieldKind {
  if (relation !== undefined) {
    if (relation.kind === "m:n") return "manyToMany";
    return relation.kind === "1:m" || !relation.owner ? "reverse" : "relation";
  }
  const kind = property.enum === true ? "enum" : kindsByType.get(typeClass(property.type));
  if (kind === undefined || property.array === true) throw modelErrors.MODEL_FIELD_UNSUPPORTED(definition.name, name);
  return kind;
}

function typeClass(type: unknown): unknown {
  return typeof type === "object" && type !== null ? type.constructor : type;
}

const relationKinds: ReadonlySet<unknown> = new Set(["m:1", "1:1", "1:m", "m:n"]);

function relationOf(definition: ModelDefinition, name: string, property: DeclaredProperty): FieldRelation | undefined {
  const { kind, entity } = property;
  if (entity === undefined || !relationKinds.has(kind)) return undefined;
  const target = () => {
    const found = entity();
    if (!isModelClass(found)) throw modelErrors.MODEL_RELATION_TARGET(definition.name, name);
    return found;
  };
  const owner = kind === "m:1" || (kind !== "1:m" && (property.owner === true || property.mappedBy === undefined));
  return { kind: kind as FieldRelation["kind"], target, owner, key: () => primaryField(target()) };
}

/** The same names that the ORM's naming strategy gives. */
function columnOf(
  name: string,
  property: DeclaredProperty,
  relation: FieldRelation | undefined,
  kind: FieldKind,
): string {
  if (kind === "manyToMany" || kind === "reverse") return "";
  const { joinColumn, joinColumns, fieldName, fieldNames } = property;
  const given = joinColumn ?? joinColumns?.[0] ?? fieldName ?? fieldNames?.[0] ?? property.name;
  if (given !== undefined) return given;
  return relation === undefined
    ? columns.propertyToColumnName(name)
    : columns.joinKeyColumnName(name, relation.key().column);
}

function isAuto(kind: FieldKind, property: DeclaredProperty): boolean {
  if (property.version === true || property.onUpdate !== undefined || property.generated) return true;
  const provided = property.onCreate !== undefined || property.defaultRaw !== undefined;
  if (property.primary !== true) return provided && kind === "datetime";
  if (kind === "integer" || kind === "bigInteger") return property.autoincrement !== false;
  return provided || property.autoincrement === true;
}

function isUnique(
  definition: ModelDefinition,
  name: string,
  property: DeclaredProperty,
  relation: FieldRelation | undefined,
): boolean {
  if (property.unique === true) return true;
  if (typeof property.unique === "string" && !isShared(definition, property.unique)) return true;
  if (property.primary === true || (relation?.kind === "1:1" && relation.owner)) return true;
  return (definition.options.uniqueTogether ?? []).some((names) => names.length === 1 && names[0] === name);
}

/** A unique index that several properties name holds their values together. */
function isShared(definition: ModelDefinition, index: string): boolean {
  return Object.values(definition.properties).filter((read) => read().unique === index).length > 1;
}

const integerBits = new Map<unknown, number>([
  [TinyIntType, 8],
  [SmallIntType, 16],
  [MediumIntType, 24],
]);

function boundsOf(kind: FieldKind, property: DeclaredProperty): Partial<FieldInfo> {
  const { length } = property;
  if (kind === "text") return { maxLength: length ?? 255, ...writingOf(property) };
  if (kind === "longText") return { ...(length === undefined ? {} : { maxLength: length }), ...writingOf(property) };
  if (kind === "binary") return length === undefined ? {} : { maxLength: length };
  if (kind === "decimal") return { precision: property.precision ?? 10, scale: property.scale ?? 0 };
  if (kind !== "integer") return {};
  // PostgreSQL has no unsigned columns: what every database holds is what passes.
  const half = 2 ** ((integerBits.get(typeClass(property.type)) ?? 32) - 1);
  return { min: property.unsigned === true ? 0 : -half, max: half - 1 };
}

/** What the ORM would do to the text when it writes it. */
function writingOf(property: DeclaredProperty): Partial<FieldInfo> {
  const { options } = property.type as { options?: { trim?: boolean; case?: "lower" | "upper" } };
  return {
    ...(options?.trim === true ? { trim: true } : {}),
    ...(options?.case === undefined ? {} : { letterCase: options.case }),
  };
}

function choicesOf(kind: FieldKind, property: DeclaredProperty, options: FieldOptions): Partial<FieldInfo> {
  if (kind !== "enum") return {};
  const given = typeof property.items === "function" ? (property.items as () => unknown)() : property.items;
  const items = Array.isArray(given)
    ? given
    : Utils.extractEnumValues((given ?? {}) as Record<string, string | number>);
  const enumItems = items as readonly (string | number)[];
  const labels = options.choices;
  const labelled = (value: string | number) => ({ value, label: labels?.[String(value)] ?? labelOf(String(value)) });
  return { enumItems: Object.freeze([...enumItems]), choices: Object.freeze(enumItems.map(labelled)) };
}

function defaultOf(field: FieldInfo, property: DeclaredProperty): { default?: Plain } {
  if (property.default === undefined || property.default === null) return {};
  if (isRaw(property.default)) return {};
  const row = fieldKinds[field.kind];
  const text = property.default;
  const read =
    typeof text === "string" && row.parseText !== undefined ? row.parseText(text, field) : row.parse(text, field);
  return read.ok ? { default: read.value } : {};
}
