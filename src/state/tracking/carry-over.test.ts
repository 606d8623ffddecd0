import { describe, expect, it } from "vitest";
import { type StateClass, tagStates } from "../class-info.ts";
import { StateRegistry } from "../registry.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";
import { fateOf } from "./carry-over.ts";

const OldCart = { Cart: class Cart {} };
const NewCart = { Cart: class Cart {} };

describe("A var whose class was loaded again", () => {
  it.each<[what: string, value: unknown, before: unknown, now: unknown, fate: string]>([
    ["untouched primitive", 1, 1, 2, "renew"],
    ["untouched list", ["a"], ["a"], ["x", "y"], "renew"],
    ["untouched list of another shape", ["a", "b"], ["a", "b"], [{ id: 1 }], "renew"],
    ["untouched null", null, null, { id: 1 }, "renew"],
    ["untouched Date", new Date(5), new Date(5), new Date(9), "renew"],
    ["untouched Map and Set", new Map([["a", new Set([1])]]), new Map([["a", new Set([1])]]), new Map(), "renew"],
    ["touched, same type", 7, 1, 2, "keep"],
    ["touched, not edited", ["mine"], [], [], "keep"],
    ["touched, another kind, not edited", 5, "a", "a", "keep"],
    ["touched, another kind", 7, 1, "one", "reset"],
    ["touched list, same items", ["mine"], ["a"], ["x"], "keep"],
    ["touched list, items of another kind", ["mine"], ["a"], [{ id: 1, title: "one" }], "reset"],
    ["touched list, was empty, items of another kind", ["mine"], [], [{ id: 1 }], "reset"],
    ["touched list, is empty now", [], ["a"], [{ id: 1 }], "keep"],
    ["touched rows, a key was added", [{ id: 9 }], [{ id: 1 }], [{ id: 1, title: "" }], "reset"],
    ["touched rows, a key was renamed", [{ id: 9, name: "a" }], [{ id: 1, name: "" }], [{ id: 1, title: "" }], "reset"],
    ["touched rows, a key was removed", [{ id: 9, name: "a" }], [{ id: 1, name: "" }], [{ id: 1 }], "keep"],
    ["touched rows, an optional key", [{ id: 9 }], [{ id: 1 }], [{ id: 1, done: true }, { id: 2 }], "keep"],
    ["touched object, nested key of another kind", { a: { b: 3 } }, { a: { b: 1 } }, { a: { b: "" } }, "reset"],
    ["touched object, nested key of the same kind", { a: { b: 3 } }, { a: { b: 1 } }, { a: { b: 2 } }, "keep"],
    ["touched from null", { id: 3 }, null, null, "keep"],
    ["touched to null", null, { id: 1 }, { id: 2 }, "keep"],
    ["touched Map, values of another kind", new Map([["a", 1]]), new Map(), new Map([["a", "x"]]), "reset"],
    ["touched Set, same members", new Set([1]), new Set(), new Set([5]), "keep"],
    ["touched Date", new Date(5), new Date(1), "today", "reset"],
    ["instance of a class that was loaded again", new OldCart.Cart(), new OldCart.Cart(), new NewCart.Cart(), "renew"],
    ["function of the old code", () => 1, () => 1, () => 2, "renew"],
    ["instance where there was none at first", new OldCart.Cart(), null, null, "keep"],
    ["touched, type is a union", 5, "a", "b", "keep"],
  ])("%s", (_what, value, before, now, fate) => {
    expect(fateOf(value, before, now)).toBe(fate);
  });

  function replace(bench: Bench, name: string, stateClass: StateClass) {
    tagStates("test", { [name]: stateClass });
    return bench.tree.replaceClasses(new StateRegistry([{ [name]: stateClass }]));
  }

  it("takes the new first value where nothing was written, keeps what fits, and names what was reset", async () => {
    const Before = class ListState extends State {
      untouched = ["a", "b"];
      kept = 1;
      rows: unknown[] = ["a"];
      _hidden = "old";
      gone = 1;
    };
    const bench = new Bench({ ListState: Before });
    const old = bench.instance(Before);
    await bench.write(() => {
      old.kept = 7;
      old.rows.push("mine");
    });
    const After = class ListState extends State {
      untouched = ["x", "y"];
      kept = 2;
      rows = [{ id: 1 }];
      _hidden = "new";
      added = true;
    };
    expect(replace(bench, "ListState", After)).toMatchObject({
      replaced: ["test.ListState"],
      reset: ["ListState.rows"],
    });
    const { untouched, kept, rows, _hidden, added } = bench.instance(After);
    expect({ untouched, kept, rows, _hidden, added }).toEqual({
      untouched: ["x", "y"],
      kept: 7,
      rows: [{ id: 1 }],
      _hidden: "new",
      added: true,
    });
  });
});
