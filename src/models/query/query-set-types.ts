import type { Collection, IndexHints, Opt, Primary, PrimaryKeyProp } from "@mikro-orm/core";
import type { Instance } from "../schema/model.ts";
import type { PlainValue, Unmarked } from "../schema/plain.ts";

/** Names that a model declares: no methods and getters of its class. */
type Declared<E> = E extends { [IndexHints]?: [infer P] } ? keyof P & keyof E & string : keyof E & string;

type Value<E, K> = K extends keyof E ? NonNullable<Unmarked<E[K]>> : never;
type IsEntity<V> = V extends object ? (typeof PrimaryKeyProp extends keyof V ? true : false) : false;
/** What the builder of a property was told, such as `{ hidden: true }`. */
type Told<E, K> = E extends { [IndexHints]?: [infer P] }
  ? K extends keyof P
    ? (P[K] extends (...args: never) => infer B ? B : P[K]) extends { "~options"?: infer O }
      ? O
      : never
    : never
  : never;
type Is<E, K, Flag> = [Told<E, K>] extends [never] ? false : Told<E, K> extends Flag ? true : false;
type IsHidden<E, K> = Is<E, K, { hidden: true }>;

/** Fields of a model with a column of their own, hidden ones included: what `rows([…])` takes. */
export type FieldName<M> = ColumnName<Instance<M>>;
type ColumnName<E> = { [K in Declared<E>]: Value<E, K> extends Collection<object> ? never : K }[Declared<E>];

/** Relations of a model: what `related(…)` takes; a dot goes on to the relations of the related model. */
export type RelationPath<M> = RelationPathOf<Instance<M>, 2>;
type RelationPathOf<E, D extends number> = {
  [K in RelationName<E>]:
    | K
    | (D extends 0 ? never : Target<E, K> extends infer T ? `${K}.${RelationPathOf<T, Less[D]>}` : never);
}[RelationName<E>];
/** All fields that a model declares. Cheap for the compiler, which need not look at their values. */
export type DeclaredField<M> = Declared<Instance<M>>;
/** Those of some fields that forms may set: what `EditableField` tells, for these alone. */
export type EditableOf<M, F extends string> =
  F extends DeclaredField<M> ? (IsFixed<Instance<M>, F> extends true ? never : F) : never;
/** Those of some fields that are not hidden. */
export type ShownOf<M, F extends string> =
  F extends DeclaredField<M> ? (IsHidden<Instance<M>, F> extends true ? never : F) : never;
/** The name of a model's primary key. */
export type KeyField<M> = PrimaryName<Instance<M>> & string;
/** Relations that a model declares itself: the paths of `related(…)` without a dot. */
export type RelationField<M> = RelationName<Instance<M>>;
/** Fields of a model that are not hidden and have a column of their own. */
export type VisibleField<M> = VisibleName<Instance<M>>;
/**
 * Fields that forms may set, as far as types tell: neither a key of numbers, nor the version, nor a time that is set when a
 * row is created.
 */
export type EditableField<M> = EditableName<Instance<M>>;
type EditableName<E> = { [K in Declared<E>]: IsFixed<E, K> extends true ? never : K }[Declared<E>];
type IsFixed<E, K> =
  K extends PrimaryName<E>
    ? [Value<E, K>] extends [number | bigint]
      ? true
      : false
    : [Value<E, K>] extends [Date]
      ? Is<E, K, { version: true } | { onCreate: unknown }>
      : Is<E, K, { version: true } | { kind: "1:m" }>;
type RelationName<E> = { [K in Declared<E>]: Target<E, K> extends never ? never : K }[Declared<E>];
type Target<E, K> =
  Value<E, K> extends Collection<infer T extends object> ? T : IsEntity<Value<E, K>> extends true ? Value<E, K> : never;

/** Steps that conditions and paths may still take through relations. */
type Less = [0, 0, 1, 2, 3];

/** A plain row with the fields that are not hidden; relations to one row are its key. */
export type Row<M> = RowOf<Instance<M>>;
type RowOf<E> = { [K in VisibleName<E>]: PlainValue<E[K & keyof E]> };
type VisibleName<E> = { [K in ColumnName<E>]: IsHidden<E, K> extends true ? never : K }[ColumnName<E>];

/** A plain row with the named fields. */
export type PickedRow<M, K extends string> = {
  [N in K]: N extends keyof Instance<M> ? PlainValue<Instance<M>[N]> : never;
};

