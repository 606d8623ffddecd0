import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { event } from "./event.ts";
import { excuse, unblamed } from "./loop-watch.ts";
import { on } from "./on.ts";
import { State } from "./state.ts";
import { Bench } from "./state-tree.fixture.ts";
import { BLOCKED_AFTER, type BlockedTrace } from "./trace.ts";

/** How long a handler blocks, in milliseconds of the tests' own clock. */
const BLOCKED = 2 * BLOCKED_AFTER;

/** Stands still but for what blocks: on a busy machine the real one counts what other processes do. */
let clock = 0;

function block(milliseconds: number = BLOCKED): void {
  clock += milliseconds;
}

/** Handlers wait at it until a test opens it. */
let gate: PromiseWithResolvers<void>;
let isGetterSlow = false;

const slowText = z.string().transform((text) => {
  block();
  return text;
});

class BusyState extends State {
  static override fields = { title: slowText };
  static override events = {
    sync: event(),
    awaitsNothing: event(),
    pieces: event(),
    head: event(),
    afterAwait: event(),
    afterAwaitThrows: event(),
    afterAwaitGoesOn: event(),
    generator: event(),
    afterYield: event(),
    afterYieldGoesOn: event(),
    inUpdate: event({ background: true }),
    inUpdateAfterAwait: event({ background: true }),
    background: event({ background: true }),
    arguments: event({ args: [slowText] }),
    guarded: event({
      guard: () => {
        block();
        return true;
      },
    }),
    getter: event(),
    getterAfterAwait: event(),
    chained: event(),
    waits: event({ concurrency: "parallel" }),
    waitsToo: event({ concurrency: "parallel" }),
    quick: event(),
    quickAfterAwait: event(),
  };
  title = "";
  count = 0;

  get slow() {
    if (isGetterSlow) block();
    return this.count;
  }
  sync() {
    block();
  }
  async awaitsNothing() {
    for (const end = clock + BLOCKED; clock < end; block(1)) await null;
  }
  /** Neither piece alone would be long enough to be told of. */
  async pieces() {
    block(0.8 * BLOCKED_AFTER);
    await null;
    block(0.8 * BLOCKED_AFTER);
  }
  async head() {
    block();
    await setImmediate();
  }
  async afterAwait() {
    await setImmediate();
    block();
    this.count++;
  }
  async afterAwaitThrows() {
    await setImmediate();
    block();
    throw new Error("after all that");
  }
  async afterAwaitGoesOn() {
    await setImmediate();
    block();
    await gate.promise;
  }
  *generator() {
    yield;
    block();
  }
  async *afterYield() {
    yield;
    await setImmediate();
    block();
    this.count++;
  }
  async *afterYieldGoesOn() {
    yield;
    await setImmediate();
    block();
    yield;
    await gate.promise;
  }
  async inUpdate() {
    await this.update(() => block());
  }
  async inUpdateAfterAwait() {
    await this.update(async () => {
      await setImmediate();
      block();
      this.count++;
    });
  }
  async background() {
    await setImmediate();
    block();
  }
  arguments(_text: string) {}
  guarded() {}
  getter() {
    this.count++;
  }
  async getterAfterAwait() {
    await setImmediate();
    this.count++;
  }
  chained() {
    return on(BusyState, "afterAwait");
  }
  async waits() {
    await gate.promise;
  }
  async waitsToo() {
    await gate.promise;
  }
  quick() {
    block(1);
    this.count++;
  }
  async quickAfterAwait() {
    await setImmediate();
    this.count++;
  }
}

let reports: string[][];
let reported: PromiseWithResolvers<void>;
let bench: Bench;

function take(message: unknown): void {
  const { labels } = message as BlockedTrace;
  reports.push([...labels]);
  reported.resolve();
}

beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  gate = Promise.withResolvers();
  reported = Promise.withResolvers();
  reports = [];
  isGetterSlow = false;
  bench = new Bench({ BusyState });
  bench.watch(BusyState);
  subscribe("antiphon:blocked", take);
});

afterEach(async () => {
  unsubscribe("antiphon:blocked", take);
  gate.resolve();
  await bench.runner.idle();
  vi.restoreAllMocks();
});

