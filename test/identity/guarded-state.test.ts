import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { DraftState, VaultState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { PASSWORD, type World, world } from "../support/identity-world.ts";
import { OpenPage } from "../support/open-page.ts";
import { sent } from "../support/tab-calls.ts";

const VAULT = "leftovers.VaultState";

let desk: World;
beforeAll(async () => {
  desk = await world();
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
