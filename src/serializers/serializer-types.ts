import type { Collection, Primary } from "@mikro-orm/core";
import type { EditableOf, KeyField, PickedRow, RelationField, VisibleField } from "../models/query/query-set-types.ts";
import type { FieldInfo } from "../models/schema/field-info.ts";
import type { Instance, ModelClass } from "../models/schema/model.ts";
import type { PlainValue, Unmarked } from "../models/schema/plain.ts";

/** A field that a row of a serializer can show: a column that is not hidden, or a relation. */
export type SerializerField<M> = VisibleField<M> | RelationField<M>;

/** Functions that make further values of a row, by their names. */
export interface ComputedFields<R> {
  readonly [name: string]: (row: R) => unknown;
}

/** Serializers for the rows of relations, by the names of the relations. */
export type NestedSerializers<M, N> = { readonly [K in keyof N]: K extends RelationField<M> ? AnySerializer : never };

/** Any serializer, whatever its model. */
export interface AnySerializer {
  readonly "~row": object;
  readonly model: ModelClass;
}

/** Options of `ModelSerializer()`. */
export interface SerializerOptions<
  M extends ModelClass,
  F extends SerializerField<M>,
  X extends SerializerField<M>,
  D extends SerializerField<M>,
  H extends VisibleField<M>,
  C,
  N,
> {
  /** The fields of a row, in this order. Without it: every column that is not hidden. */
  readonly fields?: readonly F[];
  /** Fields to leave out. */
  readonly exclude?: readonly X[];
  /** Fields that rows show and `parse()` does not accept, beside those that the framework sets. */
  readonly readOnlyFields?: readonly D[];
  /** Columns that only the computed values read; they are not in the rows. */
  readonly reads?: readonly H[];
  /** Further values of a row, each computed from its columns. They must not wait or query. */
  readonly computed?: C & ComputedFields<PickedRow<M, Exclude<F, X> | H>>;
  /** Relations that are shown as rows of another serializer, in place of their keys. */
  readonly nested?: N & NestedSerializers<M, N>;
  /** Writes dates, times and datetimes. Without it they are ISO-8601 text in UTC, which pages format. */
  readonly dateFormat?: (iso: string, field: FieldInfo) => string;
}

/** A row as a serializer gives it. */
export type SerializedRow<M, F extends string, C, N> = Flat<
  SerializedKey<M> & {
    [K in keyof Pick<Instance<M>, F & keyof Instance<M>>]: K extends keyof N
      ? NestedValue<Instance<M>[K], N[K]>
      : PlainValue<Instance<M>[K]>;
  } & { [K in keyof C]: C[K] extends (row: never) => infer V ? V : never }
>;
type Flat<T> = { [K in keyof T]: T[K] };

/** The key, which every row has under the name `id` too. */
type SerializedKey<M> = { [K in KeyField<M> | "id"]: PlainValue<Primary<Instance<M>>> };
type NestedValue<V, S> =
  NonNullable<Unmarked<V>> extends Collection<object>
    ? RowOf<S>[]
    : RowOf<S> | Extract<V extends undefined ? null : V, null>;

/** The row type of a serializer. */
export type RowOf<S> = S extends { readonly "~row": infer R } ? R : never;

/** Fields that `parse()` accepts: those of the rows that forms may set. */
export type WritableField<M, F extends string, D extends string> = Exclude<EditableOf<M, F>, D>;
