import { p } from "@mikro-orm/core";
import { describe, expect, test } from "vitest";
import { objects } from "../../models/query/query-set.ts";
import { type ModelClass, model } from "../../models/schema/model.ts";
import { AuthApp, allModels, memoryDatabase, Note, Plain, Report } from "../identity/auth.fixture.ts";
import { Permission } from "./permission.ts";
import { declaredPermissions, permissionName, syncPermissions } from "./sync-permissions.ts";

const codenames = (given: ModelClass) => declaredPermissions(given, "notes").map(permissionName);

describe("syncPermissions", () => {
  test("PRM-1: writes add, change, delete, view and what is declared for every model; again it adds and takes nothing", async () => {
    const statements: string[] = [];
    await using app = new AuthApp(await memoryDatabase(undefined, (sql) => statements.push(sql)));
    const declared = allModels.flatMap((each) => declaredPermissions(each, "notes"));
    const names = () => app.run(async () => (await objects(Permission).rows()).map(permissionName).toSorted());
    statements.length = 0;
    expect(await syncPermissions(app.database, allModels, "notes")).toBe(declared.length);
    expect(statements.filter((sql) => !/^(?:begin|commit)/.test(sql)).length).toBeLessThan(5);
    expect(await names()).toEqual(declared.map(permissionName).toSorted());
    expect(await names()).toEqual(
      expect.arrayContaining(["notes.add_note", "notes.publish_note", "auth.change_user", "stats.view_report"]),
    );
    const own = await app.run(() =>
      objects(Permission).create({ app: "notes", model: "note", codename: "mine", name: "Mine" }),
    );
    await app.run(() => objects(Permission).filter({ codename: "add_note" }).update({ name: "Renamed" }));
    statements.length = 0;
    expect(await syncPermissions(app.database, allModels, "notes")).toBe(0);
    expect(statements).toHaveLength(1);
    expect(await names()).toContain(permissionName(own));
    expect(await app.run(() => objects(Permission).filter({ name: "Renamed" }).count())).toBe(1);
  });

  test("PRM-1: writes what was added to the models since", async () => {
    await using app = new AuthApp(await memoryDatabase());
    await syncPermissions(app.database, [Report], "notes");
    expect(await syncPermissions(app.database, [Report, Note], "notes")).toBe(5);
    expect(await app.run(() => objects(Permission).count())).toBe(6);
  });
});

describe("declaredPermissions", () => {
  test("PRM-2: a model may have none of the usual ones, or some", () => {
    expect(codenames(Plain)).toEqual([]);
    expect(codenames(Report)).toEqual(["stats.view_report"]);
    expect(codenames(Note)).toEqual([
      "notes.add_note",
      "notes.change_note",
      "notes.delete_note",
      "notes.view_note",
      "notes.publish_note",
    ]);
  });

  test("PRM-2: a codename stands once for a model, and may stand for several models", () => {
    class BlogPost extends model(
      "BlogPost",
      { id: p.integer().primary() },
      { verboseName: "post", permissions: { publish: "Can publish" } },
    ) {}
    class Page extends model("Page", { id: p.integer().primary() }, { permissions: { publish: "Can publish" } }) {}
    const all = [...declaredPermissions(BlogPost, "blog"), ...declaredPermissions(Page, "blog")];
    expect(all.filter(({ codename }) => codename === "publish").map((each) => each.model)).toEqual([
      "blogpost",
      "page",
    ]);
    expect(all[0]).toEqual({ app: "blog", model: "blogpost", codename: "add_blogpost", name: "Can add post" });
    class Twice extends model("Twice", { id: p.integer().primary() }, { permissions: { add_twice: "Again" } }) {}
    expect(() => declaredPermissions(Twice, "blog")).toThrow(
      /Twice declares the permission "add_twice", which every model has/,
    );
    class Once extends model(
      "Once",
      { id: p.integer().primary() },
      { permissions: { add_once: "Mine" }, defaultPermissions: [] },
    ) {}
    expect(declaredPermissions(Once, "blog")).toHaveLength(1);
  });

  test("PRM-2: what does not fit the table is told before anything is written", () => {
    class Long extends model("Long", { id: p.integer().primary() }, { permissions: { ["x".repeat(101)]: "Long" } }) {}
    expect(() => declaredPermissions(Long, "blog")).toThrow(/A permission of Long is too long: codename/);
    class Wordy extends model("Wordy", { id: p.integer().primary() }, { permissions: { short: "x".repeat(256) } }) {}
    expect(() => declaredPermissions(Wordy, "blog")).toThrow(/name .* at most 255 characters/);
  });
});
