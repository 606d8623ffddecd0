import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { RequestSource } from "../bridge/request-context.ts";
import { redirect, toast } from "../state/effects.ts";
import { event } from "../state/event.ts";
import { on } from "../state/on.ts";
import { State } from "../state/state.ts";
import { helloOf, type TestChannel, testChannel } from "./channel.fixture.ts";

const hooks: string[] = [];
const signals: AbortSignal[] = [];
let slow = Promise.withResolvers<void>();

class CountState extends State {
  static override events = {
    add: event({ args: [z.number()] }),
    fail: event(),
    slow: event(),
    newest: event({ concurrency: "latest" }),
    forever: event({ background: true }),
    take: event({ args: [z.unknown()] }),
    grow: event({ args: [z.number()] }),
    load: event(),
    where: event(),
    yields: event(),
  };
  static override fields = { title: z.string() };
  count = 0;
  title = "";
  text = "";
  add(by: number) {
    this.count += by;
  }
  fail() {
    this.count = 1000;
    throw new Error("SELECT secret FROM /srv/app/db.sqlite");
  }
  *yields() {
    hooks.push("yields");
    try {
      for (const end = performance.now() + 8_000; performance.now() < end; ) yield;
      hooks.push("nobody ended it");
    } finally {
      if (!hooks.includes("nobody ended it")) hooks.push("yields ended");
    }
  }
  async slow() {
    hooks.push("slow begins");
    await slow.promise;
    this.count++;
  }
  async newest() {
    await slow.promise;
    this.count++;
  }
  async forever() {
    signals.push(this.signal);
    await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
    throw this.signal.reason;
  }
  take(_value: unknown) {
    this.count++;
  }
  grow(size: number) {
    this.text = "x".repeat(size);
  }
  load() {
    this.count += 10;
  }
  where() {
    this.title = `${this.router.path} ${this.router.route} ${JSON.stringify(this.router.params)} ${JSON.stringify(this.router.query)}`;
  }
  protected override onConnect() {
    hooks.push("connect");
  }
  protected override onDisconnect(reason: string) {
    hooks.push(`disconnect ${reason}`);
  }
  protected override onExpire() {
    hooks.push("expire");
  }
}

class BrokenState extends State {
  get broken(): number {
    throw new Error("no such table: secret_table");
  }
}

const ID = "app.CountState";
const watch = [ID];

function start(options: Parameters<typeof testChannel>[1] = {}): Promise<TestChannel> {
  hooks.length = 0;
  signals.length = 0;
  slow = Promise.withResolvers();
  return testChannel({ CountState, BrokenState }, options);
}

describe("SEC-1: the handshake", () => {
  it.each([
    ["a foreign origin", { origin: "https://evil.example" }],
    ["another port of the same host", { origin: "http://127.0.0.1:1" }],
    ["the origin null", { origin: "null" }],
    ["no origin", {}],
    ["an origin that is no URL", { origin: "127.0.0.1" }],
  ])("refuses %s", async (_what, headers) => {
    await using app = await start();
    expect(await app.refused(helloOf(), headers as Record<string, string>)).toBe("websocket error");
    expect(app.channel.stats().tabs).toBe(0);
  });

  it("lets in an origin that the app allows, and does not believe X-Forwarded-Host unless it is told to", async () => {
    const headers = { origin: "https://shop.example", "x-forwarded-host": "shop.example" };
    await using strict = await start();
    expect(await strict.refused(helloOf(), headers)).toBe("websocket error");
    await using allowing = await start({ trustedOrigins: ["https://shop.example"] });
    await expect(allowing.refused(helloOf(), headers)).rejects.toThrow("let in");
    await using trusting = await start({
      sourceOf: (request) => ({ ...sourceOf(request), host: String(request.headers["x-forwarded-host"]) }),
    });
    await expect(trusting.refused(helloOf(), headers)).rejects.toThrow("let in");
  });

  it.each([
    ["nothing", undefined],
    ["a text", "hello"],
    ["a list", []],
    ["no page", { ...helloOf(), page: undefined }],
    ["a page that is no text", { ...helloOf(), page: 7 }],
    ["a page that is too long", { ...helloOf(), page: "p".repeat(301) }],
    ["a tab that is no text", { ...helloOf(), tab: {} }],
    ["a version that is no number", { ...helloOf(), version: "1" }],
    ["a negative version", { ...helloOf(), version: -1 }],
    ["a path of another host", { ...helloOf(), path: "//evil.example" }],
    ["a path with a backslash", { ...helloOf(), path: "/\\evil.example" }],
    ["a path that a tab turns into a host", { ...helloOf(), path: "/\t/" }],
    ["a whole URL", { ...helloOf(), path: "http://evil.example" }],
    ["states that are no list", { ...helloOf(), watch: ID }],
    ["too many states", { ...helloOf(), watch: Array.from({ length: 501 }, () => ID) }],
  ])("answers a hello with %s by CHANNEL_HELLO_INVALID", async (_what, hello) => {
    await using app = await start();
    expect(await app.refused(hello, { origin: app.url })).toBe("CHANNEL_HELLO_INVALID");
    expect(app.channel.stats().tabs).toBe(0);
  });

  it("answers another protocol by CHANNEL_PROTOCOL_MISMATCH", async () => {
    await using app = await start();
    expect(await app.refused({ ...helloOf(), protocol: 99 }, { origin: app.url })).toBe("CHANNEL_PROTOCOL_MISMATCH");
  });

  it("welcomes a page that watches unknown states and tells it at once that they are unknown", async () => {
    await using app = await start();
    const page = await app.page({ watch: ["app.Nothing", "__proto__", ID] });
    const { resume } = await page.welcome;
    expect("snapshot" in resume && Object.keys(resume.snapshot.changes ?? {})).toEqual([ID]);
  });
});

