import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { BasketState, LedgerState } from "../fixtures/identity-app/src/basket.state.ts";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { copyOf, type World, world } from "../support/identity-world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => {
  clearJournal();
  journal.isEmptyRefused = true;
});

/** Returns the codes of the errors that the page got without a call. */
function codesOf(problems: readonly Error[]): unknown[] {
  return problems.map((problem) => (problem as Error & { code?: unknown }).code);
}

describe("RT-6: a state whose getter throws with the first values of its vars", () => {
  test("RT-6: loses its values at the sign-out, like every other state of the page", async () => {
    await using tab = await desk.app.open("/basket", { as: "ada" });
    await tab.call(AccountState, "look");
    await tab.watch(BasketState);
    expect(tab.view(BasketState)).toEqual({ rows: ["secret of ada"], first: "SECRET OF ADA" });
    const frames = tab.frames.length;
    await tab.call(AccountState, "signOut");
    await expect.poll(() => tab.freshes.length).toBe(1);
    expect(tab.view(BasketState)).toEqual({ rows: [], first: null });
    expect(tab.view(AccountState).name).toBe("");
    expect(codesOf(tab.problems)).toEqual(["STATE_COMPUTED_FAILED"]);
    expect(desk.log.join()).toContain("basket.BasketState");
    await tab.disconnect();
    await tab.reconnect();
    await tab.call(AccountState, "look");
    expect(tab.view(BasketState)).toEqual({ rows: [], first: null });
    expect(JSON.stringify(tab.frames.slice(frames))).not.toMatch(/secret of ada/i);
  });

  test("RT-6: is sent again as soon as its getter does not throw", async () => {
    await using tab = await desk.app.open("/basket", { as: "ada" });
    await tab.watch(BasketState);
    await tab.call(AccountState, "signOut");
    await expect.poll(() => tab.freshes.length).toBe(1);
    await tab.call(BasketState, "put", "a pear");
    await tab.until(BasketState, ({ rows }) => rows[0] === "a pear");
    await tab.call(BasketState, "put", "an apple");
    expect(tab.view(BasketState)).toEqual({ rows: ["an apple"], first: "AN APPLE" });
  });

  test("RT-6: shows nothing of the user who signed out while the page was away", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/basket", { browser, as: "ada" });
    await tab.call(AccountState, "look");
    await tab.watch(BasketState);
    await using other = await desk.app.open("/", { browser: copyOf(browser) });
    await tab.disconnect();
    const frames = tab.frames.length;
    await other.call(AccountState, "signOut");
    await tab.reconnect();
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("");
    expect(JSON.stringify([tab.frames.slice(frames), tab.view(BasketState)])).not.toMatch(/secret of ada/i);
  });
});

describe("RT-3: a guard that throws when it runs again", () => {
  test("RT-3: withholds the state, and its error is logged and reported", async () => {
    await using tab = await desk.app.open("/", { as: "bob" });
    await tab.call(LedgerState, "open");
    expect(tab.view(LedgerState).lines).toEqual(["line of bob"]);
    journal.isBroken = true;
    await desk.change("bob", { email: "bob@example.org" });
    await tab.until(LedgerState, ({ lines }) => lines.length === 0).catch(() => {});
    expect(tab.view(LedgerState).lines).toEqual([]);
    expect(codesOf(tab.problems)).toEqual(["EVENT_FAILED"]);
    expect(desk.log.join()).toContain("the database of the ledger is down");
  });
});