/** A row with the rows of its relations inside. */
export type WithRelated<R, M, P extends string> = [P] extends [never] ? R : WithRelatedOf<R, Instance<M>, P>;
type WithRelatedOf<R, E, P extends string> = [P] extends [never]
  ? R
  : Omit<R, Head<P>> & { [N in Head<P>]: N extends keyof E ? RelatedValue<E[N], Tail<P, N>> : never };
type RelatedValue<V, P extends string> =
  NonNullable<V> extends Collection<infer T extends object>
    ? WithRelatedOf<RowOf<T>, T, P>[]
    : WithRelatedOf<RowOf<NonNullable<V>>, NonNullable<V>, P> | Extract<PlainNull<V>, null>;
type PlainNull<V> = V extends null | undefined ? null : never;
type Head<P extends string> = P extends `${infer H}.${string}` ? H : P;
type Tail<P extends string, N extends string> = P extends `${N}.${infer T}` ? T : never;

/** A row's key as `get()` takes it; text of a number will do. */
export type KeyOf<M> = Key<Instance<M>>;
type Key<E> = KeyInput<NonNullable<Unmarked<Primary<E>>>> | UserKey<E>;
/**
 * The key of somebody who is signed in, whose kind the app's own user model decides: types know it as both. The query
 * checks the kind.
 */
type UserKey<E> = E extends AnyUser ? number | string : never;
/** What only models made by `userModel()` have. */
interface AnyUser {
  readonly username: unknown;
  readonly isSuperuser: unknown;
  readonly userPermissions: unknown;
}
/** Stands for a row of the user model: `request.user` and what `requireUser()` gives. */
interface UserReference {
  readonly id: number | string | null;
  hasPerm(permission: string): Promise<boolean>;
}
/** What stands for a row where its key is expected. */
type RowInput<E> = Key<E> | E | (E extends AnyUser ? UserReference : never);
type KeyInput<V> = [V] extends [bigint] ? bigint | number | string : V extends string | number ? V : string | number;

/** What a column is compared with. */
type Comparable<V> = [V] extends [Date]
  ? Date | string
  : [V] extends [bigint]
    ? bigint | number | string
    : [V] extends [Uint8Array]
      ? Uint8Array
      : V;

interface Same<C> {
  readonly eq?: C | null;
  /** Not this value; empty ones match. */
  readonly ne?: C | null;
  readonly in?: readonly (C | null)[];
  /** None of these; empty ones match. */
  readonly notIn?: readonly (C | null)[];
  readonly isNull?: boolean;
  readonly $eq?: C | null;
  readonly $ne?: C | null;
  readonly $in?: readonly (C | null)[];
  readonly $nin?: readonly (C | null)[];
}
interface Ordered<C> extends Same<C> {
  readonly gt?: C;
  readonly gte?: C;
  readonly lt?: C;
  readonly lte?: C;
  /** The lowest and the highest value, both included. */
  readonly between?: readonly [lowest: C, highest: C];
  readonly $gt?: C;
  readonly $gte?: C;
  readonly $lt?: C;
  readonly $lte?: C;
}
interface Textual<C> extends Ordered<C> {
  readonly contains?: string;
  /** `i…`: in any case. */
  readonly icontains?: string;
  readonly startsWith?: string;
  readonly istartsWith?: string;
  readonly endsWith?: string;
  readonly iendsWith?: string;
  readonly iexact?: string;
}

/** The comparisons that a value's type allows. */
type Lookups<V> = [V] extends [boolean] | [Uint8Array]
  ? Same<Comparable<V>>
  : [V] extends [string]
    ? Textual<Comparable<V>>
    : Ordered<Comparable<V>>;

type Nullish<V> = [Extract<V, null | undefined>] extends [never] ? never : null;
type Scalar = string | number | bigint | boolean | Date | Uint8Array;

type FieldCondition<V, D extends number> =
  NonNullable<Unmarked<V>> extends infer N
    ? [N] extends [Collection<infer T extends object>]
      ? RowInput<T> | Same<RowInput<T>> | RelationCondition<T, D>
      : [N] extends [Scalar]
        ? Comparable<N> | Lookups<N> | Nullish<V>
        : IsEntity<N> extends true
          ? RowInput<N> | Nullish<V> | Same<RowInput<N>> | Ordered<Key<N>> | RelationCondition<N, D>
          : null | { readonly isNull: boolean }
    : never;
type RelationCondition<T, D extends number> = D extends 0 ? never : ConditionsOf<T, Less[D]>;

