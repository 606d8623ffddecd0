import { describe, expect, it } from "vitest";
import { z } from "zod";
import { toast } from "../effects.ts";
import { event } from "../event.ts";
import { on } from "../on.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

/** Doors that a test opens; handlers wait at them. */
const gates = new Map<string, PromiseWithResolvers<void>>();

function gate(name: string): PromiseWithResolvers<void> {
  const known = gates.get(name) ?? Promise.withResolvers<void>();
  gates.set(name, known);
  return known;
}

const name = z.string();

class WorkState extends State {
  static override events = {
    queued: event({ args: [name] }),
    search: event({ args: [name], concurrency: "latest" }),
    searchSteps: event({ args: [name], concurrency: "latest" }),
    searchEndless: event({ args: [name], concurrency: "latest" }),
    searchChained: event({ args: [name], concurrency: "latest" }),
    searchCleans: event({ args: [name], concurrency: "latest" }),
    single: event({ args: [name], concurrency: "drop" }),
    beside: event({ args: [name], concurrency: "parallel" }),
    besideRaw: event({ concurrency: "parallel" }),
    watch: event({ args: [name], background: true }),
    watchLatest: event({ args: [name], background: true, concurrency: "latest" }),
    updateLatest: event({ args: [name], background: true, concurrency: "latest" }),
    updateOnce: event({ args: [name], background: true }),
    leak: event(),
    updateFails: event({ args: [name], background: true }),
    rawBackground: event({ background: true }),
    lateBackground: event({ args: [name], background: true }),
    deepUpdate: event({ background: true }),
    helper: event({ args: [name] }),
    bump: event(),
    yields: event(),
    yieldsAsync: event(),
  };
  log: string[] = [];
  count = 0;
  _late: Promise<unknown> | undefined;
  _signals: AbortSignal[] = [];

  *yields() {
    try {
      for (const end = performance.now() + 8_000; performance.now() < end; this.count++) yield;
    } finally {
      cleaned.push("yields");
    }
  }
  async *yieldsAsync() {
    try {
      for (const end = performance.now() + 8_000; performance.now() < end; this.count++) yield;
    } finally {
      await null;
      cleaned.push("yieldsAsync");
    }
  }
  async queued(id: string) {
    this.log.push(`${id} begins`);
    await gate(id).promise;
    this.log.push(`${id} ends`);
  }
  async search(id: string) {
    this.log.push(`${id} begins`);
    this._signals.push(this.signal);
    try {
      await gate(id).promise;
    } finally {
      // A handler that does not look at its signal goes on, and writes too late.
      this.count += 100;
    }
    this.log.push(`${id} ends`);
  }
  async *searchSteps(id: string) {
    this.log.push(`${id} one`);
    yield;
    this.log.push(`${id} two`);
    await gate(id).promise;
    yield toast.info(id);
    this.log.push(`${id} three`);
  }
  *searchEndless(id: string) {
    while (id === "old") yield;
    this.log.push(id);
  }
  async *searchCleans(id: string) {
    try {
      this.count = 1;
      yield;
      await gate(id).promise;
      this.log.push(`${id} found`);
    } finally {
      cleaned.push(id);
      this.count = 0;
    }
  }
  async searchChained(id: string) {
    this.log.push(`${id} begins`);
    if (id === "new") {
      this.count = 1;
      await gate("new").promise;
      throw new Error("the new one fails");
    }
    return on(WorkState, "helper", id);
  }
  async helper(id: string) {
    await gate(id).promise;
  }
  async single(id: string) {
    await gate(id).promise;
    this.log.push(id);
  }
  async beside(id: string) {
    await gate(id).promise;
    await this.update(() => {
      this.log.push(id);
    });
    return toast.info(id);
  }
  async besideRaw() {
    this.count = 1;
  }
  async watch(id: string) {
    const { signal } = this;
    this._signalsAdd(signal);
    await gate(id).promise;
    await this.update(() => {
      this.log.push(id);
    });
  }
  _signalsAdd(signal: AbortSignal) {
    seen.push(signal);
  }
  async watchLatest(id: string) {
    seen.push(this.signal);
    await gate(id).promise;
    await this.update(() => {
      this.log.push(id);
    });
  }
  async updateLatest(id: string) {
    await this.update(async () => {
      this.log.push(id);
      await gate(id).promise;
    });
  }
  async updateOnce(id: string) {
    await this.update(async () => {
      await gate(id).promise;
      this.log.push(id);
    });
  }
  leak() {
    this._late = gate("leak").promise.then(() => {
      this.count = 99;
    });
    this._late.catch(() => {});
  }
  async updateFails(id: string) {
    await this.update(() => {
      this.log.push(id);
    });
    await this.update(async () => {
      this.count = 5;
      await Promise.resolve();
      throw new Error("in update");
    });
  }
  async rawBackground() {
    this.count = 1;
  }
  async lateBackground(id: string) {
    late = gate(id).promise.then(() =>
      this.update(() => {
        this.count = 77;
      }),
    );
    late.catch(() => {});
  }
  async deepUpdate() {
    await this.update(async () => {
      await this.update(() => {
        this.count++;
      });
      this.count++;
    });
  }
  bump() {
    this.count++;
  }
}

