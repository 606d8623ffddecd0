import { objects } from "antiphon/models";
import { TestBrowser, type TestTab } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { DraftState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { Secret } from "../fixtures/identity-app/src/models.ts";
import { SecretsState, StaffState } from "../fixtures/identity-app/src/secrets.state.ts";
import { SessionTierState } from "../fixtures/identity-app/src/tiers.state.ts";
import { PASSWORD, type World, world } from "../support/identity-world.ts";
import { outcome } from "../support/tab-calls.ts";

const SECRETS = "secrets.SecretsState";
const DRAFTS = "leftovers.DraftState";
const ACCOUNT = "account.AccountState";
const WORDS = "tiers.SessionTierState";

let desk: World;
beforeAll(async () => {
  desk = await world({ config: { limits: { expireAfter: 60_000 } } });
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

async function secretsOf(username: string): Promise<string[]> {
  const rows = await desk.app.run(() =>
    objects(Secret)
      .filter({ owner: Number(desk.ids[username]) })
      .rows(["text"]),
  );
  return rows.map(({ text }) => text);
}

/** Asks for something while the page is away. */
function ask(tab: TestTab, text: string): Promise<string>[] {
  return [
    outcome(tab.engine.call(SECRETS, "add", [text])),
    outcome(tab.engine.write(SECRETS, "draft", text)),
    outcome(tab.engine.call(DRAFTS, "publish", [])),
  ];
}

describe("what was asked for one user", () => {
  test.each([
    ["the next user of the browser", "bob", "CLIENT_USER_CHANGED"],
    ["nobody", undefined, "CLIENT_USER_CHANGED"],
    ["the same user after a sign-out", "ada", "CLIENT_STATE_GONE"],
  ] as const)("while the page was away does not happen for %s", async (name, next, code) => {
    const text = `ada's, not for ${name}`;
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/open-secrets", { browser, as: "ada" });
    await tab.watch(DraftState);
    await tab.disconnect();
    const asked = ask(tab, text);
    await using other = await desk.app.open("/", { browser });
    await other.call(AccountState, "signOut");
    if (next) await other.call(AccountState, "signIn", next, PASSWORD);
    await tab.reconnect();
    expect(await Promise.all(asked)).toEqual([code, code, code]);
    expect(tab.view(SecretsState).draft).toBe("");
    expect(journal.lines.filter((line) => line.includes("published"))).toEqual([]);
    for (const each of ["ada", "bob"]) expect(await secretsOf(each)).not.toContain(text);
    expect(tab.freshes).toEqual([{ sameOwner: next === "ada" }]);
  });

  test("on a page that is there does not happen for whoever has signed in in another tab", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/open-secrets", { browser, as: "ada" });
    await using other = await desk.app.open("/", { browser });
    await other.call(AccountState, "switchTo", "bob", PASSWORD);
    // The browser is bob's already, the page has not followed it yet, and shows ada's secrets.
    const late = outcome(tab.engine.call(SECRETS, "add", ["shown to ada"]));
    expect(await late).toMatch(/^(CLIENT_USER_CHANGED|EVENT_STATE_GONE|CHANNEL_SIGNED_OUT|CLIENT_OUTCOME_UNKNOWN)$/);
    for (const each of ["ada", "bob"]) expect(await secretsOf(each)).not.toContain("shown to ada");
  });

  test("by nobody does not happen for who has signed in in another tab meanwhile; the page keeps its states", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.write(SessionTierState, "word", "anonymous");
    await tab.call(DraftState, "write", "nobody's");
    await tab.disconnect();
    const asked = [
      outcome(tab.engine.call(DRAFTS, "publish", [])),
      outcome(tab.engine.write(WORDS, "word", "later")),
      outcome(tab.engine.call("tiers.NoneTierState", "look", [])),
    ];
    await using other = await desk.app.open("/", { browser });
    await other.call(AccountState, "signIn", "bob", PASSWORD);
    await tab.reconnect();
    expect(await Promise.all(asked)).toEqual(Array(3).fill("CLIENT_USER_CHANGED"));
    expect(journal.lines).toEqual([]);
    expect([tab.view(SessionTierState).word, tab.freshes]).toEqual(["anonymous", []]);
    await tab.call(DraftState, "publish");
    expect(journal.lines).toEqual(["published by bob: nobody's"]);
  });

  test("by nobody does not happen either when it waits on the server for its turn", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await Promise.all([tab.watch(DraftState), tab.watch(SessionTierState)]);
    const held = outcome(tab.engine.call(DRAFTS, "hold", ["the turn"]));
    await expect.poll(() => journal.lines).toEqual([" holds the turn"]);
    const waits = [outcome(tab.engine.call(DRAFTS, "publish", [])), outcome(tab.engine.write(WORDS, "word", "waited"))];
    // It runs beside the turn, and what came before it has been taken by then.
    gate("by").resolve();
    await tab.engine.call(DRAFTS, "pass", ["by"]);
    await using other = await desk.app.open("/", { browser });
    await other.call(AccountState, "signIn", "bob", PASSWORD);
    await expect.poll(() => tab.engine.connection().status).toBe("online");
    const closed = outcome(tab.engine.call(DRAFTS, "pass", ["by"]));
    await closed;
    gate("the turn").resolve();
    expect([await held, ...(await Promise.all(waits))]).toEqual(["ran", "EVENT_USER_CHANGED", "EVENT_USER_CHANGED"]);
    expect(journal.lines.filter((line) => line.includes("published"))).toEqual([]);
    expect(tab.view(SessionTierState).word).toBe("");
  });

  test("of a state that was taken from them and given back meanwhile does not happen to the new one", async () => {
    await desk.app.createUser({ username: "judy", password: PASSWORD, isStaff: true });
    await using tab = await desk.app.open("/staff", { as: "judy" });
    await tab.watch(DraftState);
    await tab.disconnect();
    const states = () => desk.app.server.tabs().find((each) => tab.id?.startsWith(each.tab))?.states;
    const asked = [
      outcome(tab.engine.call("secrets.StaffState", "fill", [])),
      outcome(tab.engine.write("secrets.StaffState", "note", "old")),
      outcome(tab.engine.call(DRAFTS, "publish", [])),
    ];
    await desk.change("judy", { isStaff: false });
    await expect.poll(states).not.toContain("StaffState");
    await desk.change("judy", { isStaff: true });
    await expect.poll(states).toContain("StaffState");
    await tab.reconnect();
    expect(await Promise.all(asked)).toEqual(["EVENT_STATE_GONE", "EVENT_STATE_GONE", "ran"]);
    expect(tab.view(StaffState)).toMatchObject({ figures: [], note: "" });
    await tab.call(StaffState, "fill");
    expect(tab.view(StaffState).figures).toEqual([4]);
  });
});

