import { expect, test } from "vitest";
import { stateView } from "./state-view.ts";

const info = { id: "notes.NotesState", vars: ["title", "items"], computed: ["count"], events: ["save"], fields: [] };
const save = () => Promise.resolve();

function open() {
  const reads = new Set<string>();
  const snapshot = { title: "Milk", items: [1], count: 1 };
  return { reads, view: stateView({ info, snapshot, reads, event: () => save }) as Record<string, unknown> };
}

test("a view notes which vars are read, and only those", () => {
  const { view, reads } = open();
  expect(view.title).toBe("Milk");
  expect(view.save).toBe(save);
  expect([...reads]).toEqual(["title"]);
});

test("spreading a view reads all vars", () => {
  const { view, reads } = open();
  expect({ ...view }).toEqual({ title: "Milk", items: [1], count: 1, save });
  expect([...reads].sort()).toEqual(["count", "items", "title"]);
});

test("an unknown name throws with the nearest names", () => {
  const { view } = open();
  expect(() => view.titel).toThrow(/NotesState shows the browser nothing called "titel".*"title"/);
});

test("what React and consoles ask of any object is no mistake", () => {
  const { view } = open();
  expect([view.then, view.toJSON, view.$$typeof, `${"title" in view}`, `${"nope" in view}`]).toEqual([
    undefined,
    undefined,
    undefined,
    "true",
    "false",
  ]);
});

test("assigning or deleting a var is refused with what to do instead", () => {
  const { view } = open();
  expect(() => {
    view.title = "x";
  }).toThrow(/"title" of NotesState cannot be assigned.*useField\(NotesState, "title"\)/);
  expect(() => {
    delete view.title;
  }).toThrow(expect.objectContaining({ code: "CLIENT_VAR_READ_ONLY" }));
});
