import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { currentUser } from "../../bridge/current-request.ts";
import { objects } from "../../models/query/query-set.ts";
import { MemoryStore } from "../../stores/memory-store.ts";
import type { AuthSettings, TryCounter } from "../auth-settings.ts";
import { AuthApp, memoryDatabase } from "../identity/auth.fixture.ts";
import { allowAllUsersBackend, modelBackend } from "../identity/model-backend.ts";
import { denied } from "../identity/permission-checks.ts";
import { argon2id } from "../passwords/argon2id.ts";
import { PasswordHashing } from "../passwords/password-hash.ts";
import { storeCounters } from "../throttle/store-counters.ts";
import { Throttle } from "../throttle/throttle.ts";
import type { AuthBackend, Credentials } from "../users/auth-backend.ts";
import { User, type UserRow } from "../users/user-model.ts";
import { authenticate, signIn } from "./authenticate.ts";
import { createUser } from "./create-user.ts";
import { checkPassword, hasUsablePassword, setPassword } from "./set-password.ts";
import { passwordChanged, userLoginFailed } from "./signals.ts";

const PASSWORD = "correct horse";
const INVALID = { code: "AUTH_CREDENTIALS_INVALID", status: 400, message: "Invalid username or password." };

let app: AuthApp;
let ada: UserRow;
const statements: string[] = [];
beforeEach(async () => {
  app = new AuthApp(await memoryDatabase(undefined, (sql) => statements.push(sql)));
  ada = await app.run(() => createUser({ username: "ada", email: "Ada@example.org", password: PASSWORD }));
});
afterEach(() => app.close());

const using = (settings: AuthSettings) => {
  app = new AuthApp(app.database, settings);
};
const name = async (credentials: Credentials) => (await app.run(() => authenticate(credentials)))?.username;
/** Statements and hasher runs that a try costs. */
const cost = async (credentials: Credentials) => {
  statements.length = 0;
  const before = app.hashing.runs;
  await name(credentials);
  return { queries: statements.length, runs: app.hashing.runs - before };
};
const stored = async () => (await app.run(() => objects(User).filter({ id: ada.id }).rows(["password"])))[0]?.password;

