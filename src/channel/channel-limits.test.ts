import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DEFAULT_FRAME_LIMIT } from "../protocol/wire-parser.ts";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { helloOf, RawPage, testChannel } from "./channel.fixture.ts";

const gates: PromiseWithResolvers<void>[] = [];
const expired: string[] = [];

class BoundState extends State {
  static override events = {
    add: event(),
    take: event({ args: [z.unknown()] }),
    wait: event(),
    grow: event({ args: [z.number()] }),
  };
  static override fields = { title: z.unknown() };
  count = 0;
  title: unknown = "";
  text = "";
  _self: unknown = { round: undefined as unknown };
  add() {
    this.count++;
  }
  take(_value: unknown) {
    this.count++;
  }
  async wait() {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
  }
  grow(size: number) {
    const round: { round?: unknown } = {};
    round.round = round;
    this._self = round;
    this.text = "x".repeat(size);
  }
  protected override onExpire() {
    expired.push(this.text.slice(0, 1));
  }
}

const ID = "app.BoundState";
const watch = [ID];
const start = (options: Parameters<typeof testChannel>[1] = {}) => {
  gates.length = 0;
  expired.length = 0;
  return testChannel({ BoundState }, options);
};

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("SEC-21: a limit is answered by a code, never by silence, and the next call works", () => {
  it("a frame that is too large fails its own call with CHANNEL_FRAME_TOO_LARGE", async () => {
    await using app = await start({ limits: { frameSize: 2_000 } });
    const page = await app.page({ watch });
    expect(await page.call(ID, "take", "x".repeat(3_000))).toMatchObject({
      code: "CHANNEL_FRAME_TOO_LARGE",
      message: expect.stringContaining("2000"),
    });
    expect(await page.call(ID, "take", "x".repeat(DEFAULT_FRAME_LIMIT - 10_000))).toMatchObject({
      code: "CHANNEL_FRAME_TOO_LARGE",
    });
    expect(await page.call(ID, "add")).toBeUndefined();
    expect(page.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 1]] });
  });

  it("a large frame in a script of three bytes a character does not cost the connection", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    expect(await page.call(ID, "take", "語".repeat(DEFAULT_FRAME_LIMIT - 10_000))).toBeUndefined();
    expect(await page.call(ID, "take", "語".repeat(DEFAULT_FRAME_LIMIT - 1))).toMatchObject({
      code: "CHANNEL_FRAME_TOO_LARGE",
    });
    expect(page.socket.connected).toBe(true);
  });

  it("a value that is too deep fails its own call, whether JSON or tags make it deep", async () => {
    await using app = await start({ limits: { depth: 8 } });
    const page = await app.page({ watch });
    expect(await page.call(ID, "take", JSON.parse(nested(8)))).toBeUndefined();
    expect(await page.call(ID, "take", JSON.parse(nested(9)))).toMatchObject({ code: "VALUE_TOO_DEEP" });
    let maps: unknown = 1;
    for (let level = 0; level < 20; level++) maps = { $map: [["k", maps]] };
    expect(await page.call(ID, "take", maps)).toMatchObject({ code: "CHANNEL_FRAME_TOO_DEEP" });
    page.raw(
      `[2,"/",["frame",{"kind":"event","state":"${ID}","event":"take","args":[${nested(100_000)}],"id":${++page.id},"seen":0}]]`,
    );
    expect(await page.ack(page.id)).toMatchObject({ code: "CHANNEL_FRAME_TOO_DEEP" });
    const field = page.send({ kind: "field", state: ID, field: "title", value: JSON.parse(nested(9)) });
    expect(await page.ack(field)).toMatchObject({ code: "VALUE_TOO_DEEP" });
    expect(await page.call(ID, "add")).toBeUndefined();
  });

  it("what cannot be read is answered by CHANNEL_FRAME_INVALID, and the connection stays", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    const unreadable = [
      "{",
      "",
      "null",
      "7",
      "[]",
      '["2"]',
      '[9,"/"]',
      '[2,7,["frame"]]',
      '[2,"/",["disconnect"]]',
      '[2,"/",["unreadable","too large",1]]',
      '[2,"/",[7]]',
      '[2,"/",{}]',
      '[2,"/",["frame",{}],1,2]',
      '[2,"/",["frame",{}],"x"]',
      '[3,"/","x",0]',
      '[3,"/",null,0]',
      '[3,"/",[]]',
    ];
    for (const [index, text] of unreadable.entries()) {
      page.raw(text);
      await expect.poll(() => page.messages.filter(({ problem }) => problem).length, { message: text }).toBe(index + 1);
    }
    page.raw(new Uint8Array([1, 2, 3]));
    await expect.poll(() => page.messages.filter(({ problem }) => problem).length).toBe(unreadable.length + 1);
    expect(page.messages.flatMap(({ problem }) => problem?.error.code ?? [])).toEqual(
      Array.from({ length: unreadable.length + 1 }, () => "CHANNEL_FRAME_INVALID"),
    );
    expect(await page.call(ID, "add")).toBeUndefined();
  });

  it.each([
    ["an unknown kind", { kind: "eval", code: "1" }],
    ["no kind", {}],
    ["a kind from a prototype", { kind: "constructor" }],
    ["an event without arguments", { kind: "event", state: ID, event: "add" }],
    ["arguments that are no list", { kind: "event", state: ID, event: "add", args: {} }],
    ["too many arguments", { kind: "event", state: ID, event: "add", args: Array.from({ length: 51 }, () => 1) }],
    ["a state that is no text", { kind: "event", state: {}, event: "add", args: [] }],
    ["an event name that is no text", { kind: "event", state: ID, event: ["add"], args: [] }],
    ["an event name that is too long", { kind: "event", state: ID, event: "e".repeat(301), args: [] }],
    ["a field without a value", { kind: "field", state: ID, field: "title" }],
    ["a path of another host", { kind: "navigate", path: "//evil.example" }],
    ["a path with control characters", { kind: "navigate", path: "/\t/" }],
    ["states that are no list", { kind: "watch", states: ID }],
  ])("a frame with %s fails under its own number with CHANNEL_FRAME_INVALID", async (_what, frame) => {
    await using app = await start();
    const page = await app.page({ watch });
    expect(await page.ack(page.send(frame))).toMatchObject({ code: "CHANNEL_FRAME_INVALID" });
    expect(await page.call(ID, "add")).toBeUndefined();
    expect(page.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 1]] });
  });

  it("SEC-22: calls above the queue's limit are answered CHANNEL_QUEUE_FULL, those within it run", async () => {
    await using app = await start({ limits: { queue: 3 } });
    const page = await app.page({ watch });
    const waiting = page.send({ kind: "event", state: ID, event: "wait", args: [] });
    const ids = Array.from({ length: 4 }, () => page.send({ kind: "event", state: ID, event: "add", args: [] }));
    expect(await page.ack(ids[2] as number)).toMatchObject({ code: "CHANNEL_QUEUE_FULL" });
    expect(await page.ack(ids[3] as number)).toMatchObject({ code: "CHANNEL_QUEUE_FULL" });
    gates[0]?.resolve();
    expect(await Promise.all([waiting, ids[0], ids[1]].map((id) => page.ack(id as number)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(page.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 2]] });
  });

  it("calls above the rate are answered CHANNEL_RATE_LIMITED and run nothing", async () => {
    await using app = await start({ limits: { burst: 3, eventsPerSecond: 0.001 } });
    const page = await app.page({ watch });
    const ids = Array.from({ length: 5 }, () => page.send({ kind: "event", state: ID, event: "add", args: [] }));
    const answers = await Promise.all(ids.map((id) => page.ack(id)));
    expect(answers.map((error) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      "CHANNEL_RATE_LIMITED",
      "CHANNEL_RATE_LIMITED",
    ]);
    expect(page.frames.flatMap(({ changes }) => (changes ? [changes] : [])).length).toBe(3);
  });
});

