import { p } from "@mikro-orm/core";
import { expect, test } from "vitest";
import { currentUser } from "../../bridge/current-request.ts";
import { objects } from "../../models/query/query-set.ts";
import { model } from "../../models/schema/model.ts";
import { createUser } from "../account/create-user.ts";
import { builtInModels } from "../built-in-models.ts";
import { requireUser } from "../guards/require-user.ts";
import { AuthApp, memoryDatabase, Note } from "../identity/auth.fixture.ts";
import { User, userModel } from "./user-model.ts";

class Task extends model("Task", {
  id: p.integer().primary(),
  owner: () => p.manyToOne(User).nullable(),
  watchers: () => p.manyToMany(User),
  title: p.string(),
}) {}

const newId = () => crypto.randomUUID();
class Member extends userModel("Member", { id: p.uuid().primary().onCreate(newId) }, { tableName: "member" }) {}
class Job extends model("Job", {
  id: p.integer().primary(),
  owner: () => p.manyToOne(Member).nullable(),
  watchers: () => p.manyToMany(Member),
  title: p.string(),
}) {}

async function worldOf(userClass: typeof User | typeof Member, work: typeof Task | typeof Job): Promise<AuthApp> {
  const models = [work, Note];
  const own = userClass === User ? models : [...models, userClass];
  const app = new AuthApp(await memoryDatabase([...own, ...builtInModels(own)]));
  for (const username of ["ada", "bob"]) await app.run(() => createUser({ username, password: "correct horse" }));
  return app;
}

test.each([
  ["an integer", User, Task],
  ["a uuid", Member, Job],
] as const)(
  "whose key is %s: the signed-in user, or his key, stands for his row in conditions and in what is written",
  async (_, userClass, work) => {
    await using app = await worldOf(userClass, work);
    // Both have the same fields; types can't call a method of either.
    const all = () => objects(work as typeof Task);
    const users = () => objects(userClass as typeof User);
    const ada = await app.signedIn("ada");
    const bob = await app.signedIn("bob");
    await ada.request(() => all().create({ title: "by key", owner: requireUser().id, watchers: [requireUser().id] }));
    await bob.request(({ user }) => all().create({ title: "by user", owner: user, watchers: [user] }));
    const titles = (condition: () => Parameters<ReturnType<typeof all>["filter"]>[0]) =>
      ada.request(async () => (await all().filter(condition()).rows()).map(({ title }) => title));
    expect(await titles(() => ({ owner: requireUser().id }))).toEqual(["by key"]);
    expect(await titles(() => ({ owner: requireUser() }))).toEqual(["by key"]);
    expect(await titles(() => ({ owner: { in: [currentUser()] } }))).toEqual(["by key"]);
    expect(await titles(() => ({ owner: { ne: currentUser() } }))).toEqual(["by user"]);
    expect(await titles(() => ({ watchers: currentUser() }))).toEqual(["by key"]);
    expect(await titles(() => ({ watchers: requireUser().id }))).toEqual(["by key"]);
    expect(await titles(() => ({ owner: { id: requireUser().id } }))).toEqual(["by key"]);
    await ada.request(() => all().filter({ title: "by user" }).update({ owner: currentUser() }));
    expect(await titles(() => ({ owner: requireUser() }))).toEqual(["by key", "by user"]);
    expect(await ada.request(() => users().filter({ id: requireUser().id }).pluck("username"))).toEqual(["ada"]);
    expect(await ada.request(async () => (await users().get(requireUser().id)).username)).toBe("ada");
  },
);

test("nobody stands for no row: a query for his rows would find those that belong to nobody", async () => {
  await using app = await worldOf(User, Task);
  await app.run(() => objects(Task).create({ title: "ownerless" }));
  const refused = expect.objectContaining({ code: "AUTH_REQUIRED", status: 401 });
  const stranger = app.browser();
  await expect(stranger.request(({ user }) => objects(Task).filter({ owner: user }).rows())).rejects.toEqual(refused);
  await expect(stranger.request(({ user }) => objects(Task).create({ title: "x", owner: user }))).rejects.toEqual(
    refused,
  );
  await expect(app.run(async () => objects(Task).filter({ watchers: currentUser() }).rows())).rejects.toEqual(refused);
});

test("a user stands for rows of the user model alone, and what only looks like one for none", async () => {
  await using app = await worldOf(User, Task);
  const ada = await app.signedIn("ada");
  const invalid = expect.objectContaining({ code: "QUERY_VALUE_INVALID" });
  const other = model("Other", { id: p.integer().primary(), note: () => p.manyToOne(Note) });
  await expect(
    ada.request(({ user }) =>
      objects(other as never as typeof Task)
        .filter({ note: user } as never)
        .rows(),
    ),
  ).rejects.toEqual(invalid);
  const forged = await ada.request(({ user }) => ({ ...user, hasPerm: user.hasPerm }));
  await expect(ada.request(() => objects(Task).create({ title: "x", owner: forged }))).rejects.toEqual(invalid);
});