const seen: AbortSignal[] = [];
const cleaned: string[] = [];
let late: Promise<unknown> = Promise.resolve();

function open() {
  gates.clear();
  seen.length = 0;
  cleaned.length = 0;
  const bench = new Bench({ WorkState });
  bench.watch(WorkState);
  return {
    bench,
    state: bench.instance(WorkState),
    copy: () => bench.copy(WorkState) as { log: string[]; count: number },
  };
}

describe("queue", () => {
  it("runs a tab's events one at a time in the order in which they came", async () => {
    const { bench, copy } = open();
    const calls = ["a", "b", "c"].map((id) => bench.call(WorkState, "queued", id));
    for (const id of ["c", "b", "a"]) gate(id).resolve();
    await Promise.all(calls);
    expect(copy().log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("goes on after a handler that failed", async () => {
    const { bench, copy } = open();
    gate("a").reject(new Error("a fails"));
    gate("b").resolve();
    expect(await Promise.all([bench.call(WorkState, "queued", "a"), bench.call(WorkState, "queued", "b")])).toEqual([
      expect.objectContaining({ message: "a fails" }),
      undefined,
    ]);
    expect(copy().log).toEqual(["b begins", "b ends"]);
  });
});

describe("latest (the earlier call is answered while its handler still runs)", () => {
  it("undoes what the earlier call wrote, answers it EVENT_SUPERSEDED, aborts its signal and refuses its late writes", async () => {
    const { bench, state, copy } = open();
    const first = settleOf(bench, "search", "old");
    const signal = state._signals[0];
    const second = bench.call(WorkState, "search", "new");
    expect(await first).toMatchObject({ code: "EVENT_SUPERSEDED", expose: true });
    expect(signal?.aborted).toBe(true);
    expect(copy().log).toEqual([]);
    // The old one goes on now, while the new one is in the middle of its work.
    gate("old").resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.log).toEqual(["new begins"]);
    gate("new").resolve();
    expect(await second).toBeUndefined();
    expect(copy()).toMatchObject({ log: ["new begins", "new ends"], count: 100 });
    expect(bench.failures).toEqual([]);
  });

  it("keeps what the earlier call had sent before its last yield, and none of what came after", async () => {
    const { bench, copy } = open();
    const first = settleOf(bench, "searchSteps", "old");
    await expect.poll(() => bench.instance(WorkState).log).toEqual(["old one", "old two"]);
    const second = bench.call(WorkState, "searchSteps", "new");
    gate("old").resolve();
    gate("new").resolve();
    expect(await first).toMatchObject({ code: "EVENT_SUPERSEDED" });
    expect(await second).toBeUndefined();
    expect(copy().log).toEqual(["old one", "new one", "new two", "new three"]);
    expect(bench.effects).toEqual([expect.objectContaining({ message: "new" })]);
  });

  it("gives up a call that still waits for its turn, without running it", async () => {
    const { bench, copy } = open();
    const busy = bench.call(WorkState, "queued", "busy");
    const first = settleOf(bench, "search", "old");
    const second = bench.call(WorkState, "search", "new");
    for (const id of ["busy", "old", "new"]) gate(id).resolve();
    expect(await first).toMatchObject({ code: "EVENT_SUPERSEDED" });
    await Promise.all([busy, second]);
    expect(copy().log).toEqual(["busy begins", "busy ends", "new begins", "new ends"]);
  });

  it("lets a generator that is given up at a yield run its finally, whose writes are nobody's failure", async () => {
    const { bench, copy } = open();
    const first = settleOf(bench, "searchCleans", "old");
    // The generator lets this update go first at its yield: it is given up in between.
    await settleOf(bench, "updateOnce", "update");
    await expect.poll(() => copy().count).toBe(1);
    const second = bench.call(WorkState, "searchCleans", "new");
    gate("update").resolve();
    expect(await first).toMatchObject({ code: "EVENT_SUPERSEDED" });
    gate("new").resolve();
    expect(await second).toBeUndefined();
    expect(cleaned).toEqual(["old", "new"]);
    // Where the process is busy, the update gets its turn after the new call.
    await expect.poll(() => copy().log.toSorted()).toEqual(["new found", "update"]);
    expect(copy().count).toBe(0);
    expect(bench.failures).toEqual([]);
  });

  it("keeps what the update of another handler has written when a generator is given up that let it go first", async () => {
    const { bench, state, copy } = open();
    const first = settleOf(bench, "searchEndless", "old");
    await settleOf(bench, "updateLatest", "update");
    await expect.poll(() => state.log).toEqual(["update"]);
    const second = bench.call(WorkState, "searchEndless", "new");
    expect(await first).toMatchObject({ code: "EVENT_SUPERSEDED" });
    expect(state.log).toEqual(["update"]);
    gate("update").resolve();
    expect(await second).toBeUndefined();
    expect(copy().log).toEqual(["update", "new"]);
  });

  it("does not let the end of an earlier call's chain send what the new call has half written", async () => {
    const { bench, copy } = open();
    const first = settleOf(bench, "searchChained", "old");
    const second = bench.call(WorkState, "searchChained", "new");
    expect(await first).toMatchObject({ code: "EVENT_SUPERSEDED" });
    await expect.poll(() => bench.instance(WorkState).count).toBe(1);
    const turns = bench.turns.length;
    gate("old").resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.turns.length).toBe(turns);
    gate("new").resolve();
    expect(await second).toMatchObject({ message: "the new one fails" });
    expect(bench.instance(WorkState).count).toBe(0);
    expect(copy().count).toBe(0);
  });
});

describe("drop", () => {
  it("answers EVENT_DROPPED while an earlier call runs or waits, and runs again afterwards", async () => {
    const { bench, copy } = open();
    const first = bench.call(WorkState, "single", "a");
    expect(await bench.call(WorkState, "single", "b")).toMatchObject({ code: "EVENT_DROPPED", expose: true });
    gate("a").resolve();
    await first;
    gate("c").resolve();
    expect(await bench.call(WorkState, "single", "c")).toBeUndefined();
    expect(copy().log).toEqual(["a", "c"]);
  });
});

describe("parallel", () => {
  it("runs beside the others, writes in update() only, and is answered at its end with its effects", async () => {
    const { bench, copy } = open();
    const busy = bench.call(WorkState, "queued", "busy");
    const first = bench.call(WorkState, "beside", "a");
    const second = bench.call(WorkState, "beside", "b");
    gate("b").resolve();
    gate("busy").resolve();
    await Promise.all([busy, second]);
    expect(copy().log).toEqual(["busy begins", "busy ends", "b"]);
    gate("a").resolve();
    await first;
    expect(copy().log).toEqual(["busy begins", "busy ends", "b", "a"]);
    expect(bench.effects.map((effect) => "message" in effect && effect.message)).toEqual(["b", "a"]);
  });

  it("refuses a write outside of update()", async () => {
    const { bench, copy } = open();
    expect(await bench.call(WorkState, "besideRaw")).toMatchObject({
      code: "STATE_WRITE_OUTSIDE_UPDATE",
      message: expect.stringContaining("WorkState.count"),
    });
    expect(copy().count).toBe(0);
  });
});

describe("background", () => {
  it("is answered when it has started, and the tab's other events go on", async () => {
    const { bench, copy } = open();
    expect(
      await Promise.race([new Promise((resolve) => void settleOf(bench, "watch", "bg").then(resolve))]),
    ).toBeUndefined();
    expect(await bench.call(WorkState, "bump")).toBeUndefined();
    expect(copy()).toMatchObject({ count: 1, log: [] });
    gate("bg").resolve();
    await expect.poll(() => copy().log).toEqual(["bg"]);
  });

  it("runs a second time beside itself unless its concurrency says otherwise", async () => {
    const { bench, copy } = open();
    await settleOf(bench, "watch", "one");
    await settleOf(bench, "watch", "two");
    expect(seen.map(({ aborted }) => aborted)).toEqual([false, false]);
    gate("two").resolve();
    await expect.poll(() => copy().log).toEqual(["two"]);
    gate("one").resolve();
    await expect.poll(() => copy().log).toEqual(["two", "one"]);
  });

  it("with latest: a second run aborts the first, whose update() throws", async () => {
    const { bench, copy } = open();
    await settleOf(bench, "watchLatest", "one");
    await settleOf(bench, "watchLatest", "two");
    expect(seen.map(({ aborted }) => aborted)).toEqual([true, false]);
    gate("one").resolve();
    gate("two").resolve();
    await expect.poll(() => copy().log).toEqual(["two"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(copy().log).toEqual(["two"]);
    expect(bench.failures).toEqual([]);
  });

  it("with latest: an update() whose run is given up meanwhile is undone and not sent, although it writes nothing more", async () => {
    const { bench, copy } = open();
    await settleOf(bench, "updateLatest", "one");
    await expect.poll(() => bench.instance(WorkState).log).toEqual(["one"]);
    await settleOf(bench, "updateLatest", "two");
    gate("one").resolve();
    gate("two").resolve();
    await expect.poll(() => copy().log).toEqual(["two"]);
    expect(JSON.stringify(bench.turns)).not.toContain("one");
    expect(bench.failures).toEqual([]);
  });

  it("undoes an update() that throws, and reports the error with the handler's name", async () => {
    const { bench, copy } = open();
    expect(await bench.call(WorkState, "updateFails", "kept")).toBeUndefined();
    expect(copy()).toEqual({ log: ["kept"], count: 0 });
    expect(bench.instance(WorkState).count).toBe(0);
    expect(bench.failures).toEqual([
      { label: "WorkState.updateFails", error: expect.objectContaining({ message: "in update" }) },
    ]);
  });

  it("refuses writes outside of update() and reports them", async () => {
    const { bench, copy } = open();
    await bench.call(WorkState, "rawBackground");
    expect(bench.failures).toEqual([
      { label: "WorkState.rawBackground", error: expect.objectContaining({ code: "STATE_WRITE_OUTSIDE_UPDATE" }) },
    ]);
    expect(copy().count).toBe(0);
  });

  it("refuses update() after the handler has ended", async () => {
    const { bench, copy } = open();
    await bench.call(WorkState, "lateBackground", "late");
    gate("late").resolve();
    await expect(late).rejects.toMatchObject({ code: "STATE_WRITE_OUTSIDE_EVENT" });
    expect(copy().count).toBe(0);
  });

  it("lets an update() call update() again", async () => {
    const { bench, copy } = open();
    await bench.call(WorkState, "deepUpdate");
    expect(copy().count).toBe(2);
  });

  it("is aborted with the reason when the tab goes, and nothing starts any more after the end", async () => {
    const { bench, copy } = open();
    await settleOf(bench, "watch", "bg");
    const reason = new Error("gone");
    bench.runner.abort(reason);
    expect(seen[0]?.reason).toBe(reason);
    gate("bg").resolve();
    bench.runner.end(reason);
    expect(await bench.call(WorkState, "bump")).toBe(reason);
    expect(copy()).toEqual({ log: [], count: 0 });
    expect(bench.failures).toEqual([]);
  });
});

describe("a generator whose tab has gone", () => {
  it.each(["yields", "yieldsAsync"])("ends at its next yield, cleans up, and gives the turn back: %s", async (name) => {
    const { bench, copy } = open();
    const call = bench.call(WorkState, name);
    await expect.poll(() => copy().count).toBeGreaterThan(0);
    const reason = new Error("gone");
    bench.runner.stop(reason);
    expect(await call).toBe(reason);
    await bench.runner.idle();
    const { count } = bench.instance(WorkState);
    expect(count).toBe(copy().count);
    await expect.poll(() => cleaned).toContain(name);
    expect(await bench.call(WorkState, "bump")).toBeUndefined();
    expect(copy().count).toBe((count as number) + 1);
    expect(bench.failures).toEqual([]);
  });
});

it("a write that comes after the handler has ended throws STATE_WRITE_OUTSIDE_EVENT and changes nothing", async () => {
  const { bench, state, copy } = open();
  await bench.call(WorkState, "leak");
  const waiting = state._late;
  gate("leak").resolve();
  await expect(waiting).rejects.toMatchObject({
    code: "STATE_WRITE_OUTSIDE_EVENT",
    message: expect.stringContaining("WorkState.count"),
  });
  expect(copy().count).toBe(0);
});

it("a write by another tab's handler throws STATE_WRITE_OUTSIDE_EVENT", async () => {
  const mine = open();
  const other = open();
  expect(
    await mine.bench.write(() => {
      other.state.count = 1;
    }),
  ).toMatchObject({
    code: "STATE_WRITE_OUTSIDE_EVENT",
  });
  expect(other.state.count).toBe(0);
});

/** Resolves when a call was answered, while its handler may go on. */
function settleOf(bench: Bench, name: string, id: string): Promise<unknown> {
  return new Promise((resolve) => {
    void bench.runner.call({ state: "test.WorkState", event: name, args: [id] }, 32, (outcome) => {
      resolve("error" in outcome ? outcome.error : undefined);
    });
  });
}
