import { p } from "@mikro-orm/core";
import { expect, test } from "vitest";
import { objects } from "../../models/query/query-set.ts";
import { fieldInfo, fieldOf } from "../../models/schema/field-info.ts";
import { model } from "../../models/schema/model.ts";
import { validate } from "../../models/validation/validate.ts";
import { createUser } from "../account/create-user.ts";
import { login } from "../account/login.ts";
import { builtInModels } from "../built-in-models.ts";
import { AuthApp, appModels, memoryDatabase } from "../identity/auth.fixture.ts";
import { authOf } from "../identity/auth.ts";
import { Group } from "./group.ts";
import { Permission } from "./permission.ts";
import { isUserModel, User, userModel } from "./user-model.ts";

class Member extends userModel(
  "Member",
  {
    id: p
      .uuid()
      .primary()
      .onCreate(() => crypto.randomUUID()),
    phone: p.string().nullable(),
  },
  { tableName: "member", fields: { username: { label: "Handle" } } },
) {}

test("an app's own user model stands in place of the usual one", async () => {
  const names = (models: readonly unknown[]) => builtInModels(models).map(({ name }) => name);
  expect(names([])).toEqual(["User", "Group", "Permission", "SessionRecord", "ThrottleRecord"]);
  expect(names([Member])).toEqual(["Group", "Permission", "SessionRecord", "ThrottleRecord"]);
  expect(names([User, Group])).toEqual(["Permission", "SessionRecord", "ThrottleRecord"]);
  expect([User, Member, Group, class {}, null].map(isUserModel)).toEqual([true, true, false, false, false]);
  const database = await memoryDatabase([...appModels, Member, ...builtInModels([Member])]);
  await using app = new AuthApp(database);
  expect(authOf(database).user).toBe(Member);
  const row = await app.run(() => createUser({ username: "ada", phone: "123", password: "correct horse" }));
  expect(await app.run(() => objects(Member).rows(["username", "phone"]))).toEqual([{ username: "ada", phone: "123" }]);
  const browser = app.browser();
  await browser.request(() => login(row));
  expect(await browser.request(({ user }) => user.id)).toBe(row.id);
  expect(row.id).toMatch(/^[0-9a-f-]{36}$/);
  await app.run(async () => {
    const permission = await objects(Permission).create({
      app: "notes",
      model: "note",
      codename: "add_note",
      name: "x",
    });
    const group = await objects(Group).create({ name: "Editors", permissions: [permission.id] });
    await objects(Member)
      .filter({ username: "ada" })
      .update({ groups: [group.id] });
  });
  expect(await browser.request(({ user }) => user.hasPerm("notes.add_note"))).toBe(true);
  expect(await browser.request(({ user }) => user.groupNames())).toEqual(["Editors"]);
});

test("two user models in one app are refused", async () => {
  const models = [...appModels, User, Member];
  const database = await memoryDatabase([...models, ...builtInModels(models)]);
  expect(() => new AuthApp(database)).toThrow(/Two models are made by userModel\(\): User and Member/);
  await database.close();
});

test("a model that refers to another user model than the app's own is named before a database is opened", () => {
  class OwnUser extends userModel("User", { phone: p.string().default("") }) {}
  class Page extends model("Page", { id: p.integer().primary(), author: () => p.manyToOne(User) }) {}
  class Right extends model("Right", { id: p.integer().primary(), author: () => p.manyToOne(OwnUser) }) {}
  expect(() => builtInModels([OwnUser, Right])).not.toThrow();
  expect(() => builtInModels([Page])).not.toThrow();
  expect(() => builtInModels([OwnUser, Right, Page])).toThrow(
    expect.objectContaining({ code: "AUTH_USER_MODEL_OTHER", message: expect.stringMatching(/^Page\.author refers/) }),
  );
  const twice = expect.objectContaining({ code: "AUTH_USER_MODEL_TWICE" });
  expect(() => builtInModels([OwnUser, User])).toThrow(twice);
});

test("PWD-11: the password is in no form and in no row, whatever the app says of it", () => {
  class Open extends userModel("Open", {}, { fields: { password: { editable: true, label: "Secret" } } }) {}
  for (const each of [User, Member, Open]) {
    expect(fieldOf(each, "password")).toMatchObject({ hidden: true, editable: false });
    expect(fieldInfo(each).filter(({ name }) => /password/i.test(name))).toHaveLength(1);
  }
  expect(fieldOf(Member, "username")).toMatchObject({ label: "Handle", maxLength: 150 });
});

test("W18: the model itself knows what a username and an address may be", async () => {
  await using app = new AuthApp(await memoryDatabase());
  const problems = await app.run(() => validate(User, { username: "a b", email: "no address" }));
  expect(Object.keys(problems)).toEqual(["username", "email"]);
  class Loose extends userModel("Loose", {}, { fields: { username: { validators: [] } } }) {}
  expect(fieldOf(Loose, "username")?.validators).toEqual([]);
});

test("tables and labels are those of the framework, so that permissions are named alike everywhere", async () => {
  await using app = new AuthApp(await memoryDatabase());
  const tables = [User, Group, Permission].map((each) => app.database.meta(each).tableName);
  expect(tables).toEqual(["auth_user", "auth_group", "auth_permission"]);
  class Note extends model("Note", {
    id: p.integer().primary(),
    user: () => p.manyToOne(User).deleteRule("cascade"),
  }) {}
  await using own = new AuthApp(await memoryDatabase([Note, ...builtInModels([Note])]));
  const ada = await own.run(() => createUser({ username: "ada" }));
  await own.run(() => objects(Note).create({ user: ada.id }));
  await own.run(() => objects(User).filter({ id: ada.id }).delete());
  expect(await own.run(() => objects(Note).count())).toBe(0);
});
