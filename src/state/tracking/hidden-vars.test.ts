import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { tagStates } from "../class-info.ts";
import { event } from "../event.ts";
import { StateRegistry } from "../registry.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

class Cart {
  #items: string[] = [];
  add(item: string) {
    this.#items.push(item);
    return this;
  }
  get size() {
    return this.#items.length;
  }
}

const shared = new Map<string, number>();

class KeepState extends State {
  static override events = { run: event() };
  shown: { n: number }[] = [{ n: 1 }];
  done = 0;
  _shared = shared;
  _sockets = new Set<object>();
  _byObject = new Map<object, unknown>();
  _value: unknown = undefined;
  _log: unknown[] = [];

  run(): unknown {
    return script(this);
  }
}

let script: (state: KeepState) => unknown = () => {};

function open() {
  const bench = new Bench({ KeepState });
  bench.watch(KeepState);
  const run = (work: (state: KeepState) => unknown) => {
    script = work;
    return bench.call(KeepState, "run");
  };
  return { bench, run, state: bench.instance(KeepState) };
}

const anything = (): Record<string, unknown> => ({
  object: { nested: { list: [{}] } },
  "object without a prototype": Object.assign(Object.create(null), { a: 1 }),
  list: [{}, [{}], new Cart()],
  "list with holes": new Array(3),
  "Set of objects": new Set([{}, new Cart(), () => 1]),
  "Map with objects as keys": new Map([[{}, { a: new Cart() }]]),
  "Map with symbols and NaN as keys": new Map<unknown, unknown>([
    [Symbol("x"), 1],
    [Number.NaN, 2],
  ]),
  WeakMap: new WeakMap(),
  WeakSet: new WeakSet(),
  WeakRef: new WeakRef({}),
  Promise: Promise.resolve(1),
  function: () => 1,
  class: Cart,
  symbol: Symbol("s"),
  instance: new Cart(),
  emitter: new EventEmitter(),
  Error: new Error("x"),
  URL: new URL("http://x/"),
  RegExp: /x/g,
  Date: new Date(5),
  bytes: new Uint8Array(5),
  "frozen object": Object.freeze({ a: Object.freeze([1]) }),
  Proxy: new Proxy({}, { get: () => 5 }),
  "object that holds itself": (() => {
    const round: Record<string, unknown> = {};
    round["round"] = round;
    return round;
  })(),
  "object whose getters throw": {
    get a() {
      throw new Error("read");
    },
  },
  "name that reaches a prototype": JSON.parse('{"__proto__":{"x":1}}'),
  "very deep object": (() => {
    let deep = {};
    for (let level = 0; level < 20_000; level++) deep = { deep };
    return deep;
  })(),
});

describe("A hidden var", () => {
  it.each(Object.keys(anything()))(
    "holds the very value that was put into it, which is measured and not changed: %s",
    async (kind) => {
      const { bench, run, state } = open();
      const value = anything()[kind];
      const key = {};
      const failure = await run((it) => {
        it._value = value;
        expect(it._value).toBe(value);
        it._log.push(value);
        it._log[1] = { inside: value };
        it._byObject.set(key, value);
        if (typeof value === "object" && value !== null) it._sockets.add(value);
        it.done++;
      });
      expect(failure).toBeUndefined();
      expect(state._value).toBe(value);
      expect(state._log[0]).toBe(value);
      expect((state._log[1] as { inside: unknown }).inside).toBe(value);
      expect(state._byObject.get(key)).toBe(value);
      expect(state._sockets.size).toBe(typeof value === "object" ? 1 : 0);
      expect(bench.tree.size()).toBeGreaterThan(10);
      expect(bench.copy(KeepState)).toEqual({ shown: [{ n: 1 }], done: 1 });
    },
  );

  it("holds the value of its initializer itself, which other tabs may share", async () => {
    const first = open();
    await first.run((it) => it._shared.set("a", 1) && undefined);
    expect(first.state._shared).toBe(shared);
    expect(open().state._shared.get("a")).toBe(1);
  });

  it("has its old value when the handler fails; what was changed inside of a value stays changed", async () => {
    const { run, state } = open();
    const list = state._log;
    const failure = await run((it) => {
      it._value = "assigned";
      it._log.push("changed inside");
      it._log = [];
      it._sockets = new Set();
      throw new Error("fails");
    });
    expect(failure).toMatchObject({ message: "fails" });
    expect(state._value).toBeUndefined();
    expect(state._log).toBe(list);
    expect(list).toEqual(["changed inside"]);
  });

  it("may hold a part of a var: writing to it writes to the var", async () => {
    const { bench, run, state } = open();
    await run((it) => {
      it._value = it.shown[0];
    });
    expect(state._value).toBe(state.shown[0]);
    await run((it) => {
      (it._value as { n: number }).n = 2;
    });
    expect(bench.copy(KeepState)["shown"]).toEqual([{ n: 2 }]);
  });

  it("gives vars copies, as any other value", async () => {
    const { bench, run } = open();
    const row = { n: 5 };
    await run((it) => {
      it._value = row;
      it.shown.push(it._value as { n: number });
    });
    row.n = 6;
    expect(bench.copy(KeepState)["shown"]).toEqual([{ n: 1 }, { n: 5 }]);
  });

  it("is measured without running the author's code, and what tabs share is counted once", async () => {
    const { bench, run } = open();
    let reads = 0;
    const data = {
      text: "x".repeat(10_000),
      get lazy() {
        return ++reads;
      },
    };
    await run((it) => {
      it._value = [data, new Uint8Array(5_000)];
    });
    expect(bench.tree.size()).toBeGreaterThan(15_000);
    expect(bench.tree.size()).toBeLessThan(20_000);
    expect(reads).toBe(0);
    const cache = new Map(Array.from({ length: 2_000 }, (_, id) => [id, { id }]));
    const tabs = [open(), open()];
    for (const tab of tabs) await tab.run((it) => void (it._value = { cache }));
    const sizes = tabs.map((tab) => tab.bench.tree.size());
    expect(sizes[0]).toBeGreaterThan(20_000);
    expect(sizes[1]).toBeLessThan(1_000);
    expect(tabs[0]?.bench.tree.size()).toBe(sizes[0]);
  });

  it("keeps its value itself when the class is loaded again, unless that is code of the old class", () => {
    const load = () => {
      class Basket {
        items: string[] = [];
      }
      class ReloadState extends State {
        static override events = {};
        _list: unknown[] = [];
        _map = new Map<object, number>();
        _basket = new Basket();
        _work = () => Basket;
      }
      const classes = { ReloadState };
      tagStates("test", classes);
      return { classes, ReloadState, Basket };
    };
    const old = load();
    const bench = new Bench(old.classes);
    const { _list, _map } = bench.instance(old.ReloadState);
    _map.set({}, 1);
    const next = load();
    bench.tree.replaceClasses(new StateRegistry([next.classes]));
    const state = bench.instance(next.ReloadState);
    expect(state._list).toBe(_list);
    expect(state._map).toBe(_map);
    expect(state._basket).toBeInstanceOf(next.Basket);
    expect(state._work()).toBe(next.Basket);
  });
});
