import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { ListeningState } from "../fixtures/identity-app/src/listening.state.ts";
import { type World, world } from "../support/identity-world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
afterEach(() => clearJournal());

describe("update() in a listener that somebody else's event calls", () => {
  test.each(["say", "sayWithin"] as const)("runs as the user of its own tab, not of the caller (%s)", async (how) => {
    await using ada = await desk.app.open("/", { as: "ada" });
    await using bob = await desk.app.open("/", { as: "bob" });
    await ada.call(ListeningState, "listen");
    await bob.call(ListeningState, how, "hello");
    await expect.poll(() => ada.view(ListeningState).heard).toEqual(["hello to ada on /, in nobody's context"]);
    expect(bob.view(ListeningState).heard).toEqual([]);
  });

  test("runs as the user of its tab when nobody's event calls it", async () => {
    await using ada = await desk.app.open("/", { as: "ada" });
    await ada.call(ListeningState, "listen");
    journal.words.emit("word", "tick");
    await expect.poll(() => ada.view(ListeningState).heard).toEqual(["tick to ada on /, in nobody's context"]);
  });

  test("does nothing once its user has left, and the caller's event is done all the same", async () => {
    await using bob = await desk.app.open("/", { as: "bob" });
    await using ada = await desk.app.open("/", { as: "ada" });
    await ada.call(ListeningState, "listen");
    await ada.fetch("/api/logout", { method: "POST" });
    await bob.call(ListeningState, "say", "hello");
    await expect.poll(() => journal.lines.length).toBe(1);
    expect(["STATE_GONE", "CHANNEL_SIGNED_OUT"]).toContain(journal.lines[0]);
    expect(ada.view(ListeningState).heard).toEqual([]);
  });
});
