import type { Collection, Hidden, Opt, Primary, PrimaryKeyProp } from "@mikro-orm/core";

/** A value as it is written in JSON: what rows hold, what forms send, what a browser sees. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * A property's type without the ORM's marks for defaults and hidden columns.
 *
 * @example
 * type Content = Unmarked<Note["content"]>; // string
 */
export type Unmarked<V> = V extends Opt<infer U> ? Unhidden<U> : Unhidden<V>;
type Unhidden<V> = V extends Hidden<infer U> ? U : V;

/**
 * The type that a property has in a plain row: dates, big integers and bytes are strings, a relation is its key.
 *
 * @example
 * type CreatedAt = PlainValue<Note["createdAt"]>; // string
 */
export type PlainValue<V> = PlainOf<Unmarked<V>>;

type PlainOf<V> = V extends null | undefined
  ? null
  : V extends Date | bigint | Uint8Array
    ? string
    : V extends string | number | boolean
      ? V
      : V extends Collection<infer E extends object>
        ? PlainOf<Unmarked<Primary<E>>>[]
        : typeof PrimaryKeyProp extends keyof V
          ? PlainOf<Unmarked<Primary<V>>>
          : V;
