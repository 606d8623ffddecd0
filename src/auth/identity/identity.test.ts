import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { anonymousUser } from "../../bridge/anonymous-user.ts";
import { RequestContext } from "../../bridge/request-context.ts";
import { atomic } from "../../models/database/atomic.ts";
import { modelErrors } from "../../models/errors.ts";
import { objects } from "../../models/query/query-set.ts";
import { setReserved } from "../../sessions/session.ts";
import { sessionCookie } from "../../sessions/session-cookie.ts";
import { SessionManager } from "../../sessions/session-manager.ts";
import { SessionRecord } from "../../sessions/session-record.ts";
import { StoreSessions } from "../../sessions/store-sessions.ts";
import { MemoryStore } from "../../stores/memory-store.ts";
import type { Store } from "../../stores/store.ts";
import { createUser } from "../account/create-user.ts";
import { login } from "../account/login.ts";
import { setPassword } from "../account/set-password.ts";
import { Group } from "../users/group.ts";
import { Permission } from "../users/permission.ts";
import { User, type UserRow } from "../users/user-model.ts";
import { AuthApp, memoryDatabase, type TestBrowser } from "./auth.fixture.ts";
import { createIdentity } from "./identity.ts";
import { IdentityCache } from "./identity-cache.ts";
import { allowAllUsersBackend, modelBackend } from "./model-backend.ts";
import { USER_BACKEND, USER_HASH, USER_ID } from "./session-keys.ts";

const PASSWORD = "correct horse";
const OLD = "an old secret of some length";
const NEW = "a new secret of some length";

let app: AuthApp;
let ada: UserRow;
const statements: string[] = [];
/** Statements that the request made while it was prepared, ran and ended. */
const counted = async (browser: TestBrowser, work: (context: RequestContext) => unknown): Promise<number> => {
  statements.length = 0;
  await browser.request(work);
  return statements.length;
};

beforeEach(async () => {
  app = new AuthApp(await memoryDatabase(undefined, (sql) => statements.push(sql)));
  ada = await app.run(() => createUser({ username: "ada", password: PASSWORD }));
});
afterEach(() => app.close());

/** The same browser at a server that was started anew with other settings. */
const moved = (browser: TestBrowser, settings: ConstructorParameters<typeof AuthApp>[1]): TestBrowser => {
  const other = browser.copy();
  other.app = new AuthApp(app.database, settings);
  return other;
};

