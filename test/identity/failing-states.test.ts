import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import {
  BannerState,
  BasketState,
  GreetingState,
  LedgerState,
  ProfileState,
} from "../fixtures/identity-app/src/basket.state.ts";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { copyOf, PASSWORD, type World, world } from "../support/identity-world.ts";

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

/** Lines of the log that report an error. */
function loggedErrors(): string[] {
  return desk.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
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

describe("a state whose getter throws until onConnect or the page's onLoad has loaded something", () => {
  beforeEach(() => {
    desk.log.length = 0;
  });

  test.each(["/profile", "/"])("guarded, loaded by onLoad: signing out on %s and in again shows it", async (path) => {
    await using tab = await desk.app.open("/profile", { as: "ada" });
    expect(tab.view(ProfileState).title).toBe("Profile of ada");
    if (path !== "/profile") await tab.navigate(path);
    for (const username of ["bob", "ada"]) {
      await tab.call(AccountState, "signOut");
      await tab.until(ProfileState, ({ title }) => !title);
      await tab.call(AccountState, "signInAndGo", username, PASSWORD, "/profile");
      await tab.until(ProfileState, ({ title }) => title === `Profile of ${username}`);
    }
    expect([tab.problems, loggedErrors()]).toEqual([[], []]);
  });

  test("guarded, loaded by onConnect: signing out and in again shows it, never without what onConnect loads", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.watch(GreetingState);
    expect(tab.view(GreetingState)).toMatchObject({ text: "Hello ada", progress: "loaded" });
    for (const username of ["bob", "ada"]) {
      await tab.call(AccountState, "signOut");
      await tab.until(GreetingState, ({ text }) => !text);
      await tab.call(AccountState, "signIn", username, PASSWORD);
      await tab.until(GreetingState, ({ text }) => text === `Hello ${username}`);
    }
    expect([tab.problems, loggedErrors()]).toEqual([[], []]);
    expect(JSON.stringify(tab.frames)).not.toContain("not loaded yet");
  });

  test("open, loaded by onConnect: a change of user is not an error", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.watch(BannerState);
    await tab.call(AccountState, "signOut");
    await tab.until(BannerState, ({ text }) => text === "Banner for everybody");
    await tab.call(AccountState, "signIn", "bob", PASSWORD);
    await tab.call(AccountState, "signOut");
    await expect.poll(() => tab.freshes.length).toBe(2);
    await tab.until(BannerState, ({ text }) => text === "Banner for everybody");
    expect([tab.problems, loggedErrors()]).toEqual([[], []]);
  });

  test("guarded, and not loaded after all: reported once, and shown as soon as it can be", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.watch(GreetingState);
    await tab.call(AccountState, "signOut");
    await tab.until(GreetingState, ({ text }) => !text);
    journal.isBroken = true;
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    await expect.poll(() => codesOf(tab.problems)).toEqual(["STATE_COMPUTED_FAILED"]);
    await tab.call(AccountState, "look");
    await tab.call(AccountState, "look");
    expect(tab.view(GreetingState).text).toBeFalsy();
    expect(codesOf(tab.problems)).toEqual(["STATE_COMPUTED_FAILED"]);
    await tab.call(AccountState, "signOut");
    journal.isBroken = false;
    await tab.call(AccountState, "signIn", "bob", PASSWORD);
    await tab.until(GreetingState, ({ text }) => text === "Hello bob");
    expect(JSON.stringify(tab.frames)).not.toContain("not loaded yet");
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
    journal.isBroken = false;
    await tab.call(AccountState, "look");
    await tab.until(LedgerState, ({ lines }) => lines.length > 0);
    // The server has kept the values.
    expect(tab.view(LedgerState).lines).toEqual(["line of bob"]);
  });

  test("RT-3: withholds the state from the next user too, and shows it once the guard can answer", async () => {
    await using tab = await desk.app.open("/", { as: "bob" });
    await tab.call(LedgerState, "open");
    await tab.watch(AccountState);
    await tab.call(AccountState, "signOut");
    await tab.until(LedgerState, ({ lines }) => lines.length === 0);
    journal.isBroken = true;
    await tab.call(AccountState, "signIn", "bob", PASSWORD);
    journal.isBroken = false;
    await tab.call(AccountState, "look");
    await tab.call(LedgerState, "open");
    await tab.until(LedgerState, ({ lines }) => lines.length > 0);
    expect(tab.view(LedgerState).lines).toEqual(["line of bob"]);
  });
});
