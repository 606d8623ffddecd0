import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callCommand, openSession } from "antiphon";
import { User } from "antiphon/auth";
import { Database, objects } from "antiphon/models";
import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { DefaultTierState, HotState } from "../fixtures/identity-app/src/tiers.state.ts";
import { copyOf, keyOf, PASSWORD, ROOT, type World, world } from "../support/identity-world.ts";
import { OpenPage } from "../support/open-page.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

describe("W22: what an event writes into the session", () => {
  test("W22, row 36: stays, for a signed-in user and for an anonymous visitor, and views see it", async () => {
    for (const options of [{ as: "ada" }, {}]) {
      await using tab = await desk.app.open("/", options);
      await tab.call(AccountState, "remember", "note", "written in an event");
      expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ note: "written in an event" });
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState).remembered).toBe("written in an event");
    }
  });

  test("SES-2: an anonymous visitor who only looks gets no row and no cookie; the first write makes both", async () => {
    const browser = new TestBrowser();
    const before = (await desk.sessions()).length;
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "look");
    await tab.call(DefaultTierState, "look");
    expect([(await desk.sessions()).length, browser.header()]).toEqual([before, undefined]);
    await tab.call(AccountState, "remember", "note", "first");
    expect((await desk.sessions()).length).toBe(before + 1);
    expect(keyOf(browser)).not.toBe("");
  });

  test("an anonymous session whose cookie the browser has fetched lives on; before that it has half a minute", async () => {
    await using tab = await desk.app.open("/");
    await tab.call(AccountState, "remember", "note", "fetched");
    const [row] = (await desk.sessions()).filter(({ data }) => data.includes("fetched"));
    expect(row?.data).not.toContain("_session_unclaimed");
    await using page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "remember", "note", "never fetched");
    const [other] = (await desk.sessions()).filter(({ data }) => data.includes("never fetched"));
    expect(other?.data).toContain("_session_unclaimed");
  });

  test.each([undefined, "noted before"])(
    "the session of a visitor who signs in on the socket lives as configured, although every claim is lost (%s)",
    async (note) => {
      await using page = await OpenPage.open(desk.app, new TestBrowser(), "/", async () => 0);
      const stored = async (text: string) => (await desk.sessions()).find(({ data }) => data.includes(text));
      const calls: Promise<void>[] = [];
      if (note) {
        calls.push(page.call("account.AccountState", "remember", "note", note));
        await expect.poll(() => stored(note)).toBeDefined();
      }
      const before = new Set((await desk.sessions()).map(({ id }) => id));
      calls.push(page.call("account.AccountState", "signIn", "ada", PASSWORD));
      await Promise.all(calls);
      const [row, ...others] = (await desk.sessions()).filter(({ id }) => !before.has(id));
      expect([row?.data.includes("_auth_user_id"), others]).toEqual([true, []]);
      expect(row?.data).not.toContain("_session_unclaimed");
      expect(row?.expires).toBeGreaterThan(Date.now() + 86_400_000);
    },
  );

  test("SES-20: two tabs that write different keys at once lose neither", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/", { browser });
    await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => one.call(AccountState, "remember", `one${index}`, "1")),
      ...Array.from({ length: 5 }, (_, index) => two.call(AccountState, "remember", `two${index}`, "2")),
    ]);
    const [row] = (await desk.sessions()).filter(({ data }) => data.includes("one0"));
    const kept = Object.keys(JSON.parse(row?.data ?? "{}") as object).filter((key) => /^(one|two)\d$/.test(key));
    expect(kept.length).toBe(10);
  });

  test("SES-19: neither the database nor the log holds a key", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    await tab.call(AccountState, "signOut");
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    const key = keyOf(browser);
    const native = desk.app.server.database?.native as { serialize(): Buffer };
    expect(native.serialize().includes(key)).toBe(false);
    expect(desk.log.join("\n")).not.toContain(key);
    expect(JSON.stringify(tab.frames)).not.toContain(key);
  });
});

