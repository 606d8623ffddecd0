import { afterEach, expect, test } from "vitest";
import { setDiagnosticSink } from "../diagnostics.ts";
import { readForm } from "./form-data.ts";

afterEach(() => setDiagnosticSink());

const formValues = (data: FormData, names?: readonly string[]) => readForm(data, names).values;

function dataOf(entries: readonly (readonly [string, string])[]): FormData {
  const data = new FormData();
  for (const [name, value] of entries) data.append(name, value);
  return data;
}

test("a name that stands more than once becomes a list", () => {
  const data = new FormData();
  for (const [name, value] of [
    ["title", "Milk"],
    ["tag", "a"],
    ["tag", "b"],
    ["tag", "c"],
  ] as const)
    data.append(name, value);
  expect(formValues(data)).toEqual({ title: "Milk", tag: ["a", "b", "c"] });
});

test("a name that ends in [] is always a list under the rest of it, also of one value and of none", () => {
  const data = new FormData();
  data.append("tag[]", "a");
  data.append("colour[]", "red");
  data.append("colour[]", "blue");
  expect(formValues(data, ["title", "tag[]", "size[]"])).toEqual({ tag: ["a"], size: [], colour: ["red", "blue"] });
});

test("names of an object's prototype are ordinary names", () => {
  const data = new FormData();
  data.append("__proto__", "x");
  const values = formValues(data);
  expect(Object.keys(values)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
});

test("names with dots and numbers make objects and lists", () => {
  const data = dataOf([
    ["title", "Order"],
    ["address.city", "Ulm"],
    ["address.street.name", "Hafengasse"],
    ["items[0].qty", "1"],
    ["items[1].qty", "2"],
    ["items[1].tags[]", "a"],
    ["matrix[0][0]", "x"],
    ["matrix[0][1]", "y"],
    ["days.0", "a property"],
  ]);
  expect(formValues(data, ["items[0].tags[]", "address.kind"])).toEqual({
    title: "Order",
    address: { city: "Ulm", street: { name: "Hafengasse" } },
    items: [
      { qty: "1", tags: [] },
      { qty: "2", tags: ["a"] },
    ],
    matrix: [["x", "y"]],
    days: { 0: "a property" },
  });
});

test("numbers with gaps make a list without gaps, in their order, and messages find their inputs", () => {
  const data = dataOf([
    ["items[4000000000].qty", "c"],
    ["items[2].qty", "a"],
    ["items[7].qty", "b"],
    ["items[99999999999999999999].qty", "no number"],
  ]);
  const { values, inputs } = readForm(data, ["tags[]"]);
  expect(values).toEqual({
    items: [{ qty: "a" }, { qty: "b" }, { qty: "c" }],
    "items[99999999999999999999].qty": "no number",
    tags: [],
  });
  expect(Object.fromEntries(inputs)).toMatchObject({
    "items.0.qty": "items[2].qty",
    "items.1.qty": "items[7].qty",
    "items.2.qty": "items[4000000000].qty",
    tags: "tags[]",
  });
});

test("a row of which no box is ticked stays a row", () => {
  const data = dataOf([["items[1].done", "on"]]);
  expect(formValues(data, ["items[0].done", "items[1].done"])).toEqual({ items: [{}, { done: "on" }] });
});

test.each(["__proto__.polluted", "constructor.prototype.polluted", "a.__proto__.polluted", "__proto__[0].polluted"])(
  "the name %s reaches no prototype",
  (name) => {
    const values = formValues(dataOf([[name, "yes"]]));
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(([] as { polluted?: string }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
    expect(Object.keys(values)).toEqual([name.split(/[.[]/)[0]]);
  },
);

test.each(["a.", ".a", "a..b", "a[", "a[]b", "a[x]", "a]b", "[0]", `a${".b".repeat(40)}`])(
  "the name %s, which is no path, is one property",
  (name) => {
    expect(Object.entries(formValues(dataOf([[name, "x"]])))).toEqual([[name, "x"]]);
  },
);

test("where one name is a part of another, no value is lost", () => {
  const data = dataOf([
    ["a.b", "1"],
    ["a", "2"],
    ["c[0]", "3"],
    ["c.d", "4"],
  ]);
  expect(Object.entries(formValues(data)).sort()).toEqual([
    ["a", "2"],
    ["a.b", "1"],
    ["c", ["3"]],
    ["c.d", "4"],
  ]);
});

test("a file is left out and reported once; an empty file input is not worth a word", () => {
  const lines: string[] = [];
  setDiagnosticSink((line) => lines.push(line));
  const data = new FormData();
  data.append("picture", new File(["x"], "cat.png"));
  data.append("empty", new File([], ""));
  expect(formValues(data)).toEqual({});
  formValues(data);
  expect(lines.length).toBe(1);
  expect(lines[0]).toContain("[antiphon] CLIENT_FIELD_FILE (app)");
  expect(lines[0]).toContain('"picture"');
});
