import { describe, expect, it } from "vitest";
import { isUntrusted, markUntrusted } from "../../untrusted.ts";
import { model, p } from "../index.ts";
import { parseConditions, parseWhere } from "./conditions.ts";
import { patternOf } from "./conditions-sql.ts";

class Person extends model("ConditionPerson", {
  id: p.integer().primary(),
  name: p.string(),
  age: p.integer().nullable(),
}) {}
class Letter extends model("ConditionLetter", {
  id: p.integer().primary(),
  text: p.string(),
  in: p.integer().nullable(),
  to: () => p.manyToOne(Person),
}) {}

describe("parseConditions", () => {
  const keyOf = (condition: object) => parseConditions(Letter, condition).key;

  it("gives the same key to conditions that differ in values alone", () => {
    expect(keyOf({ text: "a", to: { age: { gt: 1 } } })).toBe(keyOf({ text: "b", to: { age: { gt: 2 } } }));
    expect(keyOf({ id: { in: [1, 2, 3] } })).toBe(keyOf({ id: { in: [4, 5, 6, 7] } }));
  });

  it("gives other keys to whatever makes other SQL", () => {
    const conditions = [
      {},
      { text: "a" },
      { text: { ne: "a" } },
      { text: { contains: "a" } },
      { $not: { text: "a" } },
      { $or: [{ text: "a" }, { id: 1 }] },
      { $and: [{ text: "a" }, { id: 1 }] },
      { to: 1 },
      { to: { name: "a" } },
      { to: { age: null } },
      { to: { age: 1 } },
      { id: { in: [] } },
      { id: { in: [1] } },
      { id: { in: [1, 2] } },
      { id: { notIn: [1, 2] } },
      { in: { in: [1, null] } },
    ];
    expect(new Set(conditions.map(keyOf)).size).toBe(conditions.length);
  });

  it("keeps values apart, in the order in which they are written", () => {
    expect(
      parseConditions(Letter, { text: { startsWith: "a" }, $or: [{ id: { between: [1, 2] } }, { to: { name: "b" } }] })
        .values,
    ).toEqual(["a", 1, 2, "b"]);
    expect(parseConditions(Letter, { id: { in: [1, 2, 3] } }).values).toEqual([1, 2, 3, 3]);
  });

  it("takes a field that is called like an operator for the field", () => {
    expect(parseConditions(Letter, { in: { in: [1] } }).condition).toMatchObject({ kind: "test", operator: "in" });
    expect(() => parseConditions(Letter, { to: { in: [1], name: "a" } })).toThrow(/no field "in"/);
  });

  it("compares a related key in its own column", () => {
    expect(keyOf({ to: { id: 5 } })).toBe(keyOf({ to: 5 }));
  });

  it("says what was wrong, what would be right, and shows no long or strange text", () => {
    expect(() => parseConditions(Letter, { text: { like: "a" } })).toThrow(
      /text can't be compared with "like"\. Expected one of: eq, .*icontains/,
    );
    expect(() => parseConditions(Letter, { id: "5" })).toThrow(
      /id has a wrong value\. Expected a whole number.* Got "5"/,
    );
    expect(() => parseConditions(Letter, { text: 5 })).toThrow(/Expected text\. Got 5/);
    expect(() => parseConditions(Letter, { ["x".repeat(900)]: 5 })).toThrow(/^.{1,160}$/);
    expect(() => parseConditions(Letter, { "a\nb": 5 })).toThrow(/"a\\nb"/);
  });
});

describe("parseWhere", () => {
  it("reads text as the field's kind", () => {
    expect(parseWhere(Letter, "to.age", "gte", "18").values).toEqual([18]);
    expect(parseWhere(Letter, "to", "eq", "7").values).toEqual([7]);
  });
});

describe("markUntrusted", () => {
  it("remembers every object inside, also in circles, and nothing else", () => {
    const inner = { list: [{ deep: true }] };
    const outer = markUntrusted<{ inner: typeof inner; self?: unknown }>({ inner });
    outer.self = outer;
    markUntrusted(outer);
    expect([outer, inner, inner.list, inner.list[0] as object].map(isUntrusted)).toEqual([true, true, true, true]);
    expect(isUntrusted({ ...inner })).toBe(false);
    const [inMap, inSet] = [{ $gt: "" }, { $gt: "" }];
    markUntrusted([new Map([["name", inMap]]), new Set([inSet])]);
    expect([inMap, inSet].map(isUntrusted)).toEqual([true, true]);
    expect([markUntrusted(null), markUntrusted("a"), markUntrusted(undefined)]).toEqual([null, "a", undefined]);
  });
});

describe("patternOf", () => {
  it.each([
    ["sqlite", "contains", "a*[?]", "*a[*][[][?]]*"],
    ["sqlite", "icontains", "A%_!", "%a!%!_!!%"],
    ["postgres", "contains", "A%_!", "%A!%!_!!%"],
    ["postgres", "startsWith", "a", "a%"],
    ["mysql", "iendsWith", "\\a", "%\\a"],
    ["mysql", "iexact", "a%", "a%"],
  ] as const)("on %s, %s of %s is %s", (dialect, operator, text, pattern) => {
    expect(patternOf(dialect, operator, text)).toBe(pattern);
  });
});
