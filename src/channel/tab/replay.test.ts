import { expect, it } from "vitest";
import type { ServerFrame } from "../../protocol/frames.ts";
import { HeldText, OutputBudget } from "../output-budget.ts";
import { Replay } from "./replay.ts";

const LIMITS = { replayBytes: 256_000, replayFrames: 500 };

function kept(limit = 1e9) {
  const budget = new OutputBudget(limit, () => {});
  const replay = new Replay(LIMITS, budget);
  const add = (frame: ServerFrame) => {
    const json = JSON.stringify(frame);
    replay.add(frame, json, new HeldText(json, budget));
  };
  return { budget, replay, add };
}

it("SEC-21: answers that are kept for a page count as the memory that they take, and not as their digits", () => {
  const { budget, replay, add } = kept();
  for (let version = 1; version <= 5_000; version++) add({ version, acks: [[version]] });
  expect(budget.held).toBeLessThanOrEqual(256_000);
  const { acks, lost, frames } = replay.since(0, 5_000);
  // An entry takes more than 300 bytes.
  expect(acks.length * 300).toBeLessThan(256_000);
  expect(acks.at(-1)).toEqual([5_000]);
  expect({ lost, frames }).toEqual({ lost: true, frames: undefined });
  expect(replay.since(4_990, 5_000)).toMatchObject({ lost: false, acks: { length: 10 } });
  replay.seen(5_000);
  expect([budget.held, replay.held]).toEqual([0, 0]);
});

it("nothing stays counted when the process has no room for what is kept", () => {
  const { budget, replay, add } = kept(5_000);
  for (let version = 1; version <= 20; version++)
    add({ version, acks: [[version]], effects: [{ kind: "x" } as never] });
  expect(replay.since(0, 20)).toMatchObject({ lost: false, acks: { length: 20 }, effects: { length: 20 } });
  replay.end();
  expect([budget.held, replay.held]).toEqual([0, 0]);
});
