import { expect, test } from "vitest";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";
import { plain } from "./plain.ts";

/** Small and repeatable: a failing seed can be run again. */
function randomOf(seed: number): (below: number) => number {
  let value = seed * 2654435761 + 1;
  return (below) => {
    value = (Math.imul(value ^ (value >>> 15), 2246822519) + 3266489917) | 0;
    return (value >>> 8) % below;
  };
}

type Row = { id: number; name: string; tags: string[]; meta: Record<string, unknown> };

class Fuzzed extends State {
  rows: Row[] = [];
  loose: unknown[] = [];
  text = "";
  record: Record<string, unknown> = {};
  map = new Map<string, unknown>();
  set = new Set<string | number>();
  when: Date | undefined = new Date(0);
  mixed: unknown = null;
  _hidden: { count: number } = { count: 0 };
  get names() {
    return this.rows.map((row) => row.name);
  }
  get late() {
    return this.rows.filter((row) => row.id % 2 === 0);
  }
}

let nextId = 1;

function row(random: (below: number) => number): Row {
  return {
    id: nextId++,
    name: `n${random(50)}`,
    tags: [`t${random(5)}`],
    meta: { at: new Date(random(1e6)), n: random(9) },
  };
}

function value(random: (below: number) => number, depth = 0): unknown {
  const kinds = [
    () => random(100),
    () => `s${random(100)}`,
    () => null,
    () => undefined,
    () => Number.NaN,
    () => BigInt(random(1000)),
    () => new Date(random(1e9)),
    () => new Set([random(5), `m${random(5)}`]),
    () =>
      new Map([
        [`k${random(4)}`, random(9)],
        [`k${random(4)}`, random(9)],
      ]),
    () => (depth > 2 ? 0 : [value(random, depth + 1), value(random, depth + 1)]),
    () => (depth > 2 ? 0 : { id: random(6), $a: 1, x: value(random, depth + 1) }),
  ];
  return kinds[random(kinds.length)]?.();
}

function mutate(state: Fuzzed, random: (below: number) => number): void {
  const { rows } = state;
  const at = rows.length > 0 ? random(rows.length) : 0;
  const some = rows[at];
  const steps: (() => void)[] = [
    () => rows.push(row(random), row(random)),
    () => rows.unshift(row(random)),
    () => rows.splice(at, random(3), row(random)),
    () => rows.pop(),
    () => rows.shift(),
    () => rows.sort((a, b) => a.name.localeCompare(b.name)),
    () => rows.reverse(),
    () => some && (some.name = `m${random(50)}`),
    () => some?.tags.push(`p${random(9)}`),
    () => some && (some.meta.extra = value(random)),
    () => some && delete some.meta.extra,
    () => (state.rows = state.rows.filter((item) => item.id % 3 !== 0)),
    () => (state.rows = state.rows.map((item) => ({ ...item, name: `${item.name}!` }))),
    () => (state.rows = [...state.rows].sort((a, b) => b.id - a.id)),
    () => (state.rows = plain(state.rows).slice(0, 20)),
    () => rows.length > 1 && ([rows[0], rows[1]] = [rows[1] as Row, rows[0] as Row]),
    () => rows.length > 2 && rows.splice(0, 0, ...rows.splice(2, 1)),
    () => (rows.length = Math.min(rows.length, 25)),
    () => (state.text += `x${random(10)}`),
    () => (state.text = state.text.slice(random(5))),
    () => (state.record[`k${random(6)}`] = value(random)),
    () => delete state.record[`k${random(6)}`],
    () => (state.record = { ...state.record, fresh: value(random) }),
    () => state.map.set(`k${random(6)}`, value(random)),
    () => state.map.delete(`k${random(6)}`),
    () => (state.map = new Map([...state.map].reverse())),
    () => random(5) === 0 && state.map.clear(),
    () => state.set.add(random(12)),
    () => state.set.delete(random(12)),
    () => (state.set = new Set([...state.set].slice(1))),
    () => (state.when = random(3) === 0 ? undefined : new Date(random(1e9))),
    () => state.loose.push(value(random)),
    () => state.loose.splice(random(state.loose.length + 1), random(2), value(random)),
    () => (state.loose = [value(random), ...state.loose.slice(1)]),
    () => state.loose.fill(value(random), 1, 2),
    () => state.loose.copyWithin(0, 1, 2),
    () => (state.loose.length = Math.min(state.loose.length, 8)),
    () => (state.mixed = value(random)),
    () => state._hidden.count++,
  ];
  steps[random(steps.length)]?.();
}

function visible(state: Fuzzed): Record<string, unknown> {
  const { rows, loose, text, record, map, set, when, mixed, names, late } = state;
  return plain({ rows, loose, text, record, map, set, when, mixed, names, late });
}

/** Also the order of Map and Set entries, which toEqual does not compare. */
function ordered(vars: Record<string, unknown>): unknown {
  return [[...(vars.map as Map<string, unknown>).keys()], [...(vars.set as Set<unknown>)]];
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  "after any writes the page's copy is the server's state, and a failed handler leaves no trace (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    const bench = new Bench({ Fuzzed });
    bench.watch(Fuzzed);
    const state = bench.instance(Fuzzed);
    for (let turn = 0; turn < 60; turn++) {
      const before = visible(state);
      const fails = random(4) === 0;
      const failure = await bench.write(() => {
        for (let step = random(6); step >= 0; step--) mutate(state, random);
        if (fails) throw new Error("undo");
      });
      if (fails) {
        expect(failure).toBeInstanceOf(Error);
        expect(visible(state)).toEqual(before);
        expect(ordered(visible(state))).toEqual(ordered(before));
      } else {
        expect(failure).toBeUndefined();
      }
      expect(bench.copy(Fuzzed)).toEqual(visible(state));
      expect(ordered(bench.copy(Fuzzed))).toEqual(ordered(visible(state)));
    }
  },
);
