import { expect, test } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

class PileState extends State {
  static override events = { fill: event() };
  list: object[] = [];
  _hidden: object[] = [];
  fill() {
    for (let count = 0; count < 10_000; count++) {
      this.list.push([]);
      this._hidden.push({});
    }
  }
}

test("empty objects count with the memory that they take, and not only with their two characters of JSON", async () => {
  const bench = new Bench({ PileState });
  bench.watch(PileState);
  await bench.call(PileState, "fill");
  expect(bench.tree.size()).toBeGreaterThan(2 * 10_000 * 60);
});
