import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

const bus = new EventEmitter();
let rooms: RoomState[] = [];
let others = new Map<RoomState, RoomState>();
/** Settles when as many handlers as were announced have begun. */
let all = gate(0);
let end = Promise.withResolvers<void>();
let answers: Promise<unknown>[] = [];

function gate(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  return {
    pass: () => {
      if (--left <= 0) resolve();
      return promise;
    },
  };
}

class RoomState extends State {
  static override events = {
    sendAwaited: event(),
    sendAndGoOn: event(),
    sendApart: event({ background: true }),
    pokeNext: event(),
    pokeNextStepwise: event(),
    visit: event(),
    waitForOwn: event(),
    hold: event(),
    backgroundUpdate: event({ background: true }),
    ping: event(),
  };
  lines: string[] = [];

  write(text: string) {
    return this.update(() => {
      this.lines.push(text);
    });
  }
  ping() {}
  async sendAwaited() {
    await all.pass();
    await Promise.all(rooms.map((room) => room.write("awaited")));
  }
  async sendAndGoOn() {
    await all.pass();
    answers.push(...rooms.map((room) => room.write("sent")));
    await new Promise(setImmediate);
  }
  async sendApart() {
    await all.pass();
    await Promise.all(rooms.map((room) => room.write("apart")));
  }
  async pokeNext() {
    await all.pass();
    await others.get(this)?.write("poked");
  }
  async *pokeNextStepwise() {
    yield;
    await all.pass();
    await others.get(this)?.write("poked");
    yield;
  }
  async visit() {
    await others.get(this)?.update(async () => {
      await this.write("from there");
    });
  }
  async waitForOwn() {
    await new Promise<void>((resolve, reject) => {
      bus.once("go", () => {
        this.write("own").then(() => resolve(), reject);
      });
    });
  }
  async hold() {
    await end.promise;
  }
  async backgroundUpdate() {
    answers.push(this.write("later"));
    await answers[0];
  }
}

beforeEach(() => {
  rooms = [];
  others = new Map();
  answers = [];
  end = Promise.withResolvers();
});
afterEach(() => {
  end.resolve();
  bus.removeAllListeners();
});

function open(count: number, options?: ConstructorParameters<typeof Bench>[1]): Bench[] {
  const tabs = Array.from({ length: count }, () => new Bench({ RoomState }, options));
  rooms = tabs.map((tab) => tab.instance(RoomState));
  for (const [at, room] of rooms.entries()) others.set(room, rooms[(at + 1) % count] as RoomState);
  all = gate(count);
  return tabs;
}

async function expectAlive(tabs: readonly Bench[]) {
  for (const tab of tabs) expect(await tab.call(RoomState, "ping")).toBeUndefined();
}

describe("handlers of several tabs that await each other's update()", () => {
  it.each([
    ["sendAwaited", 2],
    ["sendAwaited", 5],
    ["pokeNext", 2],
    ["pokeNext", 4],
    ["pokeNextStepwise", 3],
  ])("%s of %i tabs at once: one that closes the circle is refused, and every tab goes on", async (how, count) => {
    const tabs = open(count);
    const failures = await Promise.all(tabs.map((tab) => tab.call(RoomState, how)));
    const refused = failures.filter((failure) => failure !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(count);
    for (const failure of refused) {
      expect(failure).toMatchObject({ code: "STATE_UPDATE_CIRCLE" });
      expect((failure as Error).message).toContain(`RoomState.${how} waits for RoomState.${how}`);
    }
    await expectAlive(tabs);
  });

  it("an update() that comes back to the tab whose handler awaits it is refused", async () => {
    const tabs = open(2);
    expect(await tabs[0]?.call(RoomState, "visit")).toMatchObject({ code: "STATE_UPDATE_CIRCLE" });
    await expectAlive(tabs);
  });

  it("reach everybody when they do not await it", async () => {
    const tabs = open(3);
    const failures = await Promise.all(tabs.map((tab) => tab.call(RoomState, "sendAndGoOn")));
    await Promise.all(answers);
    expect(failures).toEqual([undefined, undefined, undefined]);
    expect(rooms.map(({ lines }) => lines.length)).toEqual([3, 3, 3]);
  });

  it("reach everybody when they are background work", async () => {
    const tabs = open(3);
    for (const tab of tabs) void tab.call(RoomState, "sendApart");
    await expect.poll(() => rooms.map(({ lines }) => lines.length)).toEqual([3, 3, 3]);
    expect(tabs.flatMap(({ failures }) => failures)).toEqual([]);
  });
});

describe("an update() outside handlers", () => {
  it("is refused when the handler that has the turn keeps it for too long: it may await just this", async () => {
    const tabs = open(1, { stuckAfter: 50 });
    const waiting = tabs[0]?.call(RoomState, "waitForOwn");
    bus.emit("go");
    const failure = await waiting;
    expect(failure).toMatchObject({ code: "STATE_UPDATE_STUCK" });
    expect((failure as Error).message).toContain("RoomState.waitForOwn kept the turn");
    await expectAlive(tabs);
  });

  it.each(["stop", "end"] as const)("is refused when its tab ends while a handler keeps the turn (%s)", async (how) => {
    const [tab] = open(1);
    void tab?.call(RoomState, "hold");
    const answer = rooms[0]?.write("late");
    tab?.runner[how](new Error("the tab has expired"));
    await expect(answer).rejects.toMatchObject({ code: "STATE_GONE" });
    await expect(rooms[0]?.write("later")).rejects.toMatchObject({ code: "STATE_GONE" });
  });
});

describe("an update() of background work", () => {
  it("that waits for the turn rejects when the work is no longer wanted", async () => {
    const [tab] = open(1);
    void tab?.call(RoomState, "hold");
    void tab?.call(RoomState, "backgroundUpdate");
    await new Promise(setImmediate);
    const left = new Error("the page was left");
    tab?.runner.endPage(left);
    await expect(answers[0]).rejects.toBe(left);
    end.resolve();
    await tab?.runner.idle();
    expect(rooms[0]?.lines).toEqual([]);
  });
});
