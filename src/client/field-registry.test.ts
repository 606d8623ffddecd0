import { expect, test } from "vitest";
import { type BoundField, FieldRegistry } from "./field-registry.ts";

function field(name: string, isDirty: boolean, kept: string[]): BoundField {
  return {
    state: "a.A",
    field: name.split(" ")[0] as string,
    send: () => undefined,
    flush: () => Promise.resolve(true),
    sendFailed: () => undefined,
    isDirty: () => isDirty,
    beginAnew: (_fresh, isKept) => void kept.push(`${name} ${isKept}`),
    owns: () => false,
    isIn: () => false,
  };
}

test("of several inputs of one field the one is written to fresh states in which the user has typed", () => {
  const registry = new FieldRegistry();
  const kept: string[] = [];
  for (const each of [field("title", false, kept), field("title typed", true, kept), field("note", false, kept)]) {
    registry.add(each);
  }
  registry.beginAnew({ sameOwner: true, before: () => undefined });
  expect(kept).toEqual(["title typed true", "title false", "note true"]);
  expect(registry.lives).toBe(1);
});