describe("authenticate", () => {
  test("AUT-14: without a name or a password nothing is asked and nothing is hashed", async () => {
    for (const credentials of [
      {},
      { username: "ada" },
      { password: PASSWORD },
      { username: "", password: PASSWORD },
      { username: "   ", password: PASSWORD },
      { username: "ada", password: "" },
      { email: "ada@example.org" },
    ]) {
      expect(await name(credentials)).toBeUndefined();
      expect(await cost(credentials), JSON.stringify(credentials)).toEqual({ queries: 0, runs: 0 });
    }
  });

  test("SEC-12: credentials are text, or of no use; nothing else comes near a query", async () => {
    const odd: unknown[] = [
      null,
      5,
      true,
      { $gt: 0 },
      { $ne: null },
      ["ada"],
      { toString: () => "ada" },
      Symbol("ada"),
      () => "ada",
    ];
    for (const value of odd) {
      expect(await cost({ username: value, password: PASSWORD })).toEqual({ queries: 0, runs: 0 });
      expect(await cost({ username: "ada", password: value })).toEqual({ queries: 0, runs: 0 });
      expect(await cost({ email: value, password: PASSWORD })).toEqual({ queries: 0, runs: 0 });
    }
    expect(await name(JSON.parse('{"__proto__":{"username":"ada"},"password":"correct horse"}'))).toBeUndefined();
    for (const text of ["ada\0", "\ud800", "a'\"; --", "%", "a".repeat(1_000_000)]) {
      expect(await name({ username: text, password: PASSWORD })).toBeUndefined();
    }
    expect(await cost({ username: "ada", password: "x".repeat(1_048_576) })).toEqual({ queries: 0, runs: 0 });
  });

  test("AUT-15, PWD-5, SEC-28: whatever is wrong, the answer and the work are the same", async () => {
    await app.run(async () => {
      await createUser({ username: "off", password: PASSWORD, isActive: false });
      await createUser({ username: "none" });
    });
    const wrong = [
      { username: "nobody", password: PASSWORD },
      { username: "ada", password: "wrong" },
      { username: "off", password: PASSWORD },
      { username: "off", password: "wrong" },
      { username: "none", password: PASSWORD },
      { username: "ADA", password: PASSWORD },
      { username: "a".repeat(500), password: PASSWORD },
      { email: "ada@example.org", password: PASSWORD },
    ];
    for (const credentials of wrong) {
      const before = app.hashing.runs;
      await expect(
        app.browser().request(() => signIn(credentials)),
        credentials.username,
      ).rejects.toMatchObject(INVALID);
      expect(app.hashing.runs - before, credentials.username).toBe(1);
    }
    using({ loginFields: ["username", "email"] });
    for (const credentials of wrong.slice(0, -1)) expect((await cost(credentials)).runs, credentials.username).toBe(1);
    expect((await cost({ email: "nobody@example.org", password: PASSWORD })).runs).toBe(1);
  });

  test("AUT-15: only a back end for all users tells who is not active, and only after the right password", async () => {
    using({ backends: [allowAllUsersBackend()] });
    await app.run(() => createUser({ username: "off", password: PASSWORD, isActive: false }));
    const browser = app.browser();
    await expect(browser.request(() => signIn({ username: "off", password: "wrong" }))).rejects.toMatchObject(INVALID);
    const right = browser.request(() => signIn({ username: "off", password: PASSWORD }));
    await expect(right).rejects.toMatchObject({ code: "AUTH_INACTIVE", message: "This account is inactive." });
    expect(await browser.whoAmI()).toBe("");
  });

  test("AUT-16: a username is brought into one form, a password never", async () => {
    await app.run(() => createUser({ username: "Ａdele", password: "  with spaces  " }));
    expect(await name({ username: "Adele", password: "  with spaces  " })).toBe("Adele");
    expect(await name({ username: " Ａdele ", password: "  with spaces  " })).toBe("Adele");
    expect(await name({ username: "Adele", password: "with spaces" })).toBeUndefined();
    expect(await name({ username: "adele", password: "  with spaces  " })).toBeUndefined();
  });

  test("row 101: the username comes first, then an e-mail address that is the only one of its kind", async () => {
    using({ loginFields: ["username", "email"] });
    const sign = (username: string, password = PASSWORD) => name({ username, password });
    expect(await sign("ada")).toBe("ada");
    expect(await sign(" ada@EXAMPLE.org ")).toBe("ada");
    expect(await name({ email: "ada@example.org", password: PASSWORD })).toBe("ada");
    expect(await name({ email: "ada", password: PASSWORD })).toBeUndefined();
    // A user whose name is the address of another user locks no other user out, and gets nothing. Rows from elsewhere may be so.
    const { id } = await app.run(() => createUser({ username: "other", password: "another one" }));
    await app.run(() => objects(User).filter({ id }).update({ username: "ada@example.org" }));
    expect(await sign("ada@example.org", "another one")).toBe("ada@example.org");
    expect(await sign("ada@example.org")).toBe("ada");
    await app.run(() => createUser({ username: "second", email: "ada@example.org", password: PASSWORD }));
    expect(await sign("ada@example.org")).toBeUndefined();
    expect(await sign("ada")).toBe("ada");
    expect(await sign("ada@example.org", "another one")).toBe("ada@example.org");
  });

  test("row 101: letters that only look alike are another address", async () => {
    using({ loginFields: ["email"] });
    await app.run(() => createUser({ username: "mike", email: "mike@example.org", password: PASSWORD }));
    expect(await name({ username: "mike@example.org", password: PASSWORD })).toBe("mike");
    expect(await name({ username: "mıke@example.org", password: PASSWORD })).toBeUndefined();
    expect(await name({ username: "mike", password: PASSWORD })).toBeUndefined();
  });

  test("AUT-7: a failure is told with secrets masked, once, and not for a success", async () => {
    const told: unknown[] = [];
    const stop = userLoginFailed.connect(({ credentials, request }) => told.push([credentials, request?.ip]));
    const credentials = {
      username: "ada",
      password: "wrong",
      apiCode: "1",
      csrfToken: "2",
      Key: "3",
      SECRET: "4",
      signature: "5",
      next: "/",
    };
    await app.browser().request(() => authenticate(credentials));
    await app.run(() => authenticate({ username: "ada", password: PASSWORD }));
    stop();
    const mask = "*".repeat(20);
    const masked = {
      username: "ada",
      password: mask,
      apiCode: mask,
      csrfToken: mask,
      Key: mask,
      SECRET: mask,
      signature: mask,
      next: "/",
    };
    expect(told).toEqual([[masked, "192.0.2.1"]]);
  });

  test("PWD-2, PWD-4: an old form of the password is renewed before the session is made, and the session lives on", async () => {
    const before = await stored();
    const other = await app.signedIn("ada");
    using({ hashing: new PasswordHashing({ hashers: [argon2id({ memory: 16, passes: 1 })] }) });
    let changed = 0;
    const stop = passwordChanged.connect(() => changed++);
    expect(await name({ username: "ada", password: "wrong" })).toBeUndefined();
    expect(await stored()).toBe(before);
    statements.length = 0;
    const browser = await app.signedIn("ada");
    stop();
    expect(await stored()).toMatch(/m=16/);
    expect(changed).toBe(0);
    const updates = statements.filter((sql) => sql.startsWith("update") && sql.includes("password"));
    expect(updates).toHaveLength(1);
    expect(/set (.*?) where/.exec(updates[0] as string)?.[1]).toBe('"password" = ?');
    expect(await browser.whoAmI()).toBe("ada");
    other.app = app;
    expect(await other.whoAmI()).toBe("");
  });
});

