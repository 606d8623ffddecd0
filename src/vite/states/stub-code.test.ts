import { expect, test } from "vitest";
import { stubCode } from "./stub-code.ts";

test("a stub names the vars, events and fields of each class and holds nothing else", () => {
  const code = stubCode([
    {
      exportName: "NotesState",
      id: "admin/notes.NotesState",
      vars: ["notes", "title"],
      computed: ["count"],
      events: ["save"],
      fields: ["title"],
      args: { save: 0 },
    },
    {
      exportName: "Empty$State",
      id: "admin/notes.Empty$State",
      vars: [],
      computed: [],
      events: [],
      fields: [],
      args: {},
    },
  ]);
  expect(code).toMatchInlineSnapshot(`
    "import { stateStub } from "antiphon/react";
    export const NotesState = /* @__PURE__ */ stateStub({"id":"admin/notes.NotesState","vars":["notes","title"],"computed":["count"],"events":["save"],"fields":["title"],"args":{"save":0}});
    export const Empty$State = /* @__PURE__ */ stateStub({"id":"admin/notes.Empty$State","vars":[],"computed":[],"events":[],"fields":[],"args":{}});
    "
  `);
});