describe("Tab ids", () => {
  it("are issued by the server, long, all different, and never taken from a page", async () => {
    await using app = await start();
    const ids = new Set<string>();
    for (let index = 0; index < 5; index++) {
      const page = await app.page({ tab: "chosen-by-the-page", watch });
      ids.add((await page.welcome).tab);
    }
    expect(ids.size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^[\w-]{32}$/);
    expect(app.channel.tabs().every(({ tab }) => tab.length === 6)).toBe(true);
  });

  it("never stand in the URL of the socket", async () => {
    await using app = await start();
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    const again = await app.page({ tab, page: first.hello.page, watch });
    expect(String((again.socket.io.engine.transport as unknown as { ws: { url: string } }).ws.url)).not.toContain(tab);
  });
});

describe("A page that comes back", () => {
  it("keeps its tab: the newest socket takes over at once, the older one is closed", async () => {
    await using app = await start();
    const first = await app.page({ watch });
    expect(await first.call(ID, "add", 2)).toBeUndefined();
    const { tab } = await first.welcome;
    const again = await app.page({ tab, page: first.hello.page, version: first.version, watch });
    await first.gone();
    const welcome = await again.welcome;
    expect(welcome).toMatchObject({ tab, fresh: false, received: 1, open: [], resume: { replay: [] } });
    expect(app.channel.stats()).toMatchObject({ tabs: 1, connected: 1 });
    again.id = 1;
    expect(await again.call(ID, "add", 3)).toBeUndefined();
    expect(again.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 5]] });
  });

  it("takes over while the server still holds the old connection: nothing of that one's end counts for the new one", async () => {
    await using app = await start({ limits: { leaveAfter: 50, expireAfter: 100 } });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    expect(await first.call(ID, "forever")).toBeUndefined();
    const signal = signals.at(-1) as AbortSignal;
    const again = await app.page({ tab, page: first.hello.page, version: first.version, watch });
    await first.gone();
    await expect.poll(() => hooks).toEqual(["connect", "disconnect lost", "connect"]);
    // Another tab that leaves now goes through the same times from here on.
    const other = await app.page({ watch });
    other.cut();
    await expect.poll(() => hooks).toContain("expire");
    again.id = 1;
    expect(await again.call(ID, "add", 1)).toBeUndefined();
    expect(signal.aborted).toBe(false);
    expect(app.channel.stats()).toMatchObject({ tabs: 1, connected: 1 });
  });

  it("that watches another state than before connects each state once", async () => {
    await using app = await start();
    const first = await app.page();
    const { tab } = await first.welcome;
    first.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    const again = await app.page({ tab, page: first.hello.page, watch });
    expect(await again.call(ID, "add", 1)).toBeUndefined();
    await expect.poll(() => hooks).toEqual(["connect"]);
  });

  it("SEC-22: after a reload gets fresh states when a handler of the page before does not end", async () => {
    await using app = await start({ limits: { stuckAfter: 30, aliveTimeout: 20 } });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    await first.call(ID, "add", 5);
    first.send({ kind: "event", state: ID, event: "slow", args: [] });
    await expect.poll(() => hooks).toContain("slow begins");
    const reloaded = await app.page({ tab, watch });
    expect(await reloaded.welcome).toMatchObject({ fresh: true });
    expect((await reloaded.welcome).tab).not.toBe(tab);
    expect(await reloaded.call(ID, "add", 1)).toBeUndefined();
    expect(app.log).toContainEqual(
      expect.objectContaining({ details: expect.objectContaining({ handler: "CountState.slow" }) }),
    );
    slow.resolve();
  });

  it("keeps its states when a call that took another's place still runs", async () => {
    await using app = await start({ limits: { stuckAfter: 30 } });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    await first.call(ID, "add", 3);
    const older = first.send({ kind: "event", state: ID, event: "newest", args: [] });
    first.send({ kind: "event", state: ID, event: "newest", args: [] });
    expect(await first.ack(older)).toMatchObject({ code: "EVENT_SUPERSEDED" });
    first.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    const again = await app.page({ tab, page: first.hello.page, version: first.version, watch });
    expect(await again.welcome).toMatchObject({ tab, fresh: false });
    slow.resolve();
    await again.message(({ frame }) => frame?.acks?.some(([id]) => id === older + 1));
    expect(again.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 4]] });
  });

  it("SEC-22: a handler that heeds neither the end of its tab nor anything else does not keep the page from working", async () => {
    await using app = await start({ limits: { stuckAfter: 30, leaveAfter: 20 } });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    first.send({ kind: "event", state: ID, event: "slow", args: [] });
    await expect.poll(() => hooks).toContain("slow begins");
    const other = await app.page({ watch });
    await other.call(ID, "forever");
    first.cut();
    other.cut();
    await expect.poll(() => signals.at(-1)?.aborted).toBe(true);
    const again = await app.page({ tab, page: first.hello.page, watch });
    expect(await again.welcome).toMatchObject({ fresh: true });
    expect(await again.call(ID, "add", 1)).toBeUndefined();
    slow.resolve();
  });

  it("runs onConnect again, onDisconnect with the reason, and not onLoad", async () => {
    await using app = await start({ definitions: [{ route: "/", onLoad: on(CountState, "load") }] });
    const first = await app.page({ watch });
    const { tab, resume } = await first.welcome;
    expect("snapshot" in resume && resume.snapshot.changes?.[ID]).toMatchObject({ full: { count: 10 } });
    first.cut();
    await expect.poll(() => hooks).toContain("disconnect closed");
    const again = await app.page({
      tab,
      page: first.hello.page,
      version: (resume as { snapshot: { version: number } }).snapshot.version,
      watch,
    });
    expect(await again.call(ID, "add", 1)).toBeUndefined();
    expect(again.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 11]] });
    await expect.poll(() => hooks).toEqual(["connect", "disconnect closed", "connect"]);
  });

  it("after a reload keeps its state, counts anew, and runs onLoad", async () => {
    await using app = await start({ definitions: [{ route: "/", onLoad: on(CountState, "load") }] });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    expect(await first.call(ID, "add", 1)).toBeUndefined();
    first.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    const reloaded = await app.page({ tab, watch });
    const welcome = await reloaded.welcome;
    expect(welcome).toMatchObject({
      tab,
      fresh: false,
      received: 0,
      resume: { snapshot: { changes: { [ID]: { full: { count: 21 } } } } },
    });
    expect(await reloaded.call(ID, "add", 1)).toBeUndefined();
  });

  it("a duplicated tab gets its own state while the first one lives", async () => {
    await using app = await start();
    const first = await app.page({ watch });
    first.socket.on("alive", (answer: () => void) => answer());
    await first.call(ID, "add", 7);
    const { tab } = await first.welcome;
    const twin = await app.page({ tab, watch });
    const welcome = await twin.welcome;
    expect(welcome.tab).not.toBe(tab);
    expect(welcome).toMatchObject({ fresh: true, resume: { snapshot: { changes: { [ID]: { full: { count: 0 } } } } } });
    await twin.call(ID, "add", 1);
    expect(await first.call(ID, "add", 1)).toBeUndefined();
    expect(first.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 8]] });
  });

  it("a page that does not answer the question whether it is alive loses its tab to the new one", async () => {
    await using app = await start({ limits: { aliveTimeout: 20 } });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    const reloaded = await app.page({ tab, watch });
    expect(await reloaded.welcome).toMatchObject({ tab, fresh: false });
    await first.gone();
  });

  it("gets the states whole when what it missed is no longer kept, with all answers and effects", async () => {
    await using app = await start({ limits: { replayFrames: 2 } });
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    for (let index = 0; index < 5; index++) await first.call(ID, "add", 1);
    const again = await app.page({ tab, page: first.hello.page, version: 0, watch });
    expect(await again.welcome).toMatchObject({
      received: 5,
      resume: { snapshot: { version: 5, changes: { [ID]: { full: { count: 5 } } }, acks: [[5]] } },
    });
  });

  it.each([
    ["a version of the future", { version: 999 }],
    ["a damaged copy", { version: 1, damaged: true }],
    ["no version", {}],
  ])("with %s gets its states whole", async (_what, hello) => {
    await using app = await start();
    const first = await app.page({ watch });
    const { tab } = await first.welcome;
    await first.call(ID, "add", 1);
    const again = await app.page({ tab, page: first.hello.page, watch, ...hello });
    expect(await again.welcome).toMatchObject({ resume: { snapshot: { changes: { [ID]: { full: { count: 1 } } } } } });
  });
});

