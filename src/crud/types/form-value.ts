import type { Collection, Primary, PrimaryKeyProp } from "@mikro-orm/core";
import type { Instance } from "../../models/schema/model.ts";
import type { PlainValue, Unmarked } from "../../models/schema/plain.ts";

/**
 * The type of the var that holds a field while it is edited. An emptied number, date, choice or relation is null; an
 * emptied text is `""`.
 */
export type FormValue<M, K> = K extends keyof Instance<M> ? FormValueOf<Instance<M>[K]> : never;

/** The same for the type of a property. */
export type FormValueOf<V> =
  NonNullable<Unmarked<V>> extends infer N
    ? [N] extends [Collection<infer T extends object>]
      ? PlainValue<Primary<T>>[]
      : [N] extends [Date]
        ? Date | null
        : [N] extends [boolean]
          ? boolean | Empty<V>
          : [N] extends [number]
            ? N | null
            : [N] extends [string]
              ? string extends N
                ? string | Empty<V>
                : N | null
              : typeof PrimaryKeyProp extends keyof N
                ? PlainValue<N> | null
                : string | Empty<V>
    : never;
type Empty<V> = [Extract<V, null | undefined>] extends [never] ? never : null;
