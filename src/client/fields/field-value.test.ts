import { expect, test } from "vitest";
import { draftOf, type FieldKind, kindOf, readChange, readDraft, saysTheSame } from "./field-value.ts";

const at = (kind: FieldKind, type = "date") => ({ kind, type });
const says = (given: unknown, value: unknown, kind: FieldKind) =>
  saysTheSame(readDraft(given, at(kind)), value, at(kind));

test("the kind of an input follows from the value of its var", () => {
  const values = [true, 3, "a", ["a"], [], [1], new Date(0), null, undefined, { a: 1 }, new Set(["a"]), [{}]];
  expect(values.map(kindOf)).toEqual([
    "boolean",
    "number",
    "text",
    "list",
    "list",
    "numbers",
    "date",
    undefined,
    undefined,
    "other",
    "other",
    "other",
  ]);
});

test.each([
  ["12", 12],
  [" 1.5 ", 1.5],
  ["-3", -3],
  ["1e3", 1000],
  ["", null],
])("the text %j is read as the number %j", (text, value) => {
  expect(readDraft(text, at("number"))).toEqual({ draft: text, value });
});

test.each(["twelve", "1,5", "0x10", "Infinity", "1 2", "-", "1e999"])(
  "the text %j is no number and is kept as it is",
  (text) => {
    expect(readDraft(text, at("number"))).toEqual({ draft: text, problem: "Enter a number." });
  },
);

test("an input keeps its own spelling of what the server holds", () => {
  expect(says("1.", 1, "number")).toBe(true);
  expect(says("1.5", 1, "number")).toBe(false);
  expect(says("hello ", "hello", "text")).toBe(true);
  expect(says("hello", "HELLO", "text")).toBe(false);
  expect(says("", null, "number")).toBe(true);
  expect(says(["a"], ["a"], "list")).toBe(true);
  expect(says(["1"], [1], "numbers")).toBe(true);
  expect(says("2024-03-04", new Date("2024-03-04"), "date")).toBe(true);
  expect(says("", null, "date")).toBe(true);
});

test("lists of numbers are read as numbers, and what is none is not sent", () => {
  expect(readDraft(["1", "2.5"], at("numbers"))).toEqual({ draft: ["1", "2.5"], value: [1, 2.5] });
  expect(readDraft(["1", ""], at("numbers"))).toEqual({ draft: ["1", ""], problem: "Enter a number." });
  expect(readDraft(null, at("numbers"))).toEqual({ draft: [], value: [] });
});

test("rows that a component passes for a list stay rows", () => {
  const rows = [{ id: 1 }];
  expect(readDraft(rows, at("list"))).toEqual({ draft: { other: rows }, value: rows });
});

test("null is shown as an empty input", () => {
  const kinds = ["text", "number", "date", "boolean", "list", "numbers"] as const;
  expect(kinds.map((kind) => draftOf(null, at(kind)))).toEqual(["", "", "", false, [], []]);
});

test("a value that a component passes is taken as it is", () => {
  expect(readChange("abc", "")).toEqual({ given: "abc", isTyping: true });
  expect(readChange(true, false)).toEqual({ given: true, isTyping: false });
});

test("events of checkboxes, selects and half-typed numbers are told apart", () => {
  expect(readChange({ target: { type: "checkbox", checked: true, value: "on" } }, false)).toEqual({
    given: true,
    isTyping: false,
  });
  expect(readChange({ target: { type: "select-one", value: "b" } }, "a")).toEqual({ given: "b", isTyping: false });
  expect(
    readChange(
      { target: { type: "select-multiple", value: "a", selectedOptions: [{ value: "a" }, { value: "c" }] } },
      [],
    ),
  ).toEqual({
    given: ["a", "c"],
    isTyping: false,
  });
  const halfTyped = { type: "number", value: "", validity: { badInput: true } };
  expect(readChange({ target: halfTyped }, "")).toEqual({ given: "", isTyping: true, problem: "Enter a number." });
});

test("a select of several changes the values that it offers, and no other", () => {
  const options = [{ value: "a" }, { value: "b" }];
  const select = (...selectedOptions: { value: string }[]) => ({
    target: { type: "select-multiple", value: "", options, selectedOptions },
  });
  expect(readChange(select({ value: "b" }), ["a", "unknown"]).given).toEqual(["unknown", "b"]);
  expect(readChange(select(), ["a", "unknown"]).given).toEqual(["unknown"]);
});

test("a box of a group adds its value to the list, or takes it out", () => {
  const box = (checked: boolean) => ({ target: { type: "checkbox", checked, value: "b" } });
  expect(readChange(box(true), ["a", "unknown"]).given).toEqual(["a", "unknown", "b"]);
  expect(readChange(box(false), ["a", "b", "unknown"]).given).toEqual(["a", "unknown"]);
});

test("an emptied date input is null where the var may be null, and a text stays a text", () => {
  const emptied = (type: string, isNullable: boolean) => readDraft("", { kind: "text", type, isNullable });
  expect(emptied("date", true)).toEqual({ draft: "", value: null });
  expect(emptied("datetime-local", true)).toEqual({ draft: "", value: null });
  expect(emptied("date", false)).toEqual({ draft: "", value: "" });
  expect(emptied("text", true)).toEqual({ draft: "", value: "" });
  expect(readDraft("", { kind: "date", type: "date" })).toEqual({ draft: "", value: null });
});