describe("SEC-21: memory is bounded", () => {
  it("a new tab takes the place of the one that has been away longest; none is free while all are there", async () => {
    await using app = await start({ limits: { tabs: 2 } });
    const first = await app.page({ watch });
    const second = await app.page({ watch });
    expect(await app.refused(helloOf(), { origin: app.url })).toBe("CHANNEL_FULL");
    first.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(1);
    const third = await app.page({ watch });
    expect(app.channel.stats()).toMatchObject({ tabs: 2, connected: 2 });
    const back = helloOf({ tab: (await first.welcome).tab, page: first.hello.page, watch });
    expect(await app.refused(back, { origin: app.url })).toBe("CHANNEL_FULL");
    expect([second, third].every(({ socket }) => socket.connected)).toBe(true);
  });

  it("SEC-2: names that no page of the app has are written down, ten times for a tab", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    await page.welcome;
    for (let id = 1; id <= 15; id++) await page.call(ID, "constructor");
    const notes = app.log.filter(({ details }) => (details as { code?: string }).code === "EVENT_UNKNOWN");
    expect(notes).toHaveLength(10);
    expect(notes[0]?.details).toMatchObject({ asked: expect.stringContaining(".constructor") });
  });

  it("SEC-21: one address opens so many sockets and no more, until one of them is closed", async () => {
    await using app = await start({ limits: { socketsPerAddress: 2 } });
    const first = await app.page({ watch });
    await first.welcome;
    await (await app.page({ watch })).welcome;
    expect(await app.refused(helloOf(), { origin: app.url })).toBe("CHANNEL_ADDRESS_FULL");
    first.socket.disconnect();
    await expect.poll(() => app.channel.stats().connected).toBe(1);
    await (await app.page({ watch })).welcome;
  });

  it("duplicates of a tab that lives count too", async () => {
    await using app = await start({ limits: { tabs: 2 } });
    const first = await app.page({ watch });
    first.socket.on("alive", (answer: () => void) => answer());
    const { tab } = await first.welcome;
    await app.page({ tab, watch });
    const third = new RawPage(app.url, helloOf({ tab, watch }));
    expect(await third.problem("CHANNEL_FULL")).toMatchObject({ message: expect.stringContaining("2 tabs") });
    await third.gone();
    expect(app.channel.stats()).toMatchObject({ tabs: 2, connected: 2 });
  });

  it("when all states together are too large, tabs that are away go, each expiring once", async () => {
    await using app = await start({ limits: { stateBytes: 50_000 } });
    const first = await app.page({ watch });
    await first.call(ID, "grow", 30_000);
    first.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    expect(app.channel.stats().tabs).toBe(1);
    const second = await app.page({ watch });
    await second.call(ID, "grow", 60_000);
    second.cut();
    await expect.poll(() => app.channel.stats().tabs).toBe(0);
    await expect.poll(() => expired).toEqual(["x", "x"]);
  });

  it("the size of every tab is visible, and a large one is named in a warning", async () => {
    await using app = await start({ limits: { tabBytes: 10_000 } });
    const page = await app.page({ watch });
    await page.call(ID, "grow", 20_000);
    const [summary] = app.channel.tabs();
    expect(summary).toMatchObject({ connected: true, states: ["BoundState"] });
    expect(summary?.bytes).toBeGreaterThan(20_000);
    expect(summary?.bytes).toBeLessThan(25_000);
    expect((await page.welcome).tab.startsWith(summary?.tab as string)).toBe(true);
    expect(app.log).toContainEqual(
      expect.objectContaining({ level: "warn", details: { bytes: summary?.bytes, states: ["BoundState"] } }),
    );
  });
});
