import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { KeyOf } from "../../models/query/query-set-types.ts";
import type { ModelClass, ModelName } from "../../models/schema/model.ts";
import type { Unmarked } from "../../models/schema/plain.ts";
import type { EventDefinition } from "../../state/event.ts";
import type { CrudState } from "../editing/crud-state.ts";
import type { FormValueOf } from "./form-value.ts";

/** The types of a data state. */
export interface CrudTypes {
  readonly model: ModelClass;
  /** A row of the list. */
  readonly row: object;
  /** Names of the editable fields. */
  readonly field: string;
  readonly options: object;
  /** Name of the list's var. */
  readonly list: string;
  /** Prefix of some names: the list's name in views, empty in `ModelState`. */
  readonly prefix: string;
}

type Prefixed = "error" | "fieldErrors" | "search" | "totalCount" | "pageCount" | "ordering";

/** The name that a var has in the end. */
export type NameOf<T extends CrudTypes, K extends string> = T["options"] extends { readonly vars: infer V }
  ? K extends keyof V
    ? V[K] & string
    : OwnName<T, K>
  : OwnName<T, K>;
type OwnName<T extends CrudTypes, K extends string> = T["prefix"] extends ""
  ? K
  : K extends Prefixed
    ? `${T["prefix"]}${Capitalize<K>}`
    : K;

/** The vars of a state under their names in the end. Editors lead from a field's var to the field of the model. */
type Named<T extends CrudTypes, Vars> = {
  [K in keyof Vars as K extends T["field"] ? OwnName<T, K & string> : NameOf<T, K & string>]: Vars[K];
};
type Fields<T extends CrudTypes> = T["field"] & keyof InstanceType<T["model"]>;
type FieldVars<T extends CrudTypes> = T["options"] extends { readonly vars: infer V }
  ? RenamedVars<InstanceType<T["model"]>, Fields<T>, V>
  : VarsOf<InstanceType<T["model"]>, Fields<T>>;
// Mapped over a key of the model, so that editors lead from a var to the field of the model.
type VarsOf<E, F extends keyof E> = { [K in F]: FormValueOf<E[K]> };
type RenamedVars<E, F extends keyof E, V> = {
  [K in F as K extends keyof V ? V[K] & string : K]: FormValueOf<E[K]>;
};
type Setters<T extends CrudTypes> = T["options"] extends { readonly vars: infer V }
  ? RenamedSetters<InstanceType<T["model"]>, Fields<T>, V>
  : SettersOf<InstanceType<T["model"]>, Fields<T>>;
type SettersOf<E, F extends keyof E> = {
  [K in F as `set${Capitalize<K & string>}`]: (value: FormValueOf<E[K]>) => Promise<unknown>;
};
type RenamedSetters<E, F extends keyof E, V> = {
  [K in F as `set${Capitalize<(K extends keyof V ? V[K] : K) & string>}`]: (
    value: FormValueOf<E[K]>,
  ) => Promise<unknown>;
};

interface ListVars {
  /** Why the last action failed; empty when it did not. */
  error: string;
}
interface FormVars<T extends CrudTypes> {
  /** Messages by the names of the fields' vars. */
  fieldErrors: { [K in NameOf<T, T["field"]>]?: string };
  /** Key of the row that is edited; null for a new one. */
  editingId: KeyIn<T["model"]> | null;
  /** Grows whenever the form is to be mounted again. */
  formKey: number;
  /** Values that another user has saved since the form was opened; null when there is no conflict. */
  conflict: Partial<FieldVars<T>> | null;
}
interface SearchVars {
  /** The search text. */
  search: string;
}
interface OrderingVars {
  /** The field that sorts the list, with a minus for descending. */
  ordering: string;
}
interface FilterVars<T extends CrudTypes> {
  /** The filters of the list, by the names of fields. */
  filters: FiltersOf<T>;
}
interface PageVars<T extends CrudTypes> {
  page: number;
  pageSize: number;
  /** Rows in all; null with `count: false`. */
  totalCount: Total<T>;
  /** Pages in all; null with `count: false`. */
  pageCount: Total<T>;
  hasNextPage: boolean;
  hasPrevPage: boolean;
}
interface RelationVars<T extends CrudTypes> {
  /** Rows that relations may name: those that are chosen, and those that the last search has found. */
  relationOptions: { [K in NameOf<T, RelationNames<T>>]?: RelationChoice[] };
}
type Total<T extends CrudTypes> = T["options"] extends { readonly count: false } ? null : number;

/** A row that a relation may name. */
export interface RelationChoice {
  value: string | number;
  label: string;
}

/** The key of a row as vars hold it. */
type KeyIn<M> = KeyOf<M> & (string | number);

/** One value of a filter: a value, several of which one fits, or comparisons. */
export type FilterValue =
  | string
  | number
  | boolean
  | null
  | readonly (string | number | boolean | null)[]
  | FilterComparison;
/** Comparisons of a filter. */
export interface FilterComparison {
  readonly [operator: string]: string | number | boolean | null | readonly (string | number | null)[];
}
type FiltersOf<T extends CrudTypes> = T["options"] extends {
  readonly filterFields: readonly (infer K extends string)[];
}
  ? {
      [N in K]?: N extends keyof InstanceType<T["model"]>
        ? FilterOf<Unmarked<InstanceType<T["model"]>[N]>>
        : FilterValue;
    }
  : object;
/** Items of an enum are told apart; what an input sends for other kinds is converted. */
type FilterOf<V> =
  NonNullable<V> extends infer I
    ? [I] extends [string]
      ? string extends I
        ? FilterValue
        : I | "" | null | readonly (I | null)[] | FilterComparison
      : FilterValue
    : never;
