import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { Hello } from "../../protocol/frames.ts";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { State } from "../../state/state.ts";
import { RawPage, type TestChannel, testChannel } from "../channel.fixture.ts";

let gate = Promise.withResolvers<void>();

class BulkState extends State {
  static override events = { grow: event({ args: [z.number()] }), add: event(), wait: event() };
  text = "";
  count = 0;
  grow(size: number) {
    this.text = "x".repeat(size);
  }
  add() {
    this.count++;
  }
  async wait() {
    await gate.promise;
  }
}

class LargeState extends State {
  text = "x".repeat(1_000_000);
}

const BULK = "app.BulkState";
const definitions = [{ route: "/" }, { route: "/slow", onLoad: on(BulkState, "wait") }];
const start = (limits: NonNullable<Parameters<typeof testChannel>[1]>["limits"]) =>
  testChannel({ BulkState, LargeState }, { definitions, limits });

// The clock stands still, so that no rate recovers while a test counts.
beforeEach(() => {
  gate = Promise.withResolvers();
  vi.spyOn(performance, "now").mockReturnValue(performance.now());
});
afterEach(() => {
  gate.resolve();
  vi.restoreAllMocks();
});

const hasGone = (app: TestChannel) => expect.poll(() => app.channel.stats().connected).toBe(0);

/** Connects and waits until the server has read what came after that. */
async function connected(app: TestChannel, hello: Hello): Promise<RawPage> {
  const page = new RawPage(app.url, hello);
  const { socket } = page;
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.emit("probe");
  await new Promise<void>((resolve) => socket.once("probe", () => resolve()));
  return page;
}

const isWelcome = ({ messages }: RawPage) => messages.some(({ welcome }) => welcome);

/** A page whose state has so many characters, and what it says when it comes back. */
async function grownPage(app: TestChannel, size: number): Promise<{ page: RawPage; hello: Hello }> {
  const page = await app.page({ watch: [BULK] });
  await page.call(BULK, "grow", size);
  return { page, hello: { ...page.hello, tab: (await page.welcome).tab } };
}

describe("SEC-21: what a page had before is charged to its rate when it comes back", () => {
  it.each<[string, number, number, (hello: Hello, version: number) => Hello]>([
    ["without its states", 1_000_000, 3, (hello) => hello],
    ["with damaged states", 1_000_000, 3, (hello, version) => ({ ...hello, version, damaged: true })],
    ["reloaded", 1_000_000, 3, (hello) => ({ ...hello, page: crypto.randomUUID() })],
    ["without a frame that it missed", 200_000, 13, (hello) => ({ ...hello, version: 0 })],
  ])("%s", async (_, size, times, change) => {
    await using app = await start({ burst: 40, eventsPerSecond: 100 });
    const { page, hello } = await grownPage(app, size);
    const welcomes: boolean[] = [];
    let last = page;
    for (let time = 0; time < times + 3; time++) {
      last.cut();
      await hasGone(app);
      last = await connected(app, change(hello, page.version));
      welcomes.push(isWelcome(last));
    }
    expect(welcomes).toEqual([...Array<boolean>(times).fill(true), false, false, false]);
    vi.restoreAllMocks();
    // Once its rate has recovered, the page gets its states by itself.
    const { resume } = await last.welcome;
    expect(JSON.stringify(resume)).toContain("x".repeat(size));
    last.socket.disconnect();
  });

  it("reloaded while its onLoad takes long", async () => {
    await using app = await start({ burst: 10, eventsPerSecond: 1 });
    const { page, hello } = await grownPage(app, 1_000_000);
    page.cut();
    await hasGone(app);
    const again = await app.page({ ...hello, page: "another page", path: "/slow" });
    expect((await again.welcome).resume).toMatchObject({ snapshot: { changes: {} } });
    gate.resolve();
    await again.message(({ frame }) => frame?.changes && BULK in frame.changes);
    expect(await again.call(BULK, "add")).toMatchObject({ code: "CHANNEL_RATE_LIMITED" });
  });
});

it("a page that comes back a few times is welcomed each time, and its calls are answered", async () => {
  await using app = await start({});
  const { page, hello } = await grownPage(app, 1_000_000);
  let last = page;
  for (let time = 0; time < 10; time++) {
    last.cut();
    await hasGone(app);
    last = await app.page(hello);
  }
  last.id = (await last.welcome).received;
  for (let time = 0; time < 100; time++) expect(await last.call(BULK, "add")).toBeUndefined();
});

it("the first welcome of a tab is charged to nothing", async () => {
  await using app = await start({ burst: 10, eventsPerSecond: 1 });
  const page = await app.page({ watch: [BULK, "app.LargeState"] });
  for (let time = 0; time < 10; time++) expect(await page.call(BULK, "add")).toBeUndefined();
  expect(await page.call(BULK, "add")).toMatchObject({ code: "CHANNEL_RATE_LIMITED" });
});
