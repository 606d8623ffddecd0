import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DEFAULT_FRAME_LIMIT } from "../protocol/wire-parser.ts";
import { download } from "../state/effects.ts";
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
    flood: event({ args: [z.number()] }),
    give: event({ args: [z.number()] }),
    list: event({ args: [z.array(z.number())] }),
    pile: event({ args: [z.number()] }),
    heap: event({ args: [z.number()], background: true }),
    work: event({ background: true }),
    beside: event({ concurrency: "parallel" }),
  };
  static override fields = { title: z.unknown(), numbers: z.array(z.number()) };
  count = 0;
  numbers: number[] = [];
  _pile = "";
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
  /** Says more than a page that does not read will ever take. */
  *flood(times: number) {
    for (let time = 1; time <= times; time++) {
      this.text = String(time % 10).repeat(1_000_000);
      yield;
    }
  }
  give(size: number) {
    return download({ filename: "x.txt", content: "x".repeat(size) });
  }
  list(numbers: number[]) {
    this.count = numbers.length;
  }
  pile(size: number) {
    this._pile = "x".repeat(size);
  }
  async heap(size: number) {
    await this.update(() => {
      this._pile = "x".repeat(size);
    });
  }
  async work() {
    await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
  }
  async beside() {
    await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
  }
  protected override onExpire() {
    expired.push(this.text.slice(0, 1));
  }
}