describe("A handler that throws changed nothing", () => {
  test.each([
    ["signInAndFail", ["ada", PASSWORD]],
    ["rememberAndFail", ["note", "lost"]],
  ] as const)("after %s the session, the cookies and the state are what they were", async (event, args) => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "remember", "kept", "yes");
    const [before, key] = [await desk.sessions(), keyOf(browser)];
    await expect(tab.call(AccountState, event, ...(args as readonly [string, string]))).rejects.toMatchObject({
      code: "EVENT_FAILED",
    });
    expect([await desk.sessions(), keyOf(browser)]).toEqual([before, key]);
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState)).toMatchObject({ name: "", remembered: "" });
  });

  test("after signOutAndFail somebody is still signed in, in all tabs", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    await using other = await desk.app.open("/", { browser });
    await expect(tab.call(AccountState, "signOutAndFail")).rejects.toMatchObject({ code: "EVENT_FAILED" });
    for (const each of [tab, other]) {
      await each.call(AccountState, "look");
      expect(each.view(AccountState).name).toBe("ada");
    }
  });

  test("an event that fails after its handler, in a getter, signed nobody in, or the browser gets the cookies", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "remember", "kept", "yes");
    await expect(tab.call(AccountState, "signInAndBreak", "ada", PASSWORD)).rejects.toThrow();
    await tab.call(AccountState, "look");
    const { name } = (await (await tab.fetch("/api/me")).json()) as { name: string };
    expect(tab.view(AccountState).name).toBe(name);
  });
});

describe("W13: a login that fails", () => {
  test("W13: keeps the session, its values and its key, of an anonymous visitor and of somebody signed in", async () => {
    for (const options of [{}, { as: "bob" }]) {
      const browser = new TestBrowser();
      await using tab = await desk.app.open("/", { browser, ...options });
      await tab.call(AccountState, "remember", "note", "kept");
      const key = keyOf(browser);
      await tab.call(AccountState, "signIn", "ada", "wrong");
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState)).toMatchObject({ failures: 1, remembered: "kept", name: options.as ?? "" });
      expect(keyOf(browser)).toBe(key);
    }
  });

  test("THR-6: tries over the socket and over HTTP count together", async () => {
    await using app = await world({ config: { auth: { throttle: { login: { attempts: 3 } } } } });
    await using tab = await app.app.open("/");
    const post = (password: string) =>
      tab.fetch("/api/login", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username: "ada", password }),
      });
    await tab.call(AccountState, "signIn", "ada", "wrong");
    await post("wrong");
    await tab.call(AccountState, "signIn", "ADA", "wrong");
    await expect(tab.call(AccountState, "signIn", "ada", PASSWORD)).rejects.toMatchObject({ code: "AUTH_THROTTLED" });
    const refused = await post(PASSWORD);
    expect(refused.status).toBe(429);
  });
});

test("row 33: two users' events that run at the same time never see one another", async () => {
  await using one = await desk.app.open("/", { as: "ada" });
  await using two = await desk.app.open("/", { as: "bob" });
  const both = [one.call(AccountState, "meet", "gate"), two.call(AccountState, "meet", "gate")];
  await expect.poll(() => journal.lines.toSorted()).toEqual(["ada waits", "bob waits"]);
  const view = await desk.app.fetch("/api/me", { as: "grace" });
  expect(await view.json()).toMatchObject({ name: "grace" });
  gate("gate").resolve();
  await Promise.all(both);
  expect(one.view(AccountState).name).toBe("ada ada ada ada ada ada");
  expect(two.view(AccountState).name).toBe("bob bob bob bob bob bob");
  const met = (await desk.sessions()).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  for (const { met: name, _auth_user_id: id } of met) if (name) expect(desk.ids[String(name)]).toBe(Number(id));
});

