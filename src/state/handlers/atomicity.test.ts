import { describe, expect, it } from "vitest";
import { z } from "zod";
import { redirect, toast } from "../effects.ts";
import { event } from "../event.ts";
import { on } from "../on.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";
import { plain } from "../tracking/plain.ts";

class Connection {
  self: unknown = this;
  open = true;
}

class LedgerState extends State {
  static override events = {
    work: event(),
    sibling: event(),
    broken: event(),
    wrongReturn: event(),
    chained: event(),
    second: event({ args: [z.number()] }),
    endless: event(),
    unsendable: event({ args: [z.string()] }),
    resetAll: event(),
  };
  rows = [
    { id: 1, tags: ["a"] },
    { id: 2, tags: ["b"] },
  ];
  map = new Map<string, { n: number }>([["k", { n: 1 }]]);
  set = new Set(["m"]);
  nested = { deep: { list: [1, 2, 3] } };
  text = "start";
  when = new Date(0);
  _hidden = { calls: 0, list: [1] };
  _sockets: unknown[] = [];
  _connection = new Connection();
  _callback: (() => number) | undefined;
  trap = false;

  get total() {
    if (this.trap) throw new Error("getter broke");
    return this.rows.length;
  }
  work(): unknown {
    return script(this);
  }
  sibling() {
    this.state(OtherState).value++;
    this.rows.push({ id: 9, tags: [] });
    throw new Error("after writing both");
  }
  broken() {
    this.text = "half";
    this.trap = true;
  }
  wrongReturn() {
    this.text = "half";
    return { effect: "redirect", to: "/" };
  }
  chained() {
    this.text = "first";
    return [toast.info("one"), on(LedgerState, "second", 3), on(OtherState, "third")];
  }
  second(value: number) {
    this._hidden.calls = value;
    this.text += "+second";
    return toast.info("two");
  }
  endless(): unknown {
    return on(LedgerState, "endless");
  }
  unsendable(kind: string) {
    this.text = "half";
    const values: Record<string, unknown> = {
      function: () => 1,
      instance: new Connection(),
      state: this,
      proto: JSON.parse('{"__proto__":1}'),
      mapKey: new Map([[{}, 1]]),
      mapNaN: new Map([[Number.NaN, 1]]),
    };
    (this.nested.deep as Record<string, unknown>).extra = values[kind];
  }
  resetAll() {
    this.reset();
  }
}

class OtherState extends State {
  static override events = { third: event() };
  value = 0;
  third() {
    this.value = 3;
  }
}

let script: (state: LedgerState) => unknown = () => {};

function open() {
  const bench = new Bench({ LedgerState, OtherState });
  bench.watch(LedgerState);
  bench.watch(OtherState);
  const state = bench.instance(LedgerState);
  const whole = () => {
    const { rows, map, set, nested, text, when, _hidden } = state;
    return plain({ rows, map, set, nested, text, when, _hidden });
  };
  const run = (work: (state: LedgerState) => unknown) => {
    script = work;
    return bench.call(LedgerState, "work");
  };
  return { bench, state, whole, run };
}

function writeEverything(state: LedgerState): void {
  state.rows[0]?.tags.push("x");
  state.rows.unshift({ id: 7, tags: [] });
  state.rows.sort((a, b) => b.id - a.id);
  state.rows.splice(1, 1);
  state.map.set("new", { n: 2 });
  const entry = state.map.get("k");
  if (entry) entry.n = 5;
  state.map.delete("k");
  state.set.add("y");
  state.set.delete("m");
  state.nested.deep.list[1] = 9;
  state.nested = { deep: { list: [] } };
  state.text += "!";
  state.when = new Date(5);
  state._hidden = { calls: state._hidden.calls + 1, list: [...state._hidden.list, 2] };
}

