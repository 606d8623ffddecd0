import { describe, expect, it } from "vitest";
import type { Json, StateChange } from "./frames.ts";
import { applyChange } from "./patches.ts";
import { decodeValue, encodeValue } from "./values.ts";

const there = (value: unknown) => decodeValue(JSON.parse(JSON.stringify(encodeValue(value))) as Json);

describe("Values that JSON lacks arrive as they are", () => {
  it.each([
    [new Date(0)],
    [new Date(Number.NaN)],
    [new Date(-8.64e15)],
    [10n ** 40n],
    [-1n],
    [undefined],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY],
    [-0],
    [0],
    [""],
    ["\ud800"],
    [[undefined, null, Number.NaN]],
    [{ a: undefined }],
    [
      new Map<unknown, unknown>([
        ["a", new Map([[1, 2n]])],
        [1, "one"],
        ["1", "text"],
        ["__proto__", 1],
      ]),
    ],
    [new Set([1, "1", 2n, undefined, Number.NaN, null, true])],
    [{ $date: 5 }],
    [{ $: "NaN" }],
    [{ $object: [], x: 1 }],
    [{ $a: { $b: { $c: new Date(1) } } }],
    [{ "": 1, "a.b": 2, "0": 3 }],
    [[]],
    [{}],
    [new Map()],
    [new Set()],
  ])("%o", (value) => {
    expect(there(value)).toStrictEqual(value);
  });

  it("keeps the parts without tags as they are, and makes no data into a tag", () => {
    const plain = { rows: [{ id: 1 }] };
    expect(encodeValue(plain)).toBe(plain);
    expect(decodeValue(plain)).toBe(plain);
    expect(Object.is(there(-0), -0)).toBe(true);
  });
});

describe("What must not travel is refused on both ends", () => {
  it.each([
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a class instance", new URL("http://x")],
    ["a promise", Promise.resolve()],
    ["a RegExp", /x/],
    ["an error", new Error("x")],
  ])("SEC-24: %s is not encoded", (_what, value) =>
    expect(() => encodeValue({ deep: [value] })).toThrow(expect.objectContaining({ code: "VALUE_NOT_SENDABLE" })),
  );

  it.each(["__proto__", "constructor", "prototype"])(
    "SEC-5, SEC-7: the name %s is neither encoded nor decoded",
    (name) => {
      const value = JSON.parse(`{"a":{"${name}":{"polluted":true}}}`) as Json;
      const unsafe = expect.objectContaining({ code: "VALUE_UNSAFE_KEY" });
      expect(() => encodeValue(value)).toThrow(unsafe);
      expect(() => decodeValue(value)).toThrow(unsafe);
      expect(() => decodeValue(JSON.parse(`{"$object":[["${name}",{"polluted":true}]]}`) as Json)).toThrow(unsafe);
      for (const operation of [
        ["set", [name], 1],
        ["set", [name, "polluted"], true],
        ["set", ["a", name], 1],
        ["set", ["a", name, "polluted"], true],
        ["delete", ["a", name]],
      ]) {
        expect(() => applyChange({ a: {} }, [operation] as unknown as StateChange)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/VALUE_UNSAFE_KEY|PATCH_INVALID/) }),
        );
      }
      expect(({} as { polluted?: true }).polluted).toBeUndefined();
    },
  );

  it("SEC-7: a dotted name is one name, and no way to anything", () => {
    const dotted = "a.__proto__.b";
    const value = JSON.parse(`{"${dotted}":1,"constructor.prototype.b":2}`) as Json;
    expect(there(value)).toEqual(value);
    const changed = applyChange({ a: {} }, [
      ["set", [dotted], 3],
      ["set", ["a", dotted], 4],
    ] as unknown as StateChange) as { a: object };
    expect([Object.entries(changed), Object.entries(changed.a)]).toEqual([
      [
        ["a", changed.a],
        [dotted, 3],
      ],
      [[dotted, 4]],
    ]);
    expect(() => applyChange({ a: {} }, [["set", [dotted, "b"], 1]] as unknown as StateChange)).toThrow(
      expect.objectContaining({ code: "PATCH_INVALID" }),
    );
    expect([({} as { b?: unknown }).b, Object.keys(Object.prototype)]).toEqual([undefined, []]);
  });

  it("SEC-5: decoding reads what data owns and nothing that an object inherits, once for each part", () => {
    const reads = { own: 0, other: [] as PropertyKey[] };
    const watched = <T>(value: T): T => {
      if (typeof value !== "object" || value === null) return value;
      const inner = Array.isArray(value)
        ? value.map(watched)
        : Object.fromEntries(Object.entries(value).map(([name, item]) => [name, watched(item)]));
      return new Proxy(inner, {
        get(target, name, receiver) {
          if (Object.hasOwn(target, name)) reads.own++;
          // Of a list its methods are read, and by them its species: JSON makes no list that owns one.
          else if (!Array.isArray(target) || name === "then") reads.other.push(name);
          return Reflect.get(target, name, receiver) as unknown;
        },
      }) as T;
    };
    const part = JSON.parse(
      `{"then":{"$date":0},"toJSON":"x","valueOf":[1,{"$map":[["then",{"catch":{"$set":[1,{"$":"NaN"}]}}]]}],"tagged":{"$object":[["$a",1]]}}`,
    ) as Json;
    const readsOf = (count: number) => {
      reads.own = 0;
      decodeValue(watched(Array.from({ length: count }, () => part)) as unknown as Json);
      return reads.own;
    };
    const ten = readsOf(10);
    expect(readsOf(1_000)).toBeLessThanOrEqual(ten * 100);
    for (const bad of ['{"$map":[[1]]}', '{"$date":"x"}', '{"__proto__":1}', '{"a":1,"$b":2}', '{"$set":[{"then":1}]}'])
      expect(() => decodeValue(watched(JSON.parse(bad) as Json))).toThrow();
    expect(reads.other).toEqual([]);
  });

  it.each([
    '{"$function":1}',
    '{"$date":"x"}',
    '{"$date":9e15}',
    '{"$bigint":"1x"}',
    '{"$bigint":5}',
    `{"$bigint":"${"9".repeat(1001)}"}`,
    '{"$":"eval"}',
    '{"$":"constructor"}',
    '{"$map":{}}',
    '{"$map":[[1]]}',
    '{"$map":[[{},1]]}',
    '{"$map":[[{"$":"NaN"},1]]}',
    '{"$set":[{}]}',
    '{"$set":1}',
    '{"$object":[[1,1]]}',
    '{"$date":1,"x":2}',
    '{"x":1,"$date":2}',
    '{"$$":1}',
  ])("%s is no value", (json) =>
    expect(() => decodeValue(JSON.parse(json) as Json)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^VALUE_/) }),
    ),
  );

  it("too deep a value is refused by a code, however deep", () => {
    const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as Json;
    expect(() => decodeValue(nested(32), 32)).not.toThrow();
    expect(() => decodeValue(nested(33), 32)).toThrow(expect.objectContaining({ code: "VALUE_TOO_DEEP" }));
    expect(() => encodeValue(nested(3_000))).toThrow(expect.objectContaining({ code: "VALUE_TOO_DEEP" }));
  });
});