describe("who makes a request", () => {
  test("W39: costs nothing when nobody asks, two statements the first time, and none from then on", async () => {
    const browser = await app.signedIn("ada");
    const started = moved(browser, {});
    expect(await counted(started, () => {})).toBe(0);
    expect(await counted(started, ({ user }) => expect(user.username).toBe("ada"))).toBe(2);
    expect(await counted(started, ({ user }) => expect(user.username).toBe("ada"))).toBe(0);
    expect(await counted(app.browser(), ({ user }) => expect(user).toBe(anonymousUser))).toBe(0);
  });

  test("PRM-3: permissions and groups are read once for each user, not for each request", async () => {
    const browser = await app.signedIn("ada");
    expect(await counted(browser, ({ user }) => user.hasPerm("notes.add_note"))).toBe(2);
    expect(await counted(browser, ({ user }) => user.hasPerm("notes.change_note"))).toBe(0);
    expect(await counted(browser, ({ user }) => user.hasGroup("Editors"))).toBe(1);
    expect(await counted(browser, ({ user }) => user.groupNames())).toBe(0);
  });

  test("AUT-9: a session ends when its user's password was changed, and a stranger's hash is worth nothing", async () => {
    const browser = await app.signedIn("ada");
    const other = await app.signedIn("ada");
    await app.run(() => setPassword(ada, PASSWORD));
    expect(await browser.whoAmI()).toBe("");
    expect(browser.key).toBeUndefined();
    for (const hash of ["", "x".repeat(43), null, 5, {}, [], undefined]) {
      const forged = await app.signedIn("ada");
      await forged.request(({ session }) =>
        hash === undefined ? session.delete(USER_HASH) : setReserved(session, USER_HASH, hash),
      );
      expect(await forged.whoAmI()).toBe("");
      expect(
        await app.run(() =>
          objects(SessionRecord)
            .filter({ id: app.sessions.idOf(forged.key) ?? "" })
            .exists(),
        ),
      ).toBe(false);
    }
    expect(await other.whoAmI()).toBe("");
  });

  test("AUT-9: nothing ends when something else about the user was changed", async () => {
    const browser = await app.signedIn("ada");
    await app.run(() => objects(User).filter({ id: ada.id }).update({ email: "ada@example.org" }));
    expect(await browser.request(({ user }) => user.email)).toBe("ada@example.org");
  });

  test("AUT-10: an older secret still counts; the session gets a new key and a hash by the new secret", async () => {
    const before = new AuthApp(app.database, { secrets: [OLD] });
    const browser = await before.signedIn("ada");
    await browser.request(({ session }) => session.set("cart", [1]));
    const stale = browser.copy();
    browser.app = new AuthApp(app.database, { secrets: [NEW, OLD] });
    expect(await browser.whoAmI()).toBe("ada");
    expect(browser.key).not.toBe(stale.key);
    const renewed = moved(browser, { secrets: [NEW] });
    expect(await renewed.request(({ user, session }) => [user.username, session.get("cart")])).toEqual(["ada", [1]]);
    expect(await moved(browser, { secrets: ["quite another one"] }).whoAmI()).toBe("");
  });

  test("AUT-10: of requests at once one renews the session, and the others do not fail for it", async () => {
    const before = new AuthApp(app.database, { secrets: [OLD] });
    const browser = await before.signedIn("ada");
    const after = new AuthApp(app.database, { secrets: [NEW, OLD] });
    const tabs = Array.from({ length: 3 }, () => {
      const tab = browser.copy();
      tab.app = after;
      return tab;
    });
    const all = Promise.withResolvers<void>();
    let waiting = tabs.length;
    const names = tabs.map((tab) =>
      tab.request(async ({ user }) => {
        if (--waiting === 0) all.resolve();
        await all.promise;
        return user.username;
      }),
    );
    expect(await Promise.all(names)).toEqual(["ada", "ada", "ada"]);
    expect(tabs.filter(({ lines }) => lines.length > 0)).toHaveLength(1);
  });

  test("AUT-10: a request that has more to say does not lose it in silence when another one renewed the session", async () => {
    const before = new AuthApp(app.database, { secrets: [OLD] });
    const browser = await before.signedIn("ada");
    browser.app = new AuthApp(app.database, { secrets: [NEW, OLD] });
    const other = browser.copy();
    const failing = browser.request(async ({ user, session }) => {
      session.set("cart", [user.id]);
      expect(await other.whoAmI()).toBe("ada");
    });
    await expect(failing).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
    expect(await other.request(({ user, session }) => [user.username, session.get("cart")])).toEqual([
      "ada",
      undefined,
    ]);
  });

  test("AUT-12: nobody is there for a user who was deleted, is not active, or came by a back end that is gone", async () => {
    const browser = await app.signedIn("ada");
    await app.run(() => objects(User).filter({ id: ada.id }).update({ isActive: false }));
    expect(await browser.whoAmI()).toBe("");
    await app.run(() => objects(User).filter({ id: ada.id }).update({ isActive: true }));
    expect(await browser.whoAmI()).toBe("ada");
    await browser.request(({ session }) => setReserved(session, USER_BACKEND, "gone"));
    expect(await browser.whoAmI()).toBe("");
    await browser.request(({ session }) => setReserved(session, USER_BACKEND, "model"));
    expect(await browser.whoAmI()).toBe("ada");
    await app.run(() => objects(User).filter({ id: ada.id }).delete());
    expect(await browser.whoAmI()).toBe("");
  });

  test("AUT-12: a back end may let users in who are not active; they may do nothing", async () => {
    const open = new AuthApp(app.database, { backends: [allowAllUsersBackend(), modelBackend()] });
    await app.run(() => objects(User).filter({ id: ada.id }).update({ isActive: false, isSuperuser: true }));
    const browser = open.browser();
    await browser.request(() => login(ada, { backend: "allow-all-users" }));
    expect(await browser.whoAmI()).toBe("ada");
    expect(await browser.request(({ user }) => user.hasPerm("notes.add_note"))).toBe(false);
    const other = open.browser();
    const refused = other.request(() => login(ada, { backend: "model" }));
    await expect(refused).rejects.toMatchObject({ code: "AUTH_INACTIVE" });
    // Nor does he when he was let in elsewhere.
    await browser.request(({ session }) => setReserved(session, USER_BACKEND, "model"));
    for (const each of [browser, other]) expect(await each.whoAmI()).toBe("");
  });

  test("SEC-12: what stands for a key in a session is a key or nothing", async () => {
    const browser = await app.signedIn("ada");
    for (const id of [{ $gt: 0 }, [ada.id], ada.id, "1 or 1=1", " 1", "01", "9".repeat(400), null, true]) {
      await browser.request(({ session }) => setReserved(session, USER_ID, id));
      expect(await browser.whoAmI()).toBe("");
    }
  });

  test("PWD-11: shows no password: not in the user, not as JSON, not in rows", async () => {
    const browser = await app.signedIn("ada");
    const shown = await browser.request(async ({ user }) => {
      const row = await objects(User).get(ada.id);
      const { inspect } = await import("node:util");
      return JSON.stringify([user, row, { ...user }]) + inspect(user, { depth: 9, showHidden: true });
    });
    expect(shown).not.toMatch(/argon2|password/);
    const [entity] = await app.run(() => objects(User).entities());
    expect(JSON.stringify(entity)).not.toMatch(/argon2/);
    await expect(app.run(async () => objects(User).where("password", "startsWith", "$"))).rejects.toMatchObject({
      code: "QUERY_FIELD_UNKNOWN",
    });
    await expect(app.run(async () => objects(User).orderBy("password" as never))).rejects.toMatchObject({
      code: "QUERY_FIELD_UNKNOWN",
    });
  });

  test("SEC-10: a user can't be made more than he is", async () => {
    const browser = await app.signedIn("ada");
    await browser.request(({ user }) => {
      expect(() => Object.assign(user, { isSuperuser: true })).toThrow(TypeError);
      expect(() => Object.assign(anonymousUser, { isSuperuser: true })).toThrow(TypeError);
    });
  });
});

