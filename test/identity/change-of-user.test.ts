import { TestBrowser, type TestTab } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { BasketState } from "../fixtures/identity-app/src/basket.state.ts";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { DraftState, MadeState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { SessionTierState } from "../fixtures/identity-app/src/tiers.state.ts";
import { CookielessBrowser } from "../support/cookieless-browser.ts";
import { keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";
import { noted, outcome } from "../support/tab-calls.ts";

const DRAFT = "ada's private draft";
const DRAFTS = "leftovers.DraftState";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

/** A sign-out that the tabs' own cookies do not tell of. */
async function signOutBehind(browser: TestBrowser): Promise<void> {
  const headers = { cookie: browser.header() ?? "", origin: desk.app.url };
  expect((await desk.app.fetch("/api/logout", { method: "POST", headers })).status).toBe(200);
}

describe("RT-6: a tab that is made anew in another's request", () => {
  test("RT-6: constructors and onConnect of states without a request never find the admin who put the user out", async () => {
    const { id } = await desk.app.createUser({ username: "judy", password: PASSWORD });
    await using tab = await desk.app.open("/", { as: "judy" });
    await tab.call(DraftState, "look");
    await tab.watch(MadeState);
    const before = tab.view(MadeState).number;
    const answer = await desk.app.fetch("/api/deactivate", {
      as: "grace",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id }),
    });
    expect(await answer.json()).toEqual({ by: "grace" });
    await tab.until(MadeState, ({ number, greetedFor }) => number > before && greetedFor !== "");
    expect(tab.view(MadeState)).toMatchObject({
      madeFor: "nobody, no session",
      greetedFor: "nobody, no session",
    });
  });

  test("RT-6: nor the next user of the browser, whose sign-in in a view ended the session of the one before", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    await tab.call(DraftState, "look");
    await tab.watch(MadeState);
    const before = tab.view(MadeState).number;
    const answer = await desk.app.fetch("/api/become", {
      method: "POST",
      headers: { "content-type": "application/json", origin: desk.app.url, cookie: browser.header() ?? "" },
      body: JSON.stringify({ id: desk.ids["bob"] }),
    });
    expect(answer.status).toBe(200);
    await tab.until(MadeState, ({ number, greetedFor }) => number > before && greetedFor !== "");
    expect(tab.view(MadeState)).toMatchObject({
      madeFor: "nobody, no session",
      greetedFor: "nobody, no session",
    });
  });
});

/**
 * Ada's tab between two moments: she is gone, and the states are hers still, because a handler has not ended. Her session
 * was ended in a view; an event beside the others has found out.
 */
async function leavingTab(): Promise<{ readonly tab: TestTab; end(): Promise<void> }> {
  const browser = new TestBrowser();
  const tab = await desk.app.open("/", { browser, as: "ada" });
  await tab.call(DraftState, "write", DRAFT);
  await tab.watch(MadeState);
  await tab.engine.ready("secrets.SecretsState");
  const held = outcome(tab.engine.call(DRAFTS, "hold", ["the turn"]));
  await noted("ada holds the turn");
  await signOutBehind(browser);
  expect(await outcome(tab.engine.call(DRAFTS, "pass", ["by"]))).toBe("CHANNEL_SIGNED_OUT");
  return {
    tab,
    async end() {
      gate("the turn").resolve();
      await held;
      await tab.until(DraftState, ({ draft }) => draft === "");
    },
  };
}

