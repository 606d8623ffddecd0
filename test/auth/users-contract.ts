import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { authenticate } from "../../src/auth/account/authenticate.ts";
import { createUser } from "../../src/auth/account/create-user.ts";
import { login } from "../../src/auth/account/login.ts";
import { changePassword } from "../../src/auth/account/password-change.ts";
import { hasPerm, usersWithPerm } from "../../src/auth/account/permissions.ts";
import { checkPassword, setPassword } from "../../src/auth/account/set-password.ts";
import { type SignUpData, signUp } from "../../src/auth/account/sign-up.ts";
import { AuthApp, allModels, type TestBrowser } from "../../src/auth/identity/auth.fixture.ts";
import { argon2id } from "../../src/auth/passwords/argon2id.ts";
import { PasswordHashing } from "../../src/auth/passwords/password-hash.ts";
import { Group } from "../../src/auth/users/group.ts";
import { Permission } from "../../src/auth/users/permission.ts";
import { declaredPermissions, permissionName, syncPermissions } from "../../src/auth/users/sync-permissions.ts";
import { User, type UserRow } from "../../src/auth/users/user-model.ts";
import { currentUser } from "../../src/bridge/current-request.ts";
import { RequestContext } from "../../src/bridge/request-context.ts";
import { modelErrors } from "../../src/models/errors.ts";
import { atomic, objects } from "../../src/models/index.ts";
import { finishAnswer } from "../../src/server/http/identity-headers.ts";
import type { OpenDatabase, TestDatabase } from "../support/database-servers.ts";

const PASSWORD = "correct horse";
const START = Date.UTC(2030, 0, 1);

