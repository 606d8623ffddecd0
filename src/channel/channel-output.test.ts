import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { helloOf, RawPage, type TestChannel, testChannel } from "./channel.fixture.ts";
import { heldBytes, OutputBudget, type OutputLine } from "./output-budget.ts";

let calls = 0;
let gate = Promise.withResolvers<void>();

class BulkState extends State {
  static override events = { grow: event({ args: [z.number()] }), add: event(), growOn: event({ background: true }) };
  text = "";
  count = 0;
  grow(size: number) {
    calls++;
    this.text = String(calls % 10).repeat(size);
  }
  add() {
    this.count++;
  }
  async growOn() {
    await this.update(() => this.grow(20_000_000));
    await gate.promise;
    for (let time = 0; time < 10; time++) await this.update(() => this.grow(1_000_000));
  }
}

class SmallState extends State {
  static override events = { add: event() };
  count = 0;
  add() {
    this.count++;
  }
}

class FailingState extends State {
  get broken(): number {
    throw new Error("This state cannot be shown");
  }
}

const BULK = "app.BulkState";
const SMALL = "app.SmallState";
const GROWN = { kind: "event", state: BULK, event: "grow" };

const start = (options: Parameters<typeof testChannel>[1] = {}) => {
  calls = 0;
  return testChannel({ BulkState, SmallState, FailingState }, options);
};

/** The parts below a page of the tests. */
function networkOf(page: RawPage): Socket {
  return (page.socket.io.engine.transport as unknown as { ws: { _socket: Socket } }).ws._socket;
}

/** Settles when the server has answered a call of another page: by then it has read whatever came before. */
async function othersAreServed(app: TestChannel): Promise<void> {
  const other = await app.page({ watch: [SMALL] });
  for (let time = 0; time < 5; time++) expect(await other.call(SMALL, "add")).toBeUndefined();
  other.cut();
}

describe("SEC-21: a page that does not read is not read from", () => {
  it("its calls wait until it has read the answers to those before, and then each of them runs once", async () => {
    await using app = await start({ limits: { tabBytes: 1e9 } });
    const page = await app.page({ watch: [BULK] });
    networkOf(page).pause();
    const ids = Array.from({ length: 90 }, () => page.send({ ...GROWN, args: [1_000_000] }));
    await othersAreServed(app);
    expect(calls).toBeGreaterThan(0);
    await othersAreServed(app);
    // The network takes some megabytes by itself: how many differs from machine to machine.
    expect(calls).toBeLessThan(60);
    networkOf(page).resume();
    for (const id of ids) expect(await page.ack(id)).toBeUndefined();
    expect(calls).toBe(90);
  });

  it("a connection that ends while its messages wait is forgotten, with everything that it held", async () => {
    await using app = await start({ limits: { tabBytes: 1e9 } });
    const page = await app.page({ watch: [BULK] });
    networkOf(page).pause();
    for (let time = 0; time < 100; time++) page.send({ ...GROWN, args: [1_000_000] });
    await expect.poll(() => app.channel.stats().unsent, { timeout: 10_000 }).toBeGreaterThan(900_000);
    networkOf(page).resetAndDestroy();
    await expect.poll(() => app.channel.stats().connected).toBe(0);
    // The rest are the answers that are kept for a page that reconnects.
    await expect.poll(() => app.channel.stats().unsent).toBeLessThan(100_000);
  });

  it("when all pages together leave too much unread those that read nothing are closed, and the others stay", async () => {
    await using app = await start({ limits: { unsentBytes: 8_000_000, tabBytes: 1e9 } });
    const reader = await app.page({ watch: [SMALL] });
    const pages = await Promise.all(Array.from({ length: 4 }, () => app.page({ watch: [BULK] })));
    for (const page of pages) networkOf(page).pause();
    let most = 0;
    // More than the network takes by itself.
    for (let time = 0; time < 20; time++) {
      for (const page of pages) page.send({ ...GROWN, args: [3_000_000] });
      expect(await reader.call(SMALL, "add")).toBeUndefined();
      most = Math.max(most, app.channel.stats().unsent);
    }
    expect(most).toBeLessThan(12_000_000);
    const isLogged = () => app.log.some(({ message }) => message.includes("too many bytes unread"));
    await expect.poll(isLogged, { timeout: 10_000 }).toBe(true);
    expect(await reader.call(SMALL, "add")).toBeUndefined();
    expect(reader.messages.some(({ gone }) => gone)).toBe(false);
  });

  it("what is kept for pages that reconnect counts, and is dropped before a connection is closed", async () => {
    await using app = await start({ limits: { unsentBytes: 2_000_000, replayBytes: 200_000, tabBytes: 1e9 } });
    const pages = await Promise.all(Array.from({ length: 20 }, () => app.page({ watch: [BULK] })));
    for (const page of pages) {
      // It never says what it has seen.
      Object.defineProperty(page, "version", { value: 0 });
      for (let time = 0; time < 5; time++) expect(await page.call(BULK, "grow", 45_000)).toBeUndefined();
    }
    expect(app.channel.stats()).toMatchObject({ connected: 20 });
    expect(app.channel.stats().unsent).toBeLessThan(2_000_000);
    // Such a page gets its states whole.
    const [first] = pages as [RawPage];
    const { tab } = await first.welcome;
    const again = await app.page({ tab, page: first.hello.page, version: 1, watch: [BULK] });
    const { resume } = await again.welcome;
    expect(resume).toMatchObject({ snapshot: { changes: { [BULK]: { full: { text: expect.any(String) } } } } });
  });
});