describe("Frames are taken once and in order", () => {
  it("a repeated id runs nothing and is not answered again; a gap is answered and runs nothing", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    await page.call(ID, "add", 1);
    page.id = 0;
    page.send({ kind: "event", state: ID, event: "add", args: [100] });
    page.id = 6;
    page.send({ kind: "event", state: ID, event: "add", args: [100] });
    expect(await page.problem("CHANNEL_FRAME_INVALID")).toMatchObject({
      message: expect.stringContaining("id 7 came after 1"),
    });
    page.id = 1;
    await page.call(ID, "add", 1);
    expect(page.frames.map(({ acks }) => acks)).toEqual([[[1]], [[2]]]);
    expect(page.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 2]] });
  });

  it("an answer stands in the frame with its result, and versions count without gaps", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    for (let index = 1; index <= 3; index++) await page.call(ID, "add", index);
    await page.call(ID, "add", 0);
    expect(page.frames).toEqual([
      { version: 1, changes: { [ID]: [["set", ["count"], 1]] }, acks: [[1]] },
      { version: 2, changes: { [ID]: [["set", ["count"], 3]] }, acks: [[2]] },
      { version: 3, changes: { [ID]: [["set", ["count"], 6]] }, acks: [[3]] },
      { version: 4, acks: [[4]] },
    ]);
  });
});