/** What users, sign-in and permissions do with a database; it is the same on all of them. */
export function users(open: OpenDatabase): void {
  let opened: TestDatabase;
  let app: AuthApp;
  /** The same app in another process. */
  let other: AuthApp;
  let ada: UserRow;
  let now: number;
  const statements: string[] = [];
  const counted = async (browser: TestBrowser, work: (context: RequestContext) => unknown): Promise<number> => {
    statements.length = 0;
    await browser.request(work);
    return statements.length;
  };

  beforeEach(async () => {
    now = START;
    const clock = { now: () => now };
    opened = await open({ models: allModels, onQuery: (sql) => void statements.push(sql) });
    app = new AuthApp(opened.database, { loginFields: ["username", "email"] }, clock);
    other = new AuthApp(await opened.second(), { loginFields: ["username", "email"] }, clock);
    ada = await app.run(() => createUser({ username: "ada", email: "Ada@example.org", password: PASSWORD }));
  });
  afterEach(() => opened.close());

  const permission = async (codename: string) =>
    (await objects(Permission).create({ app: "notes", model: "note", codename, name: codename })).id;
  const names = () => app.run(() => objects(User).pluck("username"));

  describe("users", () => {
    test("AUT-16: are found by the exact name, and by the address in any case", async () => {
      const find = async (username: string) =>
        (await app.run(() => authenticate({ username, password: PASSWORD })))?.id;
      expect(await find("ada")).toBe(ada.id);
      expect(await find("ADA@EXAMPLE.ORG")).toBe(ada.id);
      for (const name of ["Ada", "ada ", "ádá", "áda@example.org", "ada%", "_da"]) {
        expect(await find(name), name).toBe(name === "ada " ? ada.id : undefined);
      }
    });

    test("AUT-16, W18: of many at once in two processes, one gets a name in whatever case", async () => {
      const data = ["eve", "Eve", "EVE", "eve", "eVe", "eve"].map((username) => ({ username, password: PASSWORD }));
      const all = data.map((each, index) => (index % 2 ? app : other).browser().request(() => signUp(each)));
      const done = await Promise.allSettled(all);
      for (const one of done) {
        if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "AUTH_USERNAME_TAKEN", status: 409 });
      }
      expect(done.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await names()).toHaveLength(2);
    });

    test("W18: what no column holds is told as what it is", async () => {
      const up = (data: SignUpData) => app.browser().request(() => signUp({ password: PASSWORD, ...data }));
      for (const username of ["a\0b", "\ud800", "x".repeat(151), "ada"]) {
        await expect(up({ username })).rejects.toMatchObject({ details: { field: "username" } });
      }
      await expect(up({ username: "bob", email: "ADA@example.org" })).rejects.toMatchObject({
        code: "AUTH_EMAIL_TAKEN",
      });
      await up({ username: "bob", email: "bob@EXAMPLE.org" });
      expect(await app.run(() => objects(User).filter({ email: "bob@example.org" }).pluck("username"))).toEqual([
        "bob",
      ]);
    });

    test("AUT-16: names of other scripts are kept as they are", async () => {
      for (const username of ["علي", "あだ", "José"]) {
        const row = await app.run(() => createUser({ username, password: PASSWORD }));
        expect(await app.run(() => authenticate({ username, password: PASSWORD }))).toMatchObject({
          id: row.id,
          username,
        });
        await expect(app.run(() => createUser({ username }))).rejects.toMatchObject({ code: "AUTH_USERNAME_TAKEN" });
      }
    });

    test("AUT-16: letters beyond ASCII in another case are the same name for a new account, and another for signing in", async () => {
      for (const [username, other] of [
        ["José", "JOSÉ"],
        ["ångström", "ÅNGSTRÖM"],
        ["иван", "ИВАН"],
        ["ΣΟΦΙΑ", "σοφια"],
      ] as const) {
        await app.run(() => createUser({ username, password: PASSWORD }));
        const again = app.run(() => createUser({ username: other }));
        await expect(again, other).rejects.toMatchObject({ code: "AUTH_USERNAME_TAKEN" });
        const up = app.browser().request(() => signUp({ username: other, password: PASSWORD }));
        await expect(up, other).rejects.toMatchObject({ code: "AUTH_USERNAME_TAKEN", status: 409 });
        expect(await app.run(() => authenticate({ username: other, password: PASSWORD })), other).toBeUndefined();
      }
    });
  });

  describe("who makes a request", () => {
    test("W39: two statements the first time, none from then on, none for strangers and for who is not asked for", async () => {
      const browser = (await app.signedIn("ada")).copy();
      browser.app = new AuthApp(app.database, {}, { now: () => now });
      expect(await counted(browser, ({ user }) => expect(user.username).toBe("ada"))).toBe(2);
      expect(await counted(browser, ({ user }) => expect(user.username).toBe("ada"))).toBe(0);
      expect(await counted(browser, () => {})).toBe(0);
      expect(await counted(app.browser(), ({ user }) => expect(user.isAuthenticated).toBe(false))).toBe(0);
    });

    test("SES-3: a request that asks for nothing costs nothing, or two statements where nothing can be read at once", async () => {
      const browser = (await app.signedIn("ada")).copy();
      browser.app = new AuthApp(app.database, {}, { now: () => now });
      expect(await counted(browser, () => {})).toBe(open.dialect === "sqlite" ? 0 : 2);
      expect(await counted(browser, () => {})).toBe(0);
    });

    test("SES-3, SES-9, RT-5: a request that asks for nothing is no use of the session: no headers, no longer life", async () => {
      const browser = await app.signedIn("ada");
      const untouched = async () => {
        const headers = new Map<string, string | string[]>();
        await browser.request(async (context) => {
          // As a view's answer is finished.
          const waiting = finishAnswer(context, 200, {
            get: (name) => headers.get(name),
            set: (name, value) => void headers.set(name, value),
            append: (name, value) => void headers.set(name, value),
          });
          expect(waiting).toBeUndefined();
          expect(context.openedSession?.accessed ?? false).toBe(false);
        });
        return [...headers.keys()];
      };
      for (let day = 0; day < 13; day++) {
        now += 86_400_000;
        expect(await untouched()).toEqual([]);
      }
      expect(browser.lines).toEqual([]);
      now += 86_400_000;
      expect(await browser.whoAmI()).toBe("");
    });

    test("W40: many requests at once read a user once", async () => {
      const signedIn = await app.signedIn("ada");
      const started = new AuthApp(app.database, {}, { now: () => now });
      statements.length = 0;
      const tabs = Array.from({ length: 10 }, () => Object.assign(signedIn.copy(), { app: started }));
      const answers = await Promise.all(
        tabs.map((tab) => tab.request(async ({ user }) => [user.username, await user.groupNames()])),
      );
      expect(answers).toEqual(tabs.map(() => ["ada", []]));
      expect(statements.filter((sql) => /auth_user[`"]? /.test(sql))).toHaveLength(1);
      expect(statements.filter((sql) => sql.includes("auth_group"))).toHaveLength(1);
    });

    test("RT-3: what this process writes counts at once", async () => {
      const browser = await app.signedIn("ada");
      const can = () => browser.request(({ user }) => user.hasPerm("notes.add_note"));
      expect(await can()).toBe(false);
      const group = await app.run(async () =>
        objects(Group).create({ name: "Editors", permissions: [await permission("add_note")] }),
      );
      await app.run(() =>
        objects(User)
          .filter({ id: ada.id })
          .update({ groups: [group.id] }),
      );
      expect(await can()).toBe(true);
      await app.run(() => objects(Group).filter({ id: group.id }).update({ permissions: [] }));
      expect(await can()).toBe(false);
      await app.run(() => objects(User).filter({ id: ada.id }).update({ isSuperuser: true }));
      expect(await can()).toBe(true);
      await app.run(() => setPassword(ada, "another one"));
      expect(await browser.whoAmI()).toBe("");
    });

    test("RT-3: what another process writes counts at once on SQLite, and within five seconds elsewhere", async () => {
      const browser = await app.signedIn("ada");
      const can = () => browser.request(({ user }) => user.hasPerm("notes.add_note"));
      expect(await can()).toBe(false);
      await other.run(async () => {
        const id = await permission("add_note");
        await objects(User)
          .filter({ id: ada.id })
          .update({ userPermissions: [id] });
      });
      // One look at the file serves a whole turn of the event loop.
      await setImmediate();
      now += 4_000;
      // Something else about the user must not make what is known of his permissions younger than it is.
      await app.run(() => objects(User).filter({ id: ada.id }).update({ lastLogin: new Date() }));
      expect(await can()).toBe(open.dialect === "sqlite");
      now += 1_001;
      expect(await can()).toBe(true);
      await other.run(() => setPassword(ada, "another one"));
      await setImmediate();
      now += 5_001;
      expect(await browser.whoAmI()).toBe("");
    });

    test("what was read before a write is not kept after it", async () => {
      const browser = await app.signedIn("ada");
      const started = new AuthApp(app.database, {}, { now: () => now });
      const { database } = started;
      const reading = Promise.withResolvers<void>();
      const written = Promise.withResolvers<void>();
      const run = database.runReserved.bind(database);
      const slow = vi.spyOn(database, "runReserved").mockImplementation(async (sql, parameters) => {
        const outcome = await run(sql, parameters);
        if (/^select .*auth_user/.test(sql) && sql.includes("first_name")) {
          reading.resolve();
          await written.promise;
        }
        return outcome;
      });
      const loading = started.run(() => started.auth.users.load(ada.id));
      if (open.dialect === "sqlite") reading.resolve();
      await reading.promise;
      slow.mockRestore();
      await started.run(() => objects(User).filter({ id: ada.id }).update({ firstName: "New" }));
      written.resolve();
      await loading;
      browser.app = started;
      expect(await browser.request(({ user }) => user.firstName)).toBe("New");
    });

    test("AUT-11: a password that was changed in another process ends no session that goes with it", async () => {
      const browser = await app.signedIn("ada");
      // The other process knows the user as he was.
      browser.app = other;
      expect(await browser.whoAmI()).toBe("ada");
      browser.app = app;
      await browser.request(() => changePassword({ oldPassword: "correct horse", newPassword: "battery staple" }));
      for (const each of [other, app, other]) {
        browser.app = each;
        expect(await browser.whoAmI()).toBe("ada");
      }
    });

    test("AUT-9: one that does not go with it ends in every process, for good", async () => {
      const [browser, thief] = [await app.signedIn("ada"), await app.signedIn("ada")];
      thief.app = other;
      expect(await thief.whoAmI()).toBe("ada");
      await browser.request(() => changePassword({ oldPassword: "correct horse", newPassword: "battery staple" }));
      thief.app = app;
      expect(await thief.whoAmI()).toBe("");
      await setImmediate();
      now += 5_001;
      thief.app = other;
      expect(await thief.whoAmI()).toBe("");
    });

    test("PWD-2: two requests that renew the stored form at once leave both their session", async () => {
      const browser = await app.signedIn("ada");
      const dear = new AuthApp(
        app.database,
        { hashing: new PasswordHashing({ hashers: [argon2id({ memory: 16, passes: 1 })] }) },
        { now: () => now },
      );
      browser.app = dear;
      const outcomes = await Promise.all(
        [1, 2].map(() => browser.request(({ user }) => checkPassword(user, "correct horse"))),
      );
      expect(outcomes).toEqual([true, true]);
      expect(await browser.whoAmI()).toBe("ada");
    });

    test("W32: a database that fails is no stranger", async () => {
      const browser = await app.signedIn("ada");
      const started = new AuthApp(app.database, {}, { now: () => now });
      browser.app = started;
      await started.browser().whoAmI();
      const fail = () => {
        throw modelErrors.DATABASE_CONNECTION_LOST();
      };
      const spies = [
        vi.spyOn(app.database, "run").mockImplementation(fail),
        vi.spyOn(app.database, "readNow").mockImplementation(fail),
      ];
      await expect(browser.whoAmI()).rejects.toMatchObject({ code: "AUTH_UNAVAILABLE", status: 503 });
      for (const spy of spies) spy.mockRestore();
      expect(await browser.whoAmI()).toBe("ada");
    });

    test("somebody who was not loaded ahead is an error, not a stranger, where the database can't answer at once", async () => {
      const { cookies } = await app.signedIn("ada");
      const source = {
        kind: "event",
        method: "GET",
        url: "/",
        headers: {},
        ip: "",
        host: "",
        protocol: "http",
      } as const;
      const { identity } = new AuthApp(app.database, {}, { now: () => now });
      const context = new RequestContext({ ...source, cookies }, identity);
      if (open.dialect === "sqlite") expect(context.user.username).toBe("ada");
      else expect(() => context.user).toThrow(expect.objectContaining({ code: "SESSION_NOT_LOADED" }));
    });

    test("AUT-12: a user who was deleted is nobody", async () => {
      const browser = await app.signedIn("ada");
      await other.run(() => objects(User).filter({ id: ada.id }).delete());
      await setImmediate();
      now += 5_001;
      expect(await browser.whoAmI()).toBe("");
      expect(await browser.whoAmI()).toBe("");
    });
  });

  describe("transactions", () => {
    test("a login within one counts with it and is undone with it", async () => {
      const browser = app.browser();
      const failing = browser.request(() =>
        atomic(async () => {
          await login(await createUser({ username: "eve" }));
          expect(currentUser().username).toBe("eve");
          throw new Error("undone");
        }),
      );
      await expect(failing).rejects.toThrow("undone");
      expect(await names()).toEqual(["ada"]);
      await browser.request(() => atomic(async () => void (await login(await createUser({ username: "eve" })))));
      expect(await browser.whoAmI()).toBe("eve");
    });

    test("what one wrote is seen in it, and by nobody if it is undone", async () => {
      const failing = app.run(() =>
        atomic(async () => {
          const id = await permission("add_note");
          await objects(User)
            .filter({ id: ada.id })
            .update({ userPermissions: [id] });
          expect(await hasPerm(ada, "notes.add_note")).toBe(true);
          throw new Error("undone");
        }),
      );
      await expect(failing).rejects.toThrow("undone");
      expect(await app.run(() => hasPerm(ada, "notes.add_note"))).toBe(false);
    });
  });

  describe("permissions", () => {
    test("PRM-1: two processes that write them at once write each once", async () => {
      const counts = await Promise.all(
        [app, other, app].map(({ database }) => syncPermissions(database, allModels, "notes")),
      );
      const declared = allModels.flatMap((model) => declaredPermissions(model, "notes"));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(declared.length);
      expect(await app.run(() => objects(Permission).count())).toBe(declared.length);
      expect(await syncPermissions(app.database, allModels, "notes")).toBe(0);
    });

    test("PRM-3, PRM-4: are the user's own, those of his groups, and for a superuser all", async () => {
      await syncPermissions(app.database, allModels, "notes");
      const all = await app.run(() => objects(Permission).rows());
      const [first, second, third] = all.map(({ id }) => id) as [number, number, number];
      const group = await app.run(() => objects(Group).create({ name: "Editors", permissions: [second, first] }));
      await app.run(() =>
        objects(User)
          .filter({ id: ada.id })
          .update({ userPermissions: [first, third], groups: [group.id] }),
      );
      const user = async () => (await app.run(() => app.auth.load(ada.id))) ?? expect.fail();
      expect([...(await (await user()).permissions())].toSorted()).toEqual(
        all.slice(0, 3).map(permissionName).toSorted(),
      );
      await app.run(() => objects(User).filter({ id: ada.id }).update({ isSuperuser: true }));
      expect([...(await (await user()).permissions())].toSorted()).toEqual(all.map(permissionName).toSorted());
    });

    test("PRM-11: users are found by what they may do", async () => {
      await app.run(async () => {
        const id = await permission("add_note");
        const group = await objects(Group).create({ name: "Editors", permissions: [id] });
        await createUser({ username: "bob", groups: [group.id] });
        await createUser({ username: "carl", userPermissions: [id], groups: [group.id] });
        await createUser({ username: "dora", isSuperuser: true });
        await createUser({ username: "eve", userPermissions: [id], isActive: false });
      });
      const found = () => app.run(() => usersWithPerm("notes.add_note").pluck("username"));
      expect(await found()).toEqual(["bob", "carl", "dora"]);
    });

    test("a group of thousands of users is no reason for more statements", async () => {
      const group = await app.run(() => objects(Group).create({ name: "All" }));
      await app.run(() =>
        objects(User)
          .filter({ id: ada.id })
          .update({ groups: [group.id] }),
      );
      const browser = await app.signedIn("ada");
      await browser.whoAmI();
      expect(await counted(browser, ({ user }) => user.hasGroup("All"))).toBe(1);
    });
  });
}
