import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { giveWay } from "./loop-turn.ts";

let now = 0;
const clock = vi.spyOn(performance, "now");

beforeEach(async () => {
  await nextTurn();
  now = 0;
  clock.mockClear().mockImplementation(() => now);
});
afterEach(() => clock.mockReset());

/** Pieces of work of one length in one turn, until one gives way: how long they took, and how many there were. */
function work(milliseconds: number): { lasted: number; pieces: number; turn: Promise<void> } {
  const begun = now;
  for (let pieces = 1; ; pieces++) {
    const turn = giveWay();
    if (turn) return { lasted: now - begun, pieces, turn };
    now += milliseconds;
  }
}

it("Short pieces give way after 10 ms, and few of them read the clock.", async () => {
  const { lasted, pieces, turn } = work(0.01);
  expect(lasted).toBeGreaterThanOrEqual(10);
  expect(lasted).toBeLessThan(11);
  expect(clock.mock.calls.length).toBeLessThan(pieces / 10);
  await turn;
});

it("Long pieces give way at the first that ends after 10 ms, also in a turn that follows one of short pieces.", async () => {
  for (let n = 0; n < 100; n++) expect(giveWay()).toBeUndefined();
  await nextTurn();
  const { lasted, turn } = work(3);
  expect(lasted).toBe(12);
  await turn;
});

it("Pieces that get longer within a turn give way after 16 of them at the latest.", async () => {
  for (let n = 0; n < 100; n++) expect(giveWay()).toBeUndefined();
  const { pieces, turn } = work(3);
  expect(pieces).toBeLessThanOrEqual(17);
  await turn;
});