describe("Pages and navigation", () => {
  it("router holds path, route, parameters and query, and follows the page", async () => {
    await using app = await start({ definitions: [{ route: "/" }, { route: "/notes/[id]" }] });
    const page = await app.page({ watch });
    expect(await page.ack(page.send({ kind: "navigate", path: "/notes/a%20b?x=1&x=2" }))).toBeUndefined();
    await page.call(ID, "where");
    expect(page.frames.at(-1)?.changes).toEqual({
      [ID]: [["set", ["title"], '/notes/a%20b /notes/[id] {"id":"a b"} {"x":"2"}']],
    });
  });

  it("a guard refuses a navigation, sends elsewhere, and its own error leaks nothing", async () => {
    await using app = await start({
      mode: "production",
      definitions: [
        { route: "/", guard: () => true },
        { route: "/no", guard: () => false, onLoad: on(CountState, "load") },
        { route: "/undefined", guard: (() => undefined) as never, onLoad: on(CountState, "load") },
        { route: "/away", guard: async () => redirect("/login"), onLoad: on(CountState, "load") },
        {
          route: "/throws",
          guard: () => {
            throw new Error("secret");
          },
          onLoad: on(CountState, "load"),
        },
      ],
    });
    const page = await app.page({ watch });
    expect(await page.ack(page.send({ kind: "navigate", path: "/no" }))).toMatchObject({ code: "PAGE_REFUSED" });
    expect(await page.ack(page.send({ kind: "navigate", path: "/undefined" }))).toMatchObject({ code: "PAGE_REFUSED" });
    expect(await page.ack(page.send({ kind: "navigate", path: "/away" }))).toBeUndefined();
    expect(page.frames.at(-1)?.effects).toMatchObject([{ effect: "redirect", to: "/login" }]);
    expect(JSON.stringify(await page.ack(page.send({ kind: "navigate", path: "/throws" })))).not.toContain("secret");
    expect(JSON.stringify(page.frames)).not.toContain("count");
  });

  it("a page whose first load fails is welcomed all the same and told why", async () => {
    await using app = await start({
      definitions: [
        { route: "/", onLoad: on(CountState, "fail") },
        { route: "/no", guard: () => false },
      ],
    });
    const failed = await app.page({ watch });
    expect(await failed.problem("EVENT_FAILED")).toMatchObject({ ref: expect.any(String) });
    const refused = await app.page({ path: "/no", watch });
    expect(await refused.problem("PAGE_REFUSED")).toMatchObject({ message: expect.stringContaining("/no") });
  });
});

