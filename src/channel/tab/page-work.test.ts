import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { type DisconnectReason, type LeaveReason, State } from "../../state/state.ts";
import { helloOf, type RawPage, type TestChannel, testChannel } from "../channel.fixture.ts";

/** Loops that run now, by the events that began them. */
const running: string[] = [];
/** How loops ended: the event and the code of the reason. */
const ended: string[] = [];
const hooks: string[] = [];
/** Opened by a test; the loop that waits at it heeds no signal. */
let gate = Promise.withResolvers<void>();

/** Stands for a loop: runs until its signal aborts. */
async function untilAborted(name: string, signal: AbortSignal): Promise<void> {
  running.push(name);
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  stopped(name, signal.reason);
}

function stopped(name: string, reason: unknown): void {
  running.splice(running.indexOf(name), 1);
  ended.push(`${name} ${(reason as { code?: string }).code}`);
}

class ClockState extends State {
  static override events = {
    tick: event({ background: true }),
    tickOnce: event({ background: "page", concurrency: "drop" }),
    tickForTab: event({ background: "tab", concurrency: "drop" }),
    deaf: event({ background: true, concurrency: "drop" }),
    updates: event({ background: true }),
    steps: event({ background: true }),
    ping: event({ background: true }),
    pong: event({ background: true }),
    slow: event(),
    beginsTick: event(),
  };
  count = 0;
  tick() {
    return untilAborted("tick", this.signal);
  }
  tickOnce() {
    return untilAborted("tickOnce", this.signal);
  }
  tickForTab() {
    return untilAborted("tickForTab", this.signal);
  }
  async deaf() {
    running.push("deaf");
    await gate.promise;
    stopped("deaf", { code: "by itself" });
  }
  async updates() {
    running.push("updates");
    try {
      for (;;) {
        await this.update(() => {
          this.count++;
        });
        await setImmediate();
      }
    } catch (error) {
      stopped("updates", error);
      throw error;
    }
  }
  async *steps() {
    running.push("steps");
    try {
      for (;;) {
        yield;
        await setImmediate();
      }
    } finally {
      stopped("steps", this.signal.reason);
    }
  }
  ping() {
    hooks.push("ping");
    return on(ClockState, "pong");
  }
  pong() {
    return on(ClockState, "ping");
  }
  async slow() {
    await gate.promise;
    return on(ClockState, "tick");
  }
  beginsTick() {
    return on(ClockState, "tick");
  }
}

class GreetingState extends State {
  static override events = { greet: event({ background: true }), greetForTab: event({ background: "tab" }) };
  greet() {
    return untilAborted("greet", this.signal);
  }
  greetForTab() {
    return untilAborted("greetForTab", this.signal);
  }
  protected override onConnect() {
    return on(GreetingState, "greet");
  }
}

class HookState extends State {
  static override events = { look: event() };
  left = 0;
  look() {}
  protected override onLeave(reason: LeaveReason) {
    this.left++;
    hooks.push(`${reason} ${this.router.path}`);
    if (hooks.length === 1) throw new Error("the first fails");
  }
  protected override onDisconnect(reason: DisconnectReason) {
    hooks.push(`disconnect ${reason}`);
  }
}

const [CLOCK, GREETING, HOOK] = ["app.ClockState", "app.GreetingState", "app.HookState"];
const begins = (name: keyof typeof ClockState.events & string) => ({ onLoad: on(ClockState, name) });
const definitions = [
  { route: "/" },
  { route: "/tick", ...begins("tick") },
  { route: "/once", ...begins("tickOnce") },
  { route: "/tab", ...begins("tickForTab") },
  { route: "/deaf", ...begins("deaf") },
  { route: "/updates", ...begins("updates") },
  { route: "/steps", ...begins("steps") },
  { route: "/ping", ...begins("ping") },
  { route: "/closed", guard: () => false },
];

const start = (): Promise<TestChannel> => testChannel({ ClockState, GreetingState, HookState }, { definitions });
const go = (page: RawPage, path: string) => page.ack(page.send({ kind: "navigate", path }));
const isRunning = (...names: string[]) => expect.poll(() => running).toEqual(names);

/** The page of a tab is loaded again, as a browser does it: the old connection ends, another page comes for the tab. */
async function reload(app: TestChannel, page: RawPage, path: string): Promise<RawPage> {
  const { tab } = await page.welcome;
  page.socket.disconnect();
  return await app.page({ tab, path, watch: page.hello.watch });
}

afterEach(() => {
  gate.resolve();
  gate = Promise.withResolvers();
  for (const list of [running, ended, hooks]) list.length = 0;
});

