import { expect, test, vi } from "vitest";
import { applyPatch, SessionValues } from "./session-values.ts";

const stored = (values: object) => new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));

function loaded(values: object): SessionValues {
  const found = new SessionValues();
  found.load(stored(values));
  return found;
}

test("only values that are read are parsed, and each once", () => {
  const values = loaded({ a: [1], b: { c: 2 } });
  const parse = vi.spyOn(JSON, "parse");
  expect(values.keys()).toEqual(["a", "b"]);
  expect(values.has("b")).toBe(true);
  expect(parse).not.toHaveBeenCalled();
  expect(values.get("a")).toBe(values.get("a"));
  expect(parse).toHaveBeenCalledTimes(1);
  parse.mockRestore();
});

test("a patch holds what was set, taken out and changed in place, and nothing else", () => {
  const values = loaded({ read: [1], changed: { n: 1 }, gone: 1, text: "x" });
  values.get("read");
  values.get("text");
  (values.get("changed") as { n: number }).n = 2;
  values.delete("gone");
  values.delete("never");
  values.set("set", true);
  expect(Object.fromEntries(values.patch()?.changes ?? [])).toEqual({
    changed: '{"n":2}',
    gone: undefined,
    set: "true",
  });
});

test("an object that was changed and changed back is no change", () => {
  const values = loaded({ list: [1] });
  const list = values.get("list") as number[];
  list.push(2);
  expect(values.isModified).toBe(true);
  list.pop();
  expect(values.isModified).toBe(false);
  expect(values.patch()).toBeUndefined();
});

test("a patch is laid over what others have stored; after a clear nothing of theirs is left", () => {
  const values = loaded({ a: 1 });
  values.set("a", 2);
  values.delete("b");
  const patch = values.patch();
  if (!patch) throw new Error("no patch");
  expect(applyPatch(stored({ a: 9, c: 3 }), patch)).toEqual(stored({ a: 2, c: 3 }));
  values.clear();
  values.set("d", 4);
  const cleared = values.patch();
  if (!cleared) throw new Error("no patch");
  expect(applyPatch(stored({ a: 9, c: 3 }), cleared)).toEqual(stored({ d: 4 }));
});

test("what is done while a save runs stays to be saved", () => {
  const values = loaded({ a: 1, b: 1 });
  const list: number[] = [];
  values.set("a", 2);
  values.set("list", list);
  const patch = values.patch();
  values.set("a", 3);
  values.delete("b");
  list.push(1);
  values.settle(patch, stored({ a: 2, b: 1, list: [] }));
  expect(values.isModified).toBe(true);
  expect(Object.fromEntries(values.patch()?.changes ?? [])).toEqual({ a: "3", b: undefined, list: "[1]" });
});

test("a clear while a save runs stays to be saved", () => {
  const values = loaded({ a: 1 });
  values.clear();
  const patch = values.patch();
  values.clear();
  values.settle(patch, stored({}));
  expect(values.isModified).toBe(true);
});

test("after a save, what another request has changed meanwhile is shown, and is no change of this one", () => {
  const values = loaded({ mine: 1, theirs: [1] });
  values.get("theirs");
  values.set("mine", 2);
  values.settle(values.patch(), stored({ mine: 2, theirs: [2], more: true }));
  expect(values.get("theirs")).toEqual([2]);
  expect(values.keys()).toEqual(["mine", "theirs", "more"]);
  expect(values.isModified).toBe(false);
});
