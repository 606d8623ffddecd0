import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";
import { runs } from "./run.ts";

const bus = new EventEmitter();
const tenant = new AsyncLocalStorage<string>();
let answers: Promise<unknown>[] = [];
let isAllowed = true;
let end = Promise.withResolvers<void>();

class EarState extends State {
  static override guard = () => isAllowed;
  static override events = {
    listen: event(),
    follow: event({ background: true }),
    nested: event({ background: true }),
    say: event(),
    sayAndFail: event(),
    hold: event(),
    steps: event(),
  };
  heard = 0;
  said = 0;
  steps_ = 0;
  where: unknown[] = [];

  #hear(work: () => void = () => {}) {
    const answer = this.update(() => {
      this.heard++;
      this.where.push(runs.getStore()?.label ?? "nowhere", tenant.getStore() ?? "nobody's");
      work();
      return this.heard;
    });
    answer.catch(() => {});
    answers.push(answer);
  }
  listen() {
    bus.on("word", (work) => this.#hear(work));
  }
  async follow() {
    this.listen();
    await end.promise;
  }
  async nested() {
    await this.update(() => {
      bus.once(
        "word",
        AsyncLocalStorage.bind(() => this.#hear()),
      );
    });
    await end.promise;
  }
  say() {
    this.said++;
    tenant.run("the speaker's", () => bus.emit("word"));
  }
  sayAndFail() {
    this.say();
    throw new Error("after saying");
  }
  async hold() {
    await end.promise;
    this.said = 5;
  }
  async *steps() {
    for (let step = 0; step < 3; step++) {
      this.steps_++;
      await null;
      yield;
    }
  }
}

afterEach(() => {
  bus.removeAllListeners();
  answers = [];
  isAllowed = true;
  end.resolve();
  end = Promise.withResolvers();
});

function tab() {
  const bench = new Bench({ EarState });
  bench.watch(EarState);
  return bench;
}

describe("update() that is called back", () => {
  it.each(["listen", "follow"])(
    "by a handler of another tab writes to the tab of its state, in nobody's context (%s)",
    async (how) => {
      const [ear, mouth] = [tab(), tab()];
      void ear.call(EarState, how);
      await expect.poll(() => bus.listenerCount("word")).toBe(1);
      expect(await mouth.call(EarState, "say")).toBeUndefined();
      expect(await Promise.all(answers)).toEqual([1]);
      expect(ear.copy(EarState)).toMatchObject({ heard: 1, said: 0, where: ["EarState.update()", "nobody's"] });
      expect(mouth.copy(EarState)).toMatchObject({ heard: 0, said: 1 });
    },
  );

  it("by code that belongs to no handler writes as well", async () => {
    const ear = tab();
    await ear.call(EarState, "listen");
    bus.emit("word");
    bus.emit("word");
    expect(await Promise.all(answers)).toEqual([1, 2]);
    expect(ear.copy(EarState)["heard"]).toBe(2);
  });

  it("by a handler of its own tab is a part of that handler, and undone with it", async () => {
    const ear = tab();
    await ear.call(EarState, "listen");
    await ear.call(EarState, "say");
    expect(ear.copy(EarState)).toMatchObject({ heard: 1, where: ["EarState.say", "the speaker's"] });
    await ear.call(EarState, "sayAndFail");
    expect(ear.copy(EarState)).toMatchObject({ heard: 1, said: 1 });
    expect(ear.instance(EarState).heard).toBe(1);
  });

  it("waits for the handler that has the turn, and goes before events that wait", async () => {
    const ear = tab();
    await ear.call(EarState, "listen");
    const holding = ear.call(EarState, "hold");
    const waiting = ear.call(EarState, "steps");
    bus.emit("word", () => expect(ear.instance(EarState).steps_).toBe(0));
    expect(ear.copy(EarState)["heard"]).toBe(0);
    end.resolve();
    await Promise.all([holding, waiting, ...answers]);
    expect(ear.copy(EarState)).toMatchObject({ heard: 1, said: 5, steps_: 3 });
  });

  it("runs between two steps of a generator", async () => {
    const ear = tab();
    await ear.call(EarState, "listen");
    const stepping = ear.call(EarState, "steps");
    bus.emit("word", () => expect(ear.instance(EarState).steps_).toBe(1));
    await Promise.all([stepping, ...answers]);
    expect(ear.copy(EarState)).toMatchObject({ heard: 1, steps_: 3 });
  });

  it("rejects and is undone when its work throws; whoever emits goes on", async () => {
    const [ear, mouth] = [tab(), tab()];
    await ear.call(EarState, "listen");
    const fail = () => {
      throw new RangeError("in the work");
    };
    expect(() => bus.emit("word", fail)).not.toThrow();
    await expect(answers[0]).rejects.toThrow("in the work");
    expect([ear.instance(EarState).heard, ear.copy(EarState)["heard"], ear.failures]).toEqual([0, 0, []]);
    expect(await mouth.call(EarState, "say")).toBeUndefined();
    expect(await answers[1]).toBe(1);
  });

  it("asks the guard of the state", async () => {
    const ear = tab();
    await ear.call(EarState, "listen");
    isAllowed = false;
    bus.emit("word");
    await expect(answers[0]).rejects.toMatchObject({ code: "EVENT_REFUSED" });
    expect(ear.instance(EarState).heard).toBe(0);
  });

  it.each([
    ["its tab has ended", (ear: Bench) => ear.runner.end(new Error("the tab was closed"))],
    ["its states were made again, for another user perhaps", (ear: Bench) => ear.tree.clear()],
    ["the tab may not see it any more", (ear: Bench) => ear.tree.withhold("test.EarState")],
  ])("rejects with STATE_GONE when %s, and fails nobody else", async (_why, leave) => {
    const [ear, mouth] = [tab(), tab()];
    await ear.call(EarState, "listen");
    leave(ear);
    expect(await mouth.call(EarState, "say")).toBeUndefined();
    await expect(answers[0]).rejects.toMatchObject({ code: "STATE_GONE" });
    expect(mouth.copy(EarState)).toMatchObject({ heard: 0, said: 1 });
  });

  it("rejects with STATE_GONE when the state goes while it waits for its turn", async () => {
    const ear = tab();
    await ear.call(EarState, "listen");
    const holding = ear.call(EarState, "hold");
    bus.emit("word");
    ear.tree.clear();
    end.resolve();
    await holding;
    await expect(answers[0]).rejects.toMatchObject({ code: "STATE_GONE" });
  });

  it("rejects where the state belongs to no tab", async () => {
    const lonely = new EarState();
    const answer = (lonely as unknown as { update(work: () => void): Promise<void> }).update(() => {});
    await expect(answer).rejects.toMatchObject({ code: "STATE_NOT_ATTACHED" });
  });

  it("goes on in its background handler when an update of that one has left it behind", async () => {
    const ear = tab();
    void ear.call(EarState, "nested");
    await expect.poll(() => bus.listenerCount("word")).toBe(1);
    bus.emit("word");
    expect(await answers[0]).toBe(1);
    expect(ear.copy(EarState)["where"]).toEqual(["EarState.nested", "nobody's"]);
  });
});
