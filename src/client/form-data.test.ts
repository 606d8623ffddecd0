import { afterEach, expect, test } from "vitest";
import { setDiagnosticSink } from "./diagnostics.ts";
import { formValues } from "./form-data.ts";

afterEach(() => setDiagnosticSink());

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
