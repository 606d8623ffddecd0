import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { event } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { helloOf, type LogLine, type RawPage, testChannel } from "../channel.fixture.ts";

class SmallState extends State {
  static override events = { add: event() };
  count = 0;
  add() {
    this.count++;
  }
}

class RowsState extends State {
  static override events = {
    grow: event({ args: [z.number()] }),
    hide: event({ args: [z.number()] }),
    fill: event({ args: [z.string()] }),
    hang: event(),
  };
  text = "";
  _kept: string[] = [];
  grow(length: number) {
    this.text = "x".repeat(length);
  }
  hide(length: number) {
    this._kept.push("x".repeat(length));
  }
  fill(text: string) {
    this._kept.push(text);
  }
  hang() {
    return new Promise<void>(() => {});
  }
}

const ROWS = "app.RowsState";
const SMALL = "app.SmallState";
const STATES = { RowsState, SmallState };
const watch = [ROWS, SMALL];

type Limits = NonNullable<Parameters<typeof testChannel>[1]>["limits"];

/** Each page has an address of its own: the one that its name begins with. */
function start(limits: Limits) {
  return testChannel(STATES, {
    limits,
    sourceOf: ({ headers, url = "/" }) => ({
      kind: "handshake",
      method: "GET",
      url,
      headers,
      ip: String(headers["x-address"]),
      host: String(headers.host),
      protocol: "http",
    }),
  });
}

const from = (app: { url: string }, address: string) => ({ origin: app.url, "x-address": address });

function endsOf(log: readonly LogLine[]): object[] {
  return log.filter(({ message }) => message.includes("was ended")).map(({ details }) => details);
}

/** Grows the states of a page, as often as it takes until its connection ends. */
async function growUntilEnd(page: RawPage, event: string, length: number): Promise<void> {
  const gone = page.gone();
  void page.call(ROWS, event, length);
  await gone;
}