describe("A change is applied wholly or not at all", () => {
  const vars = {
    n: 1,
    list: [{ id: 1 }, { id: 2 }],
    text: "ab",
    map: new Map([["k", { v: 1 }]]),
    set: new Set([1]),
    object: { a: { b: 1 } },
  };

  it.each<[string, unknown[]]>([
    ["an unknown operation", ["explode", ["n"]]],
    ["an index behind the end", ["set", ["list", 5], 1]],
    ["an index that is a text", ["set", ["list", "0"], 1]],
    ["a negative index", ["splice", ["list"], -1, 0]],
    ["more removed than there is", ["splice", ["list"], 1, 5]],
    ["a splice of no list", ["splice", ["object"], 0, 0]],
    ["an append to no text", ["append", ["n"], "x"]],
    ["a move to nowhere", ["move", ["list"], 0, 2]],
    ["an order with a repeated place", ["order", ["list"], [0, 0]]],
    ["an order of another length", ["order", ["list"], [0]]],
    ["a member for no Set", ["add", ["list"], 1]],
    ["a clear of no Map", ["clear", ["object"]]],
    ["a path through a number", ["set", ["n", "x"], 1]],
    ["a path through nothing", ["set", ["none", "x", "y"], 1]],
    ["an empty path", ["set", [], 1]],
    ["a path to a prototype", ["set", ["__proto__"], { polluted: 1 }]],
    ["a path through a prototype", ["set", ["object", "__proto__", "polluted"], 1]],
    ["a path that ends at a prototype", ["set", ["object", "a", "__proto__"], { polluted: 1 }]],
    ["a path through a constructor", ["set", ["object", "constructor", "prototype", "polluted"], 1]],
    ["a path through a list's prototype", ["set", ["list", "__proto__", "polluted"], 1]],
    ["a deletion in a prototype", ["delete", ["object", "__proto__", "toString"]]],
    ["a splice of a prototype's method", ["splice", ["list", "constructor"], 0, 0, 1]],
  ])("SEC-7: %s leaves all as it was", (_what, operation) => {
    const before = structuredClone(vars);
    const change = [
      ["set", ["n"], 99],
      ["set", ["list", 0, "id"], 99],
      ["set", ["map", "k", "v"], 9],
      ["add", ["set"], 9],
      operation,
    ] as unknown as StateChange;
    expect(() => applyChange(vars, change)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(PATCH_INVALID|VALUE_)/) }),
    );
    expect(vars).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("keeps the identity of what did not change", () => {
    const after = applyChange(vars, [["set", ["list", 0, "id"], 7]]);
    expect(after.list).toEqual([{ id: 7 }, { id: 2 }]);
    expect((after.list as unknown[])[1]).toBe(vars.list[1]);
    expect(after.object).toBe(vars.object);
    expect(vars.list[0]).toEqual({ id: 1 });
  });

  it("refuses operations for a state that never arrived, and a whole state that is no object", () => {
    const invalid = expect.objectContaining({ code: "PATCH_INVALID" });
    expect(() => applyChange(undefined, [["set", ["n"], 1]])).toThrow(invalid);
    expect(() => applyChange(undefined, { full: [] as never })).toThrow(invalid);
  });
});
