import { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

/** Longer than the work that one turn of the event loop may hold before `update()` lets it turn. */
const LONG = 15;

const bus = new EventEmitter();
let answers: Promise<unknown>[] = [];
let turns = 0;

function work(milliseconds: number) {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

class BusyState extends State {
  static override events = {
    say: event(),
    sayInUpdate: event({ background: true }),
    sayInNested: event(),
    leave: event({ background: true }),
    loop: event(),
    retry: event(),
    retryAborted: event({ background: true }),
    lateWrite: event({ background: true }),
  };
  heard = 0;
  first = 0;

  #hear = () => {
    const answer = this.update(() => ++this.heard);
    answer.catch(() => {});
    answers.push(answer);
  };
  #emitFor(milliseconds: number) {
    bus.once("word", this.#hear).once("last", this.#hear);
    bus.emit("word");
    work(milliseconds);
    bus.emit("last");
  }
  say() {
    this.#emitFor(LONG);
  }
  async sayInUpdate() {
    await this.update(() => this.#emitFor(LONG));
  }
  async sayInNested() {
    await this.update(() => this.update(() => this.#emitFor(LONG)));
  }
  leave() {
    work(LONG);
    this.#hear();
  }
  async lateWrite() {
    answers.push(nextTurn().then(() => this.update(() => ++this.heard)));
    answers.at(-1)?.catch(() => {});
  }
  async loop() {
    for (let count = 0; turns < 2; count++) await this.update(() => void (this.heard = count));
  }
  async retry() {
    while (turns < 2) {
      await this.update(() => {
        throw new Error("not yet");
      }).catch(() => {});
    }
  }
  async retryAborted() {
    while (turns < 2) await this.update(() => {}).catch(() => {});
  }
}

function open() {
  const bench = new Bench({ BusyState });
  bench.watch(BusyState);
  return bench;
}

async function countTurns(): Promise<void> {
  for (turns = 0; turns < 2; turns++) await nextTurn();
}

beforeEach(() => {
  bus.removeAllListeners();
  answers = [];
  turns = 0;
});

describe("update() in a process that is busy", () => {
  it.each(["say", "sayInUpdate", "sayInNested"])(
    "is a part of the handler whose own emit calls it, however long the handler has worked (%s)",
    async (name) => {
      const bench = open();
      expect(await bench.call(BusyState, name)).toBeUndefined();
      await expect.poll(() => answers.length).toBe(2);
      expect(await Promise.all(answers)).toEqual([1, 2]);
      expect([bench.copy(BusyState)["heard"], bench.failures]).toEqual([2, []]);
    },
  );

  it("writes although its background handler has ended before its turn came", async () => {
    const bench = open();
    await bench.call(BusyState, "leave");
    expect(await Promise.all(answers)).toEqual([1]);
    expect([bench.copy(BusyState)["heard"], bench.failures]).toEqual([1, []]);
  });

  it("is refused to code that a background handler left behind and that calls it after the handler's end", async () => {
    const bench = open();
    await bench.call(BusyState, "lateWrite");
    await expect(answers[0]).rejects.toMatchObject({ code: "STATE_WRITE_OUTSIDE_EVENT" });
    expect(bench.instance(BusyState).heard).toBe(0);
  });

  it.each(["loop", "retry"])("lets the event loop turn between the updates of a handler (%s)", async (name) => {
    const counting = countTurns();
    expect(await open().call(BusyState, name)).toBeUndefined();
    await counting;
  });

  it("lets the event loop turn between the updates of a handler that was aborted", async () => {
    const bench = open();
    const counting = countTurns();
    void bench.call(BusyState, "retryAborted");
    bench.runner.abort(new Error("the page was left"));
    await counting;
    await expect.poll(() => bench.runner.running).toEqual([]);
  });
});
