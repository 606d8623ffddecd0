import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { z } from "zod";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { testChannel } from "./channel.fixture.ts";
import { parseFrame } from "./parse-frame.ts";

let calls = 0;

class TargetState extends State {
  static override events = {
    add: event({ args: [z.literal(1)] }),
    take: event({ args: [z.object({ name: z.string(), tags: z.array(z.string()) })] }),
  };
  static override fields = { title: z.literal("fixed") };
  count = 0;
  title = "fixed";
  secret = "untouched";
  _hidden = "untouched";
  add(by: number) {
    calls++;
    this.count += by;
  }
  take(_value: object) {
    calls++;
  }
  unlisted() {
    this.secret = "broken into";
  }
}

const ID = "app.TargetState";

/** Small and repeatable. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const WORDS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "unlisted",
  "secret",
  "_hidden",
  "$map",
  "$set",
  "$object",
  "$date",
  "$bigint",
  "$",
  "kind",
  "event",
  "field",
  "watch",
  "unwatch",
  "navigate",
  "seen",
  ID,
  "app.",
  "",
  "\u0000",
  "\ud800",
  "9".repeat(400),
  "//evil",
  "/\t/",
  "/ok?__proto__=1",
];
const VALUES = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  "",
  [],
  {},
  [[[[]]]],
  { $: "NaN" },
  { $map: [[1]] },
  { $set: [{}] },
  { $object: [["__proto__", 1]] },
  { $bigint: "9".repeat(999) },
  { $date: 9e15 },
];

function mutateStructure(value: unknown, random: (below: number) => number): unknown {
  if (random(6) === 0) return random(2) ? VALUES[random(VALUES.length)] : WORDS[random(WORDS.length)];
  if (Array.isArray(value)) {
    const copy = value.map((item) => (random(2) ? mutateStructure(item, random) : item));
    if (random(4) === 0) copy.splice(random(copy.length + 1), random(2), VALUES[random(VALUES.length)]);
    return copy;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
      if (random(8) === 0) return [];
      return [
        [
          random(10) === 0 ? (WORDS[random(WORDS.length)] as string) : key,
          random(2) ? mutateStructure(item, random) : item,
        ],
      ];
    });
    return Object.fromEntries(entries);
  }
  return typeof value === "string"
    ? value.slice(0, random(value.length + 1)) + (WORDS[random(WORDS.length)] as string)
    : random(1_000);
}

function mutateText(text: string, random: (below: number) => number): string {
  let result = text;
  for (let step = random(4); step >= 0; step--) {
    const at = random(result.length);
    const kinds = [
      () => result.slice(0, at) + result.slice(at + 1 + random(5)),
      () => result.slice(0, at) + String.fromCharCode(32 + random(95)) + result.slice(at),
      () => result.slice(0, at) + '[]{}",:\\0'.charAt(random(9)) + result.slice(at + 1),
      () => result.slice(0, at) + "[".repeat(random(300)) + result.slice(at),
      () => result.slice(0, at) + result.slice(at - random(20)),
      () => result + result.slice(at),
    ];
    result = kinds[random(kinds.length)]?.() ?? result;
  }
  return result;
}

/** Whether a text is, for all its mutations, a call that its author is allowed to make. */
function mayChange(text: string): boolean {
  try {
    const packet = JSON.parse(text) as [number, string, [string, unknown]];
    const frame = parseFrame(packet[2][1]);
    return packet[0] === 2 && packet[2][0] === "frame" && (frame.kind === "event" || frame.kind === "field");
  } catch {
    return false;
  }
}

/** Whether a text takes leave: then no answer comes any more. */
function isGoodbye(text: string): boolean {
  try {
    return (JSON.parse(text) as unknown[])[0] === 1;
  } catch {
    return false;
  }
}

it("SEC-4, SEC-5: 10,000 mutated frames crash nothing, change nothing they may not, leave no rejection behind and no memory", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  process.on("uncaughtException", onFailure).on("unhandledRejection", onFailure);
  await using app = await testChannel(
    { TargetState },
    { limits: { eventsPerSecond: 1e6, burst: 1e6, leaveAfter: 5, expireAfter: 5, aliveTimeout: 5 } },
  );
  const witness = await app.page({ watch: [ID] });
  const random = randomOf(7);
  let page = await app.page({ watch: [ID] });
  let heap = 0;
  let allowed = 0;
  for (let index = 0; index < 10_000; index++) {
    const id = page.id + 1;
    const frames = [
      { kind: "event", state: ID, event: "add", args: [1], id, seen: 0 },
      { kind: "event", state: ID, event: "take", args: [{ name: "a", tags: ["b", "c"] }], id, seen: 0 },
      { kind: "field", state: ID, field: "title", value: "fixed", id, seen: 0 },
      { kind: "navigate", path: "/?q=1", id, seen: 0 },
      { kind: "watch", states: [ID], id, seen: 0 },
      { kind: "seen", id: 0, seen: 3 },
    ];
    const packet = [2, "/", ["frame", frames[random(frames.length)]]];
    const text = random(2)
      ? mutateText(JSON.stringify(packet), random)
      : JSON.stringify(mutateStructure(packet, random));
    if (mayChange(text)) allowed++;
    page.raw(text);
    // The answer to a number of the far future tells which one was the last that was taken: the next frame fits again.
    const far = 1_000_000 + index;
    page.raw(JSON.stringify([2, "/", ["frame", { kind: "watch", states: [], id: far, seen: 0 }]]));
    const answer = isGoodbye(text)
      ? "gone"
      : await page.message(({ problem, gone }) => {
          if (gone) return "gone";
          return problem?.error.message.match(`id ${far} came after (\\d+)`)?.[1];
        });
    if (answer === "gone") {
      page.socket.disconnect();
      page = await app.page({ watch: [ID] });
    } else page.id = Number(answer);
    page.messages.length = 0;
    page.frames.length = 0;
    app.log.length = 0;
    if (index % 100 !== 99) continue;
    expect(await witness.ack(witness.send({ kind: "watch", states: [] }))).toBeUndefined();
    page.socket.disconnect();
    page = await app.page({ watch: [ID] });
    if (index === 2_999) {
      gc();
      heap = process.memoryUsage().heapUsed;
    }
  }
  witness.messages.length = 0;
  app.log.length = 0;
  // What is away has expired, and its timers are gone.
  await expect.poll(() => app.channel.stats().tabs).toBeLessThanOrEqual(2);
  gc();
  // Generous: ten times what 7,000 frames of about 100 bytes would take if each were kept.
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(10_000_000);
  expect(allowed).toBeGreaterThan(100);
  expect(calls).toBeGreaterThan(10);
  expect(calls).toBeLessThanOrEqual(allowed);
  expect(await witness.call(ID, "add", 1)).toBeUndefined();
  const again = await app.page({ watch: [ID] });
  expect(await again.welcome).toMatchObject({
    resume: { snapshot: { changes: { [ID]: { full: { count: 0, title: "fixed", secret: "untouched" } } } } },
  });
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  process.off("uncaughtException", onFailure).off("unhandledRejection", onFailure);
  expect(failures).toEqual([]);
  // Ten thousand round trips, each as long as the machine's other work lets it be.
}, 120_000);
