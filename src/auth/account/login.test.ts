import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { anonymousUser } from "../../bridge/anonymous-user.ts";
import { currentUser } from "../../bridge/current-request.ts";
import { atomic } from "../../models/database/atomic.ts";
import { objects } from "../../models/query/query-set.ts";
import { AuthApp, memoryDatabase } from "../identity/auth.fixture.ts";
import { USER_HASH } from "../identity/session-keys.ts";
import { User, type UserRow } from "../users/user-model.ts";
import { signIn } from "./authenticate.ts";
import { createUser } from "./create-user.ts";
import { login, logout, updateSessionAuthHash } from "./login.ts";
import { changePassword } from "./password-change.ts";
import { setPassword } from "./set-password.ts";
import { userLoggedIn, userLoggedOut } from "./signals.ts";

const PASSWORD = "correct horse";

let app: AuthApp;
let ada: UserRow;
let bob: UserRow;
const statements: string[] = [];
beforeEach(async () => {
  app = new AuthApp(await memoryDatabase(undefined, (sql) => statements.push(sql)));
  ada = await app.run(() => createUser({ username: "ada", password: PASSWORD }));
  bob = await app.run(() => createUser({ username: "bob", password: PASSWORD }));
});
afterEach(() => app.close());

const stored = (id: number) =>
  app.run(async () => (await objects(User).filter({ id }).rows(["password"]))[0]?.password);

