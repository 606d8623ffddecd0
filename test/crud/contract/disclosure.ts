import { Permission, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { describe, expect, test } from "vitest";
import { KindsState } from "../../fixtures/crud-app/src/notes.state.ts";
import {
  AllPlans,
  GatedKinds,
  GatedNotes,
  GatedPlans,
  PlansState,
  RelatedPlans,
  RowGatedPlans,
  TagBox,
  TagRights,
  UnshownPlans,
} from "../../fixtures/crud-app/src/plans.state.ts";
import { type Address, crudWorld } from "../../support/crud-world.ts";

/** What a page gets to see, and what it may never see. */
export function disclosure(address: Address): void {
  describe("disclosure", () => {
    const world = crudWorld(address);
    /** Gives a user these permissions, and no others. */
    const allow = (id: number, ...codenames: readonly string[]) =>
      world.app.run(async () => {
        const found = await objects(Permission)
          .filter({ codename: { in: codenames } })
          .pluck("id");
        expect(found).toHaveLength(codenames.length);
        await objects(User).filter({ id }).update({ userPermissions: found });
      });
    const tag = (name: string) => world.rows("Tag", async (tags) => (await tags.create({ name })).id);

    test("rows 148, 191: who may save and not list gets no row and no total by saving, without signing in.", async () => {
      await tag("private");
      await using tab = await world.open();
      await tab.call(TagBox, "setName", "sent");
      await tab.call(TagBox, "save");
      expect(tab.view(TagBox)).toMatchObject({ error: "", name: "", formKey: 1, data: [], totalCount: 0 });
      await tab.call(TagBox, "setName", "sent");
      await tab.call(TagBox, "save");
      expect(tab.view(TagBox).fieldErrors.name).toMatch(/Another/);
      expect(JSON.stringify(tab.frames)).not.toContain("private");
      expect(await world.rows("Tag", (tags) => tags.count())).toBe(2);
      await using other = await world.open("ada");
      await other.call(TagBox, "refresh");
      await other.call(TagBox, "setName", "another");
      await other.call(TagBox, "save");
      expect(other.view(TagBox)).toMatchObject({ error: "", totalCount: 3 });
    });

    test("rows 190, 191, 193: who may add, change or delete and not view gets no row and no total by it.", async () => {
      const id = await tag("private");
      const changed = await tag("open");
      const nothing = { data: [], totalCount: 0, hasNextPage: false, hasPrevPage: false };
      await allow(world.ada, "add_tag", "delete_tag");
      await using tab = await world.open("ada");
      await tab.call(TagRights, "setName", "new");
      await tab.call(TagRights, "save");
      expect(tab.view(TagRights)).toMatchObject({ error: "", name: "", ...nothing });
      await tab.call(TagRights, "remove", await tag("to delete"));
      expect(tab.view(TagRights)).toMatchObject({ error: "", ...nothing });
      await tab.call(TagRights, "remove", 999_999);
      expect(tab.view(TagRights)).toMatchObject({ error: "No tag was found.", ...nothing });
      expect(JSON.stringify(tab.frames)).not.toContain("private");
      await allow(world.ada, "view_tag", "change_tag");
      await tab.call(TagRights, "refresh");
      expect(tab.view(TagRights)).toMatchObject({ totalCount: 3 });
      await tab.call(TagRights, "startEdit", changed);
      await tab.call(TagRights, "setName", "changed");
      await allow(world.ada, "change_tag");
      await tag("written after the revoke");
      await tab.call(TagRights, "save");
      expect(tab.view(TagRights)).toMatchObject({ error: "", editingId: null, ...nothing });
      await allow(world.ada, "view_tag", "delete_tag");
      await tab.call(TagRights, "refresh");
      expect(tab.view(TagRights)).toMatchObject({ totalCount: 4 });
      await allow(world.ada, "delete_tag");
      await world.rows("Tag", (tags) => tags.filter({ id }).delete());
      await tab.call(TagRights, "remove", id);
      expect(tab.view(TagRights)).toMatchObject({ error: "No tag was found.", ...nothing });
      await allow(world.ada, "view_tag");
      await tab.call(TagRights, "refresh");
      expect(tab.view(TagRights)).toMatchObject({ totalCount: 3 });
      await allow(world.ada);
      await tab.call(TagRights, "refresh");
      expect(tab.view(TagRights)).toMatchObject(nothing);
      expect(tab.view(TagRights).error).not.toBe("");
    });

    test("SEC-11: options of relations are for those who may open or create rows.", async () => {
      await world.rows("Folder", (folders) => folders.create({ name: "private", user: world.bob }));
      await using anonymous = await world.open();
      await anonymous.call(AllPlans, "searchOptions", "folders", "");
      expect(anonymous.effects).toMatchObject([{ effect: "redirect" }]);
      expect(anonymous.view(AllPlans).relationOptions).toEqual({});
      await using tab = await world.open("ada");
      await tab.call(AllPlans, "searchOptions", "folders", "");
      expect(tab.view(AllPlans).relationOptions.folders).toHaveLength(1);
    });

    test("rows 147, 169: the form holds keys of relations, also of those whose rows hooks get.", async () => {
      const folders = await world.rows("Folder", (all) =>
        all.createMany([
          { name: "one", user: world.ada },
          { name: "two", user: world.ada },
        ]),
      );
      const [one, two] = folders.map(({ id }) => id) as [number, number];
      const id = await world.rows("Plan", async (plans) => {
        const row = { title: "a", user: world.ada, assignee: world.bob, folders: [one, two] };
        return (await plans.create(row)).id;
      });
      await using tab = await world.open("ada");
      await tab.call(RelatedPlans, "startEdit", id);
      expect(tab.view(RelatedPlans)).toMatchObject({ assignee: world.bob, folders: [one, two] });
      expect(JSON.stringify(tab.frames)).not.toMatch(/username|isStaff|dateJoined/);
      await tab.call(RelatedPlans, "setTitle", "changed");
      world.statements();
      await tab.call(RelatedPlans, "save");
      expect(tab.view(RelatedPlans)).toMatchObject({ error: "", fieldErrors: {}, editingId: null });
      const updates = world.statements().filter((sql) => /^(?:update|insert|delete)/i.test(sql));
      expect(updates).toHaveLength(1);
      expect(updates[0]).not.toMatch(/assignee/);
      expect(tab.view(RelatedPlans).seen).toBe("bob");
      expect(await world.rows("Plan", (plans) => plans.get(id))).toMatchObject({
        title: "changed",
        assignee: world.bob,
      });
    });

    test("SEC-11: a save answers another user's rows of a relation, one or many, as missing ones, with the same statements.", async () => {
      const [mine, theirs] = await world.rows("Folder", async (folders) =>
        (
          await folders.createMany([
            { name: "Home", user: world.ada },
            { name: "Home of bob", user: world.bob },
          ])
        ).map(({ id }) => id),
      );
      const missing = (theirs ?? 0) + 1_000;
      const ask = async (state: typeof PlansState | typeof KindsState, setter: string, value: unknown) => {
        await using tab = await world.open("ada");
        await tab.call(state, "setTitle", "t");
        await tab.call(state as never, setter as never, value as never);
        world.statements();
        await tab.call(state, "save");
        const { fieldErrors, error } = tab.view(state);
        return { fieldErrors, error, statements: world.statements() };
      };
      for (const [state, setter, foreign, none] of [
        [PlansState, "setFolders", [theirs], [missing]],
        [PlansState, "setFolders", [mine, theirs], [mine, missing]],
        [KindsState, "setFolder", theirs, missing],
      ] as const) {
        const answer = await ask(state, setter, foreign);
        expect(answer).toEqual(await ask(state, setter, none));
        expect(Object.values(answer.fieldErrors)).toEqual([expect.stringMatching(/does not exist\./)]);
        expect(answer.statements).toHaveLength(1);
      }
    });

    test("SEC-11: members that another user's code has added stay, and may be left out.", async () => {
      const [mine = 0, theirs = 0] = await world.rows("Folder", async (folders) =>
        (
          await folders.createMany([
            { name: "Home", user: world.ada },
            { name: "Home of bob", user: world.bob },
          ])
        ).map(({ id }) => id),
      );
      const id = await world.rows("Plan", async (plans) => {
        return (await plans.create({ title: "a", user: world.ada, folders: [theirs] })).id;
      });
      await using tab = await world.open("ada");
      await tab.call(PlansState, "startEdit", id);
      await tab.call(PlansState, "setFolders", [mine, theirs]);
      await tab.call(PlansState, "save");
      expect(tab.view(PlansState)).toMatchObject({ error: "", fieldErrors: {} });
      await tab.call(PlansState, "setFolders", []);
      await tab.call(PlansState, "save");
      expect(tab.view(PlansState)).toMatchObject({ error: "", fieldErrors: {}, plans: [{ folders: [] }] });
    });

    test("W21, row 190: a conflict and its resolution show a row only to those who may open it.", async () => {
      const id = await world.rows("Note", async (notes) => (await notes.create({ title: "a", user: world.ada })).id);
      const change = (content: string) =>
        world.rows("Note", async (notes) => {
          const { version } = await notes.get(id);
          return await notes.filter({ id }).update({ content }, { version });
        });
      await allow(world.ada, "view_note");
      await using tab = await world.open("ada");
      await tab.call(GatedNotes, "startEdit", id);
      await change("seen");
      await tab.call(GatedNotes, "setTitle", "mine");
      await tab.call(GatedNotes, "save");
      expect(tab.view(GatedNotes)).toMatchObject({ conflict: { content: "seen" }, title: "mine" });
      await change("private");
      await allow(world.ada);
      await tab.call(GatedNotes, "resolveConflict", "mine");
      expect(tab.view(GatedNotes).error).toMatch(/permission/);
      await tab.call(GatedNotes, "resolveConflict", "theirs");
      await tab.call(GatedNotes, "save");
      expect(JSON.stringify(tab.frames)).not.toContain("private");
      expect(await world.rows("Note", (notes) => notes.get(id))).toMatchObject({ title: "a", content: "private" });
    });

    test("row 190: a form that stays open after a save shows what others have stored only to those who may open the row.", async () => {
      await allow(world.ada, "view_note");
      const id = await world.rows("Plan", async (plans) => (await plans.create({ title: "a", user: world.ada })).id);
      await using tab = await world.open("ada");
      await tab.call(GatedPlans, "startEdit", id);
      const change = (status: string) => world.rows("Plan", (plans) => plans.filter({ id }).update({ status }));
      await change("seen");
      await tab.call(GatedPlans, "setTitle", "b");
      await tab.call(GatedPlans, "save");
      expect(tab.view(GatedPlans)).toMatchObject({ error: "", title: "b", status: "seen" });
      await change("private");
      await allow(world.ada);
      await tab.call(GatedPlans, "setTitle", "c");
      await tab.call(GatedPlans, "save");
      expect(tab.view(GatedPlans)).toMatchObject({ error: "", title: "c", status: "seen", editingId: id });
      expect(JSON.stringify(tab.frames)).not.toContain("private");
      expect(await world.rows("Plan", (plans) => plans.get(id))).toMatchObject({ title: "c", status: "private" });
      await tab.call(GatedPlans, "setTitle", "d");
      await tab.call(GatedPlans, "save");
      expect(await world.rows("Plan", (plans) => plans.get(id))).toMatchObject({ title: "d", status: "private" });
    });

    test("row 190: a form that stays open asks for the permission of the row, as opening it does.", async () => {
      await allow(world.ada, "view_note");
      await using tab = await world.open("ada");
      await tab.call(RowGatedPlans, "setTitle", "a");
      await tab.call(RowGatedPlans, "save");
      const id = tab.view(RowGatedPlans).editingId as number;
      const change = (status: string) => world.rows("Plan", (plans) => plans.filter({ id }).update({ status }));
      await change("seen");
      await tab.call(RowGatedPlans, "setTitle", "b");
      await tab.call(RowGatedPlans, "save");
      expect(tab.view(RowGatedPlans)).toMatchObject({ error: "", title: "b", status: "seen" });
      await change("private");
      await allow(world.ada);
      await tab.call(RowGatedPlans, "setTitle", "c");
      await tab.call(RowGatedPlans, "save");
      expect(tab.view(RowGatedPlans)).toMatchObject({ error: "", title: "c", status: "seen", editingId: id });
      await tab.call(RowGatedPlans, "startEdit", id);
      expect(tab.view(RowGatedPlans).error).toMatch(/permission/);
      expect(JSON.stringify(tab.frames)).not.toContain("private");
      expect(await world.rows("Plan", (plans) => plans.get(id))).toMatchObject({ title: "c", status: "private" });
    });

    test("rows 161, 169, 190: saved again, a new row that may not be opened keeps what hooks and others have stored.", async () => {
      await allow(world.ada);
      await using tab = await world.open("ada");
      await tab.call(GatedPlans, "setTitle", "a");
      await tab.call(GatedPlans, "save");
      const id = tab.view(GatedPlans).editingId as number;
      expect(tab.view(GatedPlans)).toMatchObject({ error: "", title: "a", status: "draft" });
      await tab.call(GatedPlans, "setTitle", "b");
      await tab.call(GatedPlans, "save");
      expect(await world.rows("Plan", (plans) => plans.get(id))).toMatchObject({ title: "b", status: "private" });
      await world.rows("Plan", (plans) => plans.filter({ id }).update({ title: "of another user" }));
      await tab.call(GatedPlans, "setStatus", "typed");
      await tab.call(GatedPlans, "save");
      expect(await world.rows("Plan", (plans) => plans.get(id))).toMatchObject({
        title: "of another user",
        status: "typed",
      });
      expect(tab.view(GatedPlans)).toMatchObject({ error: "", title: "b", status: "typed" });
      expect(JSON.stringify(tab.frames)).not.toContain("private");
    });

    test("rows 161, 169: of a row that may not be opened, a save writes what was typed since the one before.", async () => {
      await allow(world.ada);
      const tags = [await tag("one"), await tag("two")];
      const folder = await world.rows(
        "Folder",
        async (folders) => (await folders.create({ name: "Home", user: world.ada })).id,
      );
      await using tab = await world.open("ada");
      await tab.call(GatedKinds, "setTitle", "a");
      await tab.call(GatedKinds, "setPrice", "1.5");
      await tab.call(GatedKinds, "setDue", "2030-01-02");
      await tab.call(GatedKinds, "setRemindAt", new Date("2030-01-02T03:04:05.678Z"));
      await tab.call(GatedKinds, "setMeta", '{"color":"red"}');
      await tab.call(GatedKinds, "setFolder", folder);
      await tab.call(GatedKinds, "setTags", tags);
      await tab.call(GatedKinds, "save");
      const id = tab.view(GatedKinds).editingId as number;
      expect(tab.view(GatedKinds)).toMatchObject({ error: "", fieldErrors: {}, content: "", pinned: false });
      world.statements();
      await tab.call(GatedKinds, "setTitle", "b");
      await tab.call(GatedKinds, "save");
      expect(tab.view(GatedKinds)).toMatchObject({ error: "", fieldErrors: {}, editingId: id });
      const writes = world.statements().filter((sql) => /^(?:update|insert|delete)/i.test(sql));
      expect(writes).toHaveLength(1);
      expect(writes[0]).not.toMatch(/price|due|remind|meta|folder|content|pinned/);
      expect(await world.rows("Note", (notes) => notes.get(id))).toMatchObject({
        title: "b",
        content: "private",
        pinned: true,
        price: "1.50",
        meta: { color: "red" },
        folder,
      });
    });

    test("rows 161, 169: a form that could not show the saved row does not overwrite it with the next save.", async () => {
      await using tab = await world.open("ada");
      await tab.call(UnshownPlans, "setTitle", "a");
      await tab.call(UnshownPlans, "save");
      expect(tab.view(UnshownPlans).error).toMatch(/was saved, but/);
      await tab.call(UnshownPlans, "setTitle", "b");
      await tab.call(UnshownPlans, "save");
      expect(await world.rows("Plan", (plans) => plans.rows())).toMatchObject([{ title: "b", status: "stored" }]);
      expect(world.errors()).toHaveLength(2);
    });
  });
}
