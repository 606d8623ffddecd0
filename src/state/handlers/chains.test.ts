import { describe, expect, it } from "vitest";
import type { EventReference } from "../../protocol/page.ts";
import { event } from "../event.ts";
import { on } from "../on.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

/** How many events of an endless chain have run; it ends itself only so that a failing test ends. */
let links = 0;
const MAX_LINKS = 5_000;

class ChainState extends State {
  static override events = {
    sync: event({ background: true }),
    async: event({ background: true }),
    parallel: event({ concurrency: "parallel" }),
    queued: event(),
    pair: event({ background: true }),
    begin: event(),
    latest: event({ background: true, concurrency: "latest" }),
    single: event({ background: true, concurrency: "drop" }),
    beginSingle: event(),
  };
  begun: string[] = [];
  #next(name: string): EventReference | undefined {
    return ++links < MAX_LINKS ? on(ChainState, name as "sync") : undefined;
  }
  sync() {
    return this.#next("sync");
  }
  async async() {
    return this.#next("async");
  }
  async parallel() {
    return this.#next("parallel");
  }
  queued() {
    return this.#next("pair");
  }
  pair() {
    return this.#next("queued");
  }
  begin() {
    return on(ChainState, "latest");
  }
  async latest() {
    await this.update(() => {
      this.begun.push("latest");
    });
  }
  beginSingle() {
    return [on(ChainState, "single"), on(ChainState, "single")];
  }
  async single() {
    await this.update(() => {
      this.begun.push("single");
    });
  }
}

describe("Events that run beside the others and name each other for ever", () => {
  it.each(["sync", "async", "parallel", "pair"])(
    "leave everybody else their turn (%s), until the tab goes",
    async (name) => {
      links = 0;
      const bench = new Bench({ ChainState });
      bench.watch(ChainState);
      void bench.call(ChainState, name);
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
      expect(links).toBeGreaterThan(5);
      expect(links).toBeLessThan(100);
      expect(bench.failures).toEqual([]);
      bench.runner.abort(new Error("gone"));
      const before = links;
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
      expect(links).toBe(before);
      expect(bench.failures).toEqual([]);
    },
  );
});

describe("A background event that another names", () => {
  it("is begun anew without a failure when it is named again before it began (latest)", async () => {
    const bench = new Bench({ ChainState });
    bench.watch(ChainState);
    await Promise.all([bench.call(ChainState, "begin"), bench.call(ChainState, "begin")]);
    await expect.poll(() => bench.copy(ChainState).begun).toEqual(["latest"]);
    expect(bench.failures).toEqual([]);
  });

  it("is dropped in silence when it is named again before it began (drop): nobody waits for it, and it runs", async () => {
    const bench = new Bench({ ChainState });
    bench.watch(ChainState);
    await bench.call(ChainState, "beginSingle");
    await expect.poll(() => bench.copy(ChainState).begun).toEqual(["single"]);
    expect(bench.failures).toEqual([]);
  });
});
