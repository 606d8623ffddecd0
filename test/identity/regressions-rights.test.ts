import { User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal, gate, journal } from "./fixture/src/journal.ts";
import { DraftState, ShiftState, VaultState } from "./fixture/src/leftovers.state.ts";
import { SecretsState } from "./fixture/src/secrets.state.ts";
import { OpenPage } from "./open-page.ts";
import { noted, sent } from "./tab-calls.ts";
import { groupWith, PASSWORD, type World, world } from "./world.ts";

const VAULT = "leftovers.VaultState";

let desk: World;
let editors: number;
beforeAll(async () => {
  desk = await world();
  editors = await groupWith(desk.app, "Editors", "change_secret");
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

/** Somebody of this test alone. */
async function person(username: string, isStaff = false): Promise<number> {
  return Number((await desk.app.createUser({ username, password: PASSWORD, isStaff })).id);
}

/** What a page holds of the vault when it may not read it. */
const EMPTY_VAULT = {
  rows: [],
  token: "",
  level: 0,
  open: false,
  since: null,
  owner: {},
  tags: new Set(),
  prices: new Map(),
  nothing: null,
  report: "",
  figures: [],
};

describe("RT-3, RT-4: a state that only some may read", () => {
  test.each([["ada"], [undefined]])(
    "RT-4: reading it as %s greets nobody and sends nothing: no default, no computed value",
    async (as) => {
      await using tab = await desk.app.open("/", as === undefined ? {} : { as });
      await expect(tab.watch(VaultState)).rejects.toMatchObject({ code: "STATE_REFUSED" });
      await tab.call(DraftState, "look");
      await tab.disconnect();
      await tab.reconnect();
      await tab.call(DraftState, "look");
      expect(journal.lines).toEqual([]);
      expect(JSON.stringify([tab.frames, tab.effects])).not.toMatch(/the staff|STATE_COMPUTED/);
    },
  );

  test("RT-4: who loads the page with it in mind, as a page that comes back does, gets no more", async () => {
    const page = await OpenPage.open(desk.app, await desk.app.signIn("ada"));
    await using held = page;
    const stop = held.engine.watch(VAULT);
    await held.call("account.AccountState", "look");
    held.engine.cut(true);
    held.engine.reconnectNow();
    await held.call("account.AccountState", "look");
    stop();
    expect(journal.lines).toEqual([]);
    expect(JSON.stringify(held.frames)).not.toContain("the staff");
  });

  test("RT-3: after a demotion the page gets vars of the same kinds with nothing in them", async () => {
    await person("kim", true);
    await using tab = await desk.app.open("/", { as: "kim" });
    await tab.call(DraftState, "look");
    await tab.watch(VaultState);
    await tab.until(VaultState, ({ rows }) => rows.length === 1);
    expect(tab.view(VaultState)).toMatchObject({ token: "a default for the staff", figures: [7, 8] });
    expect(journal.lines).toEqual(["the vault greets kim"]);
    const frames = tab.frames.length;
    await desk.change("kim", { isStaff: false });
    await tab.until(VaultState, ({ token }) => token === "");
    expect(tab.view(VaultState)).toEqual(EMPTY_VAULT);
    await tab.disconnect();
    await tab.reconnect();
    await tab.call(DraftState, "look");
    expect(sent(tab, frames)).not.toContain("the staff");
    expect(journal.lines).toEqual(["the vault greets kim"]);
  });

  test("RT-6, RT-4: a sign-out, and a sign-in as somebody without the right, leave as little", async () => {
    for (const event of ["leave", "become"] as const) {
      clearJournal();
      await using tab = await desk.app.open("/", { as: "grace" });
      await tab.call(DraftState, "look");
      await tab.watch(VaultState);
      await tab.until(VaultState, ({ rows }) => rows.length === 1);
      const frames = tab.frames.length;
      if (event === "become") await tab.call(DraftState, "become", desk.ids["bob"] as number);
      else await tab.call(DraftState, "leave");
      await tab.until(VaultState, ({ token }) => token === "");
      await tab.call(DraftState, "look");
      expect(tab.view(VaultState)).toEqual({
        ...EMPTY_VAULT,
        report: expect.toBeOneOf(["", null]),
        figures: expect.toBeOneOf([null, []]),
      });
      expect(sent(tab, frames)).not.toContain("the staff");
      expect(journal.lines).toEqual(["the vault greets grace"]);
    }
  });
});

describe("RT-3: background work whose user loses a right meanwhile", () => {
  test.each([
    ["the event's", ShiftState, "leftovers.ShiftState", 0],
    ["the state's", VaultState, VAULT, []],
  ] as const)("RT-3, RT-4: its next update() is refused when %s guard says no", async (_, state, id, rows) => {
    const username = id === VAULT ? "lena" : "mara";
    await person(username, true);
    await using tab = await desk.app.open("/", { as: username });
    await tab.watch(state);
    for (const name of ["first", "second"]) {
      await tab.engine.call(id, "count", [name]);
      await noted(`counting ${name}`);
    }
    gate("first").resolve();
    await noted("counted");
    await desk.change(username, { isStaff: false });
    gate("second").resolve();
    await noted("EVENT_REFUSED");
    await tab.call(DraftState, "look");
    expect(journal.lines.filter((line) => line === "counted").length).toBe(1);
    expect(tab.view(state as typeof ShiftState).rows).toEqual(id === VAULT ? rows : 1);
  });

  test("RT-3: in update() this.user has the rights of now, given and taken", async () => {
    await person("nora", true);
    await using tab = await desk.app.open("/", { as: "nora" });
    for (const name of ["one", "two"]) {
      await tab.call(ShiftState, "watchRights", name);
      await noted(`watching ${name}`);
    }
    await desk.change("nora", { isStaff: false, groups: [editors] });
    gate("one").resolve();
    await tab.until(ShiftState, ({ rights }) => rights === "no staff, may");
    await desk.change("nora", { isStaff: true, groups: [] });
    gate("two").resolve();
    await tab.until(ShiftState, ({ rights }) => rights === "staff, may not");
  });

  test("RT-3: also when the work has signed its user in itself", async () => {
    const id = await person("rita", true);
    await using tab = await desk.app.open("/", { as: "rita" });
    await tab.call(ShiftState, "signInAndWatch", id, "one");
    await noted("watching one");
    await desk.change("rita", { isStaff: false });
    gate("one").resolve();
    await tab.until(ShiftState, ({ rights }) => rights !== "");
    expect(tab.view(ShiftState).rights).toBe("no staff, may not");
  });

  test("RT-3: of a user who is put out, work that a guard stands before writes nothing any more", async () => {
    await person("olga", true);
    await using tab = await desk.app.open("/", { as: "olga" });
    await tab.call(ShiftState, "count", "last");
    await noted("counting last");
    const frames = tab.frames.length;
    await desk.change("olga", { isActive: false });
    gate("last").resolve();
    await expect.poll(() => journal.lines.at(-1)).toMatch(/^(EVENT_REFUSED|CHANNEL_SIGNED_OUT)$/);
    await tab.call(DraftState, "look").catch(() => {});
    await tab.call(DraftState, "look");
    expect(tab.view(ShiftState).rows).toBe(0);
    expect(sent(tab, frames)).not.toMatch(/"rows"\],1/);
  });

  test("RT-3, RT-6: nor does work without a guard", async () => {
    await person("paul", true);
    await using tab = await desk.app.open("/", { as: "paul" });
    await tab.call(ShiftState, "watchRights", "last");
    await noted("watching last");
    const frames = tab.frames.length;
    await desk.change("paul", { isActive: false });
    gate("last").resolve();
    await tab.call(DraftState, "look").catch(() => {});
    await tab.call(DraftState, "look");
    expect(sent(tab, frames)).not.toContain("no staff");
  });
});

test("RT-3: a user who is deleted is nobody in every tab", async () => {
  await person("quinn");
  await using tab = await desk.app.open("/", { as: "quinn" });
  await tab.call(DraftState, "look");
  await desk.app.run(() => objects(User).filter({ username: "quinn" }).delete());
  await tab.call(DraftState, "look").catch(() => {});
  await tab.call(DraftState, "look");
  expect(tab.view(DraftState).name).toBe("");
  await expect(tab.watch(SecretsState)).rejects.toMatchObject({ code: "STATE_REFUSED" });
});
