import { describe, expect, it } from "vitest";
import { z } from "zod";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

class FormState extends State {
  static override events = {
    assign: event(),
    restore: event(),
    back: event(),
    elsewhere: event(),
    fail: event(),
  };
  static override fields = {
    text: z.string(),
    tags: z.array(z.string()),
    count: z.number().nullable(),
    due: z.date(),
    inner: z.object({ a: z.number() }),
  };
  text = "same";
  tags = ["a"];
  count: number | null = null;
  due = new Date(0);
  inner = { a: 1 };
  plain = "no field";

  assign() {
    Object.assign(this, {
      text: "same",
      tags: ["a"],
      count: null,
      due: new Date(0),
      inner: { a: 1 },
      plain: "no field",
    });
  }

  restore() {
    this.reset();
  }

  back() {
    this.text = "other";
    this.text = "same";
  }

  elsewhere() {
    this.inner.a = 1;
    this.plain = "changed";
  }

  fail() {
    this.text = "same";
    throw new Error("no");
  }
}

function start(): { bench: Bench; operations: () => unknown } {
  const bench = new Bench({ FormState });
  bench.watch(FormState);
  bench.lastChanges = undefined;
  return { bench, operations: () => bench.lastChanges?.["test.FormState"] };
}

const ALL = [
  ["append", ["text"], ""],
  ["splice", ["tags"], 0, 0],
  ["set", ["count"], null],
  ["set", ["due"], { $date: 0 }],
  ["set", ["inner"], { a: 1 }],
];

describe("A field that a handler assigns", () => {
  it.each(["assign", "restore"])("is named to the page also when its value is the same: by %s", async (name) => {
    const { bench, operations } = start();
    const before = bench.copy(FormState);
    expect(await bench.call(FormState, name)).toBeUndefined();
    expect(operations()).toEqual(ALL);
    expect(bench.copy(FormState)).toEqual(before);
  });

  it("is named when it has got its old value back within the handler", async () => {
    const { bench, operations } = start();
    await bench.call(FormState, "back");
    expect(operations()).toEqual([["append", ["text"], ""]]);
  });

  it("is named once: the next frame says nothing of it", async () => {
    const { bench, operations } = start();
    await bench.call(FormState, "assign");
    await bench.call(FormState, "elsewhere");
    expect(operations()).toEqual([["set", ["plain"], "changed"]]);
  });

  it("is not named by a handler that fails", async () => {
    const { bench, operations } = start();
    expect(await bench.call(FormState, "fail")).toBeInstanceOf(Error);
    expect(operations()).toBeUndefined();
    await bench.call(FormState, "elsewhere");
    expect(operations()).toEqual([["set", ["plain"], "changed"]]);
  });

  it("may be assigned the same value outside of a handler, as any var", () => {
    const { bench } = start();
    expect(() => {
      bench.instance(FormState).text = "same";
    }).not.toThrow();
  });
});
