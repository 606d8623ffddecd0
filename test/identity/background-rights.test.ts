import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { DraftState, ShiftState, VaultState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { groupWith, PASSWORD, type World, world } from "../support/identity-world.ts";
import { noted, sent } from "../support/tab-calls.ts";

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
