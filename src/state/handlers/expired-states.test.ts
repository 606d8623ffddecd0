import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

class EndlessState extends State {
  static override events = {
    quick: event(),
    waits: event(),
    parallel: event({ concurrency: "parallel" }),
    background: event({ background: true }),
    generator: event(),
    latest: event({ concurrency: "latest" }),
  };
  list: readonly number[] = [];
  quick() {
    this.list = [1];
  }
  waits() {
    return never();
  }
  parallel() {
    return never();
  }
  background() {
    return never();
  }
  async *generator() {
    this.list = [2];
    yield;
    await never();
  }
  latest() {
    return never();
  }
}

function never(): Promise<void> {
  return new Promise<void>(() => {});
}

/** Ends a tab as the channel does, while these handlers run. Returns only a weak reference to its states. */
async function endedTab(names: readonly string[]): Promise<WeakRef<object>> {
  const bench = new Bench({ EndlessState });
  const { runner, tree } = bench;
  void bench.call(EndlessState, "quick");
  for (const name of names) void bench.call(EndlessState, name);
  await setImmediate();
  const expired = new Error("expired");
  runner.stop(expired);
  if (runner.holder) runner.takeTurn(expired);
  await runner.idle();
  runner.end(expired);
  // A call that comes too late is not watched either.
  for (const name of names) void bench.call(EndlessState, name);
  return new WeakRef(tree);
}

it.each([
  ["one that has the turn", ["waits"]],
  ["one that has the turn and calls that wait for theirs", ["waits", "waits", "quick"]],
  ["a parallel one", ["parallel"]],
  ["one in the background", ["background"]],
  ["a generator", ["generator"]],
  ["one that superseded another", ["latest", "latest"]],
])("SEC-22: a tab that has ended takes its states with it, whatever handlers never end: %s", async (_, names) => {
  const trees: WeakRef<object>[] = [];
  for (let count = 0; count < 20; count++) trees.push(await endedTab(names));
  await setImmediate();
  collect();
  // The engine may keep what it has used last.
  expect(trees.filter((tree) => tree.deref()).length).toBeLessThan(10);
});
