import { setTimeout as sleep } from "node:timers/promises";
import { objects } from "antiphon/models";
import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { Secret } from "../fixtures/identity-app/src/models.ts";
import { SecretsState } from "../fixtures/identity-app/src/secrets.state.ts";
import { copyOf, keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";

/** The clock that the tests put forward is that of the connection's heartbeat, too. */
const PATIENT = { pingInterval: 3_600_000, pingTimeout: 3_600_000 };

let desk: World;
beforeAll(async () => {
  desk = await world();
  await desk.app.run(async () => {
    await objects(Secret).create({ owner: Number(desk.ids["ada"]), text: "ada's secret" });
    await objects(Secret).create({ owner: Number(desk.ids["bob"]), text: "bob's secret" });
  });
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

describe("RT-2: signing out", () => {
  test("row 105, RT-2: the other tab is anonymous within a second and its private rows are gone, without doing anything", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/secrets", { browser });
    expect(two.view(SecretsState).rows).toEqual(["ada's secret"]);
    const begin = performance.now();
    await one.call(AccountState, "signOut");
    await expect.poll(() => two.url, { timeout: 1_000, interval: 5 }).toBe("/login?next=%2Fsecrets");
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(JSON.stringify(two.engine.snapshot("secrets.SecretsState") ?? null)).not.toContain("ada's secret");
    await two.call(AccountState, "look");
    expect(two.view(AccountState).name).toBe("");
  });

  test("RT-2: a tab of another browser with the same session, which no cookie tells, is anonymous as well", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/secrets", { browser: copyOf(browser) });
    expect(two.view(SecretsState).rows).toEqual(["ada's secret"]);
    await one.call(AccountState, "signOut");
    await expect.poll(() => two.url, { timeout: 1_000, interval: 5 }).toContain("/login");
    const whole = two.frames.filter(({ changes }) => changes?.["secrets.SecretsState"]).at(-1);
    expect(JSON.stringify(whole?.changes?.["secrets.SecretsState"] ?? "")).not.toContain("ada's secret");
    await expect(two.call(SecretsState, "load")).rejects.toMatchObject({ code: "EVENT_REFUSED" });
    expect(journal.lines.filter((line) => line === "secrets loaded").length).toBe(1);
  });

  test("RT-2, SES-4: nothing that the other tab does afterwards recreates the session", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    const stale = copyOf(browser);
    await using two = await desk.app.open("/", { browser: stale });
    const key = keyOf(browser);
    await one.call(AccountState, "signOut");
    const before = await desk.sessions();
    await two.call(AccountState, "look");
    await two.call(AccountState, "remember", "note", "after").catch(() => {});
    await two.call(AccountState, "changePassword", "something else").catch(() => {});
    const after = await desk.sessions();
    for (const { data } of after.filter(({ id }) => !before.some((each) => each.id === id))) {
      expect(data).not.toContain("_auth_user");
    }
    expect(keyOf(stale)).not.toBe(key);
    const old = new TestBrowser();
    old.takeLines([`sessionid=${key}`]);
    await using third = await desk.app.open("/", { browser: old });
    await third.call(AccountState, "look");
    expect(third.view(AccountState)).toMatchObject({ name: "", remembered: "" });
  });

  test("RT-2, SES-4: an event that runs while its session ends elsewhere is refused, and leaves nothing behind", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/", { browser: copyOf(browser) });
    const held = two.call(AccountState, "hold", "a lot");
    await expect.poll(() => journal.lines).toContain("ada holds");
    const count = (await desk.sessions()).length;
    await one.call(AccountState, "signOut");
    gate("a lot").resolve();
    await expect(held).rejects.toMatchObject({ code: "SESSION_INTERRUPTED" });
    expect((await desk.sessions()).length).toBe(count - 1);
    await two.call(AccountState, "look");
    expect(two.view(AccountState)).toMatchObject({ name: "", remembered: "" });
  });

  test("RT-2: a call that was on its way when its user left is told so, or runs as nobody's, never as the user's", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/secrets", { browser: copyOf(browser) });
    await one.call(AccountState, "signOut");
    const outcome = await two.call(SecretsState, "add", "too late").then(
      () => "ran",
      (error: { code: string }) => error.code,
    );
    expect(["CHANNEL_SIGNED_OUT", "EVENT_REFUSED"]).toContain(outcome);
    const texts = await desk.app.run(() => objects(Secret).rows(["text"]));
    expect(texts.map(({ text }) => text)).not.toContain("too late");
  });

  test("RT-2: background work of the user ends, and writes nothing any more", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/", { browser });
    await two.call(AccountState, "work", "report");
    await expect.poll(() => journal.lines).toContain("ada begins report");
    await one.call(AccountState, "signOut");
    await expect.poll(() => journal.lines).toContain("report aborted");
    gate("report").resolve();
    await two.call(AccountState, "look");
    expect(two.view(AccountState).remembered).toBe("");
  });

  test("RT-2: a sign-out in a view reaches the tabs as well, also those that are away", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/secrets", { browser, as: "ada" });
    await using away = await desk.app.open("/open-secrets", { browser: copyOf(browser) });
    expect(away.view(SecretsState).rows).toEqual(["ada's secret"]);
    await away.disconnect();
    const frames = away.frames.length;
    await one.fetch("/api/logout", { method: "POST" });
    await expect.poll(() => one.url, { timeout: 1_000 }).toContain("/login");
    await away.reconnect();
    await away.call(AccountState, "look");
    expect(away.view(AccountState).name).toBe("");
    expect(JSON.stringify(away.frames.slice(frames))).not.toContain("ada's secret");
  });
});

