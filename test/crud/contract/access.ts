import { Permission, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import type { TestTab } from "antiphon/testing";
import { describe, expect, test } from "vitest";
import {
  FoldersState,
  KindsState,
  LabelsState,
  NotesState,
  NotesView,
  PublicNotes,
  RemindersState,
  TagMixins,
  TagsState,
} from "../../fixtures/crud-app/src/notes.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

/** Who may list, open, change and delete which rows, and what hooks decide. */
export function access(address: Address): void {
  describe("access", () => {
    const world = crudWorld(address);
    const grant = (codename: string) =>
      world.app.run(async () => {
        const { id } = await objects(Permission)
          .filter({ codename })
          .get(await firstId(codename), ["id"]);
        const before = await objects(User).filter({ id: world.ada }).related("userPermissions").first();
        const ids = before?.userPermissions.map((one) => one.id) ?? [];
        await objects(User)
          .filter({ id: world.ada })
          .update({ userPermissions: [...ids, id] });
      });
    const firstId = async (codename: string) =>
      (await objects(Permission).filter({ codename }).pluck("id"))[0] as number;

    test("rows 148, 149, 155: actions of a data state redirect an anonymous visitor, unless the option is an empty list.", async () => {
      await using tab = await world.open();
      const calls: [string, ...unknown[]][] = [
        ["refresh"],
        ["onLoadNotes"],
        ["save"],
        ["keepNote"],
        ["saveForm", {}],
        ["startEdit", 1],
        ["load", 1],
        ["remove", 1],
        ["deleteNote", 1],
        ["setSearch", "x"],
        ["setOrdering", "title"],
        ["filter", {}],
        ["nextPage"],
        ["resolveConflict", "mine"],
      ];
      for (const [event, ...args] of calls) {
        await tab.navigate("/");
        tab.effects.length = 0;
        await tab.call(NotesState, event as never, ...(args as never[]));
        expect(tab.effects, event).toMatchObject([{ effect: "redirect" }]);
      }
      await tab.navigate("/");
      await tab.call(NotesState, "setTitle", "typed");
      await tab.call(NotesState, "cancelEdit");
      expect(tab.view(NotesState)).toMatchObject({ title: "", formKey: 1 });
      await tab.call(LabelsState, "setCode", "c");
      await tab.call(LabelsState, "setName", "open");
      await tab.call(LabelsState, "save");
      expect(tab.view(LabelsState).data).toMatchObject([{ id: "c", code: "c", name: "open" }]);
      await tab.call(PublicNotes, "refresh");
    });

    test("rows 152, 189, W5, W27, SEC-11: another user's row answers exactly as a missing one, in every event that takes a key.", async () => {
      const [theirs = 0] = await world.notes(world.bob, "bob's");
      await world.notes(world.ada, "ada's");
      const missing = theirs + 1_000;
      const answerTo = async (work: (tab: TestTab) => Promise<void>) => {
        await using tab = await world.open("ada", "/notes");
        const before = tab.frames.length;
        const code = await work(tab).then(
          () => "resolved",
          (error: { code: string }) => error.code,
        );
        const { notes, ...view } = tab.view(NotesState);
        return { code, view, titles: notes.map(({ title }) => title), frames: tab.frames.length - before };
      };
      for (const work of [
        (tab: TestTab, id: number) => tab.call(NotesState, "startEdit", id),
        (tab: TestTab, id: number) => tab.call(NotesState, "load", id),
        (tab: TestTab, id: number) => tab.call(NotesState, "remove", id),
        (tab: TestTab, id: number) => tab.call(NotesState, "deleteNote", id),
        (tab: TestTab, id: number) => tab.call(NotesState, "startEdit", String(id) as never),
      ]) {
        const foreign = await answerTo((tab) => work(tab, theirs));
        expect(foreign).toEqual(await answerTo((tab) => work(tab, missing)));
        expect(foreign).toMatchObject({ code: "resolved", view: { error: "No note was found.", editingId: null } });
      }
      for (const wrong of ["01", " 1", "1e0", "abc", "", -1, 1.5]) {
        expect(await answerTo((tab) => tab.call(NotesState, "startEdit", wrong as never))).toMatchObject({
          code: "resolved",
          view: { error: "No note was found.", editingId: null },
        });
      }
      for (const wrong of [{ $gt: 0 }, [1], true, null]) {
        const answer = await answerTo((tab) => tab.call(NotesState, "startEdit", wrong as never));
        expect(answer.code).toBe("EVENT_ARGS_INVALID");
      }
      expect(await world.rows("Note", (notes) => notes.get(theirs))).toMatchObject({ title: "bob's", version: 1 });
    });

    test("SEC-11: a relation names rows of the user alone: options, labels and saves know no others.", async () => {
      const [mine, theirs] = await world.rows("Folder", (folders) =>
        folders.createMany([
          { name: "Home", user: world.ada },
          { name: "Home of bob", user: world.bob },
        ]),
      );
      await world.rows("Tag", (tags) => tags.createMany([{ name: "blue" }, { name: "red" }]));
      await using tab = await world.open("ada", "/notes");
      await tab.call(KindsState, "searchOptions", "folder", "home");
      expect(tab.view(KindsState).relationOptions).toEqual({ folder: [{ value: mine?.id, label: "Home" }] });
      await tab.call(KindsState, "searchOptions", "tags", "e");
      expect(tab.view(KindsState).relationOptions.tags?.map(({ label }) => label)).toEqual(["blue", "red"]);
      await tab.call(KindsState, "setTitle", "t");
      const answers: unknown[] = [];
      for (const id of [theirs?.id ?? 0, (theirs?.id ?? 0) + 100]) {
        await tab.call(KindsState, "setFolder", id);
        await tab.call(KindsState, "save");
        const { fieldErrors, error, editingId } = tab.view(KindsState);
        answers.push({ fieldErrors, error, editingId });
      }
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]).toMatchObject({ fieldErrors: { folder: "The chosen row does not exist." } });
      await tab.call(KindsState, "setFolder", mine?.id as number);
      await tab.call(KindsState, "save");
      expect(tab.view(KindsState)).toMatchObject({ error: "" });
      const id = tab.view(KindsState).editingId as number;
      await tab.call(KindsState, "startEdit", id);
      expect(tab.view(KindsState).relationOptions.folder).toEqual([{ value: mine?.id, label: "Home" }]);
      await tab.call(KindsState, "searchOptions", "status" as never, "");
      expect(tab.view(KindsState).error).toBe("There are no options for this field.");
    });

    test("rows 150, 190, 191, W6: permission classes decide about each action, and about each row that is opened, changed or deleted.", async () => {
      const made = await world.rows("Tag", (tags) =>
        tags.createMany([
          { id: 1001, name: "odd" },
          { id: 1002, name: "even" },
        ]),
      );
      expect(made).toHaveLength(2);
      const denied = "You do not have permission to perform this action.";
      await using tab = await world.open("ada");
      await tab.call(TagsState, "refresh");
      expect(tab.view(TagsState)).toMatchObject({ error: denied, data: [] });
      await grant("view_tag");
      await tab.call(TagsState, "refresh");
      expect(tab.view(TagsState)).toMatchObject({ error: "", data: [{ name: "even" }, { name: "odd" }] });
      await tab.call(TagsState, "startEdit", 1002);
      expect(tab.view(TagsState)).toMatchObject({ error: denied, editingId: null });
      await tab.call(TagsState, "startEdit", 1001);
      expect(tab.view(TagsState)).toMatchObject({ error: "", editingId: 1001 });
      await tab.call(TagsState, "setName", "changed");
      await tab.call(TagsState, "save");
      expect(tab.view(TagsState)).toMatchObject({ error: denied, editingId: 1001, name: "changed" });
      await grant("change_tag");
      await tab.call(TagsState, "save");
      expect(tab.view(TagsState)).toMatchObject({ error: "", editingId: null });
      await tab.call(TagsState, "remove", 1001);
      expect(tab.view(TagsState).error).toBe(denied);
      await grant("delete_tag");
      await tab.call(TagsState, "remove", 1002);
      expect(tab.view(TagsState).error).toBe(denied);
      await tab.call(TagsState, "remove", 1001);
      expect(tab.view(TagsState)).toMatchObject({ error: "", data: [{ name: "even" }] });
      await tab.call(TagsState, "setName", "new");
      await tab.call(TagsState, "save");
      expect(tab.view(TagsState).error).toBe(denied);
      await tab.call(TagsState, "cancelEdit");
      expect(tab.view(TagsState)).toMatchObject({ error: "", name: "" });
      // Rows do not stay on the page of a user who may not list them any more.
      await world.app.run(() => objects(User).filter({ id: world.ada }).update({ userPermissions: [] }));
      expect(tab.view(TagsState).data).toHaveLength(1);
      await tab.call(TagsState, "refresh");
      expect(tab.view(TagsState)).toMatchObject({ error: denied, data: [] });
    });

    test("row 150, SEC-11: options of a relation are for those whom the permission classes let in.", async () => {
      await world.rows("Tag", (tags) => tags.createMany([{ name: "secret" }]));
      await using tab = await world.open("bob");
      await tab.call(RemindersState, "searchOptions", "tag", "");
      expect(tab.view(RemindersState)).toMatchObject({
        error: "You do not have permission to perform this action.",
        relationOptions: {},
      });
    });

    test("row 193: permission classes hold for a state that is composed of mixins.", async () => {
      await using tab = await world.open("ada");
      await tab.call(TagMixins, "setName", "blue");
      await tab.call(TagMixins, "save");
      expect(tab.view(TagMixins)).toMatchObject({ tagsError: "", tags: [{ name: "blue" }] });
    });

    test("rows 153, 154, 187: dispatch runs setup, action and teardown; an error of the page ends up in a var.", async () => {
      await using tab = await world.open();
      await tab.call(LabelsState, "refresh");
      await tab.call(LabelsState, "startEdit", "nothing");
      expect(tab.view(LabelsState).error).toBe("No label was found.");
      await tab.call(LabelsState, "cancelEdit");
      await tab.call(LabelsState, "history");
      expect(tab.view(LabelsState).seen).toEqual([
        "loadList",
        "/loadList",
        "startEdit",
        "/startEdit",
        "cancelEdit",
        "/cancelEdit",
      ]);
    });

    test("rows 151, 183, 186: validators and onStateValid see clean data, and what they return counts.", async () => {
      await using tab = await world.open();
      await tab.call(LabelsState, "setCode", "c");
      await tab.call(LabelsState, "setName", "name");
      await tab.call(LabelsState, "setNote", "no");
      await tab.call(LabelsState, "save");
      expect(tab.view(LabelsState)).toMatchObject({ error: "This does not do.", fieldErrors: { note: "Say more." } });
      await tab.call(LabelsState, "setNote", "loud");
      await tab.call(LabelsState, "save");
      expect(await world.rows("Label", (labels) => labels.get("c"))).toMatchObject({ note: "LOUD" });
    });

    test("rows 141, 156: hooks get the action with its user and key, and read context values from the request.", async () => {
      await using tab = await world.open("ada");
      await tab.call(FoldersState, "setName", "inbox");
      await tab.call(FoldersState, "save");
      await tab.call(FoldersState, "context");
      expect(tab.view(FoldersState).seen).toEqual({
        action: "save",
        id: null,
        isNew: true,
        username: "ada",
        context: "crud",
      });
    });

    test("row 194: an event of the author replaces the generated one, keeps its guard, and reaches the pipeline by dispatch.", async () => {
      const [folder] = await world.rows("Folder", (folders) => folders.createMany([{ name: "a", user: world.ada }]));
      await using tab = await world.open("ada");
      await tab.call(FoldersState, "startEdit", folder?.id as number);
      expect(tab.view(FoldersState)).toMatchObject({ editingId: folder?.id, name: "Copy of a" });
      await using anonymous = await world.open();
      await anonymous.call(FoldersState, "startEdit", folder?.id as number);
      expect(anonymous.effects).toMatchObject([{ effect: "redirect" }]);
    });

    test("row 136: an edited field can be left out of the rows.", async () => {
      await using tab = await world.open("ada");
      await tab.call(FoldersState, "setName", "a");
      await tab.call(FoldersState, "save");
      expect(Object.keys(tab.view(FoldersState).data[0] ?? {})).toEqual(["id", "user"]);
    });

    test("rows 133, 134, 147: read-only fields are in the rows and have no var; hooks get the relations that are asked for.", async () => {
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "setTitle", "t");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState).notes[0]).toHaveProperty("createdAt");
      await expect(tab.call(NotesState, "setCreatedAt" as never, "x" as never)).rejects.toMatchObject({
        code: "EVENT_UNKNOWN",
      });
      await expect(tab.write(NotesState, "createdAt" as never, "x" as never)).rejects.toMatchObject({
        code: "EVENT_FIELD_UNKNOWN",
      });
      await tab.call(FoldersState, "setName", "mine");
      await tab.call(FoldersState, "save");
      const { id = 0 } = tab.view(FoldersState).data[0] ?? {};
      await tab.call(FoldersState, "startEdit", id);
      await tab.call(FoldersState, "context");
      expect(tab.view(FoldersState).owner).toBe("ada");
      expect(NotesView.fields).toHaveProperty("title");
    });
  });
}
