import { expect, it } from "vitest";
import { z } from "zod";
import { isUntrusted, markParsed, markUntrusted, takenFrom } from "./untrusted.ts";

function parse(schema: z.ZodType, sent: unknown): unknown {
  return takenFrom(schema.parse(markUntrusted(sent)));
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

it("SEC-12: a value that is nested without bound is marked to its end, also one that holds itself", () => {
  const top: { inner?: object } = {};
  let last = top;
  for (let depth = 0; depth < 100_000; depth++) {
    const inner: { inner?: object } = depth % 3 === 0 ? ([{}] as unknown as object) : {};
    last.inner = inner;
    last = Array.isArray(inner) ? (inner[0] as object) : inner;
  }
  last.inner = top;
  expect(isUntrusted(markUntrusted(top))).toBe(true);
  expect(isUntrusted(last)).toBe(true);
  const held = {};
  markUntrusted(new Map([["a", new Set([held])]]));
  expect(isUntrusted(held)).toBe(true);
  expect(isUntrusted(markUntrusted(Object.freeze({})))).toBe(true);
});

it("SEC-12: what a schema makes of a text that nests without bound is from outside to its end", () => {
  const schema = z.string().transform((text): unknown => JSON.parse(text));
  let made = parse(schema, `${'{"a":['.repeat(50_000)}${"]}".repeat(50_000)}`);
  let levels = 0;
  while (typeof made === "object" && made !== null) {
    if (isUntrusted(made)) levels++;
    made = Array.isArray(made) ? made[0] : (made as { a: unknown }).a;
  }
  expect(levels).toBe(100_000);
  const loop: { self?: unknown } = {};
  loop.self = loop;
  const copy = takenFrom(loop);
  expect([copy === loop, copy.self === copy]).toEqual([false, true]);
});

it("SEC-12: what JSON.parse has made is marked to its end", () => {
  const deep = markParsed(JSON.parse(`${'{"a":['.repeat(100)}{}${"]}".repeat(100)}`) as object);
  let [count, next] = [0, deep as unknown];
  while (typeof next === "object" && next !== null) {
    expect(isUntrusted(next)).toBe(true);
    count++;
    next = Object.values(next)[0];
  }
  expect(count).toBe(201);
  expect([markParsed(null), markParsed("a"), markParsed(1)]).toEqual([null, "a", 1]);
});

it("SEC-12: a name that reaches a prototype stays a name in the copy", () => {
  const read = z.string().transform((json) => JSON.parse(json) as Record<string, unknown>);
  const made = parse(read, '{"__proto__":{"isAdmin":true}}') as { isAdmin?: boolean };
  expect([made.isAdmin, Object.keys(made), Object.getPrototypeOf(made) === Object.prototype]).toEqual([
    undefined,
    ["__proto__"],
    true,
  ]);
});

it("SEC-12: an object under another name than it was sent under is from outside as well", () => {
  const renamed = z.looseObject({ a: z.looseObject({}) }).transform(({ a }) => ({ b: a, c: { ...a } }));
  const made = parse(renamed, { a: { $ne: 1 } }) as { b: object; c: object };
  expect([made.b, made.c].map(isUntrusted)).toEqual([true, true]);
});

it("SEC-12: what a schema has read out of a text is from outside", () => {
  const text = '{"$or":[{"name":"x"}]}';
  const read = z.string().transform((json) => JSON.parse(json) as object);
  for (const schema of [read, z.preprocess((json) => JSON.parse(String(json)), z.any())]) {
    expect(isUntrusted(parse(schema, text) as object)).toBe(true);
  }
  expect(isUntrusted((parse(z.object({ where: read }), { where: text }) as { where: object }).where)).toBe(true);
});

it("an object of the app that a schema gives is copied: the app's own is not remembered", () => {
  const FILTERS = { open: { done: false, owner: { active: true } } };
  for (const [schema, sent] of [
    [z.enum(["open"]).transform((name) => FILTERS[name]), "open"],
    [z.object({ name: z.string() }).transform(() => FILTERS.open), { name: "open" }],
  ] as const) {
    const made = parse(schema, sent) as object;
    expect(made).toEqual(FILTERS.open);
    expect([made, FILTERS.open, FILTERS.open.owner].map(isUntrusted)).toEqual([true, false, false]);
  }
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