describe("bytes that wait and are kept for a page that reconnects", () => {
  it("count once while they wait, and no more when the page has read and seen them", async () => {
    gate = Promise.withResolvers();
    await using app = await start({
      limits: { replayBytes: 1e9, tabBytes: 1e9, tabBytesMax: 1e9, pingTimeout: 600_000 },
    });
    const unsent = () => app.channel.stats().unsent;
    const page = await app.page({ watch: [BULK] });
    await page.call(BULK, "growOn");
    networkOf(page).pause();
    // More than the network takes, so that all that follows waits.
    await expect.poll(unsent).toBeGreaterThan(20_000_000);
    const before = unsent();
    gate.resolve();
    await expect.poll(() => calls).toBe(11);
    await othersAreServed(app);
    expect(unsent() - before).toBeGreaterThan(10_000_000);
    expect(unsent() - before).toBeLessThan(10_100_000);
    networkOf(page).resume();
    await page.message(() => page.frames.filter(({ changes }) => changes).length === 11);
    page.send({ kind: "seen", id: 0 });
    await expect.poll(unsent).toBeLessThan(1_000);
  });
});

describe("a state is not sent whole again and again", () => {
  it("asking for a state that the page is sent already is answered without the state", async () => {
    await using app = await start();
    const page = await app.page({ watch: [BULK] });
    await page.call(BULK, "grow", 100_000);
    for (let time = 0; time < 50; time++) {
      expect(await page.ack(page.send({ kind: "watch", states: [BULK] }))).toBeUndefined();
    }
    expect(page.frames.slice(-50).filter(({ changes }) => changes && BULK in changes)).toEqual([]);
  });

  it("letting go of a large state and asking for it again counts as many calls", async () => {
    await using app = await start({ limits: { burst: 100, eventsPerSecond: 1 } });
    const page = await app.page({ watch: [BULK] });
    await page.call(BULK, "grow", 1_000_000);
    const codes: unknown[] = [];
    for (let time = 0; time < 20; time++) {
      expect(await page.ack(page.send({ kind: "unwatch", states: [BULK] }))).toBeUndefined();
      codes.push((await page.ack(page.send({ kind: "watch", states: [BULK] })))?.code);
    }
    expect(codes.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(codes.slice(-10)).toEqual(Array(10).fill("CHANNEL_RATE_LIMITED"));
  });

  it("a state that cannot be sent does not delay the others of the same request", async () => {
    await using app = await start();
    const page = await app.page();
    const together = await page.ack(page.send({ kind: "watch", states: [SMALL, "app.FailingState"] }));
    expect(together?.code).toBe("STATE_COMPUTED_FAILED");
    expect(page.frames.map(({ changes }) => changes).filter(Boolean)).toEqual([{ [SMALL]: { full: { count: 0 } } }]);
    expect(await page.ack(page.send({ kind: "watch", states: [SMALL] }))).toBeUndefined();
    expect((await page.ack(page.send({ kind: "watch", states: ["app.FailingState"] })))?.code).toBe(together?.code);
  });
});

describe("a line that is slow and takes bytes is not cut", () => {
  it("a state of 20 MB arrives though it takes longer than a ping time-out, while further changes are sent", async () => {
    await using app = await start({ limits: { pingInterval: 100, pingTimeout: 1_500, tabBytes: 1e9 } });
    const first = await app.page({ watch: [BULK] });
    neverTimesOut(first);
    await first.call(BULK, "grow", 20_000_000);
    const { tab } = await first.welcome;
    await using proxy = await slowLine(app.url);
    const again = new RawPage(proxy.url, helloOf({ tab, page: first.hello.page, watch: [BULK] }));
    again.id = first.id;
    again.socket.io.on("open", () => neverTimesOut(again));
    const { resume } = await again.welcome;
    expect(resume).toMatchObject({ snapshot: { changes: { [BULK]: { full: { count: 0 } } } } });
    expect(again.messages.some(({ gone }) => gone)).toBe(false);
    expect(await again.call(BULK, "add")).toBeUndefined();
    again.socket.disconnect();
  });
});

/** Without it the page of the tests would close the connection itself, as soon as the server is silent for so long. */
function neverTimesOut(page: RawPage): void {
  const engine = page.socket.io.engine as unknown as { _pingTimeout: number; _resetPingTimeout(): void };
  engine._pingTimeout = 600_000;
  engine._resetPingTimeout();
}

/** A proxy that hands on about 64 kB every 8 ms. */
async function slowLine(url: string): Promise<AsyncDisposable & { readonly url: string }> {
  const target = Number(new URL(url).port);
  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      upstream.pause();
      client.write(chunk, () => setTimeout(() => upstream.resume(), 8));
    });
    for (const socket of [client, upstream]) {
      socket.on("error", () => {});
      socket.on("close", () => [client, upstream].map((each) => each.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe("bytes are counted as memory holds them", () => {
  it("a text with one character beyond Latin-1 takes two bytes for each", () => {
    const plain = heldBytes("a".repeat(10_000));
    expect(plain).toBeGreaterThan(10_000);
    expect(plain).toBeLessThan(11_000);
    expect(heldBytes(`${"a".repeat(9_999)}€`)).toBeGreaterThan(20_000);
    expect(heldBytes("")).toBeGreaterThan(0);
  });

  it("connections that read nothing are closed before those that read, however much these hold", () => {
    const closed: string[] = [];
    const budget = new OutputBudget(1_000, () => {});
    const line = (name: string, held: number, idle: number): OutputLine => {
      const each = {
        held,
        progressedAt: performance.now() - idle,
        release: () => {
          closed.push(name);
          budget.count(-each.held);
          each.held = 0;
        },
      };
      budget.addLine(each);
      return each;
    };
    line("reads", 600, 0);
    line("stalled", 100, 10_000);
    line("stalled more", 250, 10_000);
    budget.count(950);
    expect(closed).toEqual([]);
    budget.count(100);
    expect(closed).toEqual(["stalled more"]);
  });
});