describe("A handler is atomic", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    [
      "rejects",
      async () => {
        await Promise.resolve();
        throw new Error("no");
      },
    ],
    [
      "throws no Error",
      () => {
        throw "no";
      },
    ],
    [
      "throws undefined",
      () => {
        throw undefined;
      },
    ],
  ])("when it %s, nothing has changed, assigned hidden vars too, and nothing was sent", async (_how, end) => {
    const { bench, whole, run } = open();
    const [before, turns] = [whole(), bench.turns.length];
    const wholeBefore = [...before.map.keys(), ...before.set];
    let failed = false;
    script = (state) => {
      writeEverything(state);
      return end();
    };
    await bench.runner.call({ state: "test.LedgerState", event: "work", args: [] }, 32, (outcome) => {
      failed = "error" in outcome;
    });
    expect(failed).toBe(true);
    expect(whole()).toEqual(before);
    expect([...whole().map.keys(), ...whole().set]).toEqual(wholeBefore);
    expect(bench.turns.length).toBe(turns);
    expect(
      await run((state) => {
        state.text = "works again";
      }),
    ).toBeUndefined();
    expect(bench.copy(LedgerState).text).toBe("works again");
  });

  it("undoes what the handler wrote to another state", async () => {
    const { bench, state } = open();
    expect(await bench.call(LedgerState, "sibling")).toMatchObject({ message: "after writing both" });
    expect([bench.instance(OtherState).value, state.rows.length]).toEqual([0, 2]);
    expect(bench.copy(OtherState)).toEqual({ value: 0 });
  });

  it("fails and is undone when a getter of a watched state throws", async () => {
    const { bench, state } = open();
    expect(await bench.call(LedgerState, "broken")).toMatchObject({
      code: "STATE_COMPUTED_FAILED",
      message: expect.stringContaining("LedgerState.total"),
    });
    expect([state.text, state.trap]).toEqual(["start", false]);
    expect(state.total).toBe(2);
  });

  it("fails and is undone when it returns what is neither an effect nor an event", async () => {
    const { bench, state } = open();
    expect(await bench.call(LedgerState, "wrongReturn")).toMatchObject({
      code: "EVENT_RETURN_INVALID",
      message: expect.stringContaining("LedgerState.wrongReturn"),
    });
    expect(state.text).toBe("start");
    expect(bench.effects).toEqual([]);
  });

  it.each(["function", "instance", "state", "proto", "mapKey", "mapNaN"])(
    "refuses a value that cannot travel (%s) where it is written, and undoes the rest",
    async (kind) => {
      const { bench, state } = open();
      expect(await bench.call(LedgerState, "unsendable", kind)).toMatchObject({
        code: "STATE_VALUE_NOT_SENDABLE",
        message: expect.stringContaining("LedgerState.nested.deep.extra"),
      });
      expect(state.text).toBe("start");
      expect(Object.keys(state.nested.deep)).toEqual(["list"]);
    },
  );

  it("refuses a tree that grew too deep, however it was grown, while the page can still be shown", async () => {
    const { bench, run } = open();
    let failure: unknown;
    for (let turn = 0; turn < 10 && !failure; turn++) {
      failure = await run((state) => {
        let at = state.nested as Record<string, unknown>;
        while (at.next) at = at.next as Record<string, unknown>;
        for (let step = 0; step < 15; step++) {
          at.next = {};
          at = at.next as Record<string, unknown>;
        }
      });
    }
    expect(failure).toMatchObject({
      code: "STATE_VALUE_TOO_DEEP",
      message: expect.stringContaining("LedgerState.nested"),
    });
    expect(() => bench.tree.watch("test.LedgerState")).not.toThrow();
  });

  it("lets the handler catch a refused write and go on", async () => {
    const { bench, run } = open();
    expect(
      await run((state) => {
        expect(() => Object.assign(state.nested, { bad: () => 1 })).toThrow();
        state.text = "went on";
      }),
    ).toBeUndefined();
    expect(bench.copy(LedgerState)).toMatchObject({ text: "went on", nested: { deep: { list: [1, 2, 3] } } });
  });
});