describe("RT-7: code outside of HTTP", () => {
  const remember = (key: string, ...args: string[]) =>
    callCommand("remember", [key, ...args], { root: ROOT, database: desk.app.server.database as Database });

  test("RT-7: a command opens a session by its key and changes it, and the open tab sees it", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    await tab.call(AccountState, "look");
    expect(await remember(keyOf(browser), "note", "from a command")).toBe("It was: nothing.\n");
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState)).toMatchObject({ name: "ada", remembered: "from a command" });
    expect(await remember(keyOf(browser), "note", "again")).toBe("It was: from a command.\n");
  });

  test("RT-7: a command ends a session, and the open tab is nobody's within a moment", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    await tab.call(AccountState, "look");
    await remember(keyOf(browser), "note");
    expect(await desk.app.run(() => openSession(keyOf(browser)))).toBeUndefined();
    await expect.poll(() => tab.view(AccountState).name).toBe("");
  });

  test("RT-7, SES-4: what has ended meanwhile stays ended", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    const key = keyOf(browser);
    const late = await desk.app.run(() => openSession(key));
    await tab.call(AccountState, "signOut");
    late?.set("note", "too late");
    await expect(late?.save()).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState)).toMatchObject({ name: "", remembered: "" });
    await expect(remember(key, "note", "much too late")).rejects.toMatchObject({
      message: "There is no such session.",
    });
  });

  test("RT-7: a key that opens nothing opens nothing, and no row is made", async () => {
    const before = await desk.sessions();
    for (const key of ["", "x", "a".repeat(32), "../../etc", null, { $gt: "" }] as string[]) {
      expect(await desk.app.run(() => openSession(key))).toBeUndefined();
    }
    expect(await desk.sessions()).toEqual(before);
    await expect(openSession("a".repeat(32))).rejects.toMatchObject({ code: "DATABASE_NOT_OPEN" });
  });

  test("RT-7: sessions in the server's memory are open to the code of the server", async () => {
    await using app = await world({ config: { session: { backend: "memory" } } });
    const browser = await app.app.signIn("ada");
    const session = await app.app.run(() => openSession(keyOf(browser)));
    session?.set("note", "from a timer");
    await session?.save();
    const answer = await app.app.fetch("/api/me", { headers: { cookie: browser.header() ?? "" } });
    expect(await answer.json()).toEqual({ name: "ada", note: "from a timer" });
  });
});

describe("W32: a database that fails while it is found out who somebody is", () => {
  /** Makes the database fail for who must look, and mends it. */
  function breakdown(database: typeof app.app.server.database): { failures: number; mend(): void } {
    const mended = { readNow: database?.readNow, run: database?.run };
    const state = { failures: 0, mend: () => void Object.assign(database ?? {}, mended) };
    const broken = () => {
      state.failures++;
      throw new Error("disk I/O error");
    };
    Object.assign(database ?? {}, { readNow: broken, run: broken });
    return state;
  }

  let folder: string;
  let app: World;
  let other: Database;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "antiphon-identity-"));
    const url = `sqlite:${join(folder, "db.sqlite3")}`;
    app = await world({ config: { database: { url } } });
    other = await Database.open({ url, models: [...(app.app.server.database?.models.values() ?? [])] });
  });
  afterAll(async () => {
    await other.close();
    await app[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  /** Another process writes: from here on nothing that is known counts. */
  const outdate = () => other.execute("update auth_user set last_name = last_name || 'x'");

  test("W32: fails the event, the view and the page; nobody is taken for a stranger, and it passes", async () => {
    const browser = new TestBrowser();
    await using tab = await app.app.open("/secrets", { browser, as: "ada" });
    await tab.call(AccountState, "look");
    await outdate();
    const breakage = breakdown(app.app.server.database);
    const cookie = browser.header() ?? "";
    try {
      await expect(tab.call(AccountState, "remember", "note", "no")).rejects.toMatchObject({
        code: expect.stringMatching(/^(AUTH|BRIDGE)_UNAVAILABLE$/),
      });
      const view = await app.app.fetch("/api/me", { headers: { cookie } });
      expect(view.status).toBe(503);
      expect(await view.text()).not.toContain("disk I/O");
      const page = await app.app.fetch("/secrets", { headers: { cookie, accept: "text/html" } });
      expect([page.status, page.headers.get("location")]).toEqual([503, null]);
      expect(tab.url).toBe("/secrets");
    } finally {
      breakage.mend();
    }
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState)).toMatchObject({ name: "ada", remembered: "" });
    expect(browser.header()).toBe(cookie);
  });

  test("W32: a socket that is opened meanwhile is tried again, and is the user's then", async () => {
    await using tab = await app.app.open("/", { as: "ada" });
    await tab.call(AccountState, "look");
    const { id } = tab;
    await tab.disconnect();
    await outdate();
    const breakage = breakdown(app.app.server.database);
    const back = tab.reconnect();
    await expect.poll(() => breakage.failures).toBeGreaterThan(0);
    breakage.mend();
    await back;
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("ada");
    expect(tab.id).toBe(id);
  });
});

