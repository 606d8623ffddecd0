import { type ModelClass, modelDefinition } from "../../models/schema/model.ts";
import type { RowOf, SerializedRow, WritableField } from "../../serializers/serializer-types.ts";
import { checkOptions } from "../definition/check-options.ts";
import { crudSpec, rowSerializer } from "../definition/crud-spec.ts";
import { CRUD_OPTIONS, featuresOf } from "../definition/option-names.ts";
import { CrudState } from "../editing/crud-state.ts";
import { crudErrors } from "../errors.ts";
import type { Core, CrudTypes, DeleteMembers, FormMembers, ListMembers } from "../types/members.ts";
import type { AnyCrudOptions, ModelStateOptions, OnlyKnown } from "../types/options.ts";
import type { FullStatics } from "../types/statics.ts";
import { type CrudClass, defineClass } from "./define-class.ts";

/** The types of a `ModelState`. */
export interface ModelStateTypes<M extends ModelClass, O extends ModelStateOptions<M>> extends CrudTypes {
  readonly model: M;
  readonly row: O extends { readonly serializer: infer S } ? RowOf<S> & object : StateRow<M, O>;
  readonly field: WritableField<M, O["fields"][number], ReadOnly<O>>;
  readonly options: O;
  readonly list: ListOf<O, "data">;
  readonly prefix: "";
}
type StateRow<M extends ModelClass, O extends ModelStateOptions<M>> = SerializedRow<
  M,
  Exclude<O["fields"][number], O extends { readonly excludeFromRow: readonly (infer X)[] } ? X : never>,
  object,
  object
>;
type ReadOnly<O> = O extends { readonly readOnlyFields: readonly (infer D extends string)[] } ? D : never;
/** Name of the list's var. */
export type ListOf<O, Default extends string> = O extends { readonly vars: { readonly list: infer L extends string } }
  ? L
  : O extends { readonly listVar: infer L extends string }
    ? L
    : Default;

/** A class with list and form of a model. */
export type FullCrudClass<T extends CrudTypes> = (abstract new () => Core<T> &
  ListMembers<T> &
  FormMembers<T> &
  DeleteMembers<T>) &
  FullStatics<T>;

/**
 * Makes a state class with list, form, search, pages and permissions of a model; extend what it returns.
 *
 * Use it where a page shows and edits rows of one model. `data` is the list (or the name in `listVar`), each editable field
 * is a var, and `refresh`, `startEdit`, `create`, `save`, `remove`, `cancelEdit` are events, with `saveNote`, `deleteNote`
 * and `setTitle` beside them. For rows of your own form use `ModelCRUDView`, for a list without a form `ModelListView`.
 *
 * Signed-in users alone may call it, unless `loginRequiredActions` says otherwise. Which rows they may have, `getQueryset()`
 * or `UserScoped()` decides.
 *
 * @throws SERIALIZER_FIELD_UNKNOWN, CRUD_OPTION_INVALID, CRUD_FIELD_READ_ONLY, CRUD_NAME_CLASH
 * @example
 * export class NotesState extends UserScoped(ModelState(Note, {
 *   fields: ["title", "content"], searchFields: ["title"], paginateBy: 20, listVar: "notes",
 * }), "user") {
 *   protected cleanTitle(title: string) { return title.trim(); }
 * }
 */
export function ModelState<M extends ModelClass, const O extends ModelStateOptions<M>>(
  model: M,
  options: O & OnlyKnown<O, ModelStateOptions<M>>,
): FullCrudClass<ModelStateTypes<M, O>> {
  const { name } = modelDefinition(model);
  const { fields } = options as { readonly fields?: readonly string[] };
  if (!Array.isArray(fields) || fields.length === 0) {
    throw crudErrors.CRUD_OPTION_INVALID(name, "fields", 'at least one field is required. Write  fields: ["title"]');
  }
  checkOptions(model, options, [...CRUD_OPTIONS, "fields", "serializer"]);
  const serializer = rowSerializer(model, options as AnyCrudOptions, fields);
  const spec = crudSpec({
    model,
    serializer,
    options: options as never,
    names: fields,
    readOnly: options.readOnlyFields ?? [],
    style: "state",
    features: ["list", "form", "create", "update", "delete", ...featuresOf(options as never)],
  });
  return defineClass(CrudState as unknown as CrudClass, spec) as never;
}