describe("Hidden vars stay on the server", () => {
  it("hold anything, in lists too, and never appear in a frame", async () => {
    const { bench, run, state } = open();
    const socket = new Connection();
    expect(
      await run((it) => {
        it._sockets.push(socket);
        it._callback = () => 42;
        it._hidden.calls++;
      }),
    ).toBeUndefined();
    expect(state._sockets[0]).toBe(socket);
    expect(state._callback?.()).toBe(42);
    expect(JSON.stringify(bench.turns)).not.toMatch(/"_/);
    expect(bench.turns.slice(2).filter(({ changes }) => changes)).toEqual([]);
    expect(Object.keys(bench.copy(LedgerState)).some((name) => name.startsWith("_"))).toBe(false);
  });

  it("are measured without looking into objects that refer to themselves", async () => {
    const { bench, run } = open();
    const round: Record<string, unknown> = {};
    round.round = round;
    expect(
      await run((it) => {
        it._sockets.push(round, new Connection());
      }),
    ).toBeUndefined();
    expect(bench.tree.size()).toBeGreaterThan(10);
  });
});

describe("A generator flushes at each yield", () => {
  it("sends each step with its effects, in order, and the last with the answer", async () => {
    const { bench, run } = open();
    expect(
      await run(function* (state) {
        state.text = "one, which is long enough";
        yield toast.info("first");
        state.text += "-two";
        yield [toast.info("second"), toast.info("third")];
        state.text += "-three";
        return redirect("/done");
      } as (state: LedgerState) => unknown),
    ).toBeUndefined();
    expect(bench.turns.slice(2)).toEqual([
      {
        changes: { "test.LedgerState": [["set", ["text"], "one, which is long enough"]] },
        effects: [expect.objectContaining({ message: "first" })],
      },
      {
        changes: { "test.LedgerState": [["append", ["text"], "-two"]] },
        effects: [expect.objectContaining({ message: "second" }), expect.objectContaining({ message: "third" })],
      },
      {
        changes: { "test.LedgerState": [["append", ["text"], "-three"]] },
        effects: [expect.objectContaining({ to: "/done" })],
      },
    ]);
  });

  it.each(["sync", "async"])("an error after a yield undoes only what came after it (%s)", async (kind) => {
    const { bench, state, run } = open();
    const error = await run(
      kind === "sync"
        ? (function* (it: LedgerState) {
            it.text = "kept";
            it._hidden = { calls: 1, list: [] };
            yield;
            it.text = "lost";
            it._hidden = { calls: 2, list: [] };
            throw new Error("later");
          } as (state: LedgerState) => unknown)
        : (async function* (it: LedgerState) {
            it.text = "kept";
            it._hidden = { calls: 1, list: [] };
            await Promise.resolve();
            yield toast.info("seen");
            it.text = "lost";
            it._hidden = { calls: 2, list: [] };
            await Promise.resolve();
            throw new Error("later");
          } as (state: LedgerState) => unknown),
    );
    expect(error).toMatchObject({ message: "later" });
    expect([state.text, state._hidden.calls, bench.copy(LedgerState).text]).toEqual(["kept", 1, "kept"]);
  });

  it("yields nothing to the page when nothing changed", async () => {
    const { bench, run } = open();
    const turns = bench.turns.length;
    await run(function* () {
      yield;
      yield;
    } as () => unknown);
    expect(bench.turns.slice(turns).filter(({ changes, effects }) => changes || effects?.length)).toEqual([]);
  });
});

describe("Events run after one another by on()", () => {
  it("in order, each sent with its own effects", async () => {
    const { bench } = open();
    expect(await bench.call(LedgerState, "chained")).toBeUndefined();
    expect(bench.copy(LedgerState).text).toBe("first+second");
    expect(bench.copy(OtherState).value).toBe(3);
    expect(bench.effects.map((effect) => "message" in effect && effect.message)).toEqual(["one", "two"]);
  });

  it("an endless chain ends with EVENT_CHAIN_TOO_LONG", async () => {
    const { bench } = open();
    expect(await bench.call(LedgerState, "endless")).toMatchObject({
      code: "EVENT_CHAIN_TOO_LONG",
      message: expect.stringContaining("LedgerState.endless"),
    });
  });
});

it("reset() gives every var, the hidden ones too, its first value", async () => {
  const { bench, whole, run } = open();
  const before = whole();
  await run(writeEverything);
  expect(whole()).not.toEqual(before);
  expect(await bench.call(LedgerState, "resetAll")).toBeUndefined();
  expect(whole()).toEqual(before);
  expect(bench.copy(LedgerState)).toMatchObject({ text: "start", rows: before.rows });
});
