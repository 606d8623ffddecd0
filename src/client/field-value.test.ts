import { expect, test } from "vitest";
import { draftOf, kindOf, readChange, readDraft, saysTheSame } from "./field-value.ts";

test("the kind of an input follows from the value of its var", () => {
  expect([true, 3, "a", ["a"], null, undefined].map(kindOf)).toEqual([
    "boolean",
    "number",
    "text",
    "list",
    undefined,
    undefined,
  ]);
});

test.each([
  ["12", 12],
  [" 1.5 ", 1.5],
  ["-3", -3],
  ["1e3", 1000],
  ["", null],
])("the text %j is read as the number %j", (text, value) => {
  expect(readDraft(text, "number")).toEqual({ draft: text, value });
});

test.each(["twelve", "1,5", "0x10", "Infinity", "1 2", "-"])(
  "the text %j is no number and is kept as it is",
  (text) => {
    expect(readDraft(text, "number")).toEqual({ draft: text, problem: "Enter a number." });
  },
);

test("an input keeps its own spelling of what the server holds", () => {
  expect(saysTheSame("1.", 1, "number")).toBe(true);
  expect(saysTheSame("1.5", 1, "number")).toBe(false);
  expect(saysTheSame("hello ", "hello", "text")).toBe(true);
  expect(saysTheSame("hello", "HELLO", "text")).toBe(false);
  expect(saysTheSame("", null, "number")).toBe(true);
  expect(saysTheSame(["a"], ["a"], "list")).toBe(true);
});

test("null is shown as an empty input", () => {
  expect([
    draftOf(null, "text"),
    draftOf(undefined, "number"),
    draftOf(null, "boolean"),
    draftOf(null, "list"),
  ]).toEqual(["", "", false, []]);
});

test("a value that a component passes is taken as it is", () => {
  expect(readChange("abc")).toEqual({ given: "abc", isTyping: true });
  expect(readChange(true)).toEqual({ given: true, isTyping: false });
});

test("events of checkboxes, selects and half-typed numbers are told apart", () => {
  expect(readChange({ target: { type: "checkbox", checked: true, value: "on" } })).toEqual({
    given: true,
    isTyping: false,
  });
  expect(readChange({ target: { type: "select-one", value: "b" } })).toEqual({ given: "b", isTyping: false });
  expect(
    readChange({ target: { type: "select-multiple", value: "a", selectedOptions: [{ value: "a" }, { value: "c" }] } }),
  ).toEqual({
    given: ["a", "c"],
    isTyping: false,
  });
  const halfTyped = { type: "number", value: "", validity: { badInput: true } };
  expect(readChange({ target: halfTyped })).toEqual({ given: "", isTyping: true, problem: "Enter a number." });
});