describe("RT-6, SEC-14: while a user is leaving", () => {
  test.each([
    ["bob", "there"],
    ["bob", "away"],
    [undefined, "there"],
    [undefined, "away"],
  ] as const)(
    "RT-6, SEC-14: a browser of %s that shows the tab's id, whose page is %s, gets nothing of the old states",
    async (as, where) => {
      const { tab, end } = await leavingTab();
      await using mine = tab;
      if (where === "away") await mine.disconnect();
      await using other = await desk.app.open("/", { ...(as === undefined ? {} : { as }), tabId: mine.id as string });
      expect(other.id).not.toBe(mine.id);
      await other.call(DraftState, "publish");
      expect(other.view(DraftState).draft).toBe("");
      if (where === "away") await mine.reconnect();
      await end();
      await other.call(DraftState, "look");
      expect(JSON.stringify([other.frames, other.effects])).not.toContain(DRAFT);
      expect(other.view(DraftState)).toMatchObject({ draft: "", name: as ?? "" });
    },
  );

  test("RT-6: an event that waits for a hook when the user leaves does not run as nobody's on the old states", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    await tab.call(DraftState, "write", DRAFT);
    const held = outcome(tab.engine.call(DRAFTS, "hold", ["the turn"]));
    await noted("ada holds the turn");
    let waits = true;
    journal.hook = async ({ kind }) => {
      if (kind !== "event" || !waits) return;
      waits = false;
      journal.lines.push("a hook waits");
      await gate("the hook").promise;
    };
    const late = outcome(tab.engine.call(DRAFTS, "pass", ["late"]));
    await noted("a hook waits");
    await signOutBehind(browser);
    expect(await outcome(tab.engine.call(DRAFTS, "pass", ["by"]))).toBe("CHANNEL_SIGNED_OUT");
    gate("late").resolve();
    gate("the hook").resolve();
    expect(await late).toBe("CHANNEL_SIGNED_OUT");
    gate("the turn").resolve();
    await held;
    expect(journal.lines.filter((line) => line.includes("passe"))).toEqual([]);
  });

  test("RT-6: calls that come before the states are made anew run on neither the old nor the new ones", async () => {
    const { tab, end } = await leavingTab();
    await using mine = tab;
    const calls = [
      outcome(mine.engine.call(DRAFTS, "publish", [])),
      outcome(mine.engine.call("leftovers.MadeState", "note", [])),
      outcome(mine.engine.call("secrets.SecretsState", "load", [])),
    ];
    // Answered at once, and what came before it has been taken by then.
    expect(await outcome(mine.engine.call(DRAFTS, "pass", ["after"]))).toBe("CHANNEL_SIGNED_OUT");
    await end();
    expect(await Promise.all(calls)).toEqual(["EVENT_STATE_GONE", "EVENT_STATE_GONE", "EVENT_STATE_GONE"]);
    expect(journal.lines).toEqual(["ada holds the turn"]);
    await mine.call(DraftState, "publish");
    expect(journal.lines).toContain("published by nobody: ");
  });
});

test("RT-6: a field that is written before the states are made anew is not written into the new ones", async () => {
  const { tab, end } = await leavingTab();
  await using mine = tab;
  const written = outcome(mine.engine.write("tiers.SessionTierState", "word", "ada's word"));
  expect(await outcome(mine.engine.call(DRAFTS, "pass", ["after"]))).toBe("CHANNEL_SIGNED_OUT");
  await end();
  await written;
  await mine.watch(SessionTierState);
  expect(mine.view(SessionTierState).word).toBe("");
});

describe("RT-6: events that wait behind a change of user", () => {
  test.each([
    ["the next user", "become"],
    ["nobody", "leave"],
  ] as const)("RT-6: run neither as the old user nor as %s on the old user's state", async (_, event) => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.call(DraftState, "write", DRAFT);
    await tab.watch(MadeState);
    const effects = tab.effects.length;
    const calls = [
      tab.engine.call(DRAFTS, "hold", ["the turn"]),
      tab.engine.call(DRAFTS, event, event === "become" ? [desk.ids["bob"]] : []),
      tab.engine.call(DRAFTS, "publish", []),
      tab.engine.call("leftovers.MadeState", "note", []),
      tab.engine.call("secrets.SecretsState", "load", []),
      tab.engine.write("secrets.SecretsState", "draft", "ada's"),
      tab.engine.call(DRAFTS, "publish", []),
    ].map(outcome);
    await noted("ada holds the turn");
    gate("the turn").resolve();
    const [held, left, ...waiting] = await Promise.all(calls);
    expect([held, left]).toEqual(["ran", "ran"]);
    for (const code of waiting) expect(["CHANNEL_SIGNED_OUT", "EVENT_STATE_GONE"]).toContain(code);
    await tab.call(DraftState, "publish");
    expect(journal.lines).toEqual(["ada holds the turn", `published by ${event === "become" ? "bob" : "nobody"}: `]);
    expect(JSON.stringify(tab.effects.slice(effects))).not.toContain(DRAFT);
    expect(tab.view(DraftState).draft).toBe("");
  });
});