/** Lets what is under way go on: timers, and whatever they have started. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
  await setImmediate();
}

describe("A handler that holds the loop is named once, when it blocks", () => {
  it.each<[string, keyof typeof BusyState.events, string?]>([
    ["without an await", "sync"],
    ["in a loop that awaits nothing that would have to be waited for", "awaitsNothing"],
    ["before its first await", "head"],
    ["after an await, and then ends", "afterAwait"],
    ["after an await, and then throws", "afterAwaitThrows"],
    ["in the step of a generator", "generator"],
    ["in a generator after a yield and an await, and then ends", "afterYield"],
    ["in its update()", "inUpdate"],
    ["in its update() after an await", "inUpdateAfterAwait"],
    ["in the background after an await", "background"],
    ["in its guard", "guarded"],
    ["in an event that it names", "chained"],
  ])("%s", async (_when, name) => {
    await bench.call(BusyState, name);
    await reported.promise;
    await turn();
    expect(reports).toEqual([[`BusyState.${name}`]]);
  });

  it.each<[string, keyof typeof BusyState.events]>([
    ["after an await, and then goes on waiting", "afterAwaitGoesOn"],
    ["in a generator after a yield and an await, and then goes on waiting", "afterYieldGoesOn"],
  ])("%s", async (_when, name) => {
    const call = bench.call(BusyState, name);
    await reported.promise;
    gate.resolve();
    await call;
    await turn();
    expect(reports).toEqual([[`BusyState.${name}`]]);
  });

  it.each<[string, keyof typeof BusyState.events]>([
    ["in a getter that its change makes run again", "getter"],
    ["in a getter that its change after an await makes run again", "getterAfterAwait"],
  ])("%s", async (_when, name) => {
    isGetterSlow = true;
    await bench.call(BusyState, name);
    await turn();
    expect(reports).toEqual([[`BusyState.${name}`]]);
  });

  it("in the schemas of its arguments", async () => {
    await bench.call(BusyState, "arguments", "text");
    expect(reports).toEqual([["BusyState.arguments"]]);
  });

  it("in the schema of a field that the browser writes", async () => {
    await new Promise<void>((resolve) => {
      void bench.runner.write({ state: "test.BusyState", field: "title", value: "typed" }, 32, () => resolve());
    });
    await turn();
    expect(reports).toEqual([["BusyState.title"]]);
  });

  it("in a getter that runs because a page begins to read its state", async () => {
    isGetterSlow = true;
    await bench.call(BusyState, "quick");
    reports.length = 0;
    bench = new Bench({ BusyState });
    bench.watch(BusyState);
    expect(reports).toEqual([["BusyState"]]);
  });
});

it("A handler that holds the loop in pieces is named, though none of them would be long enough", async () => {
  await bench.call(BusyState, "pieces");
  await reported.promise;
  expect(reports).toEqual([["BusyState.pieces"]]);
});

describe("While several handlers run", () => {
  it.each<[string, keyof typeof BusyState.events]>([
    ["without an await", "sync"],
    ["before its first await", "head"],
    ["in the step of a generator", "generator"],
    ["in its update()", "inUpdate"],
  ])("the one that blocks %s is named alone", async (_when, name) => {
    void bench.call(BusyState, "waits");
    void bench.call(BusyState, "waitsToo");
    await bench.call(BusyState, name);
    await reported.promise;
    await turn();
    expect(reports).toEqual([[`BusyState.${name}`]]);
  });

  it.each<[string, keyof typeof BusyState.events]>([
    ["and ends", "afterAwait"],
    ["and fails", "afterAwaitThrows"],
    ["in a generator, and ends", "afterYield"],
    ["in its update()", "inUpdateAfterAwait"],
  ])("the one that blocks after an await %s is named first, before those that wait", async (_when, name) => {
    void bench.call(BusyState, "waits");
    void bench.call(BusyState, "waits");
    void bench.call(BusyState, "waitsToo");
    await bench.call(BusyState, name);
    await reported.promise;
    await turn();
    expect(reports.map(([first, ...others]) => [first, ...others.sort()])).toEqual([
      [`BusyState.${name}`, "BusyState.waits", "BusyState.waitsToo"],
    ]);
  });

  it("the one that blocks after an await and goes on is among those that are named", async () => {
    void bench.call(BusyState, "waits");
    void bench.call(BusyState, "afterAwaitGoesOn");
    await reported.promise;
    await turn();
    // Whoever has held the loop a little before stands first.
    expect(reports.map((labels) => labels.toSorted())).toEqual([["BusyState.afterAwaitGoesOn", "BusyState.waits"]]);
  });

  it("one that has ended, or begins when another has blocked, is not named", async () => {
    const other = new Bench({ BusyState });
    await bench.call(BusyState, "quickAfterAwait");
    const blocking = bench.call(BusyState, "afterAwaitGoesOn");
    await setImmediate();
    await other.call(BusyState, "quick");
    await other.call(BusyState, "quickAfterAwait");
    gate.resolve();
    await blocking;
    await turn();
    expect(reports).toEqual([["BusyState.afterAwaitGoesOn"]]);
  });
});

it("Many handlers that are each quick are not named, however long they take together", async () => {
  void bench.call(BusyState, "waits");
  for (const end = clock + 2 * BLOCKED; clock < end; ) await bench.call(BusyState, "quick");
  await turn();
  expect(reports).toEqual([]);
});

it("Work for many, such as writing their answers, is blamed on nobody, and what follows it is", async () => {
  void bench.call(BusyState, "waits");
  await setImmediate();
  unblamed(block);
  await turn();
  expect(reports).toEqual([]);
  block();
  await reported.promise;
  expect(reports).toEqual([["BusyState.waits"]]);
});

it("Work of the framework in steps, such as compiling in development, is blamed on no handler that waits", async () => {
  void bench.call(BusyState, "waits");
  await setImmediate();
  const end = excuse();
  block();
  await turn();
  block();
  end();
  await turn();
  expect(reports).toEqual([]);
  block();
  await reported.promise;
  expect(reports).toEqual([["BusyState.waits"]]);
});
