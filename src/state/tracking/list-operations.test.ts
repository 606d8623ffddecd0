import { expect, test } from "vitest";
import type { Operation } from "../../protocol/frames.ts";
import { applyChange } from "../../protocol/patches.ts";
import { listOperations } from "./list-operations.ts";

type Item = number | { id: number; v: number };

/** Applies the operations and then, as the finder does, the changes inside of the items that were kept. */
function replayed(before: readonly Item[], after: readonly Item[]): unknown {
  const { operations, kept } = listOperations(before, after, ["list"]);
  const inside = kept.map(([, to]): Operation => ["set", ["list", to], after[to] as never]);
  return applyChange({ list: before }, [...operations, ...inside]).list;
}

function lists(values: readonly Item[], longest: number): Item[][] {
  let all: Item[][] = [[]];
  let last: Item[][] = [[]];
  for (let length = 1; length <= longest; length++) {
    last = last.flatMap((list) => values.map((value) => [...list, value]));
    all = all.concat(last);
  }
  return all;
}

test("every short list of numbers becomes every other one", () => {
  const all = lists([1, 2, Number.NaN], 4);
  for (const before of all) for (const after of all) expect(replayed(before, after)).toEqual(after);
});

test("every short list of rows, with ids that repeat or not, becomes every other one", () => {
  const before = lists([{ id: 1, v: 0 }, { id: 2, v: 0 }, { id: 3, v: 0 }, 7], 4);
  const after = lists([{ id: 1, v: 1 }, { id: 2, v: 0 }, { id: 4, v: 1 }, 7], 3);
  for (const old of before) for (const young of after) expect(replayed(old, young)).toEqual(young);
});

test("a row that goes to another place is moved, many rows are put in order", () => {
  const rows = Array.from({ length: 100 }, (_, id) => ({ id, v: 0 }));
  const moved = [...rows.slice(1, 50), rows[0], ...rows.slice(50)] as Item[];
  expect(listOperations(rows, moved, ["list"]).operations).toEqual([["move", ["list"], 0, 49]]);
  const turned = rows.toReversed();
  const { operations } = listOperations(rows, turned, ["list"]);
  expect(operations.map(([kind]) => kind)).toEqual(["order"]);
  expect(replayed(rows, turned)).toEqual(turned);
});

test("rows that go and come cost no more than they are", () => {
  const rows = Array.from({ length: 1000 }, (_, id) => ({ id, v: 0 }));
  const changed = [{ id: 5000, v: 1 }, ...rows.filter(({ id }) => id !== 10 && id !== 500)] as Item[];
  expect(listOperations(rows, changed, ["list"]).operations).toEqual([
    ["splice", ["list"], 500, 1],
    ["splice", ["list"], 10, 1],
    ["splice", ["list"], 0, 0, { id: 5000, v: 1 }],
  ]);
});