describe("SES-3: what identity costs", () => {
  test("SES-3: an event that does not touch session or user costs no query, hot ones that do cost none either", async () => {
    await using app = await world();
    for (const options of [{}, { as: "ada" }]) {
      await using tab = await app.app.open("/", options);
      await tab.call(HotState, "count");
      await tab.call(AccountState, "look");
      app.queries();
      for (let index = 0; index < 5; index++) await tab.call(HotState, "count");
      expect([options, app.queries()]).toEqual([options, []]);
      for (let index = 0; index < 5; index++) await tab.call(AccountState, "look");
      expect([options, app.queries()]).toEqual([options, []]);
    }
  });

  test("SES-3: a view that touches neither costs no query, also with a cookie that nobody knows", async () => {
    await using app = await world();
    const browser = await app.app.signIn("ada");
    app.queries();
    for (const cookie of [browser.header() ?? "", `sessionid=${"a".repeat(32)}`]) {
      await app.app.fetch("/api/nothing", { headers: { cookie } });
      expect(app.queries()).toEqual([]);
    }
  });

  test("SES-3: cold, a session costs one query and its user one; permissions one more, once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "antiphon-identity-"));
    const config = {
      database: { url: `sqlite:${join(folder, "db.sqlite3")}` },
      secretKey: "s".repeat(10) + PASSWORD.repeat(5),
    };
    try {
      const browser = new TestBrowser();
      {
        await using first = await world({ config });
        await first.app.signIn("ada", browser);
      }
      await using second = await world({ config, people: false });
      await using page = await OpenPage.open(second.app, browser);
      const cold = second.queries().filter((sql) => /^select/.test(sql));
      expect(cold.length).toBeLessThanOrEqual(2);
      await page.call("account.AccountState", "look");
      expect(second.queries()).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("on SQLite another process's write counts for the very next event", async () => {
    const folder = mkdtempSync(join(tmpdir(), "antiphon-identity-"));
    const url = `sqlite:${join(folder, "db.sqlite3")}`;
    try {
      const browser = new TestBrowser();
      await using app = await world({ config: { database: { url } } });
      await using tab = await app.app.open("/", { browser, as: "ada" });
      await tab.call(AccountState, "look");
      await using other = await Database.open({
        url,
        models: [...(app.app.server.database as Database).models.values()],
      });
      await other.execute("update auth_user set username = 'countess' where username = 'ada'");
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState).name).toBe("countess");
      await other.execute("update auth_user set is_active = ? where username = 'countess'", [false].map(Number));
      await tab.call(AccountState, "look").catch(() => {});
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState).name).toBe("");
      await other.execute("update auth_user set is_active = 1");
      const thief = copyOf(browser);
      await using again = await app.app.open("/", { browser: thief });
      await other.execute("delete from antiphon_session");
      await again.call(AccountState, "look").catch(() => {});
      await again.call(AccountState, "look");
      expect(again.view(AccountState).name).toBe("");
      expect(await app.app.run(() => objects(User).filter({ username: "countess" }).count())).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("AUT-10: a session of an old secret key is renewed by the opening of a socket, and the tab stays its user's", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-identity-"));
  const old = "the old secret of this app, long enough to be one of them";
  const database = { url: `sqlite:${join(folder, "db.sqlite3")}` };
  try {
    const browser = new TestBrowser();
    {
      await using first = await world({ config: { database, secretKey: old } });
      await first.app.signIn("ada", browser);
    }
    const key = keyOf(browser);
    const secretKey = "the new secret of this app, long enough to be one of them";
    await using second = await world({ config: { database, secretKey, secretKeyFallbacks: [old] }, people: false });
    await using tab = await second.app.open("/secrets", { browser });
    expect(tab.url).toBe("/secrets");
    expect(journal.lines).toContain("secrets loaded");
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("ada");
    expect(keyOf(browser)).not.toBe(key);
    expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "ada" });
    expect(tab.problems).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