describe("RT-1, RT-6: an event that ends late, beside one that changed who the user is", () => {
  test("RT-1: the cookie that it sets does not put the tab back to the cookies that it began with", async () => {
    let count = 0;
    journal.hook = ({ kind }, reply) => {
      if (kind === "event") reply.setCookie("seen", String(++count), { path: "/" });
    };
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.watch(DraftState);
    const late = outcome(tab.engine.call(DRAFTS, "pass", ["late"]));
    await noted("nobody passes late");
    await tab.call(DraftState, "become", desk.ids["ada"] as number);
    await tab.call(DraftState, "look");
    expect(tab.view(DraftState).name).toBe("ada");
    gate("late").resolve();
    expect(await late).toBe("ran");
    await tab.call(DraftState, "write", DRAFT);
    await tab.call(DraftState, "look");
    expect(tab.view(DraftState)).toMatchObject({ name: "ada", draft: DRAFT });
    expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "ada" });
    expect(browser.value("seen")).not.toBe("");
  });

  test("RT-1, RT-6: nor does the session that it begins take the place of the one that somebody signed in with", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.watch(DraftState);
    const late = outcome(tab.engine.call(DRAFTS, "passAndRemember", ["late"]));
    await noted("nobody passes late");
    await tab.call(DraftState, "become", desk.ids["ada"] as number);
    await tab.call(DraftState, "write", DRAFT);
    const key = keyOf(browser);
    gate("late").resolve();
    await late;
    for (let round = 0; round < 3; round++) await tab.call(DraftState, "look");
    expect(tab.view(DraftState)).toMatchObject({ name: "ada", draft: DRAFT });
    expect(keyOf(browser)).toBe(key);
    expect(await (await tab.fetch("/api/me")).json()).toEqual({ name: "ada", note: "" });
  });

  test("RT-1, W43: the cookies of two events that ran at once are both there", async () => {
    journal.hook = ({ kind, url }, reply) => {
      if (kind === "event" && journal.lines.length < 2) reply.setCookie(`seen${journal.lines.length}`, url);
    };
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.watch(DraftState);
    journal.lines.length = 0;
    const calls = [];
    for (const name of ["one", "two"]) {
      calls.push(tab.engine.call(DRAFTS, "pass", [name]));
      await noted(`nobody passes ${name}`);
    }
    gate("two").resolve();
    await calls[1];
    gate("one").resolve();
    await calls[0];
    await tab.call(AccountState, "describe");
    const { cookies } = JSON.parse(journal.lines.at(-1) ?? "{}") as { cookies: string[] };
    expect(cookies).toEqual(expect.arrayContaining(["seen0", "seen1"]));
  });

  test("RT-6: one that began as ada and ends after the switch to bob wipes nothing of bob's", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.call(DraftState, "look");
    const late = outcome(tab.engine.call(DRAFTS, "pass", ["late"]));
    await noted("ada passes late");
    await tab.call(DraftState, "become", desk.ids["bob"] as number);
    await tab.call(DraftState, "look");
    await tab.call(DraftState, "write", "bob's draft");
    await tab.watch(MadeState);
    const { number } = tab.view(MadeState);
    gate("late").resolve();
    expect(await late).toBe("CHANNEL_SIGNED_OUT");
    await noted("ada has passed late");
    for (let round = 0; round < 3; round++) await tab.call(DraftState, "look");
    expect(tab.view(DraftState)).toMatchObject({ name: "bob", draft: "bob's draft" });
    expect(tab.view(MadeState).number).toBe(number);
    expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "bob" });
  });
});

describe("A browser that keeps no cookies", () => {
  const dropped = [expect.objectContaining({ code: "CLIENT_COOKIES_DROPPED" })];

  test("has the user and the session values until the page ends, and is told that they end then", async () => {
    await using tab = await desk.app.open("/", { browser: new CookielessBrowser() });
    await tab.call(AccountState, "remember", "note", "kept");
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    await tab.call(BasketState, "put", "typed by ada");
    await expect.poll(() => tab.problems).toEqual(dropped);
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState)).toMatchObject({ name: "ada", remembered: "kept" });
    expect([tab.view(BasketState).rows, tab.freshes]).toEqual([["typed by ada"], []]);
  });

  test("follows the next sign-in of another tab when it keeps cookies", async () => {
    const browser = new CookielessBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    await expect.poll(() => tab.problems).toEqual(dropped);
    browser.keepsCookies = true;
    await using other = await desk.app.open("/", { browser });
    await other.call(AccountState, "signIn", "bob", PASSWORD);
    await expect.poll(() => tab.freshes).toEqual([{ sameOwner: false }]);
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("bob");
  });
});