describe("back ends", () => {
  const backend = (more: Partial<AuthBackend>): AuthBackend => ({ name: "own", ...more });

  test("AUT-13: are asked in their order, and one that can do nothing with the credentials is passed over", async () => {
    const asked: string[] = [];
    const other = (id: string, accepts: boolean): AuthBackend =>
      backend({ name: id, accepts: () => accepts, authenticate: async () => void asked.push(id) });
    const tokens = backend({
      name: "tokens",
      accepts: (credentials) => "token" in credentials,
      authenticate: async ({ token }) => (token === "of ada" ? { id: ada.id } : undefined),
    });
    using({ backends: [other("one", true), other("two", false), { name: "none" }, modelBackend(), tokens] });
    expect(await name({ username: "ada", password: PASSWORD })).toBe("ada");
    expect(asked).toEqual(["one"]);
    expect(await name({ token: "of ada" })).toBe("ada");
    expect(await name({ token: "of nobody" })).toBeUndefined();
    expect(await cost({ token: "of nobody" })).toEqual({ queries: 0, runs: 0 });
    const browser = app.browser();
    await browser.request(() => signIn({ token: "of ada" }));
    expect(await browser.request(({ session }) => session.get("_auth_user_backend"))).toBe("tokens");
    expect(await browser.whoAmI()).toBe("ada");
  });

  test("AUT-13: a denial ends the search, and is told as a failure", async () => {
    const refusing = backend({
      authenticate: async () => {
        throw denied();
      },
    });
    using({ backends: [refusing, modelBackend()] });
    let failures = 0;
    const stop = userLoginFailed.connect(() => failures++);
    expect(await name({ username: "ada", password: PASSWORD })).toBeUndefined();
    stop();
    expect(failures).toBe(1);
  });

  test("AUT-13: any other failure is no answer", async () => {
    using({ backends: [backend({ authenticate: () => Promise.reject(new TypeError("broken")) }), modelBackend()] });
    await expect(name({ username: "ada", password: PASSWORD })).rejects.toThrow("broken");
  });

  test("one that names nobody who exists lets nobody in", async () => {
    using({ backends: [backend({ authenticate: async () => ({ id: 999 }) })] });
    expect(await name({ username: "ada", password: PASSWORD })).toBeUndefined();
  });
});

describe("counting tries", () => {
  test("THR-1, THR-6: a try is counted before anything is hashed; what the counter refuses is not tried", async () => {
    const log: unknown[] = [];
    const throttle: TryCounter = {
      begin: async (purpose, keys) => {
        log.push(["begin", purpose, keys, app.hashing.runs]);
        if (log.length > 4) throw new Error("too many");
      },
      succeed: async (purpose, keys) => void log.push(["succeed", purpose, keys, app.hashing.runs]),
      refund: async (purpose, keys) => void log.push(["refund", purpose, keys, app.hashing.runs]),
    };
    using({ throttle });
    const before = app.hashing.runs;
    const keys = { ip: "192.0.2.1", identifier: "ada" };
    const browser = app.browser();
    await expect(browser.request(() => signIn({ username: "ada", password: "wrong" }))).rejects.toMatchObject(INVALID);
    await browser.request(() => signIn({ username: "ada", password: PASSWORD }));
    expect(log).toEqual([
      ["begin", "login", keys, before],
      ["begin", "login", keys, before + 1],
      ["succeed", "login", keys, before + 2],
    ]);
    await expect(browser.request(() => signIn({ username: { $gt: 0 }, password: PASSWORD }))).rejects.toMatchObject(
      INVALID,
    );
    expect(log.at(-1)).toEqual(["begin", "login", { ip: "192.0.2.1" }, before + 2]);
    await expect(browser.request(() => signIn({ username: "ada", password: PASSWORD }))).rejects.toThrow("too many");
    expect(app.hashing.runs).toBe(before + 2);
  });
});

