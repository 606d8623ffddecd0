import { expectTypeOf } from "vitest";
import { z } from "zod";
import type { ClientView, EventArgs, EventName, FieldName, VarName, Wire } from "./client-view.ts";
import { event } from "./event.ts";
import { on } from "./on.ts";
import { State } from "./state.ts";

class Row {
  id = 1;
  tags: string[] = [];
}

class TypedState extends State {
  static override events = {
    rename: event({ args: [z.string(), z.number().optional()] }),
    clear: event(),
    stream: event(),
  };
  static override fields = { title: z.string() };
  title = "";
  rows: { id: number; tags: string[]; at: Date }[] = [];
  map = new Map<string, { n: number }>();
  set = new Set<number>();
  big = 1n;
  maybe: string | undefined;
  _hidden = 1;
  #secret = 2;
  protected guarded = 3;
  get count() {
    return this.rows.length + this.#secret;
  }
  get _internal() {
    return 1;
  }
  rename(name: string, _at?: number) {
    this.title = name;
  }
  async clear() {}
  async *stream() {
    yield;
  }
  unlisted() {}
  _hiddenMethod() {}
}

type View = ClientView<typeof TypedState>;

// Hidden, protected, private and the framework's own names are not there.
expectTypeOf<VarName<TypedState>>().toEqualTypeOf<"title" | "rows" | "map" | "set" | "big" | "maybe" | "count">();
expectTypeOf<EventName<typeof TypedState>>().toEqualTypeOf<"rename" | "clear" | "stream">();
expectTypeOf<FieldName<typeof TypedState>>().toEqualTypeOf<"title">();
expectTypeOf<keyof View>().toEqualTypeOf<
  "title" | "rows" | "map" | "set" | "big" | "maybe" | "count" | "rename" | "clear" | "stream"
>();

// Vars are read-only, all the way down.
expectTypeOf<View["rows"]>().toEqualTypeOf<
  readonly { readonly id: number; readonly tags: readonly string[]; readonly at: Date }[]
>();
expectTypeOf<View["map"]>().toEqualTypeOf<ReadonlyMap<string, { readonly n: number }>>();
expectTypeOf<View["set"]>().toEqualTypeOf<ReadonlySet<number>>();
expectTypeOf<View["big"]>().toEqualTypeOf<bigint>();
expectTypeOf<View["maybe"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<View["count"]>().toEqualTypeOf<number>();

// Events are functions with the method's own arguments.
expectTypeOf<View["rename"]>().toEqualTypeOf<(name: string, _at?: number) => Promise<void>>();
expectTypeOf<View["clear"]>().toEqualTypeOf<() => Promise<void>>();
expectTypeOf<View["stream"]>().toEqualTypeOf<() => Promise<void>>();
expectTypeOf<EventArgs<typeof TypedState, "rename">>().toEqualTypeOf<[name: string, _at?: number]>();

// on() takes listed events with their arguments, and nothing else.
expectTypeOf(on(TypedState, "rename", "x").kind).toEqualTypeOf<"event-reference">();
// @ts-expect-error a number is no string
on(TypedState, "rename", 1);
// @ts-expect-error the method is not listed
on(TypedState, "unlisted");
// @ts-expect-error a var is no event
on(TypedState, "title");

expectTypeOf<Wire<Row>>().toEqualTypeOf<{ readonly id: number; readonly tags: readonly string[] }>();

class LessState extends TypedState {
  static override events = { ...super.events, clear: undefined as never };
  static override fields = { ...super.fields, title: undefined as never };
}

// What a subclass has taken away is neither called nor written.
expectTypeOf<EventName<typeof LessState>>().toEqualTypeOf<"rename" | "stream">();
expectTypeOf<FieldName<typeof LessState>>().toEqualTypeOf<never>();
