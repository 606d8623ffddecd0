import { describe, expect, test } from "vitest";
import { FoldersState, NotesState, NotesView, PublicNotes } from "../../fixtures/crud-app/src/notes.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

/** How lists are loaded, searched, sorted, filtered and paged. */
export function lists(address: Address): void {
  describe("lists", () => {
    const world = crudWorld(address);
    const titles = (view: { readonly notes: readonly { readonly title: string }[] }) =>
      view.notes.map(({ title }) => title);

    test("rows 157, 125, 179: loading shows the user's rows in order, and asks for the count only where there are pages.", async () => {
      await world.notes(world.ada, "b", "a", "c");
      await world.notes(world.bob, "x");
      await using tab = await world.open("ada", "/notes");
      expect(titles(tab.view(NotesState))).toEqual(["a", "b", "c"]);
      expect(tab.view(NotesState)).toMatchObject({ totalCount: 3, pageCount: 1 });
      world.statements();
      await tab.call(NotesState, "refresh");
      expect(world.statements()).toHaveLength(2);
      await tab.call(FoldersState, "refresh");
      expect(world.statements()).toHaveLength(1);
      await tab.call(PublicNotes, "refresh");
      expect(tab.view(PublicNotes).entries).toHaveLength(4);
    });

    test("rows 145, 170, 172-175: pages are turned within their bounds, sizes are bounded, and onPageChange sees the page.", async () => {
      await world.notes(world.ada, "a", "b", "c", "d", "e", "f", "g");
      await using tab = await world.open("ada", "/notes");
      expect(tab.view(NotesState)).toMatchObject({
        page: 1,
        pageCount: 3,
        totalCount: 7,
        hasNextPage: true,
        hasPrevPage: false,
      });
      await tab.call(NotesState, "prevPage");
      expect(tab.view(NotesState).page).toBe(1);
      await tab.call(NotesState, "nextPage");
      expect(titles(tab.view(NotesState))).toEqual(["d", "e", "f"]);
      await tab.call(NotesState, "goToPage", 99);
      expect(tab.view(NotesState)).toMatchObject({ page: 3, hasNextPage: false, hasPrevPage: true });
      expect(titles(tab.view(NotesState))).toEqual(["g"]);
      await tab.call(NotesState, "nextPage");
      expect(tab.view(NotesState).page).toBe(3);
      await tab.call(NotesState, "goToPage", -5);
      expect(tab.view(NotesState).page).toBe(1);
      await tab.call(NotesState, "setPageSize", 1000);
      expect(tab.view(NotesState)).toMatchObject({ page: 1, pageSize: 10, pageCount: 1 });
      await tab.call(NotesState, "paginate", { page: 2, pageSize: 2 });
      expect(titles(tab.view(NotesState))).toEqual(["c", "d"]);
      for (const wrong of ["2", 1.5, null, { page: 1 }, Number.MAX_VALUE]) {
        await expect(tab.call(NotesState, "goToPage", wrong as never)).rejects.toMatchObject({
          code: "EVENT_ARGS_INVALID",
        });
      }
    });

    test("row 171: after the last row of the last page was deleted, the page before is shown; a page is filled up.", async () => {
      const ids = await world.notes(world.ada, "a", "b", "c", "d");
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "nextPage");
      await tab.call(NotesState, "remove", ids[3]);
      expect(tab.view(NotesState)).toMatchObject({ page: 1, pageCount: 1, totalCount: 3 });
      expect(titles(tab.view(NotesState))).toEqual(["a", "b", "c"]);
      await world.notes(world.ada, "e", "f");
      await tab.call(NotesState, "refresh");
      await tab.call(NotesState, "remove", ids[0]);
      expect(titles(tab.view(NotesState))).toEqual(["b", "c", "e"]);
      expect(tab.view(NotesState)).toMatchObject({ totalCount: 4, hasNextPage: true });
      for (const { id } of await world.rows("Note", (notes) => notes.rows(["id"])))
        await tab.call(NotesState, "remove", id);
      expect(tab.view(NotesState)).toMatchObject({ notes: [], page: 1, pageCount: 1, totalCount: 0 });
    });

    test("row 171: a total that others have changed is counted again when the page does not fit it.", async () => {
      const ids = await world.notes(world.ada, "a", "b", "c", "d", "e");
      await using tab = await world.open("ada", "/notes");
      expect(tab.view(NotesState)).toMatchObject({ totalCount: 5, pageCount: 2 });
      await world.rows("Note", (notes) => notes.filter({ id: { in: ids.slice(3) } }).delete());
      await tab.call(NotesState, "remove", ids[0]);
      expect(titles(tab.view(NotesState))).toEqual(["b", "c"]);
      expect(tab.view(NotesState)).toMatchObject({ totalCount: 2, pageCount: 1, hasNextPage: false });
    });

    test("rows 146, 176: a search finds every word in any of the fields, within the scope, and begins at the first page.", async () => {
      await world.rows("Note", (notes) =>
        notes.createMany([
          { title: "Milk and bread", content: "today", user: world.ada },
          { title: "Bread", content: "milk, 50% off", user: world.ada },
          { title: "Eggs", user: world.ada },
          { title: "Milk of bob", user: world.bob },
        ]),
      );
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "setSearch", "  milk BREAD ");
      expect(titles(tab.view(NotesState))).toEqual(["Bread", "Milk and bread"]);
      expect(tab.view(NotesState).totalCount).toBe(2);
      await tab.call(NotesState, "setSearch", "50%");
      expect(titles(tab.view(NotesState))).toEqual(["Bread"]);
      await tab.write(NotesState, "search", "eggs");
      expect(titles(tab.view(NotesState))).toEqual(["Eggs"]);
      await tab.call(NotesState, "clearSearch");
      expect(tab.view(NotesState)).toMatchObject({ search: "", totalCount: 3 });
      await tab.call(NotesState, "setSearch", "word ".repeat(40));
      expect(tab.view(NotesState).error).toMatch(/search/i);
    });

    test("row 176, W34: of searches that overtake each other the newest wins.", async () => {
      await world.notes(world.ada, "alpha", "beta");
      await using tab = await world.open("ada", "/notes");
      const calls = ["a", "al", "beta"].map((text) =>
        tab.call(NotesState, "setSearch", text).catch(({ code }) => code),
      );
      const answers = await Promise.all(calls);
      expect(answers.at(-1)).toBeUndefined();
      expect(titles(tab.view(NotesState))).toEqual(["beta"]);
      expect(tab.view(NotesState).search).toBe("beta");
    });

    test("rows 146, 177, W3: a page sorts by declared fields alone; anything else is refused and changes nothing.", async () => {
      await world.notes(world.ada, "a", "c", "b");
      await using tab = await world.open("ada", "/notes");
      expect(tab.view(NotesState).ordering).toBe("title");
      await tab.call(NotesState, "setOrdering", "-title");
      expect(titles(tab.view(NotesState))).toEqual(["c", "b", "a"]);
      world.statements();
      for (const wrong of [
        "content",
        "user.username",
        "secret",
        "-user.password",
        "--title",
        "title,rank",
        "__proto__",
      ]) {
        await tab.call(NotesState, "setOrdering", wrong as never);
        expect(tab.view(NotesState)).toMatchObject({
          ordering: "-title",
          error: "The list cannot be sorted that way.",
        });
      }
      expect(world.statements()).toEqual([]);
      await tab.call(NotesState, "setOrdering", "");
      expect(titles(tab.view(NotesState))).toEqual(["a", "b", "c"]);
      expect(tab.view(NotesState)).toMatchObject({ ordering: "title", error: "" });
      await expect(tab.call(NotesState, "setOrdering", ["title"] as never)).rejects.toMatchObject({
        code: "EVENT_ARGS_INVALID",
      });
    });

    test("rows 127, 178, W3, SEC-13: a page filters by declared fields alone, and a filter that cannot be asked is not kept.", async () => {
      await world.rows("Note", (notes) =>
        notes.createMany([
          { title: "a", status: "published", due: "2026-01-01", priority: 1, user: world.ada },
          { title: "b", priority: 5, user: world.ada },
          { title: "c", user: world.ada },
          { title: "d", status: "published", due: "2026-01-01", user: world.bob },
        ]),
      );
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "filter", { status: "published" });
      expect(titles(tab.view(NotesState))).toEqual(["a"]);
      expect(tab.view(NotesState).filters).toEqual({ status: "published" });
      await tab.call(NotesState, "filter", { priority: { gte: 1, lte: "4" } });
      expect(titles(tab.view(NotesState))).toEqual(["a"]);
      await tab.call(NotesState, "filter", { priority: [1, 5] });
      expect(titles(tab.view(NotesState))).toEqual(["a", "b"]);
      await tab.call(NotesState, "filter", { priority: null, status: "" });
      expect(titles(tab.view(NotesState))).toEqual(["c"]);
      const kept = tab.view(NotesState).filters;
      world.statements();
      for (const wrong of [
        { user: 1 },
        { "user.password": { startsWith: "a" } },
        { secret: "s3cret" },
        { user__password__startswith: "p" },
        { $or: [{ id: 1 }] },
        { status: { contains: { $gt: "" } } },
        { priority: { regex: ".*" } },
        { priority: { gte: { $gt: 0 } } },
        { status: "nothing" },
      ]) {
        await tab.call(NotesState, "filter", wrong as never);
        expect(tab.view(NotesState).filters).toEqual(kept);
        expect(tab.view(NotesState).error).toBe("The list cannot be filtered that way.");
        expect(titles(tab.view(NotesState))).toEqual(["c"]);
      }
      expect(world.statements()).toEqual([]);
      expect(world.warnings()).toContainEqual(expect.stringMatching(/NotesState .*filter.*priority/));
      await tab.call(NotesState, "clearFilter");
      expect(titles(tab.view(NotesState))).toEqual(["a", "b", "c"]);
      expect(tab.view(NotesState).error).toBe("");
    });

    test("Keyset pages neither lose nor repeat rows of equal sort values, forwards and backwards, while rows come and go.", async () => {
      const same = ["x", "x", "x", "x", "x"];
      const ids = await world.notes(world.ada, ...same, "y");
      await using tab = await world.open("ada");
      await tab.call(NotesView, "refresh");
      const seen: number[] = [];
      const idsOf = () => tab.view(NotesView).notes.map(({ id }) => id);
      for (;;) {
        seen.push(...idsOf());
        if (!tab.view(NotesView).hasNextPage) break;
        await tab.call(NotesView, "nextPage");
      }
      expect(seen.toSorted()).toEqual(ids.toSorted());
      expect(new Set(seen).size).toBe(6);
      const back: number[][] = [];
      while (tab.view(NotesView).hasPrevPage) {
        await tab.call(NotesView, "prevPage");
        back.unshift(idsOf());
      }
      expect(back.flat()).toEqual(seen.slice(0, 4));
      await tab.call(NotesView, "nextPage");
      await tab.call(NotesView, "remove", idsOf()[0]);
      expect(idsOf()).toEqual(seen.slice(3, 5));
      await expect(tab.call(NotesView, "goToPage" as never, 1 as never)).rejects.toMatchObject({
        code: "EVENT_UNKNOWN",
      });
      expect(tab.view(NotesView)).toMatchObject({ page: 2, notesTotalCount: null });
    });

    test("rows 220, 221, W33: a saved row is sent alone; a list is read again only where its place may have changed.", async () => {
      const [first] = await world.notes(world.ada, "a", "b", "c");
      await using tab = await world.open("ada", "/notes");
      await tab.call(NotesState, "startEdit", first as number);
      await tab.call(NotesState, "setContent", "changed");
      world.statements();
      const before = tab.frames.length;
      await tab.call(NotesState, "save");
      expect(world.statements()).toHaveLength(3);
      const operations = JSON.stringify(tab.frames.slice(before));
      expect(operations).toContain("changed");
      expect(operations).not.toContain('"b"');
      await tab.call(NotesState, "startEdit", first as number);
      await tab.call(NotesState, "setTitle", "bb");
      await tab.call(NotesState, "save");
      expect(titles(tab.view(NotesState))).toEqual(["b", "bb", "c"]);
      await tab.call(NotesState, "filter", { status: "draft" });
      await tab.call(NotesState, "startEdit", first as number);
      await tab.call(NotesState, "setStatus", "published");
      await world.rows("Note", (notes) =>
        notes.filter({ id: first as number }).update({ due: "2026-01-01" }, { version: 3 }),
      );
      await tab.call(NotesState, "startEdit", first as number);
      await tab.call(NotesState, "setStatus", "published");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState).error).toBe("");
      expect(titles(tab.view(NotesState))).toEqual(["b", "c"]);
      expect(tab.view(NotesState).totalCount).toBe(2);
      await tab.call(NotesState, "setTitle", "a new one");
      await tab.call(NotesState, "save");
      expect(titles(tab.view(NotesState))).toEqual(["a new one", "b", "c"]);
      expect(tab.view(NotesState).totalCount).toBe(3);
      await tab.call(NotesState, "setTitle", "z");
      await tab.call(NotesState, "save");
      expect(tab.view(NotesState)).toMatchObject({ totalCount: 4, pageCount: 2, hasNextPage: true });
    });

    test("A page option exists asks the scope: a foreign and a malformed id answer like a missing one.", async () => {
      const [mine] = await world.notes(world.ada, "a");
      const [theirs] = await world.notes(world.bob, "b");
      for (const [id, status] of [
        [mine, 200],
        [theirs, 404],
        [(theirs ?? 0) + 100, 404],
        ["abc", 404],
        ["1.0", 404],
      ] as const) {
        const response = await world.app.fetch(`/notes/${id}`, { as: "ada" });
        expect(response.status, String(id)).toBe(status);
      }
    });
  });
}