describe("login", () => {
  test("row 103, AUT-1: a login of somebody anonymous keeps the session's values and gives it a new key", async () => {
    const browser = app.browser();
    await browser.request(({ session }) => session.set("cart", [1]));
    const before = browser.copy();
    const user = await browser.request(() => signIn({ username: "ada", password: PASSWORD }));
    expect(user).toMatchObject({ id: ada.id, username: "ada", isAuthenticated: true });
    expect(browser.key).not.toBe(before.key);
    expect(await browser.request(({ session }) => session.get("cart"))).toEqual([1]);
    expect(await browser.whoAmI()).toBe("ada");
    expect(await before.request(({ session }) => session.get("cart"))).toBeUndefined();
  });

  test("row 103, AUT-2: a login as another user ends the session of the first one, with its values", async () => {
    const browser = await app.signedIn("ada");
    await browser.request(({ session }) => session.set("secret", "of ada"));
    const before = browser.copy();
    await browser.request(() => login(bob));
    expect(browser.key).not.toBe(before.key);
    expect(await browser.whoAmI()).toBe("bob");
    expect(await browser.request(({ session }) => session.get("secret"))).toBeUndefined();
    expect(await before.whoAmI()).toBe("");
  });

  test("AUT-3: a login of the same user keeps the key; after a change of the password it does not", async () => {
    const browser = await app.signedIn("ada");
    const { key } = browser;
    await browser.request(({ session }) => session.set("cart", [1]));
    await browser.request(() => login(ada));
    expect(browser.key).toBe(key);
    await app.run(() => setPassword(ada, "another one"));
    await browser.request(() => login(ada));
    expect(browser.key).not.toBe(key);
    expect(await browser.request(({ session }) => session.get("cart"))).toBeUndefined();
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("AUT-4: a session without an auth hash may sign in, and gets a new key", async () => {
    const browser = await app.signedIn("ada");
    const { key } = browser;
    await browser.request(({ session }) => session.delete(USER_HASH));
    await browser.request(() => login(ada));
    expect(browser.key).not.toBe(key);
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("AUT-6: a login writes the time of it, and nothing else of the user", async () => {
    const before = await app.run(() => objects(User).get(ada.id));
    expect(before.lastLogin).toBeNull();
    statements.length = 0;
    await app.browser().request(() => login(ada));
    const after = await app.run(() => objects(User).get(ada.id));
    expect(Date.now() - Date.parse(after.lastLogin as string)).toBeLessThan(60_000);
    expect({ ...after, lastLogin: null }).toEqual(before);
    const [update = "", ...others] = statements.filter((sql) => /^update.*auth_user/.test(sql));
    expect(others).toEqual([]);
    expect(/set (.*?) where/.exec(update)?.[1]).toBe('"last_login" = ?');
  });

  test("AUT-7: tells receivers who signed in, by which request, once the user is known", async () => {
    const told: unknown[] = [];
    const stop = userLoggedIn.connect(({ request, user }) =>
      told.push([request.path, user.username, currentUser() === user]),
    );
    await app.browser().request(() => login(ada));
    stop();
    await app.browser().request(() => login(bob));
    expect(told).toEqual([["/", "ada", true]]);
  });

  test("AUT-6, AUT-7: somebody who is not active signs in nowhere: nothing is written, and nobody is told", async () => {
    await app.run(() => objects(User).filter({ id: ada.id }).update({ isActive: false }));
    const told: unknown[] = [];
    onTestFinished(userLoggedIn.connect((event) => told.push(event)));
    const browser = app.browser();
    await browser.request(({ session }) => session.set("cart", [1]));
    const { key } = browser;
    await browser.request(async ({ user }) => {
      await expect(login(ada)).rejects.toMatchObject({ code: "AUTH_INACTIVE", status: 403 });
      expect(user.isAuthenticated).toBe(false);
    });
    expect([browser.key, browser.lines, told]).toEqual([key, [], []]);
    expect(await browser.request(({ session }) => session.keys())).toEqual(["cart"]);
    expect((await app.run(() => objects(User).get(ada.id))).lastLogin).toBeNull();
  });

  test("the request knows at once who signed in, and who signed out", async () => {
    const browser = app.browser();
    await browser.request(async (context) => {
      expect(context.user.isAuthenticated).toBe(false);
      const user = await login(ada);
      expect(context.user).toBe(user);
      expect(context.identity.owner(context)).toBe(String(ada.id));
      await logout();
      expect(context.user).toBe(anonymousUser);
      expect(context.identity.owner(context)).toBeUndefined();
    });
    expect(browser.key).toBeUndefined();
  });

  test("W13: a login that fails leaves everything as it was, also for who was signed in", async () => {
    const browser = await app.signedIn("ada");
    await browser.request(({ session }) => session.set("cart", [1]));
    const { key } = browser;
    const failing = browser.request(() => signIn({ username: "bob", password: "wrong" }).catch(() => "failed"));
    expect(await failing).toBe("failed");
    expect(browser.lines).toEqual([]);
    expect(browser.key).toBe(key);
    expect(await browser.request(({ session, user }) => [user.username, session.get("cart")])).toEqual(["ada", [1]]);
  });

  test("a request that fails after a login has signed nobody in", async () => {
    const browser = app.browser();
    const failing = browser.request(async () => {
      await login(ada);
      throw new Error("of the handler");
    });
    await expect(failing).rejects.toThrow("of the handler");
    expect(browser.key).toBeUndefined();
    expect(await browser.whoAmI()).toBe("");
  });

  test("a login inside a transaction counts when that is over, and is undone with it", async () => {
    const browser = app.browser();
    await browser.request(() => atomic(async () => void (await login(ada))));
    expect(await browser.whoAmI()).toBe("ada");
    const other = app.browser();
    const failing = other.request(() =>
      atomic(async () => {
        await login(await createUser({ username: "eve" }));
        expect(currentUser().username).toBe("eve");
        throw new Error("undone");
      }),
    );
    await expect(failing).rejects.toThrow("undone");
    expect(await other.whoAmI()).toBe("");
    expect(await app.run(() => objects(User).filter({ username: "eve" }).exists())).toBe(false);
  });

  test("SEC-14: the key before a login is worth nothing after it, nor is one that somebody else chose", async () => {
    const attacker = app.browser();
    await attacker.request(({ session }) => session.set("x", 1));
    const victim = attacker.copy();
    await victim.request(() => login(ada));
    expect(await attacker.whoAmI()).toBe("");
    const chosen = app.browser();
    chosen.cookies["sessionid"] = "abcdefghijklmnopqrstuvwxyz012345";
    await chosen.request(() => login(ada));
    expect(chosen.key).not.toBe("abcdefghijklmnopqrstuvwxyz012345");
    expect(await chosen.whoAmI()).toBe("ada");
  });

  test("needs a request, somebody who is in the database, and a back end that exists", async () => {
    await expect(app.run(() => login(ada))).rejects.toMatchObject({ code: "AUTH_NO_REQUEST" });
    await expect(app.run(() => logout())).rejects.toMatchObject({ code: "AUTH_NO_REQUEST" });
    await expect(app.run(() => signIn({}))).rejects.toMatchObject({ code: "AUTH_NO_REQUEST" });
    const browser = app.browser();
    await expect(browser.request(() => login({ id: 999 }))).rejects.toMatchObject({ code: "AUTH_USER_MISSING" });
    await expect(browser.request(() => login(anonymousUser))).rejects.toMatchObject({ code: "AUTH_USER_MISSING" });
    const unknown = browser.request(() => login(ada, { backend: "nobody" }));
    await expect(unknown).rejects.toMatchObject({
      code: "AUTH_BACKEND_UNKNOWN",
      message: expect.stringContaining("model"),
    });
    expect(await browser.whoAmI()).toBe("");
  });
});

describe("logout", () => {
  test("AUT-8: ends the session after telling who leaves; there is nobody then", async () => {
    const browser = await app.signedIn("ada");
    const thief = browser.copy();
    await browser.request(({ session }) => session.set("secret", 1));
    const told: unknown[] = [];
    const stop = userLoggedOut.connect(({ user, request }) =>
      told.push([user?.username, request.session.get("secret")]),
    );
    await browser.request(() => logout());
    await app.browser().request(() => logout());
    stop();
    expect(told).toEqual([
      ["ada", 1],
      [undefined, undefined],
    ]);
    expect(browser.key).toBeUndefined();
    expect(browser.lines.join()).toMatch(/^sessionid=;.*Max-Age=0/);
    expect(await browser.whoAmI()).toBe("");
    expect(await thief.whoAmI()).toBe("");
    expect(await thief.request(({ session }) => session.get("secret"))).toBeUndefined();
  });

  test("names the session that ended to whoever wants to know", async () => {
    const browser = await app.signedIn("ada");
    const sessionId = app.sessions.idOf(browser.key);
    app.changes.length = 0;
    await browser.request(() => logout());
    expect(app.changes).toEqual([{ sessionId }]);
  });
});

describe("a change of the password", () => {
  test("AUT-11: leaves the session that did it alive under a new key, and ends the others", async () => {
    const browser = await app.signedIn("ada");
    const other = await app.signedIn("ada");
    await browser.request(({ session }) => session.set("cart", [1]));
    const before = browser.copy();
    await browser.request(async ({ user }) => {
      await setPassword(user, "another one");
      await updateSessionAuthHash(user);
      expect(currentUser().username).toBe("ada");
    });
    expect(browser.key).not.toBe(before.key);
    expect(await browser.request(({ session, user }) => [user.username, session.get("cart")])).toEqual(["ada", [1]]);
    expect(await other.whoAmI()).toBe("");
    expect(await before.whoAmI()).toBe("");
  });

  test("AUT-11: for another user it changes the key only", async () => {
    const browser = await app.signedIn("ada");
    const { key } = browser;
    await browser.request(async () => {
      await setPassword(bob, "another one");
      await updateSessionAuthHash(bob);
    });
    expect(browser.key).not.toBe(key);
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("AUT-11: another request of the browser that comes after the session was kept does not end it", async () => {
    const browser = await app.signedIn("ada");
    const other = browser.copy();
    await browser.request(async ({ user }) => {
      await setPassword(user, "another one");
      await updateSessionAuthHash(user);
      expect(await other.whoAmI()).toBe("ada");
    });
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("AUT-11: a request that fails after it keeps the session for a minute, with its old key, and no longer", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const browser = await app.signedIn("ada");
    await browser.request(({ session }) => session.set("cart", [1]));
    const change = () => changePassword({ oldPassword: PASSWORD, newPassword: "another one" });
    const failing = browser.request(async ({ session }) => {
      session.set("cart", [2]);
      await change();
      throw new Error("of the handler");
    });
    await expect(failing).rejects.toThrow("of the handler");
    expect(await browser.request(({ session, user }) => [user.username, session.get("cart")])).toEqual(["ada", [1]]);
    vi.setSystemTime(Date.now() + 60_001);
    expect(await browser.whoAmI()).toBe("");
    expect(browser.key).toBeUndefined();
  });

  test("AUT-11: a session that was ended meanwhile changes no password", async () => {
    const browser = await app.signedIn("ada");
    const other = browser.copy();
    const before = await stored(ada.id);
    const failing = browser.request(async ({ user }) => {
      expect(user.username).toBe("ada");
      await other.request(() => logout());
      await changePassword({ oldPassword: PASSWORD, newPassword: "another one" });
    });
    await expect(failing).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
    expect(await stored(ada.id)).toBe(before);
  });

  test("AUT-11: within a transaction it counts with it, and is undone with it", async () => {
    const browser = await app.signedIn("ada");
    const change = (newPassword: string) => changePassword({ oldPassword: PASSWORD, newPassword });
    const failing = browser.request(() =>
      atomic(async () => {
        await change("undone one");
        throw new Error("undone");
      }),
    );
    await expect(failing).rejects.toThrow("undone");
    expect(await browser.whoAmI()).toBe("ada");
    await browser.request(() => atomic(() => change("another one")));
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("SEC-14: ends all sessions when nobody keeps one, also for the request that did it", async () => {
    const browser = await app.signedIn("ada");
    const before = await stored(ada.id);
    await browser.request(({ user }) => setPassword(user, "another one"));
    expect(await stored(ada.id)).not.toBe(before);
    expect(await browser.whoAmI()).toBe("");
    expect(browser.key).toBeUndefined();
  });
});
