import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isUntrusted } from "../../untrusted.ts";
import { event } from "../event.ts";
import { on } from "../on.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";
import { nodeOfProxy } from "../tracking/tracked-node.ts";

const Row = z.object({ n: z.number(), tags: z.array(z.string()) });

let got: unknown[] = [];

class SenderState extends State {
  static override events = { send: event({ args: [z.string()] }), begin: event() };
  rows = [{ n: 1, tags: ["a"] }];
  byName = new Map([["first", { n: 1, tags: ["a"] }]]);
  due = new Date(5);
  note = "";

  send(what: string): unknown {
    this.note = "sent";
    switch (what) {
      case "row":
        return on(TakerState, "take", this.rows[0]);
      case "row in an object":
        return on(TakerState, "take", { row: this.rows[0], all: [...this.rows] });
      case "Map":
        return on(TakerState, "take", this.byName);
      case "Date":
        return on(TakerState, "take", this.due);
      case "in the background":
        return on(TakerState, "takeLater", this.rows[0]);
      case "parsed":
        return on(TakerState, "takeText", "  text  " as string);
      case "wrong":
        return on(TakerState, "takeText", 5 as unknown as string);
      case "too many":
        return on(TakerState, "takeText", ...(["a", "b"] as unknown as [string]));
      case "too few":
        return on(TakerState, "takeText", ...([] as unknown as [string]));
      case "strict":
        return on(TakerState, "takeRow", { ...this.rows[0], secret: 1 } as z.infer<typeof Row>);
      default:
        return on(TakerState, "take", () => 1);
    }
  }
  *begin() {
    yield on(TakerState, "takeText", " first ");
    yield on(TakerState, "takeText", 5 as unknown as string);
  }
}

class TakerState extends State {
  static override events = {
    take: event({ args: [z.any()] }),
    takeLater: event({ args: [z.any()], background: true }),
    takeText: event({ args: [z.string().trim()] }),
    takeRow: event({ args: [Row] }),
  };
  taken = 0;
  take(value: unknown) {
    got.push(value);
    this.taken++;
  }
  async takeLater(value: unknown) {
    got.push(value);
  }
  takeText(text: string) {
    this.take(text);
  }
  takeRow(row: z.infer<typeof Row>) {
    this.take(row);
  }
}

function open() {
  got = [];
  const bench = new Bench({ SenderState, TakerState });
  bench.watch(SenderState);
  bench.watch(TakerState);
  return bench;
}

/** Whether any part of a value is still a part of a var. */
function isLive(value: unknown): boolean {
  if (nodeOfProxy(value)) return true;
  if (value instanceof Map) return [...value.values()].some(isLive);
  return typeof value === "object" && value !== null && Object.values(value).some(isLive);
}

describe("The arguments of an event that another names", () => {
  it.each([
    ["row", { n: 1, tags: ["a"] }],
    ["row in an object", { row: { n: 1, tags: ["a"] }, all: [{ n: 1, tags: ["a"] }] }],
    ["Map", new Map([["first", { n: 1, tags: ["a"] }]])],
    ["Date", new Date(5)],
    ["in the background", { n: 1, tags: ["a"] }],
  ])("are copies, never a part of a var: %s", async (what, expected) => {
    const bench = open();
    expect(await bench.call(SenderState, "send", what)).toBeUndefined();
    await expect.poll(() => got).toEqual([expected]);
    expect(isLive(got[0])).toBe(false);
    const sender = bench.instance(SenderState);
    const [row] = got as [{ n: number }];
    if (what === "row") row.n = 99;
    expect(sender.rows).toEqual([{ n: 1, tags: ["a"] }]);
    // What a schema lets pass is no more trusted than what a page sends.
    if (what !== "Date") expect(isUntrusted(got[0] as object)).toBe(true);
  });

  it.each([
    ["parsed", "text"],
    ["strict", { n: 1, tags: ["a"] }],
  ])("are what the schema made of them: %s", async (what, expected) => {
    const bench = open();
    expect(await bench.call(SenderState, "send", what)).toBeUndefined();
    expect(got).toEqual([expected]);
  });

  it.each(["wrong", "too many", "too few"])(
    "that do not fit never reach the handler, and the call is told: %s",
    async (what) => {
      const bench = open();
      expect(await bench.call(SenderState, "send", what)).toMatchObject({
        code: "EVENT_ARGS_INVALID",
        message: expect.stringContaining("TakerState.takeText"),
      });
      expect([got, bench.copy(TakerState)["taken"]]).toEqual([[], 0]);
    },
  );

  it("that cannot travel are refused with their place", async () => {
    expect(await open().call(SenderState, "send", "function")).toMatchObject({
      code: "STATE_VALUE_NOT_SENDABLE",
      message: expect.stringContaining("TakerState.take, argument 1"),
    });
  });

  it("are parsed at each step of a generator; what the steps before it did stays", async () => {
    const bench = open();
    expect(await bench.call(SenderState, "begin")).toMatchObject({ code: "EVENT_ARGS_INVALID" });
    expect(got).toEqual(["first"]);
    expect(bench.copy(TakerState)["taken"]).toBe(1);
  });
});