describe("the user table", () => {
  const reads = () => statements.filter((sql) => sql.startsWith("select") && sql.includes('from "auth_user"'));
  const wrong = { username: "nobody@example.org", password: "wrong" };

  test("THR-1: is not read for a try that is refused by what was typed", async () => {
    const throttle = new Throttle({ counters: storeCounters(new MemoryStore()) });
    using({ throttle, loginFields: ["username", "email"] });
    const browser = app.browser();
    for (let round = 0; round < 5; round++) {
      await expect(browser.request(() => signIn(wrong))).rejects.toMatchObject({ code: INVALID.code });
    }
    statements.length = 0;
    await expect(browser.request(() => signIn(wrong))).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
    expect(reads()).toEqual([]);
  });

  test("is read once by name and once by address for a try", async () => {
    using({ loginFields: ["username", "email"] });
    statements.length = 0;
    await expect(app.browser().request(() => signIn(wrong))).rejects.toMatchObject({ code: INVALID.code });
    expect(reads()).toHaveLength(2);
    // The form is not changed, and what was read for it is not used again.
    const form = { username: "ada@example.org", password: PASSWORD };
    await app.browser().request(() => signIn(form));
    await app.run(() => objects(User).filter({ id: ada.id }).update({ email: "other@example.org" }));
    expect(await name(form)).toBeUndefined();
  });
});

describe("passwords of users", () => {
  test("PWD-10: a change is told once, when it is saved", async () => {
    const told: unknown[] = [];
    const stop = passwordChanged.connect((event) => told.push(event));
    await app.run(() => setPassword(ada, "another one"));
    await app.run(() => objects(User).filter({ id: ada.id }).update({ firstName: "Ada" }));
    await expect(app.run(() => setPassword({ id: 999 }, "x"))).rejects.toMatchObject({ code: "AUTH_USER_MISSING" });
    await expect(app.run(() => setPassword({ id: null }, "x"))).rejects.toMatchObject({ code: "AUTH_USER_MISSING" });
    stop();
    expect(told).toEqual([{ userId: ada.id, password: "another one" }]);
    expect(await name({ username: "ada", password: PASSWORD })).toBeUndefined();
    expect(await name({ username: "ada", password: "another one" })).toBe("ada");
  });

  test("null leaves a user without one", async () => {
    await app.run(async () => {
      expect(await hasUsablePassword(ada)).toBe(true);
      await setPassword(ada, null);
      expect(await hasUsablePassword(ada)).toBe(false);
      expect(await checkPassword(ada, "")).toBe(false);
    });
    expect(await stored()).toMatch(/^!\w{40}$/);
  });

  test("PWD-2: checking one renews its old form", async () => {
    using({ hashing: new PasswordHashing({ hashers: [argon2id({ memory: 16, passes: 1 })] }) });
    expect(await app.run(() => checkPassword(ada, "wrong"))).toBe(false);
    expect(await stored()).toMatch(/m=8/);
    expect(await app.run(() => checkPassword(ada, PASSWORD))).toBe(true);
    expect(await stored()).toMatch(/m=16/);
    expect(await app.run(() => checkPassword({ id: null }, PASSWORD))).toBe(false);
  });

  test("PWD-2, PWD-4: renewing the old form keeps the session that asked, whatever becomes of its request, and ends others", async () => {
    const asks: [string, () => Promise<unknown>][] = [
      ["checkPassword", () => checkPassword(currentUser(), PASSWORD)],
      ["authenticate", () => authenticate({ username: "ada", password: PASSWORD })],
      ["signIn", () => signIn({ username: "ada", password: PASSWORD })],
    ];
    let memory = 8;
    for (const [name, ask] of asks) {
      for (const status of [200, 500]) {
        const browser = await app.signedIn("ada");
        const other = await app.signedIn("ada");
        await browser.request(({ session }) => session.set("cart", [1]));
        const { key } = browser;
        const before = await stored();
        using({ hashing: new PasswordHashing({ hashers: [argon2id({ memory: ++memory, passes: 1 })] }) });
        browser.app = other.app = app;
        await browser.request(async (context) => {
          expect(await ask()).toBeTruthy();
          context.forgetUser();
          expect(currentUser().username).toBe("ada");
          // Another request of the browser, before this one has ended.
          expect(await browser.copy().whoAmI()).toBe("ada");
        }, status);
        expect(await stored()).not.toBe(before);
        const after = await browser.request(({ user, session }) => [user.username, session.get("cart")]);
        expect([name, status, browser.key, ...after]).toEqual([name, status, key, "ada", [1]]);
        expect(await other.whoAmI()).toBe("");
      }
    }
  });
});
