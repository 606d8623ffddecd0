import type { VisibleField } from "../models/query/query-set-types.ts";
import type { FieldInfo } from "../models/schema/field-info.ts";
import { type ModelClass, modelDefinition } from "../models/schema/model.ts";
import { hasColumn, type ModelFields, modelFields, targetModel } from "../models/schema/query-set-fields.ts";
import { nearestName } from "../nearest-name.ts";
import { serializerErrors } from "./errors.ts";
import { type RowPart, type RowShape, relationPaths } from "./row-reader.ts";
import { Serializer } from "./serializer.ts";
import type { SerializedRow, SerializerField, SerializerOptions, WritableField } from "./serializer-types.ts";

/**
 * Declares how rows of a model look on a page, and which of their fields a form may set.
 *
 * Use it where rows leave the server: in a state, in an HTTP view, for `ModelCRUDView`. A row always has the key, first and
 * as `id`; its names are in the declared order. Do not use it to choose columns for server code: `rows(["id", "title"])` does.
 *
 * @throws SERIALIZER_FIELD_UNKNOWN for a name that is not a field, SERIALIZER_OPTION_INVALID
 * @example
 * export const NoteSerializer = ModelSerializer(Note, {
 *   fields: ["id", "title", "content", "createdAt"],
 *   readOnlyFields: ["createdAt"],
 *   computed: { excerpt: (row) => row.content.slice(0, 80) },
 * });
 * const rows = await NoteSerializer.many(objects(Note).filter({ user: requireUser().id }));
 */
export function ModelSerializer<
  M extends ModelClass,
  const F extends SerializerField<M> = VisibleField<M>,
  const X extends SerializerField<M> = never,
  const D extends SerializerField<M> = never,
  const H extends VisibleField<M> = never,
  C extends object = object,
  N extends object = object,
>(
  model: M,
  options: SerializerOptions<M, F, X, D, H, C, N> = {},
): Serializer<M, SerializedRow<M, Exclude<F, X>, C, N>, WritableField<M, Exclude<F, X>, D>> {
  const given = options as LooseOptions;
  const fields = modelFields(model);
  const reader = new OptionReader(fields, given);
  const parts = reader.parts();
  const columns = new Set([fields.primary.name]);
  for (const { field } of parts) if (field !== undefined && hasColumn(field)) columns.add(field.name);
  for (const { name } of reader.named("reads")) columns.add(name);
  const { relations, allowed } = relationPaths(parts);
  const shape: RowShape = {
    parts,
    fields,
    columns: [...columns],
    relations,
    allowed: [...columns, ...allowed],
    dateFormat: given.dateFormat,
  };
  const readOnly = new Set(reader.named("readOnlyFields").map(({ name }) => name));
  const writable = parts.flatMap(({ field, compute }) =>
    field === undefined || compute !== undefined || readOnly.has(field.name) || !isWritable(field) ? [] : [field.name],
  );
  return new Serializer(model, shape, { writable: [...new Set(writable)], readOnly: [...readOnly] }) as never;
}

interface LooseOptions {
  readonly fields?: readonly string[];
  readonly exclude?: readonly string[];
  readonly readOnlyFields?: readonly string[];
  readonly reads?: readonly string[];
  readonly computed?: { readonly [name: string]: (row: never) => unknown };
  readonly nested?: { readonly [name: string]: unknown };
  readonly dateFormat?: RowShape["dateFormat"];
}

const OPTIONS = ["fields", "exclude", "readOnlyFields", "reads", "computed", "nested", "dateFormat"];

/** Finds the fields that the options name. */
class OptionReader {
  readonly #model: string;
  readonly #fields: ModelFields;
  readonly #given: LooseOptions;
  readonly #valid: readonly string[];

  constructor(fields: ModelFields, given: LooseOptions) {
    this.#model = modelDefinition(fields.model).name;
    this.#fields = fields;
    this.#given = given;
    this.#valid = [...fields.byName.values()].filter((field) => !field.hidden).map(({ name }) => name);
    const unknown = Object.keys(given).find((name) => !OPTIONS.includes(name));
    if (unknown !== undefined)
      throw this.#invalid(`there is no option "${unknown}". Expected one of: ${OPTIONS.join(", ")}`);
  }

  /** @throws SERIALIZER_FIELD_UNKNOWN, also for a hidden field: rows go to pages. */
  named(option: "fields" | "exclude" | "readOnlyFields" | "reads"): FieldInfo[] {
    return (this.#given[option] ?? []).map((name) => this.#field(option, name));
  }

  parts(): RowPart[] {
    const { computed = {}, nested = {}, fields } = this.#given;
    const excluded = new Set(this.named("exclude").map(({ name }) => name));
    const chosen = fields ? this.named("fields") : this.#fields.visible;
    const shown = [...new Set(chosen)].filter(({ name }) => !excluded.has(name));
    for (const name of Object.keys(nested)) {
      this.#field("nested", name);
      if (!shown.some((field) => field.name === name))
        throw this.#invalid(`nested names "${name}", which is not among fields`);
    }
    const parts = shown.map((field): RowPart => {
      const shape = Object.hasOwn(nested, field.name) ? this.#nestedShape(field, nested[field.name]) : undefined;
      return { name: field.name, field, nested: shape, compute: undefined };
    });
    for (const [name, compute] of Object.entries(computed)) {
      if (parts.some((part) => part.name === name) || name === "id") {
        throw this.#invalid(`computed has "${name}", which the row has already. Choose another name`);
      }
      parts.push({ name, field: undefined, nested: undefined, compute });
    }
    if (shown.length === 0) throw this.#invalid("at least one field is required");
    return this.#withKey(parts);
  }

  /** The key is always in a row, and under the name `id`: pages and patches of lists find rows by it. */
  #withKey(parts: readonly RowPart[]): RowPart[] {
    const { primary, byName } = this.#fields;
    const key = (name: string): RowPart => ({ name, field: primary, nested: undefined, compute: undefined });
    const has = (name: string) => parts.some((part) => part.name === name);
    const added = has(primary.name) ? [] : [key(primary.name)];
    if (primary.name !== "id" && !has("id")) {
      if (byName.has("id"))
        throw this.#invalid(`the model has a field "id" beside its key "${primary.name}"; list it in fields`);
      added.unshift(key("id"));
    }
    return [...added, ...parts];
  }

  #nestedShape(field: FieldInfo, given: unknown): RowShape {
    if (field.relation === undefined) throw this.#invalid(`nested names "${field.name}", which is not a relation`);
    const target = targetModel(field);
    if (!(given instanceof Serializer) || given.model !== target) {
      throw this.#invalid(`nested.${field.name} expects a serializer of ${modelDefinition(target).name}`);
    }
    return given.shape;
  }

  #field(option: string, name: string): FieldInfo {
    const field = this.#fields.byName.get(name);
    if (field !== undefined && !field.hidden) return field;
    const near = nearestName(String(name), this.#valid);
    throw serializerErrors.SERIALIZER_FIELD_UNKNOWN(this.#model, option, String(name), near, this.#valid);
  }

  #invalid(problem: string): Error {
    return serializerErrors.SERIALIZER_OPTION_INVALID(this.#model, problem);
  }
}

function isWritable(field: FieldInfo): boolean {
  return !field.readOnly && field.editable && field.kind !== "reverse";
}
