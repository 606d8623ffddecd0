import { type FieldInfo, fieldOf } from "../../models/schema/field-info.ts";
import { type ModelClass, modelDefinition } from "../../models/schema/model.ts";
import { type ModelFields, modelFields } from "../../models/schema/query-set-fields.ts";
import { ModelSerializer } from "../../serializers/model-serializer.ts";
import { Serializer } from "../../serializers/serializer.ts";
import { crudErrors } from "../errors.ts";
import type { CrudAction } from "../types/context.ts";
import type { AnyCrudOptions } from "../types/options.ts";
import type { FieldVar } from "./field-var.ts";
import { type CrudVar, capitalized, FIXED_VARS, listName, PREFIXED } from "./names.ts";

/** A part of a data state: it brings vars and events. */
export type Feature = "list" | "search" | "ordering" | "filter" | "paging" | "form" | "create" | "update" | "delete";

/** The definition of a data state. Subclasses inherit it. */
export interface CrudSpec {
  readonly model: ModelClass;
  readonly modelFields: ModelFields;
  readonly serializer: Serializer<ModelClass>;
  readonly options: AnyCrudOptions;
  readonly features: ReadonlySet<Feature>;
  readonly style: "state" | "view";
  readonly names: Readonly<Record<CrudVar, string>>;
  /** The vars of editable fields, by the names of the vars, in their declared order. */
  readonly fieldVars: ReadonlyMap<string, FieldVar>;
  readonly loginRequired: ReadonlySet<CrudAction>;
  /** The parts that a mixin extends. */
  readonly parts: SpecParts;
}

/** The parts of a definition before the names are known. */
export interface SpecParts {
  readonly model: ModelClass;
  readonly serializer: Serializer<ModelClass>;
  readonly options: AnyCrudOptions;
  /** Names of the fields of the form, if there is one. */
  readonly names: readonly string[];
  /** Those among them that it does not edit. */
  readonly readOnly: readonly string[];
  readonly style: CrudSpec["style"];
  readonly features: Iterable<Feature>;
}

const LOGIN_ACTIONS: readonly CrudAction[] = ["loadList", "save", "delete", "startEdit"];

/** Makes the definition of a data state, without what only its features need. @throws CRUD_OPTION_INVALID */
export function crudSpec(parts: SpecParts): CrudSpec {
  const { model, serializer, options, style } = parts;
  const fields = modelFields(model);
  const { name } = modelDefinition(model);
  const list = options.vars?.["list"] ?? options.listVar ?? (style === "state" ? "data" : listName(name));
  const features = new Set(parts.features);
  const editable = features.has("form") ? editableFields(model, parts.names, parts.readOnly) : [];
  const names = namesOf(options, style, list, editable);
  const required = new Set<string>(options.requiredFields ?? editable.slice(0, 1));
  const fieldVars = new Map<string, FieldVar>();
  for (const one of editable) {
    const field = fieldOf(model, one) as FieldInfo;
    const varName = options.vars?.[one] ?? one;
    fieldVars.set(varName, { name: varName, field, required: required.has(one) || !field.blank });
  }
  return {
    model,
    modelFields: fields,
    serializer,
    options,
    features,
    parts,
    style,
    names,
    fieldVars,
    loginRequired: new Set(options.loginRequiredActions ?? LOGIN_ACTIONS),
  };
}

/** A field of the form that is called like one of these vars has the name in `vars` for itself. */
function namesOf(
  options: AnyCrudOptions,
  style: CrudSpec["style"],
  list: string,
  fields: readonly string[],
): CrudSpec["names"] {
  const named = FIXED_VARS.map((name): [CrudVar, string] => {
    const own = style === "view" && PREFIXED.has(name) ? `${list}${capitalized(name)}` : name;
    return [name, fields.includes(name) ? own : (options.vars?.[name] ?? own)];
  });
  return Object.fromEntries([["list", list], ...named]) as Record<CrudVar, string>;
}

/** The serializer of a `ModelState`: its own, or one of its fields. @throws SERIALIZER_FIELD_UNKNOWN */
export function rowSerializer(
  model: ModelClass,
  options: AnyCrudOptions & { readonly serializer?: unknown },
  fields: readonly string[],
): Serializer<ModelClass> {
  if (options.serializer !== undefined) return serializerOf(options.serializer, model);
  return ModelSerializer(model, {
    fields: fields as never[],
    exclude: (options.excludeFromRow ?? []) as never[],
    readOnlyFields: (options.readOnlyFields ?? []) as never[],
  }) as unknown as Serializer<ModelClass>;
}

/** Checks that a value is a serializer. @throws CRUD_OPTION_INVALID */
export function serializerOf(given: unknown, model?: ModelClass): Serializer<ModelClass> {
  if (given instanceof Serializer && (model === undefined || given.model === model)) {
    return given as unknown as Serializer<ModelClass>;
  }
  const name = model === undefined ? "this state" : modelDefinition(model).name;
  throw crudErrors.CRUD_OPTION_INVALID(name, "serializer", `expected what ModelSerializer(${name}) returns`);
}

/** Names of the fields that a form edits. @throws CRUD_FIELD_READ_ONLY for one that the framework sets */
export function editableFields(model: ModelClass, names: readonly string[], readOnly: readonly string[]): string[] {
  const { name: label, properties } = modelDefinition(model);
  return names.filter((name) => {
    const field = fieldOf(model, name);
    if (field === undefined || readOnly.includes(name)) return false;
    const numberKey = field.primary && (field.kind === "integer" || field.kind === "bigInteger");
    const created = field.kind === "datetime" && properties[name]?.().onCreate !== undefined;
    // As far as types can tell; anything else has to be said, so that types and the running app agree.
    if (numberKey || field.version || created || field.relation?.kind === "1:m") return false;
    if (field.readOnly || !field.editable || field.hidden) throw crudErrors.CRUD_FIELD_READ_ONLY(label, name);
    return true;
  });
}
