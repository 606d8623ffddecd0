import type { CreateData, DeclaredField } from "../../models/query/query-set-types.ts";
import type { Instance, ModelClass } from "../../models/schema/model.ts";
import type { PlainValue } from "../../models/schema/plain.ts";
import type { AnySerializer } from "../../serializers/serializer-types.ts";
import type { FieldMessages } from "../../state/refusals.ts";
import type { PermissionClass } from "../permissions.ts";
import type { CrudAction, CrudContext } from "./context.ts";

/** Settings of the search for the rows of a relation. */
export interface RelationOption {
  /** The field of the target that a person reads; its first text when absent. */
  readonly label?: string;
  /** Texts of the target that the search looks in; the label when absent. */
  readonly searchFields?: readonly string[];
}

/** Other names for the aliases that are called like the model. */
export interface EventNames {
  /** In place of `saveNote`. */
  readonly save?: string;
  /** In place of `deleteNote`. */
  readonly delete?: string;
  /** A further name for `cancelEdit`. */
  readonly cancel?: string;
  /** In place of `onLoadNotes`. */
  readonly onLoad?: string;
}

/**
 * The values of a form after its checks, by the names of fields. A value that was refused is still as the form holds it, and
 * an emptied one is null.
 *
 * @example
 * protected override validateState(context: CrudContext, data: CleanValues<typeof Note>) { … }
 */
export type CleanValues<M> = { readonly [K in DeclaredField<M>]?: CleanValue<Instance<M>, K> };
type CleanValue<E, K> = K extends keyof E ? PlainValue<E[K]> | null : unknown;

/** Checks clean data before it is saved; returns messages by field, `""` for the form as a whole. */
export type CrudValidator<M = ModelClass> = (
  data: CleanValues<M>,
  context: CrudContext,
) => FieldMessages | undefined | Promise<FieldMessages | undefined>;

/** Options that all data states have. */
export interface CrudOptions<M extends ModelClass = ModelClass> {
  /** Fields that rows show and forms do not edit. */
  readonly readOnlyFields?: readonly DeclaredField<M>[];
  /** Fields that must not be empty, beside those that the model requires. The first editable field when absent. */
  readonly requiredFields?: readonly DeclaredField<M>[];
  /** Fields that are edited and are not in the rows of the list. */
  readonly excludeFromRow?: readonly DeclaredField<M>[];
  /** Order of the list. When absent the model's, else the newest first by `createdAt`, else by the key. */
  readonly ordering?: readonly SortedBy<OrderField<M>>[];
  /** Name of the list's var. */
  readonly listVar?: string;
  /** Other names for vars: a field's, or one of `error`, `editingId`, `page` … */
  readonly vars?: { readonly [name: string]: string };
  readonly events?: EventNames;
  /** Whether a save empties the form; true when absent. */
  readonly resetAfterSave?: boolean;
  /** Adds the event `saveForm(values)` for `<Form onSubmit="saveForm">`. */
  readonly useFormSubmit?: boolean;
  /** Rows of a page. Without it the list is loaded whole. */
  readonly paginateBy?: number;
  /** Most rows that a page may ask for; 100 when absent. */
  readonly maxPageSize?: number;
  /** `keyset` goes on behind the last row and does not count from the beginning: for long lists. */
  readonly paging?: "offset" | "keyset";
  /** False leaves out the total, and the query that counts. */
  readonly count?: boolean;
  /** Texts that the search looks in. */
  readonly searchFields?: readonly OrderField<M>[];
  /** Fields that a page may sort by. */
  readonly orderingFields?: readonly OrderField<M>[];
  /** Fields that a page may filter by. */
  readonly filterFields?: readonly string[];
  /** Relations whose rows are loaded into the rows that hooks get. */
  readonly related?: readonly OrderField<M>[];
  /** Relations whose possible rows the page may search. */
  readonly relations?: { readonly [field: string]: RelationOption };
  /** Actions for signed-in users only; all but `cancelEdit` when absent, none for an empty list. */
  readonly loginRequiredActions?: readonly CrudAction[];
  readonly permissionClasses?: readonly PermissionClass[];
  readonly validators?: readonly CrudValidator<M>[];
  /** Name of the route's parameter that `exists` reads; `id` when absent. */
  readonly idParam?: string;
}

/** The options of any model, as the code behind data states reads them. */
export interface AnyCrudOptions extends Omit<CrudOptions, NamesOption> {
  readonly readOnlyFields?: readonly string[];
  readonly requiredFields?: readonly string[];
  readonly excludeFromRow?: readonly string[];
  readonly ordering?: readonly string[];
  readonly searchFields?: readonly string[];
  readonly orderingFields?: readonly string[];
  readonly related?: readonly string[];
  readonly validators?: readonly AnyValidator[];
}
/** A validator of any model, as the code behind data states calls it. */
export type AnyValidator = (data: Readonly<Record<string, unknown>>, context: CrudContext) => ReturnType<CrudValidator>;
type NamesOption =
  | "readOnlyFields"
  | "requiredFields"
  | "excludeFromRow"
  | "ordering"
  | "searchFields"
  | "orderingFields"
  | "related"
  | "validators";

/**
 * A field of the model, or a path that begins with one. Names behind a relation are checked at start, because the compiler
 * would have to look at all related models of each model.
 */
export type OrderField<M> = DeclaredField<M> | `${DeclaredField<M>}.${string}`;
type SortedBy<P extends string> = P | `-${P}`;

/** Options of `ModelState()`. */
export interface ModelStateOptions<M extends ModelClass = ModelClass> extends CrudOptions<M> {
  /** Fields of the rows and of the form, in this order. */
  readonly fields: readonly DeclaredField<M>[];
  /** Makes the rows in place of `fields`, which then are the form's alone. */
  readonly serializer?: AnySerializer;
}

/** Refuses options that do not exist; inference alone would let them pass. */
export type OnlyKnown<O, Known> = { readonly [K in Exclude<keyof O, keyof Known>]: never };

/** Values of new rows, as hooks give them. */
export type NewRow<M> = Partial<CreateData<M>> & { readonly [field: string]: unknown };