describe("RT-6: another user in the same browser", () => {
  test("RT-6: finds no state of the first one, in the tab that switched and in the others", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/open-secrets", { browser, as: "ada" });
    await using two = await desk.app.open("/open-secrets", { browser });
    for (const tab of [one, two]) expect(tab.view(SecretsState).rows).toEqual(["ada's secret"]);
    await one.write(SecretsState, "draft", "ada's draft");
    const frames = [one.frames.length, two.frames.length];
    await one.call(AccountState, "switchTo", "bob", PASSWORD);
    for (const [index, tab] of [one, two].entries()) {
      await tab.until(SecretsState, ({ rows }) => rows[0] === "bob's secret");
      expect(tab.view(SecretsState)).toMatchObject({ rows: ["bob's secret"], draft: "" });
      expect(JSON.stringify(tab.frames.slice(frames[index]))).not.toMatch(/ada's/);
    }
  });

  test("RT-6: a tab that was away when users changed comes back without a trace of the first one", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/open-secrets", { browser, as: "ada" });
    await tab.write(SecretsState, "draft", "ada's draft");
    await tab.disconnect();
    await desk.app.fetch("/api/logout", {
      method: "POST",
      headers: { cookie: browser.header() ?? "", origin: desk.app.url },
    });
    await desk.app.signIn("bob", browser);
    const frames = tab.frames.length;
    await tab.reconnect();
    await tab.call(SecretsState, "load");
    expect(tab.view(SecretsState)).toMatchObject({ rows: ["bob's secret"], draft: "" });
    expect(JSON.stringify(tab.frames.slice(frames))).not.toMatch(/ada's/);
  });

  test("SEC-23: whoever shows the id of a user's tab gets nothing of it, and takes nothing over", async () => {
    const browser = new TestBrowser();
    await using mine = await desk.app.open("/open-secrets", { browser, as: "ada" });
    await mine.write(SecretsState, "draft", "ada's draft");
    const tabId = mine.id as string;
    for (const who of [{ as: "bob" }, {}]) {
      await using thief = await desk.app.open("/", { ...who, tabId });
      expect(thief.id).not.toBe(tabId);
      await thief.call(SecretsState, "load").catch(() => {});
      expect(JSON.stringify(thief.frames)).not.toMatch(/ada's/);
    }
    await mine.call(AccountState, "look");
    expect(mine.view(AccountState).name).toBe("ada");
    expect(mine.view(SecretsState).draft).toBe("ada's draft");
  });

  test("SEC-23: that holds while the tab is away as well, when nobody is there to say that it lives", async () => {
    await using mine = await desk.app.open("/", { as: "ada" });
    await mine.call(AccountState, "remember", "note", "ada's note");
    const tabId = mine.id as string;
    await mine.disconnect();
    for (const who of [{ as: "bob" }, {}]) {
      await using thief = await desk.app.open("/", { ...who, tabId });
      expect(thief.id).not.toBe(tabId);
      await thief.watch(AccountState);
      expect(JSON.stringify(thief.frames)).not.toMatch(/ada/);
    }
    await mine.reconnect();
    expect(mine.id).toBe(tabId);
    expect(mine.view(AccountState).remembered).toBe("ada's note");
  });
});

describe("RT-5: sessions that expire", () => {
  test("RT-5: end their idle tabs; a socket that is merely open extends nothing", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await using short = await world({
        config: { session: { maxAge: 600 }, limits: { ...PATIENT, identityCheck: 20 } },
      });
      await using tab = await short.app.open("/secrets", { as: "ada" });
      const [{ id = "" } = {}] = await short.sessions();
      const expiry = async () => {
        const database = short.app.server.database;
        const found = await database?.execute("select expires_at from antiphon_session where id = ?", [id]);
        return Number(found?.rows[0]?.["expires_at"]);
      };
      const before = await expiry();
      short.queries();
      for (let step = 0; step < 9; step++) {
        vi.setSystemTime(Date.now() + 60_000);
        await sleep(60);
      }
      expect(await expiry()).toBe(before);
      expect(tab.url).toBe("/secrets");
      vi.setSystemTime(Date.now() + 61_000);
      await expect.poll(() => tab.url).toContain("/login");
      expect(JSON.stringify(tab.engine.snapshot("secrets.SecretsState") ?? {})).not.toContain("secret");
    } finally {
      vi.useRealTimers();
    }
  });

  test("RT-5: an event after the end is nobody's, also when no one has looked yet", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await using short = await world({ config: { session: { maxAge: 60 }, limits: PATIENT } });
      await using tab = await short.app.open("/secrets", { as: "ada" });
      vi.setSystemTime(Date.now() + 61_000);
      await expect(tab.call(SecretsState, "add", "too late")).rejects.toMatchObject({ code: "CHANNEL_SIGNED_OUT" });
      await expect.poll(() => tab.url).toContain("/login");
      expect(await short.app.run(() => objects(Secret).count())).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("RT-5: a session that is used lives on, and its cookie with it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      await using short = await world({ config: { session: { maxAge: 60 }, limits: PATIENT } });
      const browser = new TestBrowser();
      await using tab = await short.app.open("/", { browser, as: "ada" });
      for (let step = 0; step < 5; step++) {
        vi.setSystemTime(Date.now() + 40_000);
        await tab.call(AccountState, "look");
        expect(tab.view(AccountState).name).toBe("ada");
      }
    } finally {
      vi.useRealTimers();
    }
  });
});
