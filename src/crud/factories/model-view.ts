import type { ModelClass, ModelName } from "../../models/schema/model.ts";
import type { Serializer } from "../../serializers/serializer.ts";
import { checkOptions } from "../definition/check-options.ts";
import type { Feature } from "../definition/crud-spec.ts";
import { crudSpec, serializerOf } from "../definition/crud-spec.ts";
import { CRUD_OPTIONS, featuresOf } from "../definition/option-names.ts";
import { CrudState } from "../editing/crud-state.ts";
import type { Core, CrudTypes, ListMembers, ListStatics } from "../types/members.ts";
import type { AnyCrudOptions, CrudOptions, OnlyKnown } from "../types/options.ts";
import type { CrudStatics } from "../types/statics.ts";
import { type CrudClass, defineClass } from "./define-class.ts";
import type { FullCrudClass, ListOf } from "./model-state.ts";

/** The types of a view over a serializer. */
export interface ModelViewTypes<M extends ModelClass, R extends object, W extends string, O extends CrudOptions<M>>
  extends CrudTypes {
  readonly model: M;
  readonly row: R;
  readonly field: Exclude<W, O extends { readonly readOnlyFields: readonly (infer D)[] } ? D : never>;
  readonly options: O;
  readonly list: ListOf<O, PluralOf<ModelName<M>>>;
  readonly prefix: ListOf<O, PluralOf<ModelName<M>>>;
}

/** The name of a model's list: `Note` → `notes`, by the rules of English. */
export type PluralOf<N extends string> = Uncapitalize<
  N extends `${string}${"s" | "x" | "z" | "ch" | "sh"}`
    ? `${N}es`
    : N extends `${string}${"a" | "e" | "i" | "o" | "u"}y`
      ? `${N}s`
      : N extends `${infer Stem}y`
        ? `${Stem}ies`
        : `${N}s`
>;

/** A class with the list of a model, and no form. */
export type ListClass<T extends CrudTypes> = (abstract new () => Core<T> & ListMembers<T>) &
  CrudStatics<T, ListStatics<T>["events"], ListStatics<T>["fields"]>;

/**
 * Makes a state class with list and form over a serializer; extend what it returns.
 *
 * Use it where the rows of the page are more than the fields of its form: computed values, related rows, other exclusions.
 * Names are made of the model: over `Note` the list is `notes`, with `notesError`, `notesSearch`, `notesTotalCount`. So
 * several lists fit on one page. `ModelState` needs no serializer.
 *
 * @throws CRUD_OPTION_INVALID, CRUD_FIELD_READ_ONLY, CRUD_NAME_CLASH
 * @example
 * export class NotesState extends UserScoped(ModelCRUDView(NoteSerializer, { paginateBy: 20 }), "user") {}
 */
export function ModelCRUDView<M extends ModelClass, R extends object, W extends string, const O extends CrudOptions<M>>(
  serializer: Serializer<M, R, W>,
  options: O & OnlyKnown<O, CrudOptions<M>> = {} as never,
): FullCrudClass<ModelViewTypes<M, R, W, O>> {
  return viewClass(serializer, options, ["list", "form", "create", "update", "delete"]) as never;
}

/**
 * Makes a state class with the list of a serializer's rows, and nothing that changes them; extend what it returns.
 *
 * Use it for logs, reports and choices. It has search, order, filters and pages as `ModelCRUDView` has them.
 *
 * @throws CRUD_OPTION_INVALID, CRUD_NAME_CLASH
 * @example
 * export class AuditState extends ModelListView(AuditSerializer, { listVar: "entries", paginateBy: 50, paging: "keyset" }) {}
 */
export function ModelListView<M extends ModelClass, R extends object, W extends string, const O extends CrudOptions<M>>(
  serializer: Serializer<M, R, W>,
  options: O & OnlyKnown<O, CrudOptions<M>> = {} as never,
): ListClass<ModelViewTypes<M, R, W, O>> {
  return viewClass(serializer, options, ["list"]) as never;
}

/** Makes a class over a serializer, with some parts. */
export function viewClass(given: unknown, options: object, features: readonly Feature[]): CrudClass {
  const serializer = serializerOf(given);
  const { model } = serializer;
  checkOptions(model, options, CRUD_OPTIONS);
  const declared = options as AnyCrudOptions;
  const spec = crudSpec({
    model,
    serializer,
    options: declared,
    readOnly: [...serializer.declaredReadOnly, ...(declared.readOnlyFields ?? [])],
    names: serializer.fields,
    style: "view",
    features: features.includes("list") ? [...features, ...featuresOf(declared)] : features,
  });
  return defineClass(CrudState as unknown as CrudClass, spec);
}
