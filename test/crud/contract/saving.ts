import { describe, expect, test } from "vitest";
import {
  DraftsState,
  KindsState,
  LabelsState,
  NotesState,
  NotesView,
  TagMixins,
} from "../../fixtures/crud-app/src/notes.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

/** How forms are opened, checked, saved and closed. */
export function saving(address: Address): void {
  describe("saving", () => {
    const world = crudWorld(address);
    const stored = (id: number) => world.rows("Note", (notes) => notes.get(id));

    test("rows 158, 159, 161, 166, 142: a save creates a row of the user, answers with the hook's toast and empties the form.", async () => {
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "setTitle", "  New ");
      await tab.call(NotesState, "setContent", "text");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({ title: "", content: "", error: "", editingId: null, formKey: 1 });
      expect(tab.effects).toEqual([{ effect: "toast", level: "success", message: "Created" }]);
      const [row] = await world.rows("Note", (notes) => notes.rows());
      expect(row).toMatchObject({ title: "New", content: "text", user: world.ada, status: "draft" });
    });

    test("rows 143, 160, 164-166, 169: startEdit fills the form, save changes that row alone, cancelEdit leaves it.", async () => {
      const [id = 0, other = 0] = await world.notes(world.ada, "a", "b");
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "startEdit", id);
      expect(tab.view(NotesState)).toMatchObject({ editingId: id, title: "a", formKey: 1 });
      await tab.call(NotesState, "setTitle", "changed");
      await tab.call(NotesState, "cancelEdit");
      expect(tab.view(NotesState)).toMatchObject({ editingId: null, title: "", formKey: 2 });
      expect(await stored(id)).toMatchObject({ title: "a", version: 1 });
      await tab.call(NotesState, "startEdit", id);
      await tab.call(NotesState, "setTitle", "changed");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({ editingId: null, title: "", error: "" });
      expect(await stored(id)).toMatchObject({ title: "changed", version: 2 });
      expect(await stored(other)).toMatchObject({ title: "b", version: 1 });
      await tab.call(NotesState, "startEdit", id);
      await tab.call(NotesState, "save");
      expect(await stored(id)).toMatchObject({ version: 2 });
    });

    test("rows 135, 139, 158, 180, 184, 185, W24: every wrong field has its message, the form has one, and nothing typed is lost.", async () => {
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "setContent", "typed");
      await tab.call(NotesState, "setStatus", "published");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({
        error: "Check the marked fields.",
        fieldErrors: { title: "This field is required." },
        content: "typed",
        editingId: null,
        formKey: 0,
      });
      await tab.call(NotesState, "setTitle", "x".repeat(61));
      expect(tab.view(NotesState).fieldErrors).toEqual({});
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState).fieldErrors.title).toMatch(/at most 60 characters/);
      await tab.call(NotesState, "setTitle", "typed");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState).error).toBe("Published notes are due some day.");
      expect(tab.view(NotesState).fieldErrors).toEqual({ content: "Content must differ from the title." });
      expect(await world.rows("Note", (notes) => notes.count())).toBe(0);
    });

    test("row 181, W24: a clean hook returns the value that is stored, or refuses it.", async () => {
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "setTitle", " forbidden ");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState).fieldErrors).toEqual({ title: "This title is taken by the house." });
      expect(tab.view(NotesState).title).toBe(" forbidden ");
    });

    test("rows 124, 168, 169, W20, W31: every kind goes through the form and back, empty stays NULL, and setters convert.", async () => {
      const folder = await world.rows("Folder", (folders) => folders.create({ name: "Home", user: world.ada }));
      const [blue, red] = await world.rows("Tag", (tags) => tags.createMany([{ name: "blue" }, { name: "red" }]));
      await using tab = await world.open("ada", "/notes");
      const values = {
        title: "all",
        subtitle: "sub",
        status: "published",
        priority: 3,
        ratio: 0.5,
        price: "1.50",
        pinned: true,
        due: "2026-02-28",
        opensAt: "09:30:00",
        remindAt: new Date("2026-03-01T09:30:00.123Z"),
        meta: '{"color":"red"}',
        folder: folder.id,
        tags: [blue?.id, red?.id],
      } as const;
      await tab.watch(KindsState);
      for (const [name, value] of Object.entries(values)) await tab.write(KindsState, name as never, value as never);
      await tab.call(KindsState, "save");
      expect(tab.view(KindsState)).toMatchObject({ error: "", fieldErrors: {} });
      const id = tab.view(KindsState).editingId as number;
      const { meta, ...others } = values;
      expect(await stored(id)).toMatchObject({
        title: "all",
        price: "1.50",
        remindAt: "2026-03-01T09:30:00.123Z",
        meta: { color: "red" },
        folder: folder.id,
      });
      await tab.call(KindsState, "create");
      await tab.call(KindsState, "startEdit", id);
      expect(tab.view(KindsState)).toMatchObject(others);
      expect(JSON.parse(tab.view(KindsState).meta ?? "")).toEqual(JSON.parse(meta));
      for (const name of ["subtitle", "priority", "ratio", "price", "due", "opensAt", "remindAt", "meta", "folder"]) {
        await tab.call(KindsState, `set${name[0]?.toUpperCase()}${name.slice(1)}` as never, "" as never);
      }
      await tab.call(KindsState, "setStatus", "draft");
      await tab.call(KindsState, "setTags", []);
      await tab.call(KindsState, "save");
      expect(tab.view(KindsState)).toMatchObject({ error: "", fieldErrors: {} });
      expect(await stored(id)).toMatchObject({
        subtitle: null,
        priority: null,
        ratio: null,
        price: null,
        due: null,
        opensAt: null,
        remindAt: null,
        meta: null,
        folder: null,
      });
      expect(await world.rows("Note", (notes) => notes.filter({ tags: { isNull: true } }).count())).toBe(1);
    });

    test("rows 124, 182, W31: what no var of a kind can hold is refused with its message, and the state stays.", async () => {
      await using tab = await world.open("ada", "/notes");
      await tab.watch(KindsState);
      for (const [name, wrong] of [
        ["Priority", "abc"],
        ["Priority", {}],
        ["Ratio", "1,5"],
        ["Pinned", "maybe"],
        ["Status", "deleted"],
        ["RemindAt", "tomorrow"],
        ["Folder", "01"],
        ["Folder", { id: 1 }],
        ["Tags", "x"],
        ["Title", 5],
        ["Title", { $gt: "" }],
      ] as const) {
        const call = tab.call(KindsState, `set${name}` as never, wrong as never);
        await expect(call, `${name} ${JSON.stringify(wrong)}`).rejects.toMatchObject({ code: "EVENT_ARGS_INVALID" });
      }
      expect(tab.view(KindsState)).toMatchObject({ priority: null, pinned: false, status: "draft", title: "" });
      await tab.call(KindsState, "setTitle", "half");
      await tab.call(KindsState, "setDue", "2026-0");
      await tab.call(KindsState, "setPriority", 1.5);
      await tab.call(KindsState, "setPrice", "0.00");
      await tab.call(KindsState, "save");
      expect(Object.keys(tab.view(KindsState).fieldErrors).toSorted()).toEqual(["due", "price", "priority"]);
      expect(tab.view(KindsState)).toMatchObject({ due: "2026-0", priority: 1.5 });
    });

    test("rows 142, 161: with resetAfterSave false the form stays, and the next save changes the row that was created.", async () => {
      await using tab = await world.open("ada", "/notes");
      await tab.call(KindsState, "setTitle", "kept");
      await tab.call(KindsState, "save");
      const id = tab.view(KindsState).editingId;
      expect(tab.view(KindsState)).toMatchObject({ title: "kept", formKey: 0 });
      await tab.call(KindsState, "setTitle", "again");
      await tab.call(KindsState, "save");
      await tab.call(KindsState, "setTitle", "once more");
      await tab.call(KindsState, "save");
      expect(tab.view(KindsState)).toMatchObject({ editingId: id, error: "" });
      expect(await world.rows("Note", (notes) => notes.pluck("title"))).toEqual(["once more"]);
    });

    test("rows 144, 167: saveForm takes the fields of a submitted form, and nothing else in it (SEC-10).", async () => {
      await using tab = await world.open("ada", "/notes");
      const sent = {
        title: "By form",
        content: "c",
        user: world.bob,
        id: 5,
        createdAt: "2001-01-01T00:00:00Z",
        secret: "x",
        "folder.user": 1,
        rank: 9,
      };
      await tab.call(NotesState, "saveNoteForm", sent);
      const [row] = await world.rows("Note", (notes) => notes.rows());
      expect(row).toMatchObject({ title: "By form", content: "c", user: world.ada, rank: 0 });
      expect(row?.createdAt).not.toMatch(/^2001/);
      await tab.call(NotesState, "startEdit", row?.id as number);
      await tab.call(NotesState, "saveForm", { content: "later" });
      expect(await stored(row?.id as number)).toMatchObject({ title: "By form", content: "later" });
      await tab.call(NotesState, "saveForm", { title: 5, status: "x" });
      expect(Object.keys(tab.view(NotesState).fieldErrors).toSorted()).toEqual(["status", "title"]);
    });

    test("rows 140, 184, W23: an update is checked as the whole row: its own unique value is no rival, others are.", async () => {
      await world.rows("Label", (labels) =>
        labels.createMany([
          { code: "a", name: "Ada" },
          { code: "b", name: "Bob" },
        ]),
      );
      await using tab = await world.open();
      await tab.call(LabelsState, "refresh");
      await tab.call(LabelsState, "startEdit", "a");
      await tab.call(LabelsState, "setNote", "hi");
      await tab.call(LabelsState, "save");
      expect(tab.view(LabelsState)).toMatchObject({ error: "", fieldErrors: {}, editingId: null });
      await tab.call(LabelsState, "startEdit", "a");
      await tab.call(LabelsState, "setName", "Bob");
      await tab.call(LabelsState, "save");
      expect(tab.view(LabelsState)).toMatchObject({
        fieldErrors: { name: "Another Label has this name." },
        editingId: "a",
        name: "Bob",
      });
      await tab.call(LabelsState, "setName", "Ada L.");
      await tab.call(LabelsState, "setCode", "b");
      await tab.call(LabelsState, "save");
      expect(tab.view(LabelsState).fieldErrors.code).toMatch(/key of a saved row|Another/);
    });

    test("rows 160, 163, 164, W25: a row that is gone is named as such, leaves the list, and what was typed stays.", async () => {
      const [id = 0, second = 0] = await world.notes(world.ada, "a", "b");
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "startEdit", id);
      await tab.call(NotesState, "setTitle", "typed");
      await world.rows("Note", (notes) => notes.filter({ id }).delete());
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({
        error: "No note was found.",
        title: "typed",
        editingId: null,
        totalCount: 1,
      });
      expect(tab.view(NotesState).notes.map((row) => row.id)).toEqual([second]);
      await tab.call(NotesState, "refresh");
      await world.rows("Note", (notes) => notes.filter({ id: second }).delete());
      await tab.call(NotesState, "remove", second);
      expect(tab.view(NotesState)).toMatchObject({ error: "No note was found.", notes: [] });
    });

    test("row 163: deleting the row that is edited empties the form; without a key and without an edited row nothing happens.", async () => {
      const [id = 0] = await world.notes(world.ada, "a", "b");
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "remove");
      expect(tab.view(NotesState).notes).toHaveLength(2);
      await tab.call(NotesState, "startEdit", id);
      await tab.call(NotesState, "remove");
      expect(tab.view(NotesState)).toMatchObject({ title: "", editingId: null, formKey: 2, totalCount: 1 });
    });

    test("W21: of two who edit one row the second learns what changed, and chooses.", async () => {
      const [id = 0] = await world.notes(world.ada, "a");
      await using first = await world.open("ada", "/notes");
      await using second = await world.open("ada", "/notes");
      for (const tab of [first, second]) await tab.call(NotesState, "startEdit", id);
      await first.call(NotesState, "setTitle", "theirs");
      await first.call(NotesState, "save");
      await second.call(NotesState, "setContent", "mine");
      await second.call(NotesState, "save");
      expect(second.view(NotesState)).toMatchObject({
        error: "Another user has saved this row. Choose which version to keep.",
        conflict: { title: "theirs" },
        title: "a",
        content: "mine",
        editingId: id,
      });
      expect(await stored(id)).toMatchObject({ title: "theirs", content: "" });
      await second.call(NotesState, "resolveConflict", "mine");
      expect(second.view(NotesState)).toMatchObject({ error: "", conflict: null, editingId: null });
      expect(await stored(id)).toMatchObject({ title: "theirs", content: "mine", version: 3 });
      for (const tab of [first, second]) await tab.call(NotesState, "startEdit", id);
      await first.call(NotesState, "setTitle", "again");
      await first.call(NotesState, "save");
      await second.call(NotesState, "setTitle", "lost");
      await second.call(NotesState, "save");
      await second.call(NotesState, "resolveConflict", "theirs");
      expect(second.view(NotesState)).toMatchObject({ title: "again", conflict: null, error: "", editingId: id });
    });

    test("W21: a conflict on a relation has the labels of both choices, and keeps the rows that a search has found.", async () => {
      const [home, work, trip] = await world.rows("Folder", (folders) =>
        folders.createMany(["Home", "Work", "Trip"].map((name) => ({ name, user: world.ada }))),
      );
      const [id = 0] = await world.notes(world.ada, "a");
      await using first = await world.open("ada");
      await using second = await world.open("ada");
      for (const tab of [first, second]) await tab.call(KindsState, "startEdit", id);
      await first.call(KindsState, "setFolder", home?.id as number);
      await first.call(KindsState, "save");
      await second.call(KindsState, "searchOptions", "folder", "Trip");
      await second.call(KindsState, "setFolder", work?.id as number);
      await second.call(KindsState, "save");
      const { conflict, relationOptions } = second.view(KindsState);
      expect(conflict).toEqual({ folder: home?.id });
      expect(relationOptions.folder?.map(({ label }) => label).sort()).toEqual(["Home", "Trip", "Work"]);
      expect(relationOptions.folder).toContainEqual({ value: home?.id, label: "Home" });
      expect(trip).toBeDefined();
    });

    test("row 142, W21: a form that stays open after a save shows the row as it was stored.", async () => {
      await using tab = await world.open("ada");
      await tab.call(KindsState, "setTitle", "  kept ");
      await tab.call(KindsState, "setPrice", "1.5");
      await tab.call(KindsState, "save");
      expect(tab.view(KindsState)).toMatchObject({ title: "kept", price: "1.50", error: "" });
      // It holds nothing that the user has not seen: the next save changes nothing of what others have saved.
      const id = tab.view(KindsState).editingId as number;
      await tab.call(KindsState, "save");
      expect(await stored(id)).toMatchObject({ title: "kept", version: 1 });
    });

    test("W21: without a version each writes only what they have changed.", async () => {
      await world.rows("Label", (labels) => labels.create({ code: "a", name: "Ada" }));
      await using first = await world.open();
      await using second = await world.open();
      for (const tab of [first, second]) await tab.call(LabelsState, "startEdit", "a");
      await first.call(LabelsState, "setName", "Ada L.");
      await first.call(LabelsState, "save");
      await second.call(LabelsState, "setNote", "mine");
      await second.call(LabelsState, "save");
      expect(second.view(LabelsState).error).toBe("");
      expect(await world.rows("Label", (labels) => labels.get("a"))).toMatchObject({ name: "Ada L.", note: "mine" });
    });

    test("row 162, W16, W21: a fault in a hook undoes the row, its announcement and the vars, and shows nothing of the fault.", async () => {
      const heard: string[] = [];
      const stop = world.app.server.database?.changes.subscribe((changes) =>
        heard.push(...changes.map(({ model }) => model)),
      );
      await using tab = await world.open();
      await tab.call(LabelsState, "setCode", "x");
      await tab.call(LabelsState, "setName", "broken");
      await expect(tab.call(LabelsState, "save")).rejects.not.toMatchObject({
        message: expect.stringContaining("sql"),
      });
      expect(tab.view(LabelsState)).toMatchObject({ name: "broken", error: "" });
      expect(await world.rows("Label", (labels) => labels.count())).toBe(0);
      expect(heard).not.toContain("Label");
      await tab.call(LabelsState, "setName", "whole");
      await tab.call(LabelsState, "save");
      expect(heard).toContain("Label");
      stop?.();
    });

    test("A save by which a row leaves the scope closes its form and takes it out of the list.", async () => {
      const [id = 0] = await world.notes(world.ada, "a", "b");
      await using tab = await world.open("ada");
      await tab.call(DraftsState, "refresh");
      await tab.call(DraftsState, "setPageSize", 5_000);
      expect(tab.view(DraftsState).pageSize).toBe(200);
      await tab.call(DraftsState, "startEdit", id);
      await tab.call(DraftsState, "setStatus", "published");
      await tab.call(DraftsState, "setDue", "2026-01-01");
      await tab.call(DraftsState, "save");
      expect(tab.view(DraftsState)).toMatchObject({ error: "", editingId: null, title: "", totalCount: 1 });
      expect(tab.view(DraftsState).data).toMatchObject([{ title: "b" }]);
      expect(await stored(id)).toMatchObject({ status: "published" });
    });

    test("A row that other rows refer to is not deleted, and the page learns why.", async () => {
      const [tag] = await world.rows("Tag", (tags) => tags.createMany([{ name: "kept" }]));
      await world.rows("Reminder", (reminders) => reminders.create({ tag: tag?.id as number, name: "r" }));
      await using tab = await world.open("ada");
      await tab.call(TagMixins, "refresh");
      await tab.call(TagMixins, "remove", tag?.id);
      expect(tab.view(TagMixins).tagsError).not.toBe("");
      expect(tab.view(TagMixins).tags).toHaveLength(1);
    });

    test("row 128: rows of a ModelCRUDView carry their computed values and members, also after a save.", async () => {
      const [tag] = await world.rows("Tag", (tags) => tags.createMany([{ name: "blue" }]));
      await using tab = await world.open("ada");
      await tab.call(NotesView, "setTitle", "t");
      await tab.call(NotesView, "setContent", "four");
      await tab.call(NotesView, "setTags", [tag?.id as number]);
      await tab.call(NotesView, "saveNote");
      expect(tab.view(NotesView).notes).toMatchObject([{ title: "t", tags: [tag?.id], length: 4 }]);
      const [row] = tab.view(NotesView).notes;
      await tab.call(NotesView, "startEdit", row?.id as number);
      expect(tab.view(NotesView).tags).toEqual([tag?.id]);
      await tab.call(NotesView, "setTags", []);
      await tab.call(NotesView, "saveNote");
      expect(tab.view(NotesView).notes).toMatchObject([{ tags: [] }]);
    });
  });
}
