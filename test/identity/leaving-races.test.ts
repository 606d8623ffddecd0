import { type Hello, TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { copyOf, type World, world } from "../support/identity-world.ts";
import { helloOf, RawPage } from "../support/raw-page.ts";
import { noted } from "../support/tab-calls.ts";

const DRAFT = "a draft for one user alone";
const DRAFTS = "leftovers.DraftState";
const MADE = "leftovers.MadeState";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

/** Signs out in a view, whose cookies the browser does not get yet. */
async function signOutBehind(browser: TestBrowser): Promise<void> {
  const headers = { cookie: browser.header() ?? "", origin: desk.app.url };
  expect((await desk.app.fetch("/api/logout", { method: "POST", headers })).status).toBe(200);
}

const opened: RawPage[] = [];

function arrive(browser: TestBrowser, hello: Partial<Hello> = {}): RawPage {
  const headers = { origin: desk.app.url, cookie: browser.header() ?? "" };
  const page = new RawPage(desk.app.url, helloOf({ page: "a page", ...hello }), headers);
  opened.push(page);
  return page;
}

/** Settles when a page was welcomed, and has been answered once more, or when its connection was ended. */
async function settled(page: RawPage): Promise<void> {
  const ended = page.gone();
  const answered = page.welcome.then(({ received }) => {
    page.id = received;
    return page.ack(page.send({ kind: "watch", states: [] }));
  });
  await Promise.race([ended, answered]);
}

/** A page of ada's in whose states her draft is. */
async function adasPage(hello: Partial<Hello> = {}) {
  const browser = new TestBrowser();
  await desk.app.signIn("ada", browser);
  const page = arrive(browser, hello);
  const { tab } = await page.welcome;
  await page.call(DRAFTS, "write", DRAFT);
  return { browser, page, tab };
}

function connected(page: RawPage): Promise<void> {
  return new Promise((resolve) => page.socket.on("connect", resolve));
}

function everythingOf(page: RawPage): string {
  return JSON.stringify(page.messages);
}

describe("RT-6: a page that is let in while its user goes is sent nothing of the states that were theirs", () => {
  test("while it waits for its states, because a handler has the turn", async () => {
    const { browser, page, tab } = await adasPage();
    page.send({ kind: "event", state: DRAFTS, event: "hold", args: ["the turn"] });
    await noted("ada holds the turn");
    page.cut();
    await page.gone();
    const next = arrive(browser, { tab, watch: [DRAFTS] });
    await connected(next);
    await signOutBehind(browser);
    next.id = page.id;
    next.send({ kind: "event", state: DRAFTS, event: "pass", args: ["by"] });
    const probed = new Promise<void>((resolve) => next.socket.on("probe", () => resolve()));
    next.socket.emit("probe");
    await probed;
    gate("the turn").resolve();
    await settled(next);
    expect((await next.welcome).resume).toMatchObject({
      snapshot: { changes: { [DRAFTS]: { full: { draft: "" } } } },
    });
    expect(everythingOf(next)).not.toContain(DRAFT);
  });

  test("while the page before is asked whether it is there: its tab has passed to another user", async () => {
    const { browser, page, tab } = await adasPage();
    const asked = new Promise<void>((resolve) => page.socket.on("alive", () => resolve()));
    const next = arrive(copyOf(browser), { tab, watch: [DRAFTS], page: "another" });
    await asked;
    await page.call(DRAFTS, "become", desk.ids["bob"]);
    await page.call(DRAFTS, "write", "a draft of bob's");
    await settled(next);
    expect(everythingOf(next)).not.toMatch(/a draft/);
  });

  test("while a hook of the app holds its handshake, and a handler the tab's turn", async () => {
    const { browser, page, tab } = await adasPage({ watch: [DRAFTS] });
    expect(JSON.stringify(page.frames)).toContain(DRAFT);
    page.send({ kind: "event", state: DRAFTS, event: "hold", args: ["the turn"] });
    await noted("ada holds the turn");
    page.cut();
    await page.gone();
    journal.hook = async ({ kind, user }) => {
      if (kind !== "handshake" || user.username !== "ada") return;
      journal.lines.push("a hook waits");
      await gate("the hook").promise;
    };
    const next = arrive(browser, { tab, watch: [DRAFTS], version: 0 });
    await noted("a hook waits");
    await signOutBehind(browser);
    gate("the hook").resolve();
    await Promise.race([next.welcome, next.gone()]);
    gate("the turn").resolve();
    expect(everythingOf(next)).not.toContain(DRAFT);
  });
});

describe("RT-6: while a user leaves, and a handler still has the turn", () => {
  async function leavingPage(event: [state: string, name: string]) {
    const ada = await adasPage({ watch: [MADE] });
    const { page, browser } = ada;
    const held = page.send({ kind: "event", state: event[0], event: event[1], args: ["the turn"] });
    await noted(event[0] === MADE ? "kept" : "ada holds the turn");
    await signOutBehind(browser);
    expect(await page.call(DRAFTS, "pass", "by")).toMatchObject({ code: "CHANNEL_SIGNED_OUT" });
    return { ...ada, held };
  }

  test("a state that is asked for is sent as it is for who comes then", async () => {
    const { page, held } = await leavingPage([DRAFTS, "hold"]);
    expect(await page.ack(page.send({ kind: "watch", states: [DRAFTS] }))).toBeUndefined();
    gate("the turn").resolve();
    await page.ack(held);
    const full = await page.message(({ frame }) => {
      const change = frame?.changes?.[DRAFTS];
      return change && "full" in change && change.full;
    });
    expect(full).toMatchObject({ draft: "" });
    expect(everythingOf(page)).not.toContain(DRAFT);
  });

  test("what that handler has to tell is not told, also when it asks for no request", async () => {
    const { page, held } = await leavingPage([MADE, "keep"]);
    gate("the turn").resolve();
    expect(await page.ack(held)).toMatchObject({ code: "CHANNEL_SIGNED_OUT" });
    expect(everythingOf(page)).not.toContain("kept for who has gone");
  });
});

test("of two pages that wait for the same tab one gets it, and the other one a tab of its own", async () => {
  const { browser, page, tab } = await adasPage();
  page.send({ kind: "event", state: DRAFTS, event: "hold", args: ["the turn"] });
  await noted("ada holds the turn");
  page.cut();
  await page.gone();
  const pages = ["one", "another"].map((name) => arrive(browser, { tab, page: name }));
  await Promise.all(pages.map(connected));
  gate("the turn").resolve();
  const tabs = await Promise.all(pages.map(async ({ welcome }) => (await welcome).tab));
  expect(tabs).toContain(tab);
  expect(new Set(tabs).size).toBe(2);
});

afterAll(() => {
  for (const page of opened) page.socket.disconnect();
});