describe("Errors in production", () => {
  it("hold a code and a reference, under which the log has the whole", async () => {
    await using app = await start({ mode: "production" });
    const page = await app.page({ watch });
    const error = await page.call(ID, "fail");
    expect(error).toEqual({
      code: "EVENT_FAILED",
      message: "Something went wrong on the server.",
      ref: expect.stringMatching(/^[\w-]{8}$/),
    });
    const line = app.log.find(({ details }) => details.ref === error?.ref);
    expect(line?.details.err?.message).toContain("SELECT secret");
    expect(line?.message).toContain("CountState.fail");
    const watching = await page.ack(page.send({ kind: "watch", states: ["app.BrokenState"] }));
    expect(watching).toEqual({
      code: "STATE_COMPUTED_FAILED",
      message: "Something went wrong on the server.",
      ref: expect.any(String),
    });
    expect(JSON.stringify(page.messages)).not.toMatch(/secret|\/srv|\.ts|stack/);
    expect(await page.call(ID, "add", 1)).toBeUndefined();
    expect(page.frames.at(-1)?.changes).toEqual({ [ID]: [["set", ["count"], 1]] });
  });

  it("name the cause in development, and are whole for errors that are meant for the browser", async () => {
    await using app = await start({ mode: "development" });
    const page = await app.page({ watch });
    expect(await page.call(ID, "fail")).toMatchObject({
      message: expect.stringContaining("CountState.fail failed: SELECT secret"),
    });
    expect(await page.call(ID, "add", "x")).toMatchObject({
      code: "EVENT_ARGS_INVALID",
      issues: [{ path: "argument 1", message: expect.any(String) }],
    });
    expect(await page.call(ID, "nothing")).toMatchObject({ code: "EVENT_UNKNOWN" });
    expect(await page.call("app.Nothing", "add")).toMatchObject({ code: "STATE_UNKNOWN" });
    expect(await page.ack(page.send({ kind: "field", state: ID, field: "count", value: 1 }))).toMatchObject({
      code: "EVENT_FIELD_UNKNOWN",
    });
  });
});