type OrderingOf<T extends CrudTypes> = T["options"] extends {
  readonly orderingFields: readonly (infer K extends string)[];
}
  ? K | `-${K}` | ""
  : never;
type RelationNames<T extends CrudTypes> = T["options"] extends { readonly relations: infer R }
  ? keyof R & string
  : never;

/** The types of arguments that depend on the options. */
interface Arguments<T extends CrudTypes> {
  readonly filters: FiltersOf<T>;
  readonly ordering: OrderingOf<T>;
  readonly relation: NameOf<T, RelationNames<T>>;
}

/** The methods and hooks of a data state. */
export type Core<T extends CrudTypes> = CrudState<T["model"], T["row"], Arguments<T>>;

type When<T extends CrudTypes, Option extends string, Then, Else> = T["options"] extends {
  readonly [K in Option]: infer V;
}
  ? V extends undefined | false | null
    ? Else
    : Then
  : Else;
type Renamed<T extends CrudTypes, Event extends string, Name extends string> = T["options"] extends {
  readonly events: { readonly [K in Event]: infer V extends string };
}
  ? V
  : Name;
type Alias<Name extends string, Arguments extends unknown[] = []> = {
  [K in Name]: (...args: Arguments) => Promise<unknown>;
};

type SaveAlias<T extends CrudTypes> = Renamed<T, "save", `save${ModelName<T["model"]>}`>;
type DeleteAlias<T extends CrudTypes> = Renamed<T, "delete", `delete${ModelName<T["model"]>}`>;
type LoadAlias<T extends CrudTypes> = Renamed<T, "onLoad", `onLoad${Capitalize<T["list"]>}`>;
type CancelAlias<T extends CrudTypes> = Renamed<T, "cancel", never>;
type FormAlias<T extends CrudTypes> = When<T, "useFormSubmit", `save${ModelName<T["model"]>}Form`, never>;
type SetterNames<T extends CrudTypes> = `set${Capitalize<NameOf<T, T["field"]>>}`;
type ViewAlias<T extends CrudTypes, K extends string, Name extends string> = T["prefix"] extends ""
  ? never
  : NameOf<T, K> extends infer V extends string
    ? Name extends "set"
      ? `set${Capitalize<V>}`
      : `clear${Capitalize<V>}`
    : never;

type ListEventNames<T extends CrudTypes> =
  | "refresh"
  | "exists"
  | LoadAlias<T>
  | When<T, "searchFields", "setSearch" | "clearSearch" | ViewAlias<T, "search", "set" | "clear">, never>
  | When<T, "orderingFields", "setOrdering" | ViewAlias<T, "ordering", "set">, never>
  | When<T, "filterFields", "filter" | "clearFilter", never>
  | When<T, "paginateBy", "nextPage" | "prevPage" | "setPageSize" | JumpNames<T>, never>;
type JumpNames<T extends CrudTypes> = T["options"] extends { readonly paging: "keyset" }
  ? never
  : "goToPage" | "paginate";
type FormEventNames<T extends CrudTypes> =
  | "create"
  | "cancelEdit"
  | "save"
  | SaveAlias<T>
  | CancelAlias<T>
  | SetterNames<T>
  | When<T, "useFormSubmit", "saveForm" | FormAlias<T>, never>
  | When<T, "relations", "searchOptions", never>;
type DeleteEventNames<T extends CrudTypes> = "remove" | DeleteAlias<T>;

/** Vars and aliases of a list. */
export type ListMembers<T extends CrudTypes> = { [K in T["list"]]: T["row"][] } & Named<T, ListVars> &
  Alias<LoadAlias<T>> &
  When<
    T,
    "searchFields",
    Named<T, SearchVars> &
      Alias<ViewAlias<T, "search", "set">, [text: string]> &
      Alias<ViewAlias<T, "search", "clear">>,
    unknown
  > &
  When<
    T,
    "orderingFields",
    Named<T, OrderingVars> & Alias<ViewAlias<T, "ordering", "set">, [ordering: OrderingOf<T>]>,
    unknown
  > &
  When<T, "filterFields", Named<T, FilterVars<T>>, unknown> &
  When<T, "paginateBy", Named<T, PageVars<T>>, unknown>;

/** Vars and aliases of a form. */
export type FormMembers<T extends CrudTypes> = FieldVars<T> &
  Setters<T> &
  Named<T, FormVars<T>> &
  Alias<SaveAlias<T>> &
  Alias<CancelAlias<T>> &
  Alias<FormAlias<T>, [values: object]> &
  When<T, "relations", Named<T, RelationVars<T>>, unknown>;

/** Aliases of deleting. */
export type DeleteMembers<T extends CrudTypes> = Alias<DeleteAlias<T>, [id?: string | number | null]>;

type Events<Names extends string> = { readonly [K in Names]: EventDefinition };
type FieldSchemas<T extends CrudTypes> = { readonly [K in NameOf<T, T["field"]>]: StandardSchemaV1 };

/** The static tables of a list. */
export interface ListStatics<T extends CrudTypes> {
  readonly events: Events<ListEventNames<T>>;
  readonly fields: When<T, "searchFields", { readonly [K in NameOf<T, "search">]: StandardSchemaV1 }, object>;
}

/** The static tables of a form. */
export interface FormStatics<T extends CrudTypes> {
  readonly events: Events<FormEventNames<T>>;
  readonly fields: FieldSchemas<T>;
}

/** The static tables of changing rows. */
export interface UpdateStatics {
  readonly events: Events<"startEdit" | "load" | "resolveConflict">;
}

/** The static tables of deleting. */
export interface DeleteStatics<T extends CrudTypes> {
  readonly events: Events<DeleteEventNames<T>>;
}
