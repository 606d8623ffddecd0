import { describe, expect, it } from "vitest";
import type { ServerFrame } from "../../protocol/frames.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

class TableState extends State {
  rows = Array.from({ length: 10_000 }, (_, id) => ({
    id,
    name: `row ${id}`,
    price: id * 1.5,
    tags: ["a", "b"],
    note: "nothing in particular",
  }));
  lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  text = "x".repeat(1_000_000);
  small = { a: 1 };
  map = new Map(Array.from({ length: 1_000 }, (_, key) => [`k${key}`, key]));
  set = new Set(Array.from({ length: 1_000 }, (_, key) => `m${key}`));
  when = new Date(5);
}

const bench = new Bench({ TableState });
bench.watch(TableState);
const state = bench.instance(TableState);

/** Bytes of the whole frame that the writes lead to, the answer to the call included; undefined when nothing is sent. */
async function bytes(work: (state: TableState) => void): Promise<number | undefined> {
  bench.lastChanges = undefined;
  expect(await bench.write(() => work(state))).toBeUndefined();
  if (!bench.lastChanges) return undefined;
  const frame: ServerFrame = { version: 1_000_000, changes: bench.lastChanges, acks: [[1_000_000]] };
  expect(bench.copy(TableState).rows).toEqual(JSON.parse(JSON.stringify(state.rows)));
  return Buffer.byteLength(JSON.stringify(frame));
}

describe("What a change of 10,000 keyed rows costs on the wire", () => {
  it.each<[string, number, (state: TableState) => void]>([
    [
      "one field of one row",
      200,
      ({ rows }) => {
        const row = rows[9_999];
        if (row) row.name = "changed";
      },
    ],
    [
      "one field through a copy of all rows",
      200,
      (it) => {
        it.rows = it.rows.map((row) => (row.id === 5_000 ? { ...row, name: "copied" } : row));
      },
    ],
    [
      "push of a row",
      300,
      ({ rows }) => {
        rows.push({ id: 20_000, name: "new", price: 1, tags: [], note: "" });
      },
    ],
    [
      "unshift of a row",
      300,
      ({ rows }) => {
        rows.unshift({ id: 20_001, name: "new", price: 1, tags: [], note: "" });
      },
    ],
    [
      "a row in front by spread",
      300,
      (it) => {
        it.rows = [{ id: 20_002, name: "new", price: 1, tags: [], note: "" }, ...it.rows];
      },
    ],
    [
      "splice in the middle",
      300,
      ({ rows }) => {
        rows.splice(5_000, 2, { id: 20_003, name: "new", price: 1, tags: [], note: "" });
      },
    ],
    [
      "a row taken out by filter",
      200,
      (it) => {
        it.rows = it.rows.filter((row) => row.id !== 77);
      },
    ],
    [
      "pop and shift",
      250,
      ({ rows }) => {
        rows.pop();
        rows.shift();
      },
    ],
    [
      "one row moved to the end",
      200,
      ({ rows }) => {
        rows.push(...rows.splice(3, 1));
      },
    ],
    [
      "one tag of one row",
      200,
      ({ rows }) => {
        rows[40]?.tags.push("c");
      },
    ],
    [
      "sort of all rows",
      70_000,
      ({ rows }) => {
        rows.sort((a, b) => b.price - a.price);
      },
    ],
    [
      "append to a text of a million characters",
      150,
      (it) => {
        it.text += "12345";
      },
    ],
    [
      "append to a list",
      150,
      ({ lines }) => {
        lines.push("one more");
      },
    ],
    [
      "one entry of a Map",
      150,
      ({ map }) => {
        map.set("k7", 1);
      },
    ],
    [
      "one new entry of a Map",
      150,
      ({ map }) => {
        map.set("new", 1);
      },
    ],
    [
      "one member of a Set",
      150,
      ({ set }) => {
        set.add("new");
      },
    ],
  ])("%s: at most %i bytes", async (_what, most, work) => {
    const size = await bytes(work);
    expect(size).toBeGreaterThan(40);
    expect(size).toBeLessThanOrEqual(most);
  });

  it.each<[string, (state: TableState) => void]>([
    [
      "the same values assigned",
      (it) => {
        const [row] = it.rows;
        if (row) row.name = String(row.name);
        it.text = `${it.text}`;
      },
    ],
    [
      "an equal copy of all rows",
      (it) => {
        it.rows = it.rows.map((row) => ({ ...row, tags: [...row.tags] }));
      },
    ],
    [
      "an equal Map, Set and Date",
      (it) => {
        it.map = new Map(it.map);
        it.set = new Set(it.set);
        it.when = new Date(it.when.getTime());
      },
    ],
    [
      "a write that is taken back",
      (it) => {
        const name = it.small.a;
        it.small.a = 5;
        it.small.a = name;
        it.set.add("once");
        it.set.delete("once");
      },
    ],
    [
      "a sort that changes nothing",
      (it) => {
        it.rows.sort((a, b) => b.price - a.price);
      },
    ],
    [
      "a row taken out and put back",
      (it) => {
        const row = it.rows.pop();
        if (row) it.rows.push(row);
      },
    ],
  ])("%s: nothing is sent", async (_what, work) => {
    expect(await bytes(work)).toBeUndefined();
  });

  it("operations that are larger than the value give way to the value", async () => {
    await bytes((it) => {
      it.lines = it.lines
        .map((line) => `${line}!`)
        .slice(0, 5)
        .reverse();
    });
    expect(bench.lastChanges?.["test.TableState"]).toEqual([
      ["set", ["lines"], ["line 4!", "line 3!", "line 2!", "line 1!", "line 0!"]],
    ]);
  });
});