describe("Background work", () => {
  it("ends when its tab has been away too long", async () => {
    await using app = await start({ limits: { leaveAfter: 5 } });
    const page = await app.page({ watch });
    await page.call(ID, "forever");
    page.cut();
    await expect.poll(() => (signals[0]?.reason as { code?: string } | undefined)?.code).toBe("CHANNEL_TAB_LEFT");
    expect(app.channel.stats().tabs).toBe(1);
  });

  it("ends when the tab expires, after which its states are gone and onExpire has run once", async () => {
    await using app = await start({ limits: { expireAfter: 5 } });
    const page = await app.page({ watch });
    const { tab } = await page.welcome;
    await page.call(ID, "forever");
    page.cut();
    await expect.poll(() => (signals[0]?.reason as { code?: string } | undefined)?.code).toBe("CHANNEL_TAB_EXPIRED");
    expect(app.channel.stats().tabs).toBe(0);
    await expect.poll(() => hooks).toEqual(["connect", "disconnect closed", "expire"]);
    const again = await app.page({ tab, page: page.hello.page, version: page.version, watch });
    expect(await again.welcome).toMatchObject({
      fresh: true,
      received: 0,
      resume: { snapshot: { changes: { [ID]: { full: { count: 0 } } } } },
    });
  });

  it("ends when the app's code is loaded again, while vars keep their values", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    await page.call(ID, "add", 4);
    await page.call(ID, "forever");
    class CountAgain extends CountState {
      extra = "new";
    }
    const { StateRegistry } = await import("../state/registry.ts");
    const { tagStates } = await import("../state/class-info.ts");
    const { pageTable } = await import("../protocol/page.ts");
    tagStates("app", { CountState: CountAgain });
    hooks.length = 0;
    await app.channel.replaceApp(new StateRegistry([{ CountAgain }]), pageTable([{ route: "/" }]));
    expect(signals[0]?.reason).toMatchObject({ code: "CHANNEL_APP_RELOADED" });
    const whole = await page.message(
      ({ frame }) => frame?.changes?.[ID] !== undefined && "full" in (frame.changes[ID] as object) && frame,
    );
    expect(whole.changes?.[ID]).toMatchObject({ full: { count: 4, extra: "new" } });
    // What begins background work for a tab that comes back begins it here too.
    expect(hooks).toEqual(["connect"]);
  });

  it("ends when the server stops, which lets a running handler finish, takes nothing more and says so", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    await page.call(ID, "forever");
    const running = page.send({ kind: "event", state: ID, event: "slow", args: [] });
    const waiting = page.send({ kind: "navigate", path: "/" });
    await expect.poll(() => hooks).toContain("slow begins");
    const closing = app.channel.close(2_000);
    expect(signals[0]?.reason).toMatchObject({ code: "CHANNEL_CLOSING" });
    expect(await page.message((message) => message.closing)).toEqual({ received: waiting });
    const late = page.send({ kind: "event", state: ID, event: "fail", args: [] });
    slow.resolve();
    expect(await page.ack(running)).toBeUndefined();
    expect(await page.ack(waiting)).toBeUndefined();
    await closing;
    await page.gone();
    expect(page.frames.some(({ acks }) => acks?.some(([id]) => id === late))).toBe(false);
    await expect.poll(() => hooks).toContain("disconnect shutdown");
  });

  it("that does not end holds up calls that have not run, and they are told so", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    page.send({ kind: "event", state: ID, event: "slow", args: [] });
    await expect.poll(() => hooks).toContain("slow begins");
    const waiting = [
      page.send({ kind: "event", state: ID, event: "fail", args: [] }),
      page.send({ kind: "field", state: ID, field: "title", value: "later" }),
    ];
    const probed = new Promise<void>((resolve) => page.socket.on("probe", () => resolve()));
    page.socket.emit("probe");
    await probed;
    await app.channel.close(50);
    for (const id of waiting) expect(await page.ack(id)).toMatchObject({ code: "CHANNEL_NOT_RUN" });
    await page.gone();
    const logged = app.log.length;
    slow.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    // The event that fails would be logged.
    expect(app.log.slice(logged)).toEqual([]);
  });

  it("that does not end within the time is named in the log, with those in the background", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    await page.call(ID, "forever");
    page.send({ kind: "event", state: ID, event: "slow", args: [] });
    await expect.poll(() => hooks).toContain("slow begins");
    await app.channel.close(50);
    slow.resolve();
    const line = app.log.find(({ message }) => message.startsWith("Stopping"));
    expect(line?.message).toContain("CountState.slow");
  });

  it("leaves nothing running that yields for ever when the server has stopped", async () => {
    await using app = await start();
    const page = await app.page({ watch });
    page.send({ kind: "event", state: ID, event: "yields", args: [] });
    await expect.poll(() => hooks).toContain("yields");
    await app.channel.close(50);
    await expect.poll(() => hooks).toContain("yields ended");
  });

  it("leaves nothing running that yields for ever when its tab is discarded", async () => {
    await using app = await start({ limits: { expireAfter: 10 } });
    const page = await app.page({ watch });
    page.send({ kind: "event", state: ID, event: "yields", args: [] });
    await expect.poll(() => hooks).toContain("yields");
    page.socket.close();
    await expect.poll(() => hooks).toContain("yields ended");
  });
});

it("effects travel after the changes, in the same frame", async () => {
  class SavedState extends State {
    static override events = { save: event() };
    saved = false;
    save() {
      this.saved = true;
      return [toast.success("Saved"), redirect("/list")];
    }
  }
  await using app = await testChannel({ SavedState });
  const page = await app.page({ watch: ["app.SavedState"] });
  await page.call("app.SavedState", "save");
  expect(page.frames).toEqual([
    {
      version: 1,
      changes: { "app.SavedState": [["set", ["saved"], true]] },
      effects: [
        { effect: "toast", level: "success", message: "Saved" },
        { effect: "redirect", to: "/list", replace: false, external: false },
      ],
      acks: [[1]],
    },
  ]);
});

function sourceOf({ headers }: IncomingMessage): RequestSource {
  const host = headers.host ?? "";
  return { kind: "handshake", method: "GET", url: "/", headers, ip: "127.0.0.1", host, protocol: "http" };
}