/**
 * What `filter()` takes: fields with values or comparisons, relations with conditions on their rows, and `$and`, `$or`, `$not`.
 *
 * @example
 * const drafts: Conditions<typeof Note> = { status: "draft", title: { icontains: "plan" }, user: { username: "ada" } };
 */
export type Conditions<M> = ConditionsOf<Instance<M>, 3>;
type ConditionsOf<E, D extends number> = {
  readonly [K in Declared<E>]?: FieldCondition<E[K], D> | (K extends PrimaryName<E> ? UserKey<E> : never);
} & {
  readonly $and?: readonly ConditionsOf<E, D>[];
  readonly $or?: readonly ConditionsOf<E, D>[];
  readonly $not?: ConditionsOf<E, D>;
};

/** A field to sort by, through relations to one row if need be; a minus sorts descending. */
export type OrderPath<M> = OrderPathOf<Instance<M>>;
type OrderPathOf<E> = SortPath<E, 2> extends infer P extends string ? P | `-${P}` : never;
/** Dotted paths through relations, to fields with a column. */
type SortPath<E, D extends number> = {
  [K in VisibleName<E>]:
    | K
    | (D extends 0 ? never : IsEntity<Value<E, K>> extends true ? `${K}.${SortPath<Value<E, K>, Less[D]>}` : never);
}[VisibleName<E>];

/** A text to search in: a field of text, through any relations. */
export type SearchPath<M> = TextPath<Instance<M>, 2>;
type TextPath<E, D extends number> = {
  [K in Declared<E>]: IsHidden<E, K> extends true
    ? never
    : [Value<E, K>] extends [string]
      ? K
      : D extends 0
        ? never
        : [Target<E, K>] extends [never]
          ? never
          : `${K}.${TextPath<Target<E, K>, Less[D]>}`;
}[Declared<E>];

/** What a field is written with. */
type Input<V> =
  NonNullable<Unmarked<V>> extends infer N
    ?
        | ([N] extends [Collection<infer T extends object>]
            ? readonly RowInput<T>[]
            : [N] extends [Scalar]
              ? Comparable<N>
              : IsEntity<N> extends true
                ? RowInput<N>
                : N)
        | Nullish<V>
    : never;
/** Whether a new row may do without: it is empty then, or somebody else provides it. Which side of a one-to-one holds it, types don't tell. */
type IsOptional<E, K extends keyof E> = [Extract<E[K], null | undefined>] extends [never]
  ? [E[K]] extends [Opt.Brand] | [Collection<object>]
    ? true
    : K extends PrimaryName<E>
      ? true
      : Is<E, K, { version: true } | { kind: "1:1" }>
  : true;
type PrimaryName<E> = E extends { [PrimaryKeyProp]?: infer K } ? NonNullable<K> : never;
type RequiredName<E> = { [K in Declared<E>]: IsOptional<E, K & keyof E> extends true ? never : K }[Declared<E>];

/** What `create()` takes: all fields that have no default and may not be empty, and any others. */
export type CreateData<M> = CreateOf<Instance<M>>;
type CreateOf<E> = { readonly [K in RequiredName<E>]: Input<E[K & keyof E]> } & {
  readonly [K in Exclude<Declared<E>, RequiredName<E>>]?: Input<E[K & keyof E]>;
};

/** What `update()` takes: any fields but the key and the version. */
export type UpdateData<M> = UpdateOf<Instance<M>>;
type UpdateOf<E> = { readonly [K in Exclude<Declared<E>, PrimaryName<E>>]?: Input<E[K & keyof E]> };

/** `CreateData` of plain values: what `cleanData()` makes of a form. */
export type PlainCreateData<M> = PlainCreateOf<Instance<M>>;
type PlainCreateOf<E> = { [K in RequiredName<E>]: PlainValue<E[K & keyof E]> } & {
  [K in Exclude<Declared<E>, RequiredName<E>>]?: PlainValue<E[K & keyof E]>;
};

/** `UpdateData` of plain values. */
export type PlainUpdateData<M> = PlainUpdateOf<Instance<M>>;
type PlainUpdateOf<E> = { [K in Exclude<Declared<E>, PrimaryName<E>>]?: PlainValue<E[K & keyof E]> };

/** A part of a list, and the cursor for the rest. */
export interface Page<R> {
  readonly rows: R[];
  /** For `after()`; null when these were the last rows. */
  readonly next: string | null;
}

/** What `update()` may be told. */
export interface UpdateOptions {
  /** The version that was read; rows that have another one by now are a conflict. */
  readonly version?: number | string | Date;
}
