import { ModelState, ModelView } from "antiphon/crud";
import { model, p } from "antiphon/models";
import { ModelSerializer } from "antiphon/serializers";
import { describe, expect, test } from "vitest";
import { Note } from "../../fixtures/crud-app/src/models.ts";
import {
  KindsState,
  LabelsState,
  NotesState,
  NotesView,
  PublicNotes,
  TagMixins,
} from "../../fixtures/crud-app/src/notes.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

class Page extends model("CrudPage", {
  id: p.integer().primary(),
  title: p.string(),
  error: p.string().default(""),
  changedAt: p
    .datetime()
    .nullable()
    .onUpdate(() => new Date()),
}) {}

/** What data states have: vars, events, names. */
export function generated(address: Address): void {
  describe("what is generated", () => {
    const world = crudWorld(address);

    test("rows 120, 123-128: a ModelState has its list, field vars, setters and events; the key is null for a new row.", async () => {
      await using tab = await world.open("ada");
      await tab.watch(NotesState);
      expect(tab.view(NotesState)).toMatchObject({
        notes: [],
        error: "",
        title: "",
        content: "",
        status: "draft",
        fieldErrors: {},
        editingId: null,
        formKey: 0,
        search: "",
        page: 1,
        pageSize: 3,
        totalCount: 0,
      });
      expect(tab.view(NotesState)).not.toHaveProperty("createdAt", expect.anything());
      await tab.call(NotesState, "setTitle", "First");
      await tab.call(NotesState, "save");
      const [row] = tab.view(NotesState).notes;
      expect(Object.keys(row ?? {})).toEqual(["id", "title", "content", "status", "createdAt"]);
      await tab.call(NotesState, "load", row?.id as number);
      expect(tab.view(NotesState)).toMatchObject({ editingId: row?.id, title: "First" });
      await tab.call(NotesState, "create");
      expect(tab.view(NotesState)).toMatchObject({ editingId: null, title: "" });
      await tab.call(NotesState, "deleteNote", row?.id as number);
      expect(tab.view(NotesState).notes).toEqual([]);
    });

    test("rows 121, 123, 137: a ModelCRUDView names its members after the model, and takes its order from the options.", async () => {
      await world.notes(world.ada, "a", "c", "b");
      await using tab = await world.open("ada");
      await tab.call(NotesView, "onLoadNotes");
      const view = tab.view(NotesView);
      expect(view.notes.map(({ title }) => title)).toEqual(["c", "b"]);
      expect(view).toMatchObject({ notesError: "", notesFieldErrors: {}, notesSearch: "", notesOrdering: "-title" });
      expect(view).toMatchObject({
        notesTotalCount: null,
        notesPageCount: null,
        page: 1,
        pageSize: 2,
        editingId: null,
      });
      await tab.call(NotesView, "setNotesSearch", "a");
      expect(tab.view(NotesView).notes.map(({ title }) => title)).toEqual(["a"]);
      await tab.call(NotesView, "clearNotesSearch");
      await tab.call(NotesView, "setNotesOrdering", "title");
      expect(tab.view(NotesView).notes.map(({ title }) => title)).toEqual(["a", "b"]);
    });

    test("row 192: a ModelListView has the list alone.", async () => {
      await world.notes(world.ada, "a");
      await using tab = await world.open();
      await tab.call(PublicNotes, "refresh");
      expect(Object.keys(tab.view(PublicNotes))).toEqual(["entriesError", "entries"]);
      expect(tab.view(PublicNotes).entries).toMatchObject([{ title: "a", length: 0, tags: [] }]);
      for (const event of ["save", "startEdit", "remove", "setTitle", "create"]) {
        await expect(tab.call(PublicNotes, event as never)).rejects.toMatchObject({ code: "EVENT_UNKNOWN" });
      }
    });

    test("row 193: mixins give a state some of the parts.", async () => {
      await using tab = await world.open("ada");
      await tab.call(TagMixins, "refresh");
      expect(Object.keys(tab.view(TagMixins)).toSorted()).toEqual(
        ["editingId", "fieldErrors", "formKey", "conflict", "name", "tags", "tagsError"]
          .map((name) => (name === "fieldErrors" ? "tagsFieldErrors" : name))
          .toSorted(),
      );
      await tab.call(TagMixins, "setName", "blue");
      await tab.call(TagMixins, "saveTag");
      expect(tab.view(TagMixins).tags).toMatchObject([{ name: "blue" }]);
      await expect(tab.call(TagMixins, "startEdit" as never, 1 as never)).rejects.toMatchObject({
        code: "EVENT_UNKNOWN",
      });
      await tab.call(TagMixins, "remove", tab.view(TagMixins).tags[0]?.id);
      expect(tab.view(TagMixins).tags).toEqual([]);
    });

    test("rows 122, 130: ModelState takes a serializer for its rows, and its fields are the form's alone.", () => {
      const serializer = ModelSerializer(Page, {
        fields: ["title"],
        computed: { loud: (row) => row.title.toUpperCase() },
      });
      class PagesState extends ModelState(Page, { fields: ["title"], serializer }) {}
      const state = new PagesState();
      state.data = [{ id: 1, title: "a", loud: "A" }];
      expect(state.title).toBe("");
      expect(() => ModelState(Page, { fields: ["title"], serializer: {} as never })).toThrow(
        /expected what ModelSerializer/,
      );
    });

    test("rows 131, 132, 138: vars and model-named events can have other names.", async () => {
      await using tab = await world.open("ada");
      await tab.call(NotesState, "setTitle", "Named");
      await tab.call(NotesState, "keepNote");
      expect(tab.view(NotesState).notes).toHaveLength(1);
      await expect(tab.call(NotesState, "saveNote" as never)).rejects.toMatchObject({ code: "EVENT_UNKNOWN" });
      class PagesState extends ModelState(Page, {
        fields: ["title", "error"],
        vars: { error: "problem", editingId: "current" },
        events: { delete: "dropPage", onLoad: "open", cancel: "leave" },
      }) {}
      const state = new PagesState();
      expect(Object.keys(state)).toEqual(expect.arrayContaining(["title", "problem", "error", "current"]));
      expect(Object.keys(PagesState.events)).toEqual(
        expect.arrayContaining(["dropPage", "open", "leave", "setProblem"]),
      );
    });

    test("row 119: fields that cannot be edited, unknown options and doubled names are errors at start.", () => {
      const make = (options: object) => () => ModelState(Page, { fields: ["title"], ...options } as never);
      expect(make({ fields: [] })).toThrow(/at least one field is required/);
      expect(make({ fields: ["titel"] })).toThrow(/Did you mean "title"/);
      expect(make({ fields: ["changedAt"] })).toThrow(expect.objectContaining({ code: "CRUD_FIELD_READ_ONLY" }));
      expect(make({ fields: ["title", "error"] })).toThrow(/called "error"/);
      expect(make({ paginateby: 3 })).toThrow(/Did you mean "paginateBy"/);
      expect(make({ paginateBy: 0 })).toThrow(/at least 1/);
      expect(make({ loginRequiredActions: ["everything"] })).toThrow(/no action "everything"/);
      expect(make({ relations: { title: {} } })).toThrow(/not a relation/);
      expect(make({ requiredFields: ["nothing"] })).toThrow(/no field "nothing"/);
      expect(make({ searchFields: ["id"] })).toThrow(/searchFields .*"id"/);
      expect(make({ orderingFields: ["title.length"] })).toThrow(/orderingFields .*"title.length"/);
      expect(make({ filterFields: ["owner"] })).toThrow(/filterFields .*"owner"/);
      expect(make({ related: ["title"] })).toThrow(/related .*"title"/);
      expect(make({ searchFields: ["titel"] })).toThrow(/CrudPage has no field "titel". Did you mean "title"\?/);
      expect(make({ filterFields: ["nothing"] })).toThrow(/no field "nothing". Expected one of: id, title/);
      const options = (relations: object) => () =>
        ModelState(Note, { fields: ["title", "folder"], relations } as never);
      expect(options({ folder: { label: "naem" } })).toThrow(
        /relations.folder.label .*Folder has no field "naem". Did you mean "name"\?/,
      );
      expect(options({ folder: { label: "user" } })).toThrow(
        /relations.folder.label .*"user" is not a column of Folder/,
      );
      expect(options({ folder: { searchFields: ["titel"] } })).toThrow(
        /relations.folder.searchFields .*Folder has no field "titel". Expected one of: id, user, name/,
      );
      expect(options({ folder: { searchFields: ["user"] } })).toThrow(/relations.folder.searchFields .*"user"/);
      expect(options({ foldr: {} })).toThrow(/"foldr" is not a relation of Note. Did you mean "folder"\?/);
      expect(options({ folder: { label: "name", searchFields: ["name", "user.username"] } })).not.toThrow();
      expect(make({ vars: { nothing: "x" } })).toThrow(/no field and no var/);
      expect(make({ vars: { title: "save" } })).toThrow(/called "save"/);
      expect(() => ModelView({} as never)).toThrow(/ModelSerializer/);
      expect(
        () =>
          new (class extends ModelState(Page, { fields: ["title"] }) {
            protected cleanTitel() {}
          })(),
      ).toThrow(expect.objectContaining({ code: "CRUD_HOOK_WITHOUT_FIELD" }));
    });

    test("row 129, W26: members of the author are never replaced, and subclasses inherit options, vars and events.", async () => {
      class Base extends ModelState(Page, { fields: ["title"], ordering: ["-title"], listVar: "pages" }) {
        override title = "Untitled";
        calls: string[] = [];
        override async save() {
          this.calls.push("mine");
          return undefined;
        }
      }
      class Sub extends Base {
        static override events = { ...super.events };
      }
      const state = new Sub();
      expect(state.pages).toEqual([]);
      await state.saveCrudPage();
      expect(state.calls).toEqual(["mine"]);
      state.title = "x";
      state.create();
      expect(state.title).toBe("Untitled");
      expect(state.formKey).toBe(1);
    });

    test("rows 218, 219, W20, W45: the form of the stub comes from the model, and numbers have numeric vars.", async () => {
      const { form } = KindsState;
      expect(form?.vars).toMatchObject({ list: "data", error: "error", editingId: "editingId" });
      expect(form?.fields.title).toMatchObject({
        kind: "text",
        label: "Title",
        required: true,
        maxLength: 60,
        helpText: "Shown in the list",
      });
      expect(form?.fields.status.choices).toEqual([
        { value: "draft", label: "Draft" },
        { value: "published", label: "Published" },
      ]);
      expect(form?.fields.priority).toMatchObject({ kind: "integer", required: false, nullable: true });
      expect(form?.fields.tags).toMatchObject({ kind: "manyToMany", hasOptions: true });
      expect(form?.fields.price).toMatchObject({ kind: "decimal", scale: 2 });
      await using tab = await world.open("ada");
      await tab.watch(KindsState);
      expect(tab.view(KindsState)).toMatchObject({
        ratio: null,
        priority: null,
        pinned: false,
        remindAt: null,
        tags: [],
      });
      await tab.call(KindsState, "setRatio", "1.5" as never);
      await tab.call(KindsState, "setPriority", "7" as never);
      expect(tab.view(KindsState)).toMatchObject({ ratio: 1.5, priority: 7 });
    });

    test("W8: hooks, hidden names and methods that are no events cannot be called, and vars that are no fields not be written.", async () => {
      await using tab = await world.open("ada");
      for (const name of [
        "performCreate",
        "getQueryset",
        "dispatch",
        "setField",
        "resetFields",
        "_crudEdited",
        "onSaveSuccess",
      ]) {
        await expect(tab.call(NotesState, name as never)).rejects.toMatchObject({ code: "EVENT_UNKNOWN" });
      }
      for (const name of ["editingId", "notes", "page", "error", "fieldErrors", "filters", "_crudEdited", "archived"]) {
        await expect(tab.write(NotesState, name as never, 1 as never)).rejects.toMatchObject({
          code: "EVENT_FIELD_UNKNOWN",
        });
      }
      expect(Object.keys(LabelsState.fields)).toEqual(["code", "name", "note"]);
    });
  });
}