describe("what goes on", () => {
  test("calls behind a sign-in of the same page run, as who has signed in by it", async () => {
    await using tab = await desk.app.open("/");
    await Promise.all([tab.watch(AccountState), tab.watch(SessionTierState)]);
    const asked = [
      outcome(tab.engine.call(ACCOUNT, "signIn", ["ada", PASSWORD])),
      outcome(tab.engine.call(SECRETS, "add", ["behind the sign-in"])),
      outcome(tab.engine.write(WORDS, "word", "typed")),
    ];
    expect(await Promise.all(asked)).toEqual(["ran", "ran", "ran"]);
    expect(await secretsOf("ada")).toContain("behind the sign-in");
    expect([tab.view(SessionTierState).word, tab.freshes]).toEqual(["typed", []]);
  });

  test("a call after a sign-in by a view runs, though the page has not followed its browser yet", async () => {
    await using tab = await desk.app.open("/");
    const body = JSON.stringify({ username: "bob", password: PASSWORD });
    const headers = { "content-type": "application/json" };
    expect((await tab.fetch("/api/login", { method: "POST", headers, body })).status).toBe(200);
    expect(await outcome(tab.engine.call(SECRETS, "add", ["after the view"]))).toBe("ran");
    expect(await secretsOf("bob")).toContain("after the view");
  });

  test("what waits for the same user runs once, also when another tab has renewed their session", async () => {
    const browser = new TestBrowser();
    await desk.app.createUser({ username: "carol", password: PASSWORD });
    await using tab = await desk.app.open("/open-secrets", { browser, as: "carol" });
    await using other = await desk.app.open("/", { browser });
    await tab.disconnect();
    const asked = [
      outcome(tab.engine.call(DRAFTS, "write", ["kept"])),
      outcome(tab.engine.call(DRAFTS, "publish", [])),
    ];
    await other.call(AccountState, "changePassword", "another horse");
    await tab.reconnect();
    expect(await Promise.all(asked)).toEqual(["ran", "ran"]);
    expect(journal.lines.filter((line) => line.includes("published"))).toEqual(["published by carol: kept"]);
    expect(tab.freshes).toEqual([]);
  });

  test("a reloaded page keeps its states, and is told of nothing", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/open-secrets", { browser, as: "ada" });
    await tab.write(SecretsState, "draft", "before the reload");
    await tab.disconnect();
    await using reloaded = await desk.app.open("/open-secrets", { browser, tabId: tab.id as string });
    expect([reloaded.id, reloaded.view(SecretsState).draft, reloaded.freshes]).toEqual([
      tab.id,
      "before the reload",
      [],
    ]);
    expect(await outcome(reloaded.engine.write(SECRETS, "draft", "after it"))).toBe("ran");
  });
});

describe("what was asked of states that the server has discarded", () => {
  test("does not happen to fresh ones; the page is told, and works on", async () => {
    await using short = await world({ config: { limits: { expireAfter: 20 } } });
    await using tab = await short.app.open("/open-secrets", { as: "ada" });
    await tab.write(SecretsState, "draft", "typed");
    const { id } = tab;
    await tab.disconnect();
    await expect.poll(() => short.app.server.tabs().length).toBe(0);
    const asked = ask(tab, "offline");
    const moved = tab.engine.navigate("/secrets");
    await tab.reconnect();
    expect(await Promise.all(asked)).toEqual(["CLIENT_STATE_GONE", "CLIENT_STATE_GONE", "CLIENT_STATE_GONE"]);
    await moved;
    expect(tab.id).not.toBe(id);
    expect([tab.view(SecretsState).draft, tab.freshes]).toEqual(["", [{ sameOwner: true }]]);
    expect(await outcome(tab.engine.write(SECRETS, "draft", "typed again"))).toBe("ran");
    expect(tab.view(SecretsState).draft).toBe("typed again");
  });
});
