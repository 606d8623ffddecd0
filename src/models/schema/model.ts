import { defineEntity, type EntityCtor, type EntitySchema, type InferEntityFromProperties } from "@mikro-orm/core";
import type { LazyText } from "../../i18n/lazy-text.ts";
import { modelErrors } from "../errors.ts";
import { type DeclaredProperties, declaredProperties } from "./declared-property.ts";
import { isTooLong, LONGEST_NAME } from "./naming.ts";
import type { PlainValue } from "./plain.ts";

/**
 * Checks one plain value; a sentence is what is wrong with it, undefined means that nothing is. The sentence is translated by
 * the catalogue of the app; one with values is a `lazy()` text.
 *
 * It runs after the value was read as its column's kind, and never for an empty one. `antiphon/models` has the usual
 * ones: `minLength`, `maxLength`, `minValue`, `maxValue`, `pattern`, `email`, `url`, `slug`, `oneOf`.
 *
 * @example
 * const even: Validator = (value) => (Number(value) % 2 === 0 ? undefined : "Enter an even number.");
 */
export type Validator = (value: unknown) => string | LazyText | undefined;

/**
 * What forms, serializers and the admin know of a field beside its column.
 *
 * @example
 * const title: FieldOptions = { label: "Title", helpText: "Shown in the list", validators: [minLength(3)] };
 */
export interface FieldOptions {
  /** Name that a person reads; made of the property's name when absent. */
  readonly label?: string;
  /** A sentence under the input. */
  readonly helpText?: string;
  /** What a person reads for each item of an enum. */
  readonly choices?: { readonly [item: string]: string };
  /** Checks beside those of the column; all of them run. */
  readonly validators?: readonly Validator[];
  /** False keeps the field out of forms; code may still set it. */
  readonly editable?: boolean;
  /** Whether a form may leave the field empty; when absent, it may if the column is nullable or has a default. */
  readonly blank?: boolean;
  /** Name of the input that forms use in place of the kind's own. */
  readonly widget?: string;
}

/** Plain values of a model's fields, as the checks of a model see them; a field that is not known is absent. */
export type CleanValues<P> = { readonly [K in keyof P]?: PlainValue<FieldType<P, K>> };
type FieldType<P, K extends keyof P> =
  InferEntityFromProperties<Pick<P, K> & Record<string, unknown>> extends infer E
    ? K extends keyof E
      ? E[K]
      : never
    : never;

/** What `clean` finds: a sentence about the row as a whole, or sentences by field name; nothing when all is well. */
export type CleanProblems =
  | string
  | LazyText
  | { readonly [field: string]: string | LazyText | readonly (string | LazyText)[] | undefined }
  | undefined
  | void;

/** What a model says of itself beside its fields. */
export interface ModelOptions<P = Record<string, unknown>> {
  /** Order of lists that ask for none: property names, with a minus for descending. */
  readonly ordering?: readonly OrderKey<P>[];
  /** What a person calls one row, in lower case within sentences; made of the model's name when absent. */
  readonly verboseName?: string;
  /** What a person calls several rows; made of `verboseName` when absent, by English rules. */
  readonly verboseNamePlural?: string;
  /** Which of the usual permissions the model has; all four when absent, none for an empty list. */
  readonly defaultPermissions?: readonly ("add" | "change" | "delete" | "view")[];
  /** Permissions beside those: codename and what a person reads. */
  readonly permissions?: { readonly [codename: string]: string };
  /** Groups models in permissions and in the admin; the app's name when absent. */
  readonly appLabel?: string;
  /** Table; made of the model's name when absent. */
  readonly tableName?: string;
  /** Sets of properties that are unique together. */
  readonly uniqueTogether?: readonly (readonly (keyof P & string)[])[];
  /** Sets of properties that are searched together. */
  readonly indexes?: readonly (readonly (keyof P & string)[])[];
  readonly fields?: { readonly [K in keyof P]?: FieldOptions };
  /**
   * Checks that need more than one field, run by `validate()` on the whole row once each field by itself is right.
   *
   * On an update it sees the saved row with the new values on top. It may be async.
   *
   * @example
   * const options = { clean: (values: { start?: string; end?: string }) =>
   *   values.start && values.end && values.end < values.start ? { end: "The end is before the start." } : undefined };
   */
  readonly clean?: (values: CleanValues<P>) => CleanProblems | Promise<CleanProblems>;
}

/** A property name, with a minus for descending. */
export type OrderKey<P> = (keyof P & string) | `-${keyof P & string}`;

const MODEL = Symbol.for("antiphon.model");

