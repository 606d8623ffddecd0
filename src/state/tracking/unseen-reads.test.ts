import { beforeEach, describe, expect, it } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

class Cart {
  #items: string[] = [];
  add(item: string) {
    this.#items.push(item);
  }
  get size() {
    return this.#items.length;
  }
}

let runs: Record<string, number> = {};
const count = (name: string) => {
  runs[name] = (runs[name] ?? 0) + 1;
};

class BaseState extends State {
  static override events = { change: event(), other: event() };
  #visits = 0;
  #secret = { deep: { n: 0 } };
  static peek(state: BaseState) {
    return state.#visits;
  }
  rows = [{ n: 1 }];
  unrelated = 0;
  ratio = 1;
  _cart = new Cart();
  _list: number[] = [];
  _map = new Map<object, number>();
  _plain = { a: { b: 0 } };
  _read = () => this.#visits;
  _number = 0;
  _row: { n: number } | undefined;

  // Read what nobody sees.
  get visits() {
    return this.#visits;
  }
  get byMethod() {
    return this.countVisits();
  }
  get byPrivateMethod() {
    return this.#count();
  }
  get byStatic() {
    return BaseState.peek(this);
  }
  get byName() {
    return (this as unknown as Record<string, () => number>)["countVisits"]?.();
  }
  get byFunction() {
    return this._read();
  }
  get deep() {
    return this.#secret.deep.n;
  }
  get byGetter() {
    return this.visits * 10;
  }
  get byGetterOfGetter() {
    return this.byGetter + this.ratio;
  }
  get asList() {
    return Array.from({ length: this.#visits }, (_, n) => ({ n }));
  }
  get inCart() {
    return this._cart.size;
  }
  get inList() {
    return this._list.length;
  }
  get inMap() {
    return this._map.size;
  }
  get inPlain() {
    return this._plain.a.b;
  }
  get mixed() {
    return this.rows.length * 100 + this.#visits;
  }
  get sometimes() {
    return this.ratio === 1 ? this.#visits : -1;
  }

  // Read only what is followed.
  get followed() {
    count("followed");
    return this.rows.map(({ n }) => n);
  }
  get followedHidden() {
    count("followedHidden");
    return this._number;
  }
  get followedPart() {
    count("followedPart");
    return this._row?.n;
  }
  get followedMethod() {
    count("followedMethod");
    return this.sum();
  }

  countVisits() {
    return this.#visits;
  }
  #count() {
    return this.#visits;
  }
  sum() {
    return this.rows.reduce((sum, { n }) => sum + n, 0);
  }
  change() {
    this.#visits++;
    this.#secret.deep.n++;
    this._cart.add("tea");
    this._list.push(1);
    this._map.set({}, 1);
    this._plain.a.b++;
  }
  other() {
    this.unrelated++;
  }
}

class ChildState extends BaseState {
  static override events = { ...super.events };
  get bySuper() {
    return super.visits;
  }
  get bySuperMethod() {
    return super.countVisits();
  }
}

class SiblingState extends State {
  static override events = {};
  get ofOther() {
    return this.state(ChildState).visits;
  }
  get ofOtherMethod() {
    return this.state(ChildState).countVisits();
  }
  get ofOtherCart() {
    return this.state(ChildState)._cart.size;
  }
}

const UNSEEN = [
  "visits",
  "byMethod",
  "byPrivateMethod",
  "byStatic",
  "byName",
  "byFunction",
  "deep",
  "inCart",
  "inList",
  "inMap",
  "inPlain",
  "sometimes",
  "bySuper",
  "bySuperMethod",
];

beforeEach(() => {
  runs = {};
});

describe("A getter over what changes unseen is never stale", () => {
  it.each(UNSEEN)("in frames and in handlers: %s", async (name) => {
    const bench = new Bench({ ChildState, SiblingState });
    bench.watch(ChildState);
    const state = bench.instance(ChildState) as unknown as Record<string, unknown>;
    expect(state[name]).toBe(0);
    for (const expected of [1, 2]) {
      await bench.call(ChildState, "change");
      expect(bench.copy(ChildState)[name]).toBe(expected);
      expect(state[name]).toBe(expected);
    }
  });

  it("also by another getter, of another state, and together with vars", async () => {
    const bench = new Bench({ ChildState, SiblingState });
    bench.watch(ChildState);
    bench.watch(SiblingState);
    for (let round = 0; round < 2; round++) await bench.call(ChildState, "change");
    const expected = { byGetter: 20, byGetterOfGetter: 21, asList: [{ n: 0 }, { n: 1 }], mixed: 102 };
    expect(bench.copy(ChildState)).toMatchObject(expected);
    expect(bench.copy(SiblingState)).toEqual({ ofOther: 2, ofOtherMethod: 2, ofOtherCart: 2 });
  });

  it("within one handler, and at each step of a generator", async () => {
    class StepState extends State {
      static override events = { steps: event() };
      #n = 0;
      seen: number[] = [];
      get twice() {
        return this.#n * 2;
      }
      *steps() {
        for (let step = 0; step < 3; step++) {
          this.#n++;
          this.seen.push(this.twice);
          yield;
        }
      }
    }
    const bench = new Bench({ StepState });
    bench.watch(StepState);
    await bench.call(StepState, "steps");
    expect(bench.copy(StepState)).toEqual({ seen: [2, 4, 6], twice: 6 });
    expect(bench.turns.filter(({ changes }) => changes).length).toBe(4);
  });

  it("sends nothing when its value is the same as before", async () => {
    const bench = new Bench({ ChildState, SiblingState });
    bench.watch(ChildState);
    await bench.call(ChildState, "change");
    const turns = bench.turns.length;
    await bench.call(ChildState, "other");
    expect(bench.turns.slice(turns)).toEqual([
      { changes: { "test.ChildState": [["set", ["unrelated"], 1]] }, effects: [] },
    ]);
  });
});

describe("A getter over vars alone, in a state that has such getters too", () => {
  it.each(["followed", "followedHidden", "followedPart", "followedMethod"])(
    "runs again only when what it read has changed: %s",
    async (name) => {
      const bench = new Bench({ ChildState, SiblingState });
      bench.watch(ChildState);
      const state = bench.instance(ChildState);
      await bench.write(() => {
        state._row = state.rows[0];
      });
      void state[name as "followed"];
      const before = runs[name];
      await bench.call(ChildState, "change");
      await bench.call(ChildState, "other");
      expect(runs[name]).toBe(before);
      await bench.write(() => {
        state._number = 7;
        const [row] = state.rows;
        if (row) row.n = 7;
      });
      expect(runs[name]).toBe((before ?? 0) + 1);
      expect(bench.copy(ChildState)[name]).toEqual(name === "followed" ? [7] : 7);
    },
  );
});
