import { expect, test } from "vitest";
import { z } from "zod";
import { testChannel } from "../../src/channel/channel.fixture.ts";
import { createEngine } from "../../src/client/engine/engine.ts";
import { log } from "../../src/state/effects.ts";
import { event } from "../../src/state/event.ts";
import { State } from "../../src/state/state.ts";
import { cuttingProxy, randomOf } from "./cutting-proxy.ts";

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

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  "over a network that is cut anywhere, every call runs once, in order, and is answered once; every effect is performed once (seed %i)",
  async (seed) => {
    const random = randomOf(seed);
    // With few frames kept, what was missed comes as whole states; with many, as a replay.
    await using app = await testChannel(
      { JournalState },
      { limits: { replayFrames: seed % 3 === 0 ? 15 : 500, burst: 10_000 } },
    );
    await using proxy = await cuttingProxy(app.url, () => (random(4) === 0 ? 60_000 : random(9_000)));
    let tab: string | undefined;
    const engine = createEngine({
      environment: {
        origin: proxy.url,
        build: "test",
        path: "/",
        tab: {
          get: () => tab,
          set: (id) => {
            tab = id;
          },
        },
        headers: () => ({ origin: proxy.url }),
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
      if (random(12) === 0) proxy.cutAll();
      if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
      if (answers.length > 60) await answers[answers.length - 50];
    }
    await Promise.all(answers);
    expect(proxy.cuts()).toBeGreaterThan(0);
    proxy.calm();
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