/** A bridge that knows nobody. */
const NOBODY = {
  tier: "session",
  chain: { isEmpty: true },
  tickets: { isWaiting: () => false },
  identity: {
    prepare: () => {},
    owner: () => undefined,
    sessionId: () => undefined,
    snapshotToken: () => undefined,
    finish: () => {},
    onChange: () => () => {},
  },
};

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
    expect(await page.call(ID, "take", "x".repeat(900_000))).toMatchObject({
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

  it("SEC-2: of all tabs together about a hundred such names are written down, then one a second", async () => {
    await using app = await start();
    for (let tab = 0; tab < 30; tab++) {
      const page = await app.page();
      for (let time = 0; time < 10; time++) await page.call("app.None", "x");
      page.socket.disconnect();
    }
    const lines = app.log.filter(({ details }) => "asked" in details);
    expect(lines.length).toBeGreaterThanOrEqual(100);
    // One more for each second that the test takes.
    expect(lines.length).toBeLessThan(200);
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

  it("SEC-21: sockets that are opened all at once are counted before any of them is let in", async () => {
    await using app = await start({ limits: { socketsPerAddress: 3 } });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => app.refused(helloOf({ watch }), { origin: app.url }).catch(() => "let in")),
    );
    expect(outcomes.filter((outcome) => outcome === "let in")).toHaveLength(3);
    expect(new Set(outcomes)).toEqual(new Set(["let in", "CHANNEL_ADDRESS_FULL"]));
    expect(app.channel.stats()).toMatchObject({ tabs: 3, connected: 3 });
  });

  it("SEC-21: connections that never say which page they are count as well", async () => {
    await using app = await start({ limits: { socketsPerAddress: 1 } });
    const silent = Array.from({ length: 60 }, () => {
      const socket = new WebSocket(`${app.url.replace("http", "ws")}/_event/?EIO=4&transport=websocket`, {
        headers: { origin: app.url },
      } as never);
      return new Promise<WebSocket | undefined>((resolve) => {
        socket.addEventListener("open", () => resolve(socket));
        socket.addEventListener("error", () => resolve(undefined));
      });
    });
    const open = (await Promise.all(silent)).filter((socket) => socket !== undefined);
    expect(open).toHaveLength(51);
    for (const socket of open) socket.close();
  });

  it("SEC-21: one connection carries one page at a time: it makes no second tab", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    for (let time = 0; time < 20; time++) page.raw(JSON.stringify([0, "/", helloOf({ watch })]));
    await page.gone();
    expect(app.channel.stats().tabs).toBe(1);
  });

  it("SEC-21: an address that opens pages again and again pushes out its own tabs, not those of others", async () => {
    let ip = "10.0.0.1";
    await using app = await start({
      limits: { socketsPerAddress: 3, tabs: 100 },
      sourceOf: (request) => ({ ip, host: String(request.headers.host), protocol: "http" }) as never,
    });
    const mine = await app.page({ watch });
    await mine.call(ID, "add");
    const { tab } = await mine.welcome;
    mine.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    ip = "10.0.0.2";
    for (let time = 0; time < 10; time++) {
      const other = await app.page({ watch });
      await other.call(ID, "add");
      other.cut();
      await expect.poll(() => app.channel.stats().connected).toBe(0);
    }
    expect(app.channel.stats().tabs).toBe(4);
    ip = "10.0.0.1";
    expect(await (await app.page({ tab, page: mine.hello.page, watch })).welcome).toMatchObject({ tab, fresh: false });
  });

  it("of an address's tabs the one that has been away longest goes, not the oldest", async () => {
    await using app = await start({ limits: { socketsPerAddress: 2 } });
    const pages = [await app.page({ watch }), await app.page({ watch })] as const;
    for (const page of pages) await page.call(ID, "add");
    const [older, newer] = pages;
    for (const page of [newer, older]) {
      const { connected } = app.channel.stats();
      page.cut();
      await expect.poll(() => app.channel.stats().connected).toBe(connected - 1);
    }
    await app.page({ watch });
    const { tab } = await older.welcome;
    expect(await (await app.page({ tab, page: older.hello.page, watch })).welcome).toMatchObject({ tab, fresh: false });
  });

  it("room is made by tabs in which nobody has ever done anything, before one that somebody used", async () => {
    await using app = await start({ limits: { tabs: 2 } });
    const used = await app.page({ watch });
    await used.call(ID, "add");
    const { tab } = await used.welcome;
    used.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    const idle = await app.page();
    idle.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    await app.page();
    expect(await (await app.page({ tab, page: used.hello.page, watch })).welcome).toMatchObject({ tab, fresh: false });
  });

  it("SEC-21: a page that does not read is cut off, and what it left waiting is given up", async () => {
    await using app = await start({ limits: { tabBytes: 1e9 } });
    const page = await app.page({ watch });
    const { ws } = page.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } };
    ws._socket.pause();
    page.send({ kind: "event", state: ID, event: "flood", args: [60] });
    await expect.poll(() => app.channel.stats().connected, { timeout: 10_000 }).toBe(0);
    const lines = app.log.filter(({ message }) => message.includes("does not read"));
    expect(lines).toHaveLength(1);
    const [line] = lines;
    const { bytes = 0 } = { ...(line?.details as { bytes?: number } | undefined) };
    expect(bytes).toBeGreaterThan(16_000_000);
    expect(bytes).toBeLessThan(18_000_000);
    // The tab is still there for a page that reads.
    const { tab } = await page.welcome;
    const again = await app.page({ tab, page: page.hello.page, watch });
    expect(await again.welcome).toMatchObject({ tab, fresh: false });
  });

  it("SEC-21: who sends nothing that can be read is answered as often as the rate allows, then cut off", async () => {
    await using app = await start({ limits: { burst: 20, eventsPerSecond: 1 } });
    const page = await app.page({ watch });
    for (let time = 0; time < 500; time++) page.raw(JSON.stringify([2, "/", ["frame", "rubbish"]]));
    await page.gone();
    const problems = page.messages.flatMap(({ problem }) => problem?.error.code ?? []);
    expect(problems.length).toBeLessThan(50);
    expect(new Set(problems.slice(0, -1))).toEqual(new Set(["CHANNEL_FRAME_INVALID"]));
    expect(problems.at(-1)).toBe("CHANNEL_RATE_LIMITED");
  });

  it("SEC-21: effects and answers that a page does not say it has seen are kept within replayBytes", async () => {
    await using app = await start({ limits: { replayBytes: 50_000, burst: 1_000 } });
    const page = await app.page({ watch });
    const { tab } = await page.welcome;
    // It never says what it has seen.
    Object.defineProperty(page, "version", { value: 0 });
    for (let time = 0; time < 10; time++) await page.call(ID, "give", 30_000);
    const again = await app.page({ tab, page: page.hello.page, version: 0, watch });
    const { resume } = await again.welcome;
    const { effects = [] } = (resume as { snapshot: { effects?: { effect: string }[] } }).snapshot;
    expect(effects.length).toBeLessThan(3);
    expect(effects.at(-1)).toMatchObject({ effect: "download" });
    expect(await again.problem("CHANNEL_EFFECTS_LOST")).toBeDefined();
  });

  it("SEC-21: a list with a hundred thousand wrong items is refused in a few words", async () => {
    await using app = await start({ limits: { frameSize: 1_000_000 } });
    const page = await app.page({ watch });
    const wrong = Array.from({ length: 100_000 }, () => "x");
    const refusals = [
      await page.call(ID, "list", wrong),
      await page.ack(page.send({ kind: "field", state: ID, field: "numbers", value: wrong })),
    ];
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: "EVENT_ARGS_INVALID" });
      expect(JSON.stringify(refusal).length).toBeLessThan(10_000);
    }
    expect(await page.call(ID, "add")).toBeUndefined();
  });

  it("SEC-22: so many background and parallel handlers of one tab run at once, further ones are refused by a code", async () => {
    await using app = await start({ limits: { background: 3 } });
    const page = await app.page({ watch });
    for (let time = 0; time < 2; time++) expect(await page.call(ID, "work")).toBeUndefined();
    page.send({ kind: "event", state: ID, event: "beside", args: [] });
    expect(await page.call(ID, "work")).toMatchObject({ code: "EVENT_TOO_MANY" });
    expect(await page.call(ID, "beside")).toMatchObject({ code: "EVENT_TOO_MANY" });
    expect(await page.call(ID, "add")).toBeUndefined();
  });

  it("a name that is watched many times over is watched once", async () => {
    await using app = await start();
    const names = Array.from({ length: 400 }, () => ID);
    const page = await app.page();
    expect(await page.ack(page.send({ kind: "watch", states: names }))).toBeUndefined();
    expect(Object.keys(page.frames.at(-1)?.changes ?? {})).toEqual([ID]);
  });

  it("while connected tabs take all the room no new page is let in, and the log says so", async () => {
    await using app = await start({ limits: { stateBytes: 50_000, addressStateBytes: 1e9 } });
    const first = await app.page({ watch });
    await first.call(ID, "grow", 60_000);
    await expect.poll(() => app.channel.stats().bytes, { timeout: 5_000 }).toBeGreaterThan(50_000);
    expect(await app.refused(helloOf(), { origin: app.url })).toBe("CHANNEL_FULL");
    expect(app.log.map(({ message }) => message)).toContainEqual(expect.stringContaining("no new page is let in"));
    await first.call(ID, "grow", 1);
    await expect.poll(() => app.channel.stats().bytes, { timeout: 5_000 }).toBeLessThan(50_000);
    await app.page();
  });

  it("pages that come together do not all pass while there is room for one", async () => {
    const allHere = Promise.withResolvers<void>();
    let here = 0;
    await using app = await start({
      limits: { tabs: 2 },
      runIn: ((work: () => unknown) => {
        if (++here === 6) allHere.resolve();
        return allHere.promise.then(work);
      }) as never,
      bridge: NOBODY as never,
      sourceOf: ({ headers }) => ({
        kind: "handshake",
        method: "GET",
        url: "/",
        headers,
        ip: "10.0.0.1",
        host: String(headers.host),
        protocol: "http",
      }),
    });
    const pages = Array.from({ length: 6 }, () => new RawPage(app.url, helloOf()));
    const outcomes = await Promise.all(
      pages.map((page) =>
        Promise.race([page.welcome.then(() => "let in"), page.problem("CHANNEL_FULL").then(({ code }) => code)]),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "let in")).toHaveLength(2);
    expect(app.channel.stats().tabs).toBe(2);
    for (const { socket } of pages) socket.close();
  });

  it("what background work keeps in a state is measured too, and a large tab is named once", async () => {
    await using app = await start({ limits: { tabBytes: 100_000 } });
    const page = await app.page({ watch });
    await page.call(ID, "heap", 300_000);
    await expect.poll(() => app.channel.stats().bytes, { timeout: 5_000 }).toBeGreaterThan(300_000);
    await page.call(ID, "add");
    for (let time = 0; time < 3; time++) expect(app.channel.tabs()).toHaveLength(1);
    expect(app.log.filter(({ message }) => message.includes("are large"))).toHaveLength(1);
  });

  it("what a state keeps to itself is measured as well, though nothing of it is sent", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    await page.call(ID, "pile", 300_000);
    await expect.poll(() => app.channel.stats().bytes, { timeout: 5_000 }).toBeGreaterThan(300_000);
  });

  it("duplicates of a tab that lives count too", async () => {
    await using app = await start({ limits: { tabs: 2 } });
    const first = await app.page({ watch });
    first.socket.on("alive", (answer: () => void) => answer());
    const { tab } = await first.welcome;
    await app.page({ tab, watch });
    const third = new RawPage(app.url, helloOf({ tab, watch }));
    expect(await third.problem("CHANNEL_FULL")).toMatchObject({ code: "CHANNEL_FULL" });
    await third.gone();
    expect(app.channel.stats()).toMatchObject({ tabs: 2, connected: 2 });
  });

  it("when all states together are too large, tabs that are away go, each expiring once", async () => {
    await using app = await start({ limits: { stateBytes: 50_000, addressStateBytes: 1e9 } });
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

class LeftState extends State {
  static override events = { ask: event(), keep: event({ background: true }), grow: event() };
  lines = 0;
  async ask() {
    this.lines = 7;
    await new Promise(() => {});
  }
  async keep() {
    await this.update(async () => {
      this.lines = 7;
      await new Promise(() => {});
    });
  }
  async *grow() {
    this.lines = 1;
    yield;
    this.lines = 7;
    await new Promise(() => {});
  }
  protected override onExpire() {
    expired.push(`left ${this.lines}`);
  }
}

class HangingState extends State {
  protected override async onExpire() {
    expired.push("hanging");
    await new Promise(() => {});
  }
}

describe("onExpire runs although something does not end", () => {
  it.each([
    ["ask", "LeftState.ask", 0],
    ["keep", "LeftState.keep", 0],
    ["grow", "LeftState.grow", 1],
  ])("a handler that has the turn, whose incomplete writes are undone: %s", async (name, label, lines) => {
    expired.length = 0;
    const states = { HangingState, LeftState };
    await using app = await testChannel(states, { limits: { expireAfter: 5, stuckAfter: 20 } });
    const page = await app.page({ watch: ["app.HangingState", "app.LeftState"] });
    page.send({ kind: "event", state: "app.LeftState", event: name, args: [] });
    page.send({ kind: "event", state: "app.LeftState", event: "ask", args: [] });
    // Answered at once: what was sent before has arrived.
    await page.ack(page.send({ kind: "unwatch", states: [] }));
    page.cut();
    await expect.poll(() => expired).toEqual(["hanging", `left ${lines}`]);
    const named = () => app.log.flatMap(({ details }) => (details as { handler?: string }).handler ?? []);
    await expect.poll(named).toEqual([label, "HangingState.onExpire"]);
  });
});
