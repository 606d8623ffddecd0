import { expect, test } from "vitest";
import { z } from "zod";
import { openNetwork } from "../../test/support/network.ts";
import { createEngine } from "../client/engine.ts";
import { log } from "../state/effects.ts";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { testChannel } from "./channel.fixture.ts";

class JournalState extends State {
  static override events = {
    write: event({ args: [z.number()] }),
    writeSlowly: event({ args: [z.number()] }),
    fail: event({ args: [z.number()] }),
  };
  static override fields = { title: z.string() };
  entries: number[] = [];
  title = "";
  text = "";
  write(n: number) {
    this.entries.push(n);
    this.text += `${n},`;
    return log(String(n));
  }
  async *writeSlowly(n: number) {
    this.text += "(";
    yield;
    await new Promise((resolve) => setImmediate(resolve));
    this.entries.push(n);
    this.text += `${n}),`;
    return log(String(n));
  }
  fail(n: number) {
    this.entries.push(n);
    throw new Error(`${n} fails`);
  }
}

const ID = "app.JournalState";

/** A repeatable source of numbers below a bound. */
type Random = (below: number) => number;

/** Small and repeatable: a failing seed can be run again. */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  "over a network that is cut anywhere, every call runs once, in order, and is answered once; every effect is performed once (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    // With few frames kept, what was missed comes as whole states; with many, as a replay.
    await using app = await testChannel(
      { JournalState },
      { limits: { replayFrames: seed % 3 === 0 ? 15 : 500, burst: 10_000 } },
    );
    await using network = await openNetwork(app.url, {
      cutAfter: () => (random(4) === 0 ? 60_000 : random(9_000)),
    });
    let tab: string | undefined;
    const engine = createEngine({
      environment: {
        origin: network.url,
        build: "test",
        path: "/",
        tab: {
          get: () => tab,
          set: (id) => {
            tab = id;
          },
        },
        headers: () => ({ origin: network.url }),
        onWake: () => () => {},
        identity: () => "",
        onIdentity: () => () => {},
        claimCookies: async () => 204,
      },
      seenAfter: 1,
    });
    engine.onConnection(() => {
      if (engine.connection().retryAt !== undefined) setImmediate(() => engine.reconnectNow());
    });
    const effects: string[] = [];
    engine.onEffects((some) =>
      effects.push(...some.map((effect) => ("message" in effect ? effect.message : effect.effect))),
    );
    const problems: string[] = [];
    engine.onProblem((error) => problems.push(error.code));
    engine.watch(ID);
    await engine.ready(ID);
    const written: number[] = [];
    const answers: Promise<void>[] = [];
    for (let n = 1; n <= 120; n++) {
      const kind = random(10);
      if (kind === 0)
        answers.push(expect(engine.call(ID, "fail", [n])).rejects.toMatchObject({ code: "EVENT_FAILED" }));
      else if (kind === 1) answers.push(engine.write(ID, "title", `title ${n}`));
      else {
        written.push(n);
        answers.push(engine.call(ID, kind < 4 ? "writeSlowly" : "write", [n]));
      }
      if (random(12) === 0) network.cut();
      if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
      if (answers.length > 60) await answers[answers.length - 50];
    }
    await Promise.all(answers);
    expect(network.cuts).toBeGreaterThan(0);
    network.calm = true;
    expect(problems).toEqual([]);
    expect(effects).toEqual(written.map(String));
    const seen = engine.snapshot(ID) as { entries: number[]; text: string };
    expect(seen.entries).toEqual(written);
    expect(seen.text.replaceAll(/[()]/g, "")).toBe(written.map((n) => `${n},`).join(""));
    // A page whose first welcome was lost knows no tab yet: the one that was made for it expires.
    expect(app.channel.stats().connected).toBe(1);
    engine.close();
  },
);
