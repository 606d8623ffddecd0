import { Writable } from "node:stream";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ODD_KINDS, oddValue } from "../errors.fixture.ts";
import { createLogger } from "../server/logger.ts";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { testChannel } from "./channel.fixture.ts";

const UNDONE = 123_456;

class OddState extends State {
  static override events = {
    sync: event({ args: [z.string()] }),
    later: event({ args: [z.string()] }),
    steps: event({ args: [z.string()] }),
    guarded: event({ args: [z.string()], guard: ({ state }) => (state as OddState).fail() }),
    parsed: event({ args: [z.string().transform((kind) => oddThrow(kind))] }),
    poison: event({ args: [z.string()] }),
    work: event({ args: [z.string()], background: true }),
    add: event(),
    choose: event({ args: [z.string()] }),
  };
  count = 0;
  _kind = "";
  poisoned = "";
  get computed() {
    return this.poisoned === "" ? this.count : oddThrow(this.poisoned);
  }
  fail(): never {
    return oddThrow(this._kind);
  }
  choose(kind: string) {
    this._kind = kind;
  }
  sync(kind: string) {
    this.count = UNDONE;
    oddThrow(kind);
  }
  async later(kind: string) {
    this.count = UNDONE;
    await null;
    oddThrow(kind);
  }
  *steps(kind: string) {
    this.count = UNDONE;
    yield* [];
    oddThrow(kind);
  }
  guarded(_kind: string) {
    this.count = UNDONE;
  }
  parsed(_kind: string) {
    this.count = UNDONE;
  }
  poison(kind: string) {
    this.poisoned = kind;
  }
  async work(kind: string) {
    await this.update(() => {
      this.count = UNDONE;
      oddThrow(kind);
    });
  }
  add() {
    this.count++;
  }
}

function oddThrow(kind: string): never {
  throw oddValue(kind);
}

describe("A handler that throws what is hard to look at", () => {
  it.each([
    ["production", createLogger],
    ["development", createLogger],
    ["production", ({ destination }: { destination: Writable }) => pino(destination)],
  ] as const)("is answered, undone and logged, and the tab goes on (%s, %o)", async (mode, makeLogger) => {
    const lines: string[] = [];
    const destination = new Writable({
      write: (line, _, done) => {
        lines.push(String(line));
        done();
      },
    });
    const logger = makeLogger({ destination });
    await using app = await testChannel({ OddState }, { mode, logger, limits: { eventsPerSecond: 1e6, burst: 1e6 } });
    const id = "app.OddState";
    const page = await app.page({ watch: [id] });
    for (const kind of ODD_KINDS) {
      await page.call(id, "choose", kind);
      const codes: Record<string, string | undefined> = {};
      for (const how of ["sync", "later", "steps", "guarded", "parsed", "poison"]) {
        codes[how] = (await page.call(id, how, kind))?.code;
      }
      const failed = "EVENT_FAILED";
      const expected = { sync: failed, later: failed, steps: failed, guarded: failed, parsed: failed };
      expect([kind, codes]).toEqual([kind, { ...expected, poison: "STATE_COMPUTED_FAILED" }]);
      expect(await page.call(id, "work", kind)).toBeUndefined();
      expect(await page.call(id, "add")).toBeUndefined();
    }
    const text = JSON.stringify(page.frames);
    expect(text).not.toContain(String(UNDONE));
    expect(text).toContain(`["set",["count"],${ODD_KINDS.length}]`);
    const told = lines.filter((line) => JSON.parse(line).level === 50);
    expect(told.length).toBe(ODD_KINDS.length * 7);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100_000);
    expect(Math.max(...page.frames.map((frame) => JSON.stringify(frame).length))).toBeLessThan(10_000);
  });
});
