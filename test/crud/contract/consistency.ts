import { describe, expect, test } from "vitest";
import { NotesState } from "../../fixtures/crud-app/src/notes.state.ts";
import {
  BrittleOpenPlans,
  BrittlePlans,
  PlansState,
  SwappedLabels,
  TagChanges,
  UncountedPlans,
} from "../../fixtures/crud-app/src/plans.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

/** What a form and a list show is what is stored, whatever others do meanwhile. */
export function consistency(address: Address): void {
  describe("consistency", () => {
    const world = crudWorld(address);
    const plans = (...titles: readonly string[]) =>
      world.rows("Plan", async (all) =>
        (await all.createMany(titles.map((title) => ({ title, user: world.ada })))).map(({ id }) => id),
      );
    const stored = (id: number) => world.rows("Plan", (all) => all.get(id));
    const titles = ({ plans: rows }: { readonly plans: readonly { readonly title: string }[] }) =>
      rows.map(({ title }) => title);

    test("rows 166, 169, W31: every change within a JSON value is saved, and the same value is no change.", async () => {
      const [id = 0] = await plans("a");
      await world.rows("Plan", (all) => all.filter({ id }).update({ steps: [{ n: 1 }, { n: 2 }] }));
      await using tab = await world.open("ada");
      await tab.call(PlansState, "startEdit", id);
      for (const steps of [
        [{ n: 98 }, { n: 99 }],
        [{ n: 99 }, { n: 98 }],
        [2, 1, "x"],
        ["x", 1, 2],
        ["1", 2],
        [1, "2"],
        [[1], [2]],
        [["1"], ["2"]],
        { a: { b: [1, 2] } },
        { a: { b: [2, 1] } },
        { a: { b: null } },
        { a: {} },
      ]) {
        await tab.call(PlansState, "setSteps", JSON.stringify(steps));
        await tab.call(PlansState, "save");
        expect(tab.view(PlansState)).toMatchObject({ error: "", fieldErrors: {} });
        expect((await stored(id)).steps).toEqual(steps);
      }
      await tab.call(PlansState, "setSteps", '{ "a" :\n{} }');
      world.statements();
      await tab.call(PlansState, "save");
      expect(world.statements().filter((sql) => /^update/i.test(sql))).toEqual([]);
    });

    test("W21: members in another order are no change, other members are.", async () => {
      const folders = await world.rows("Folder", async (all) =>
        (await all.createMany(["a", "b", "c"].map((name) => ({ name, user: world.ada })))).map(({ id }) => id),
      );
      const [one, two, three] = folders as [number, number, number];
      const [id = 0] = await plans("a");
      await world.rows("Plan", (all) => all.filter({ id }).update({ folders: [one, two] }));
      await using tab = await world.open("ada");
      await tab.call(PlansState, "startEdit", id);
      await tab.call(PlansState, "setFolders", [two, one]);
      world.statements();
      await tab.call(PlansState, "save");
      expect(world.statements().filter((sql) => /^(?:update|insert|delete)/i.test(sql))).toEqual([]);
      await tab.call(PlansState, "setFolders", [two, three]);
      await tab.call(PlansState, "save");
      const row = await world.rows("Plan", (all) => all.related("folders").get(id));
      expect(row.folders.map((folder) => folder.id).toSorted()).toEqual([two, three]);
    });

    test("rows 184, W21: without a version the model checks the row as it will be, with what another tab has saved.", async () => {
      const [id = 0] = await plans("a");
      await world.rows("Plan", (all) => all.filter({ id }).update({ due: "2026-01-01" }));
      await using first = await world.open("ada");
      await using second = await world.open("ada");
      for (const tab of [first, second]) await tab.call(PlansState, "startEdit", id);
      await first.call(PlansState, "setStatus", "published");
      await first.call(PlansState, "save");
      await second.call(PlansState, "setDue", "");
      await second.call(PlansState, "save");
      expect(second.view(PlansState).fieldErrors).toEqual({ due: "Published plans are due some day." });
      expect(await stored(id)).toMatchObject({ status: "published", due: "2026-01-01" });
      await second.call(PlansState, "setDue", "2026-02-02");
      await second.call(PlansState, "save");
      expect(second.view(PlansState)).toMatchObject({ error: "", fieldErrors: {} });
      expect(await stored(id)).toMatchObject({ status: "published", due: "2026-02-02" });
    });

    test("W21: a row that another user has changed is a conflict, also if this form's values do not fit theirs.", async () => {
      const [id = 0] = await world.notes(world.ada, "a");
      await using tab = await world.open("ada");
      await tab.call(NotesState, "startEdit", id);
      await world.rows("Note", (notes) => notes.filter({ id }).update({ content: "same" }, { version: 1 }));
      await tab.call(NotesState, "setTitle", "same");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({ conflict: { content: "same" }, fieldErrors: {} });
    });

    test("rows 160, 163, W25: the text of a row that was deleted meanwhile can be saved as a new row, or cancelled.", async () => {
      const [id = 0] = await world.notes(world.ada, "a");
      await using tab = await world.open("ada");
      const reopen = async (key: number) => {
        await tab.call(NotesState, "startEdit", key);
        await tab.call(NotesState, "setTitle", "typed");
      };
      await reopen(id);
      await world.rows("Note", (notes) => notes.filter({ id }).update({ content: "theirs" }, { version: 1 }));
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState).conflict).toEqual({ content: "theirs" });
      await world.rows("Note", (notes) => notes.filter({ id }).delete());
      await tab.call(NotesState, "resolveConflict", "mine");
      expect(tab.view(NotesState)).toMatchObject({
        error: "No note was found.",
        conflict: null,
        editingId: null,
        title: "typed",
      });
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({ error: "", title: "" });
      const [saved = 0] = await world.rows("Note", (notes) => notes.pluck("id"));
      await reopen(saved);
      await world.rows("Note", (notes) => notes.filter({ id: saved }).delete());
      await tab.call(NotesState, "remove");
      expect(tab.view(NotesState)).toMatchObject({ error: "No note was found.", editingId: null, title: "typed" });
      await tab.call(NotesState, "cancelEdit");
      expect(tab.view(NotesState)).toMatchObject({ error: "", title: "" });
    });

    test.each([
      ["a form that is emptied", BrittlePlans, null],
      ["a form that stays open", BrittleOpenPlans, expect.any(Number)],
    ])(
      "rows 142, 161, 187: a row that is stored and cannot be shown counts as saved, with %s.",
      async (_, state, key) => {
        await plans("a");
        await using tab = await world.open("ada");
        await tab.call(state, "setTitle", "broken");
        await tab.call(state, "save");
        expect(tab.view(state)).toMatchObject({
          plansError: "The change was saved, but this page could not be updated. Reload it.",
          editingId: key,
        });
        expect(world.errors()).toEqual([expect.stringContaining("a fault of the app")]);
        await tab.call(state, "save");
        expect(await world.rows("Plan", (all) => all.count())).toBe(2);
        const [id = 0] = await plans("c");
        await tab.call(state, "remove", id);
        expect(await world.rows("Plan", (all) => all.count())).toBe(2);
      },
    );

    test("rows 172, 174: beyond the end of a list that is not counted the last page is shown, with a handful of statements.", async () => {
      await using tab = await world.open("ada");
      for (const page of [2, 5_000, Number.MAX_SAFE_INTEGER]) {
        world.statements();
        await tab.call(UncountedPlans, "goToPage", page);
        expect(world.statements().length).toBeLessThanOrEqual(4);
        expect(tab.view(UncountedPlans)).toMatchObject({ error: "", page: 1, hasPrevPage: false });
      }
      await plans("a", "b", "c", "d", "e", "f", "g");
      for (const page of [3, 4, 5_000, Number.MAX_SAFE_INTEGER]) {
        world.statements();
        await tab.call(UncountedPlans, "paginate", { page });
        expect(world.statements().length).toBeLessThanOrEqual(4);
        expect(tab.view(UncountedPlans)).toMatchObject({ page: 3, hasNextPage: false, hasPrevPage: true });
        expect(titles(tab.view(UncountedPlans))).toEqual(["g"]);
      }
    });

    test("rows 170, 173: a page is found by the rows that there are now: as the first call, and after others have added some.", async () => {
      await plans("a", "b", "c", "d");
      await using tab = await world.open("ada");
      await tab.call(PlansState, "goToPage", 2);
      expect(tab.view(PlansState)).toMatchObject({ page: 2, pageCount: 2, turned: [2] });
      expect(titles(tab.view(PlansState))).toEqual(["d"]);
      await plans("e", "f", "g");
      await tab.call(PlansState, "goToPage", 3);
      expect(titles(tab.view(PlansState))).toEqual(["g"]);
      await tab.call(PlansState, "goToPage", 9);
      expect(tab.view(PlansState)).toMatchObject({ page: 3, turned: [2, 3, 9, 3] });
    });

    test("rows 178, 220: a saved row that leaves the filter is taken off the total, on whatever page it was.", async () => {
      const [id = 0] = await plans("a", "b", "c", "d", "e");
      await using tab = await world.open("ada");
      await tab.call(PlansState, "filter", { status: "draft" });
      await tab.call(PlansState, "startEdit", id);
      await tab.call(PlansState, "nextPage");
      await tab.call(PlansState, "setStatus", "other");
      await tab.call(PlansState, "save");
      expect(tab.view(PlansState)).toMatchObject({ error: "", totalCount: 4, page: 2 });
      expect(titles(tab.view(PlansState))).toEqual(["e"]);
    });

    test("row 220: a saved row has its place in the order, also if another user has changed what the list is sorted by.", async () => {
      const [id = 0] = await plans("a", "b", "c");
      await using tab = await world.open("ada");
      await tab.call(PlansState, "refresh");
      await world.rows("Plan", (all) => all.filter({ id }).update({ title: "z", rank: 5 }));
      await tab.call(PlansState, "startEdit", id);
      await tab.call(PlansState, "setDue", "2026-01-01");
      await tab.call(PlansState, "save");
      expect(titles(tab.view(PlansState))).toEqual(["b", "c", "z"]);
      await tab.call(PlansState, "setOrdering", "rank");
      await world.rows("Plan", (all) => all.filter({ id }).update({ rank: -1 }));
      await tab.call(PlansState, "setDue", "2026-01-02");
      await tab.call(PlansState, "save");
      expect(titles(tab.view(PlansState))[0]).toBe("z");
    });

    test("rows 135, 138: a message reaches the var of its field, also if another var has the field's name.", async () => {
      await using tab = await world.open();
      await tab.call(SwappedLabels, "setCode", "c");
      await tab.call(SwappedLabels, "setNote", "the name");
      await tab.call(SwappedLabels, "setRemark", "no");
      await tab.call(SwappedLabels, "save");
      expect(tab.view(SwappedLabels).fieldErrors).toEqual({ remark: "About the note." });
      await tab.call(SwappedLabels, "setRemark", "");
      await tab.call(SwappedLabels, "setNote", "x".repeat(31));
      await tab.call(SwappedLabels, "save");
      expect(Object.keys(tab.view(SwappedLabels).fieldErrors)).toEqual(["note"]);
    });

    test("row 193: a form that only changes rows says that none is open.", async () => {
      await using tab = await world.open("ada");
      await tab.call(TagChanges, "setName", "x");
      world.errors();
      await tab.call(TagChanges, "save");
      expect(world.errors()).toEqual([]);
      expect(tab.view(TagChanges)).toMatchObject({ tagsError: "No tag was found.", name: "x" });
    });
  });
}