/** What a model class was made of. */
export interface ModelDefinition {
  readonly name: string;
  readonly schema: EntitySchema;
  readonly options: ModelOptions;
  /** The properties as they were written, which the ORM's own copy no longer shows once a database has read it. */
  readonly properties: DeclaredProperties;
}

/** A class made by `model()`, or one that extends it. */
export interface ModelClass<E extends object = object, Name extends string = string> {
  new (): E;
  readonly name: string;
  readonly "~entityName"?: Name;
  readonly [MODEL]: ModelDefinition;
}

/** The instance type of a model class. */
export type Instance<M> = M extends new () => infer E ? E : never;

/** The literal name under which a model was declared. */
export type ModelName<M> = M extends { readonly "~entityName"?: infer Name extends string } ? Name : string;

/**
 * Declares a model once for SQLite, PostgreSQL and MySQL; extend what it returns.
 *
 * Properties are built with `p`; a relation is a function, so that models may refer to each other in any order, and to
 * themselves. Columns hold the same values on every database: a `p.datetime()` that names no length keeps milliseconds,
 * `p.float()` is a double, `p.text()` and `p.blob()` have no bound.
 *
 * @throws MODEL_NAME_INVALID, MODEL_NAME_TOO_LONG, MODEL_DATETIME_TOO_FINE
 * @example
 * export class Note extends model("Note", {
 *   id: p.integer().primary(),
 *   title: p.string().length(200),
 *   content: p.text().default(""),
 * }, { ordering: ["-id"], fields: { title: { helpText: "Shown in the list" } } }) {}
 * @example
 * // A tree: the class names itself.
 * export class Folder extends model("Folder", {
 *   id: p.integer().primary(),
 *   name: p.string(),
 *   parent: () => p.manyToOne(Folder).nullable(),
 *   children: () => p.oneToMany(Folder).mappedBy("parent"),
 * }) {}
 */
export function model<const Name extends string, const P extends Record<string, unknown>>(
  name: Name,
  properties: P,
  options: ModelOptions<P> = {},
): ModelClass<InferEntityFromProperties<P>, Name> {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) throw modelErrors.MODEL_NAME_INVALID(name);
  const { tableName, uniqueTogether = [], indexes = [] } = options;
  const declared = declaredProperties(name, properties);
  for (const [part, text] of [
    ["it", name],
    ["its table", tableName ?? ""],
  ] as const) {
    if (isTooLong(text)) throw modelErrors.MODEL_NAME_TOO_LONG(name, part, text, LONGEST_NAME);
  }
  // A row answers under the names of its properties, and a database cuts those as well.
  const long = Object.keys(properties).find(isTooLong);
  if (long !== undefined) throw modelErrors.MODEL_NAME_TOO_LONG(`${name}.${long}`, "it", long, LONGEST_NAME);
  const schema = defineEntity({
    name,
    ...(tableName === undefined ? {} : { tableName }),
    properties: declared.builders,
    uniques: uniqueTogether.map((names) => ({ properties: [...names] })),
    indexes: indexes.map((names) => ({ properties: [...names] })),
  } as unknown as Parameters<typeof defineEntity>[0]) as unknown as EntitySchema;
  const definition: ModelDefinition = {
    name,
    schema,
    options: options as ModelOptions,
    properties: declared.properties,
  };
  Object.defineProperty(schema.class, MODEL, { value: definition });
  return schema.class as unknown as ModelClass<InferEntityFromProperties<P>, Name>;
}

/** True for a class made by `model()`, or one that extends it. */
export function isModelClass(value: unknown): value is ModelClass {
  return typeof value === "function" && (value as Partial<ModelClass>)[MODEL] !== undefined;
}

/** What a model class was made of. @throws MODEL_UNKNOWN for any other value. */
export function modelDefinition(value: unknown): ModelDefinition {
  if (!isModelClass(value)) throw modelErrors.MODEL_UNKNOWN(String((value as { name?: string } | null)?.name ?? value));
  return value[MODEL];
}

/** Tells the ORM which class stands for the model: the one that the app declares, not the base it extends. */
export function bindClass(modelClass: ModelClass): EntitySchema {
  const { schema, name } = modelClass[MODEL];
  // The ORM finds the class of a relation by its name, which `export default class extends model(…)` and others have not.
  if (modelClass.name === "") Object.defineProperty(modelClass, "name", { value: name, configurable: true });
  if (schema.class !== (modelClass as unknown)) schema.setClass(modelClass as unknown as EntityCtor);
  return schema;
}