describe("changes", () => {
  test("RT-3: count for the next request, of users, groups and permissions alike", async () => {
    const browser = await app.signedIn("ada");
    const can = () => browser.request(({ user }) => user.hasPerm("notes.add_note"));
    const groups = () => browser.request(({ user }) => user.groupNames());
    const { permission, group } = await app.run(async () => ({
      permission: await objects(Permission).create({
        app: "notes",
        model: "note",
        codename: "add_note",
        name: "Can add",
      }),
      group: await objects(Group).create({ name: "Editors" }),
    }));
    const change = (data: object, id = ada.id) => app.run(() => objects(User).filter({ id }).update(data));
    expect(await can()).toBe(false);
    await change({ userPermissions: [permission.id] });
    expect(await can()).toBe(true);
    await change({ userPermissions: [] });
    expect(await can()).toBe(false);
    await change({ groups: [group.id] });
    expect([await can(), await groups()]).toEqual([false, ["Editors"]]);
    await app.run(() =>
      objects(Group)
        .filter({ id: group.id })
        .update({ permissions: [permission.id] }),
    );
    expect(await can()).toBe(true);
    await app.run(() => objects(Group).filter({ id: group.id }).update({ name: "Writers" }));
    expect(await groups()).toEqual(["Writers"]);
    await app.run(() => objects(Permission).filter({ id: permission.id }).update({ codename: "other" }));
    expect(await can()).toBe(false);
    await app.run(() => objects(Permission).filter({ id: permission.id }).update({ codename: "add_note" }));
    expect(await can()).toBe(true);
    await app.run(() => objects(Group).filter({ id: group.id }).delete());
    expect([await can(), await groups()]).toEqual([false, []]);
    await change({ isSuperuser: true });
    expect(await can()).toBe(true);
    await change({ isActive: false });
    expect(await can()).toBe(false);
  });

  test("W14: are told with the user's key; what is the same again is the same reference", async () => {
    const browser = await app.signedIn("ada");
    const token = () => browser.request((context) => context.identity.snapshotToken(context));
    const first = await token();
    app.changes.length = 0;
    expect(await token()).toBe(first);
    await app.run(() => objects(User).filter({ id: ada.id }).update({ lastLogin: new Date() }));
    expect(app.changes).toEqual([{ userId: String(ada.id) }]);
    expect(await token()).toBe(first);
    await app.run(() => objects(User).filter({ id: ada.id }).update({ firstName: "Ada" }));
    const second = await token();
    expect(second).not.toBe(first);
    await app.run(async () =>
      objects(User)
        .filter({ id: ada.id })
        .update({ groups: [(await objects(Group).create({ name: "x" })).id] }),
    );
    expect(await token()).not.toBe(second);
    const nobody = () => app.browser().request((context) => context.identity.snapshotToken(context));
    expect(await nobody()).toBe(await nobody());
  });

  test("of another user touch nobody else", async () => {
    const browser = await app.signedIn("ada");
    const bob = await app.run(() => createUser({ username: "bob" }));
    await browser.whoAmI();
    await app.run(() => objects(User).filter({ id: bob.id }).update({ firstName: "Bob" }));
    expect(await counted(browser, ({ user }) => expect(user.username).toBe("ada"))).toBe(0);
  });

  test("that are undone were never there, also for who looked at them meanwhile", async () => {
    const browser = await app.signedIn("ada");
    const source = { kind: "event", method: "GET", url: "/", headers: {}, ip: "", host: "", protocol: "http" } as const;
    const failing = app.run(() =>
      atomic(async () => {
        await objects(User).filter({ id: ada.id }).update({ isSuperuser: true });
        // Somebody else's request, while the transaction is open; in memory there is one connection for all.
        const context = new RequestContext({ ...source, cookies: browser.cookies }, app.identity);
        expect(context.user.isSuperuser).toBe(true);
        throw new Error("undone");
      }),
    );
    await expect(failing).rejects.toThrow("undone");
    expect(await browser.request(({ user }) => user.isSuperuser)).toBe(false);
  });
});