describe("SEC-22: room for states", () => {
  it.each(["grow", "hide"])(
    "a tab that takes more than one tab may is ended with a code, the log names its state, and it comes back fresh (%s)",
    async (name) => {
      await using app = await start({ tabBytesMax: 100_000 });
      const other = await app.page({ watch }, from(app, "192.0.2.1"));
      const page = await app.page({ watch }, from(app, "192.0.2.1"));
      const { tab } = await page.welcome;
      await growUntilEnd(page, name, 200_000);
      expect(await page.problem("CHANNEL_TAB_TOO_LARGE")).toMatchObject({ message: expect.stringContaining("100000") });
      expect(endsOf(app.log)).toEqual([expect.objectContaining({ state: "RowsState" })]);
      const again = await app.page({ ...page.hello, tab, version: page.version }, from(app, "192.0.2.1"));
      expect(await again.welcome).toMatchObject({ fresh: true, received: 0 });
      expect((await again.welcome).tab).not.toBe(tab);
      expect(await other.call(SMALL, "add")).toBeUndefined();
      expect(app.channel.stats()).toMatchObject({ tabs: 2 });
      expect(app.channel.stats().bytes).toBeLessThan(1_000);
    },
  );

  it("a tab that grows quickly is ended soon, however long it took to measure it before", async () => {
    await using app = await start({ tabBytesMax: 1_000_000 });
    const page = await app.page({ watch }, from(app, "192.0.2.1"));
    await page.call(ROWS, "fill", "x".repeat(100_000));
    const { now } = performance;
    let time = now.call(performance);
    // Each measurement seems to take a minute.
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (time += 60_000));
    expect(app.channel.tabs()).toHaveLength(1);
    clock.mockImplementation(() => time);
    try {
      for (let count = 0; count < 12; count++) void page.call(ROWS, "fill", "x".repeat(100_000));
      await page.problem("CHANNEL_TAB_TOO_LARGE");
    } finally {
      clock.mockRestore();
    }
  });

  it("a tab is ended also while its handler does not end", async () => {
    await using app = await start({ tabBytesMax: 100_000 });
    const page = await app.page({ watch }, from(app, "192.0.2.1"));
    void page.call(ROWS, "grow", 200_000);
    void page.call(ROWS, "hang");
    await page.problem("CHANNEL_TAB_TOO_LARGE");
    await page.gone();
    expect(app.channel.stats().tabs).toBe(0);
  });

  it("the tabs of one address share a budget: beyond it those that are away go, then its largest, and no other's", async () => {
    await using app = await start({ stateBytes: 1_000_000, addressStateBytes: 100_000 });
    const other = await app.page({ watch }, from(app, "192.0.2.2"));
    await other.call(ROWS, "grow", 90_000);
    const away = await app.page({ watch }, from(app, "192.0.2.1"));
    await away.call(ROWS, "grow", 40_000);
    away.cut();
    await expect.poll(() => app.channel.stats().connected).toBe(1);
    const small = await app.page({ watch }, from(app, "192.0.2.1"));
    await small.call(ROWS, "grow", 30_000);
    const large = await app.page({ watch }, from(app, "192.0.2.1"));
    await large.call(ROWS, "grow", 60_000);
    await expect.poll(() => app.channel.stats().tabs, { timeout: 5_000 }).toBe(3);
    expect(endsOf(app.log)).toEqual([]);
    await growUntilEnd(large, "grow", 80_000);
    await large.problem("CHANNEL_STATES_FULL");
    for (const page of [other, small]) expect(await page.call(SMALL, "add")).toBeUndefined();
    await app.page({ watch }, from(app, "192.0.2.3"));
  });

  it("when all states take too much, large tabs are ended, and whoever comes is let in", async () => {
    await using app = await start({ stateBytes: 300_000, addressStateBytes: 250_000, tabBytes: 50_000 });
    const others = await Promise.all(
      ["192.0.2.2", "192.0.2.3"].map((address) => app.page({ watch }, from(app, address))),
    );
    for (const other of others) await other.call(ROWS, "grow", 40_000);
    const page = await app.page({ watch }, from(app, "192.0.2.1"));
    await growUntilEnd(page, "grow", 240_000);
    await page.problem("CHANNEL_STATES_FULL");
    await app.page({ watch }, from(app, "192.0.2.4"));
    for (const other of others) expect(await other.call(SMALL, "add")).toBeUndefined();
  });

  it("a session that opens page after page pushes out its own tabs, not those of others at its address", async () => {
    const bridge = {
      identity: {
        sessionId: ({ cookies }: { cookies: Record<string, string> }) => cookies["session"],
        owner: () => undefined,
        prepare: () => undefined,
        snapshotToken: () => undefined,
        finish: () => undefined,
        onChange: () => () => {},
      },
      chain: { isEmpty: true },
      tickets: { isWaiting: () => false },
      tier: "none",
    };
    await using app = await testChannel(STATES, {
      limits: { socketsPerSession: 3 },
      bridge: bridge as never,
      sourceOf: ({ headers }) => ({
        kind: "handshake",
        method: "GET",
        url: "/",
        headers,
        ip: "192.0.2.1",
        host: String(headers.host),
        protocol: "http",
      }),
    });
    const cookie = (session: string) => ({ origin: app.url, cookie: `session=${session}` });
    const come = async (session: string) => {
      const page = await app.page(helloOf({ watch }), cookie(session));
      const { tab } = await page.welcome;
      page.cut();
      await expect.poll(() => app.channel.stats().connected).toBe(0);
      return { page, tab };
    };
    const mine = await come("mine");
    for (let time = 0; time < 6; time++) await come("theirs");
    expect(app.channel.stats().tabs).toBe(4);
    const back = await app.page({ ...mine.page.hello, tab: mine.tab }, cookie("mine"));
    expect((await back.welcome).tab).toBe(mine.tab);
  });
});
