/** Types only: what the browser sees of a state class. */
import type { FormInfo } from "../protocol/form-fields.ts";

/** An entry of `static events`; `event()` makes it. Declared here by shape so that types need no import of run-time code. */
export interface EventEntry {
  readonly kind: "event";
}

/** What a state class looks like to the types of both ends. */
export interface StateClassShape {
  new (): object;
  readonly events: object;
  readonly fields: object;
}

/** A value as the browser holds it: the same data, not to be written. */
export type Wire<T> = T extends (...args: never[]) => unknown
  ? never
  : T extends Date | bigint | string | number | boolean | null | undefined
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<K, Wire<V>>
      : T extends ReadonlySet<infer V>
        ? ReadonlySet<Wire<V>>
        : T extends readonly unknown[]
          ? { readonly [K in keyof T]: Wire<T[K]> }
          : T extends object
            ? { readonly [K in keyof T as K extends string ? K : K extends number ? K : never]: Wire<T[K]> }
            : T;

/** Names of `S` that the browser must not see by their spelling or because the framework owns them. */
type HiddenName = `_${string}` | "router" | "signal";

/** Names of the vars and computed vars of a state's instance. */
export type VarName<I> = {
  [K in keyof I]: K extends HiddenName
    ? never
    : K extends string
      ? I[K] extends (...args: never[]) => unknown
        ? never
        : K
      : never;
}[keyof I];

/** Keys of a table of a class, without those that a subclass has taken away. */
type Listed<T> = { [K in keyof T]: T[K] extends undefined ? never : K }[keyof T];

/** Names of the events of a state class: the keys of its `static events`. */
export type EventName<C extends StateClassShape> = Listed<C["events"]> & keyof InstanceType<C> & string;

/** Names of the vars that the browser may write: the keys of its `static fields`. */
export type FieldName<C extends StateClassShape> = Listed<C["fields"]> & keyof InstanceType<C> & string;

/** Names of the vars that the form of a data state edits; `never` for a state without a form. */
export type FormFieldName<C extends StateClassShape> = C extends { readonly form?: FormInfo<infer Name> | undefined }
  ? Name & keyof InstanceType<C> & string
  : never;

/** The class itself if its state has a form, else `never`: the type of an argument that needs one. */
export type WithForm<C extends StateClassShape> = [FormFieldName<C>] extends [never] ? never : C;

/** The arguments of an event, taken from its method. */
export type EventArgs<C extends StateClassShape, E extends EventName<C>> = InstanceType<C>[E] extends (
  ...args: infer A extends unknown[]
) => unknown
  ? A
  : never;

/** A state as a component sees it: vars read-only, events as functions that resolve when their result has arrived. */
export type ClientView<C extends StateClassShape> = VarsOf<InstanceType<C>, VarName<InstanceType<C>>> &
  EventsOf<InstanceType<C>, EventName<C>>;
// Mapped over keys of the instance, so that editors lead from a member of the view to the member of the class.
type VarsOf<I, K extends keyof I> = { readonly [N in K]: Wire<I[N]> };
type EventsOf<I, K extends keyof I> = {
  readonly [N in K]: (
    ...args: I[N] extends (...args: infer A extends unknown[]) => unknown ? A : never
  ) => Promise<void>;
};