describe("Background work that a page's onLoad begins", () => {
  it.each(["tick", "updates", "steps"])(
    "ends when the page is left, and is there once when it was left and opened again: %s",
    async (name) => {
      await using app = await start();
      const page = await app.page({ watch: [CLOCK], path: `/${name}` });
      for (let round = 0; round < 4; round++) {
        await isRunning(name);
        await go(page, "/");
        await isRunning();
        await go(page, `/${name}`);
      }
      await isRunning(name);
      expect(new Set(ended)).toEqual(new Set([`${name} PAGE_LEFT`]));
      expect(app.log).toEqual([]);
      expect(page.messages.filter(({ problem }) => problem)).toEqual([]);
    },
  );

  it.each(["tick", "updates", "steps"])(
    "ends when the page is loaded again, which begins it anew: %s",
    async (name) => {
      await using app = await start();
      let page = await app.page({ watch: [CLOCK], path: `/${name}` });
      for (let round = 1; round <= 4; round++) {
        await isRunning(name);
        page = await reload(app, page, `/${name}`);
        await expect.poll(() => ended).toHaveLength(round);
      }
      await isRunning(name);
      expect(new Set(ended)).toEqual(new Set([`${name} PAGE_RELOADED`]));
      expect(app.log).toEqual([]);
    },
  );

  it("goes on when the connection is lost and the same page comes back, which begins no second one", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK], path: "/tick" });
    await isRunning("tick");
    const { tab } = await page.welcome;
    page.cut();
    const again = await app.page({ ...page.hello, tab, version: page.version });
    expect(await again.call(CLOCK as string, "beginsTick")).toBeUndefined();
    await isRunning("tick", "tick");
    expect(ended).toEqual([]);
  });

  it("ends too when one of the same page takes its place: another query, another parameter", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK], path: "/tick" });
    await isRunning("tick");
    await go(page, "/tick?page=2");
    await expect.poll(() => ended).toEqual(["tick PAGE_LEFT"]);
    await isRunning("tick");
  });

  it("goes on when the next page is refused", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK], path: "/tick" });
    await isRunning("tick");
    expect(await go(page, "/closed")).toMatchObject({ code: "PAGE_REFUSED" });
    expect(ended).toEqual([]);
    await isRunning("tick");
  });

  it("with concurrency drop is begun again though the one before heeds no signal, and is dropped in silence where it runs", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK], path: "/deaf" });
    await isRunning("deaf");
    await go(page, "/");
    await go(page, "/deaf");
    await isRunning("deaf", "deaf");
    await page.call(CLOCK as string, "tickOnce");
    await isRunning("deaf", "deaf", "tickOnce");
    expect(await page.call(CLOCK as string, "tickOnce")).toMatchObject({ code: "EVENT_DROPPED" });
    expect(app.log).toEqual([]);
    gate.resolve();
    await isRunning("tickOnce");
  });

  it("goes on in its tab when it is declared so; with drop each return to the page begins no second one and logs nothing", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK], path: "/tab" });
    await isRunning("tickForTab");
    for (let round = 0; round < 3; round++) {
      await go(page, "/");
      await go(page, "/tab");
    }
    const again = await reload(app, page, "/tab");
    await go(again, "/");
    expect(running).toEqual(["tickForTab"]);
    expect(ended).toEqual([]);
    expect(app.log).toEqual([]);
    expect([...page.messages, ...again.messages].filter(({ problem }) => problem)).toEqual([]);
  });

  it("that names other background work for ever ends with the page", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK], path: "/ping" });
    await expect.poll(() => hooks.length).toBeGreaterThan(10);
    await go(page, "/");
    await expect
      .poll(async () => {
        const before = hooks.length;
        for (let turns = 0; turns < 20; turns++) await setImmediate();
        return hooks.length - before;
      })
      .toBe(0);
    expect(app.log).toEqual([]);
  });
});

describe("Background work that a page calls", () => {
  it("ends when the page is left", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK] });
    await page.call(CLOCK as string, "tick");
    await page.call(CLOCK as string, "beginsTick");
    await isRunning("tick", "tick");
    await go(page, "/once");
    await isRunning("tickOnce");
  });

  it("goes on when the next page has called it before that page's own load had its turn", async () => {
    await using app = await start();
    const page = await app.page({ watch: [CLOCK] });
    page.send({ kind: "event", state: CLOCK, event: "slow", args: [] });
    const left = page.send({ kind: "navigate", path: "/once" });
    await page.call(CLOCK as string, "tick");
    await isRunning("tick");
    gate.resolve();
    await page.ack(left);
    await isRunning("tick", "tickOnce");
    // What the page before had called begins it for nobody any more.
    await go(page, "/");
    await isRunning();
  });
});

describe("Background work that onConnect begins", () => {
  it("goes on while pages come and go, and begins anew, once, when the page comes back or is loaded again", async () => {
    await using app = await start();
    const page = await app.page({ watch: [GREETING] });
    await isRunning("greet");
    await go(page, "/once");
    expect(ended).toEqual([]);
    const { tab } = await page.welcome;
    page.cut();
    const again = await app.page({ ...page.hello, path: "/once", tab, version: page.version });
    await expect.poll(() => ended).toEqual(["greet EVENT_SUPERSEDED"]);
    expect(running.filter((name) => name === "greet")).toEqual(["greet"]);
    await reload(app, again, "/");
    await expect.poll(() => ended.filter((line) => line.startsWith("greet"))).toHaveLength(2);
    await expect.poll(() => running.filter((name) => name === "greet")).toEqual(["greet"]);
    expect(app.log).toEqual([]);
  });
});

describe("The hooks of a state say how its page went", () => {
  it("onLeave before the next onLoad, with the router still at the page that is left; one that fails keeps nobody from leaving", async () => {
    await using app = await start();
    const page = await app.page({ watch: [HOOK], path: "/once" });
    await page.call(HOOK as string, "look");
    expect(hooks).toEqual([]);
    expect(await go(page, "/tick")).toBeUndefined();
    await page.problem("EVENT_FAILED");
    expect(await go(page, "/")).toBeUndefined();
    expect(hooks).toEqual(["left /once", "left /tick"]);
    await reload(app, page, "/once");
    await expect.poll(() => hooks).toEqual(["left /once", "left /tick", "disconnect closed", "reloaded /"]);
  });

  it("onDisconnect learns of a reload whose page comes before the end of the old connection", async () => {
    await using app = await start();
    const page = await app.page({ watch: [HOOK] });
    await page.call(HOOK as string, "look");
    const { tab } = await page.welcome;
    // As a browser that has gone to sleep: it does not answer when the server asks whether it is there.
    page.socket.io.engine.transport.removeAllListeners("packet");
    await app.page(helloOf({ tab: tab as string, watch: [HOOK as string] }));
    await expect.poll(() => hooks).toEqual(["disconnect reloaded", "reloaded /"]);
  });
});