describe("the life of a request", () => {
  test("names the user and the session", async () => {
    const browser = await app.signedIn("ada");
    await browser.request((context) => {
      expect(context.identity.sessionId(context)).toBe(app.sessions.idOf(browser.key));
      expect(context.identity.owner(context)).toBe(String(ada.id));
    });
    await app.browser().request((context) => {
      expect(context.identity.sessionId(context)).toBeUndefined();
      expect(context.identity.owner(context)).toBeUndefined();
    });
  });

  test("saves nothing when nobody opened the session, and nothing at 500 and above", async () => {
    const browser = app.browser();
    await browser.request(() => {});
    expect(browser.lines).toEqual([]);
    await browser.request(({ session }) => session.set("x", 1), 500);
    expect(browser.lines).toEqual([]);
    await browser.request(({ session }) => session.set("x", 1), 404);
    expect(browser.lines).toHaveLength(2);
  });

  test("knows nobody where there is no database, and keeps a session all the same", async () => {
    const sessions = new SessionManager({ backend: new StoreSessions(new MemoryStore()), cookie: sessionCookie() });
    const browser = app.browser();
    browser.app = Object.assign(Object.create(app) as AuthApp, {
      identity: createIdentity({ sessions, auth: undefined }),
    });
    await browser.request(({ session }) => {
      setReserved(session, USER_ID, String(ada.id));
      session.set("theme", "dark");
    });
    expect(await browser.request(({ user, session }) => [user, session.get("theme")])).toEqual([anonymousUser, "dark"]);
  });

  test("loads sessions ahead that lie outside of the process", async () => {
    const inside = new MemoryStore();
    const methods = ["get", "create", "replace", "move", "delete", "increment", "keys", "clearExpired"] as const;
    const store = Object.fromEntries(methods.map((name) => [name, inside[name].bind(inside)])) as unknown as Store;
    const sessions = new SessionManager({ backend: new StoreSessions(store), cookie: sessionCookie() });
    const browser = app.browser();
    browser.app = Object.assign(Object.create(app) as AuthApp, {
      identity: createIdentity({ sessions, auth: app.auth }),
    });
    await browser.request(() => login(ada));
    expect(await browser.whoAmI()).toBe("ada");
    const get = vi.spyOn(store, "get").mockRejectedValue(new Error("gone"));
    const started = new SessionManager({ backend: new StoreSessions(store), cookie: sessionCookie() });
    Object.assign(browser.app, { identity: createIdentity({ sessions: started, auth: app.auth }) });
    await expect(browser.whoAmI()).rejects.toMatchObject({ code: "AUTH_UNAVAILABLE", status: 503 });
    get.mockRestore();
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("row 209: keeps so many users and no more, those that were asked for last", async () => {
    const cache = new IdentityCache({ database: app.database, model: User, secrets: ["secret"], size: 2 });
    const ids = [ada.id];
    for (const username of ["bob", "eve"]) ids.push((await app.run(() => createUser({ username }))).id);
    const queries = (id: number | undefined) => {
      statements.length = 0;
      cache.now(id as number);
      return statements.length;
    };
    expect(ids.map(queries)).toEqual([1, 1, 1]);
    expect([queries(ids[1]), queries(ids[2]), queries(ids[1])]).toEqual([0, 0, 0]);
    expect([queries(ids[0]), queries(ids[2]), queries(ids[0])]).toEqual([1, 1, 0]);
  });

  test("has a language of its own", async () => {
    await app.browser().request((context) => expect(context.language).toBe("en"));
  });

  test("W32: a storage that fails is no stranger: the request fails, and says that it may be tried again", async () => {
    const browser = await app.signedIn("ada");
    const started = moved(browser, {});
    const failing = vi.spyOn(app.database, "readNow").mockImplementation(() => {
      throw modelErrors.DATABASE_CONNECTION_LOST();
    });
    await expect(started.whoAmI()).rejects.toMatchObject({ code: "AUTH_UNAVAILABLE", status: 503, expose: true });
    failing.mockRestore();
    expect(await started.whoAmI()).toBe("ada");
  });
});
