import { expect, it } from "vitest";
import { z } from "zod";
import { isUntrusted, markUntrusted, takenFrom } from "./untrusted.ts";

function parse(schema: z.ZodType, sent: unknown): unknown {
  return takenFrom(sent, schema.parse(markUntrusted(sent)));
}

it("SEC-12: what a schema passes on or makes anew of an object is from outside, with all that is in it", () => {
  const sent = () => ({ a: { $ne: 1 }, list: [{ b: 1 }] });
  for (const schema of [
    z.any(),
    z.looseObject({}),
    z.record(z.string(), z.any()),
    z.object({ a: z.any(), list: z.any() }),
  ]) {
    const made = parse(schema, sent()) as ReturnType<typeof sent>;
    expect(made).toEqual(sent());
    expect([made, made.a, made.list, made.list[0]].every((each) => isUntrusted(each as object))).toBe(true);
  }
});

it("SEC-12: an object under another name than it was sent under is from outside as well", () => {
  const renamed = z.looseObject({ a: z.looseObject({}) }).transform(({ a }) => ({ b: a, c: { ...a } }));
  const made = parse(renamed, { a: { $ne: 1 } }) as { b: object; c: object };
  expect([made.b, made.c].map(isUntrusted)).toEqual([true, true]);
});

it("what a schema has found by a text is the author's own: it is neither copied nor remembered", () => {
  const FILTERS = { open: { done: false, owner: { active: true } }, late: { done: false } };
  const one = z.enum(["open", "late"]).transform((name) => FILTERS[name]);
  expect(parse(one, "open")).toBe(FILTERS.open);
  const inside = parse(z.object({ by: one, q: z.string() }), { by: "open", q: "x" }) as { by: object };
  expect(inside.by).toBe(FILTERS.open);
  expect([FILTERS.open, FILTERS.open.owner].map(isUntrusted)).toEqual([false, false]);
});

it("what a schema puts in place of an object is copied: the author's own object is not remembered", () => {
  const OPEN = { done: false };
  const made = parse(
    z.object({ name: z.string() }).transform(() => OPEN),
    { name: "open" },
  ) as object;
  expect(made).toEqual(OPEN);
  expect([isUntrusted(made), isUntrusted(OPEN)]).toEqual([true, false]);
});

it("objects of classes, Maps, Sets and rings keep their kind", () => {
  class Money {
    readonly amount: number;
    constructor(amount: number) {
      this.amount = amount;
    }
  }
  const ring: { self?: unknown } = {};
  ring.self = ring;
  const schema = z.looseObject({}).transform(() => ({
    price: new Money(1),
    map: new Map([["a", { b: 1 }]]),
    set: new Set([1]),
    ring,
  }));
  const made = parse(schema, {}) as { price: Money; map: Map<string, object>; set: Set<number>; ring: typeof ring };
  expect(made.price).toBeInstanceOf(Money);
  expect(made.map).toEqual(new Map([["a", { b: 1 }]]));
  expect(isUntrusted(made.map.get("a") as object)).toBe(true);
  expect(made.set).toEqual(new Set([1]));
  expect(made.ring.self).toBe(made.ring);
});
