import { expect, test } from "vitest";
import { readSessionJson, sessionJson, writeSessionJson } from "./session-json.ts";

class Money {
  amount = 1;
}

const circle: { list: unknown[] } = { list: [] };
circle.list.push(circle);

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

test.each([
  ["a function", () => {}, "cart", "a function"],
  ["a bigint", 1n, "cart", "a bigint"],
  ["a symbol", Symbol("s"), "cart", "a symbol"],
  ["undefined", undefined, "cart", "session.delete"],
  ["NaN", [Number.NaN], "cart.0", "NaN"],
  ["an infinity", { a: { b: Number.NEGATIVE_INFINITY } }, "cart.a.b", "-Infinity"],
  ["a Date", { at: new Date(0) }, "cart.at", "toISOString"],
  ["a Map", new Map(), "cart", "class Map"],
  ["a Set", [new Set()], "cart.0", "array of its entries"],
  ["an instance", { price: new Money() }, "cart.price", "class Money"],
  ["a class", Money, "cart", "a function"],
  ["a promise", Promise.resolve(), "cart", "class Promise"],
  ["a wrapped text", new String("x"), "cart", "class String"],
  ["a hole of a list", new Array(2), "cart.0", "undefined"],
  ["what contains itself", circle, "cart.list.0", "contains itself"],
  ["what is nested too deep", deep(61), `cart${".0".repeat(60)}`, "60 levels"],
  ["a method in a value", { toJSON: () => 1 }, "cart.toJSON", "a function"],
  ["a strange name", { "a\nb": 1n }, 'cart."a\\nb"', "a bigint"],
])("%s is refused, and its place is named", (_, value, path, got) => {
  expect(() => sessionJson("cart", value)).toThrow(
    expect.objectContaining({ code: "SESSION_VALUE_INVALID", message: expect.stringContaining(`keep ${path}. `) }),
  );
  expect(() => sessionJson("cart", value)).toThrow(got);
});

test("plain data of any realm is taken; an optional property that is not set is left out", () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  expect(sessionJson("x", { bare, none: undefined, list: [null, true, "é", -1.5, {}, deep(50)] })).toBe(
    `{"bare":{"a":1},"list":[null,true,"é",-1.5,{},${"[".repeat(50)}1${"]".repeat(50)}]}`,
  );
  const twice = { a: 1 };
  expect(sessionJson("x", [twice, twice])).toBe('[{"a":1},{"a":1}]');
});

test("a million nested lists are refused, and do not end the process", () => {
  let value: unknown[] = [];
  for (let level = 0; level < 1_000_000; level++) value = [value];
  expect(() => sessionJson("cart", value)).toThrow(expect.objectContaining({ code: "SESSION_VALUE_INVALID" }));
});

test.each(["", "{", "[]", "null", "1", '"{}"', "{'a': 1}", "\u0000"])("the text %j is no session", (text) => {
  expect(readSessionJson(text)).toBeUndefined();
});

test("keys of every kind come back, __proto__ as a key like any other", () => {
  const texts = new Map([
    ["__proto__", '{"polluted":true}'],
    ["constructor", "1"],
    ['"quoted"\n', "[]"],
    ["", '""'],
  ]);
  const text = writeSessionJson(texts);
  expect(readSessionJson(text)).toEqual(texts);
  expect(JSON.parse(text)).toHaveProperty("constructor", 1);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
