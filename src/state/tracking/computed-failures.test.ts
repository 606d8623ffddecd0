import { describe, expect, it } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

class StockState extends State {
  static override events = { setCount: event(), setTwo: event(), setThree: event(), reads: event() };
  count = 1;
  _read: unknown;
  get _strict() {
    if (this.count > 1) throw new Error(`${this.count} is too many`);
    return this.count;
  }
  get _between() {
    return this._strict;
  }
  get lenient() {
    try {
      return this._between;
    } catch (error) {
      return (error as Error).message;
    }
  }
  get label() {
    return `<${this.lenient}>`;
  }
  setCount() {
    this.count = 1;
  }
  setTwo() {
    this.count = 2;
  }
  setThree() {
    this.count = 3;
  }
  reads() {
    try {
      this._read = this._strict;
    } catch {
      this._read = "thrown";
    }
  }
}

describe("A getter that catches the failure of another", () => {
  it("gives what it makes of it, again when that changes, and the value when there is one again", async () => {
    const bench = new Bench({ StockState });
    bench.watch(StockState);
    const lenientAfter = async (name: keyof typeof StockState.events) => {
      expect(await bench.call(StockState, name)).toBeUndefined();
      const { lenient, label } = bench.copy(StockState);
      expect(label).toBe(`<${lenient}>`);
      return lenient;
    };
    expect(bench.copy(StockState).lenient).toBe(1);
    for (let round = 0; round < 2; round++) {
      expect(await lenientAfter("setTwo")).toBe("The getter StockState._strict threw: 2 is too many");
      // Whoever else asks meanwhile makes the getter run, and fail, once more.
      await lenientAfter("reads");
      expect(bench.instance(StockState)._read).toBe("thrown");
      expect(await lenientAfter("setThree")).toBe("The getter StockState._strict threw: 3 is too many");
      expect(await lenientAfter("setCount")).toBe(1);
    }
    expect(bench.failures).toEqual([]);
  });

  it("does so from the first read on", async () => {
    class FullState extends StockState {
      override count = 2;
    }
    const bench = new Bench({ FullState });
    bench.watch(FullState);
    expect(bench.copy(FullState).lenient).toBe("The getter FullState._strict threw: 2 is too many");
    expect(await bench.call(FullState, "setCount")).toBeUndefined();
    expect(bench.copy(FullState)).toMatchObject({ lenient: 1, label: "<1>" });
  });
});

describe("A getter that throws", () => {
  it("is named once, with its own error as the cause, however many getters wanted its value, and the event is undone", async () => {
    class ShopState extends StockState {
      get outer() {
        return this._between;
      }
    }
    const bench = new Bench({ ShopState });
    bench.watch(ShopState);
    expect(await bench.call(ShopState, "setTwo")).toMatchObject({
      code: "STATE_COMPUTED_FAILED",
      message: "The getter ShopState._strict threw: 2 is too many",
      cause: expect.objectContaining({ message: "2 is too many" }),
    });
    expect(bench.instance(ShopState)).toMatchObject({ count: 1, outer: 1 });
  });

  it("runs again when it is asked again, although nothing that it read has changed", () => {
    let isDown = true;
    class OutsideState extends State {
      get fromOutside() {
        if (isDown) throw new Error("down");
        return "up";
      }
    }
    const bench = new Bench({ OutsideState });
    expect(() => bench.watch(OutsideState)).toThrow("down");
    isDown = false;
    bench.watch(OutsideState);
    expect(bench.copy(OutsideState).fromOutside).toBe("up");
  });
});

describe("Getters that need their own value", () => {
  class RingState extends State {
    static override events = { close: event(), open: event() };
    isClosed = true;
    get first(): number {
      return this._second + 1;
    }
    get _second(): number {
      return this._third + 1;
    }
    get _third(): number {
      return this.isClosed ? this.first + 1 : 0;
    }
    close() {
      this.isClosed = true;
    }
    open() {
      this.isClosed = false;
    }
  }

  it("fail with STATE_COMPUTED_CYCLE and the ring of names", () => {
    const bench = new Bench({ RingState });
    expect(() => bench.watch(RingState)).toThrow(
      expect.objectContaining({
        code: "STATE_COMPUTED_CYCLE",
        message: expect.stringContaining(
          "RingState.first reads RingState._second reads RingState._third reads RingState.first.",
        ),
      }),
    );
  });

  it("fail in the event that closes the ring, which is undone, and work when it is open", async () => {
    class OpenState extends RingState {
      override isClosed = false;
    }
    const bench = new Bench({ OpenState });
    bench.watch(OpenState);
    for (let round = 0; round < 2; round++) {
      expect(await bench.call(OpenState, "close")).toMatchObject({ code: "STATE_COMPUTED_CYCLE" });
      expect(bench.instance(OpenState)).toMatchObject({ isClosed: false, first: 2 });
      expect(await bench.call(OpenState, "open")).toBeUndefined();
    }
  });

  it("fail the same way when one reads itself", () => {
    class SelfState extends State {
      get sum(): number {
        return this.sum + 1;
      }
    }
    expect(() => new Bench({ SelfState }).watch(SelfState)).toThrow(
      expect.objectContaining({
        code: "STATE_COMPUTED_CYCLE",
        message: expect.stringContaining("SelfState.sum reads SelfState.sum."),
      }),
    );
  });

  it("come to an end when one of them catches the failure, whatever changes afterwards", async () => {
    class CaughtState extends State {
      static override events = { add: event() };
      count = 0;
      get caught(): number {
        try {
          return this._asks;
        } catch {
          return -1;
        }
      }
      get _asks(): number {
        return this.caught + this._parity;
      }
      get _parity(): number {
        return this.count % 2;
      }
      add() {
        this.count++;
      }
    }
    const bench = new Bench({ CaughtState });
    bench.watch(CaughtState);
    for (let round = 0; round < 3; round++) {
      expect(await bench.call(CaughtState, "add")).toBeUndefined();
      expect(bench.copy(CaughtState).caught).toBe(-1);
      expect(typeof bench.instance(CaughtState)._asks).toBe("number");
    }
  });
});
