import { afterEach, describe, expect, it } from "vitest";
import { toast } from "../../state/effects.ts";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { State } from "../../state/state.ts";
import { type RawPage, type TestChannel, testChannel } from "../channel.fixture.ts";

/** Doors that a test opens; the handlers wait at them and ignore their signal. */
const doors = new Map<string, PromiseWithResolvers<void>>();
const begun: string[] = [];
const lateErrors: unknown[] = [];
const signals: AbortSignal[] = [];

function door(name: string): PromiseWithResolvers<void> {
  const known = doors.get(name) ?? Promise.withResolvers<void>();
  doors.set(name, known);
  return known;
}

class PageState extends State {
  static override events = { load: event(), steps: event(), save: event(), fail: event() };
  page = "";
  log: string[] = [];

  async load() {
    const id = String(this.router.params.id);
    begun.push(id);
    signals.push(this.signal);
    this.log.push(`${id} begins`);
    if (id.startsWith("slow")) await door(id).promise;
    try {
      this.page = id;
    } catch (error) {
      lateErrors.push(error);
      throw error;
    }
    return toast.info(id);
  }
  async *steps() {
    begun.push("steps");
    this.page = "first step";
    yield;
    this.page = "second step";
    await door("steps").promise;
    yield;
    this.page = "third step";
  }
  async save() {
    begun.push("save");
    await door("save").promise;
    this.log.push("saved");
  }
  fail() {
    throw new Error("no such table");
  }
}

class OtherState extends State {
  text = "other";
}

class SumState extends State {
  get count() {
    return this.state(PageState).log.length;
  }
}

const [PAGE, OTHER, SUM] = ["app.PageState", "app.OtherState", "app.SumState"];
const load = on(PageState, "load");
const definitions = [
  { route: "/" },
  { route: "/plain" },
  { route: "/load/[id]", onLoad: load },
  { route: "/two", onLoad: [on(PageState, "steps"), on(PageState, "save")] },
  { route: "/guarded/[id]", onLoad: load, guard: () => door("guard").promise.then(() => true) },
  { route: "/fails", onLoad: on(PageState, "fail") },
];

function start(options: Parameters<typeof testChannel>[1] = {}): Promise<TestChannel> {
  return testChannel({ PageState, OtherState, SumState }, { definitions, ...options });
}

const go = (page: RawPage, path: string) => page.send({ kind: "navigate", path });
const isBegun = (name: string) => expect.poll(() => begun).toContain(name);
const turns = async () => {
  for (let left = 5; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
};

afterEach(() => {
  for (const { resolve } of doors.values()) resolve();
  doors.clear();
  begun.length = 0;
  lateErrors.length = 0;
  signals.length = 0;
});

describe("A page that is left while its onLoad runs", () => {
  it("gives up its turn to the next page at once: its signal aborts, its writes are undone, its late ones are refused", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    const left = go(page, "/load/slow");
    await isBegun("slow");
    expect(await page.ack(go(page, "/load/fast"))).toBeUndefined();
    expect(await page.ack(left)).toMatchObject({ code: "PAGE_LEFT" });
    expect(signals[0]?.aborted).toBe(true);
    const changes = page.frames.flatMap((frame) => (frame.changes ? [frame.changes[PAGE]] : []));
    expect(changes).toEqual([
      [
        ["set", ["page"], "fast"],
        ["set", ["log"], ["fast begins"]],
      ],
    ]);
    door("slow").resolve();
    await turns();
    expect(lateErrors).toMatchObject([{ code: "PAGE_LEFT" }]);
    expect(page.frames.flatMap(({ effects }) => effects ?? [])).toMatchObject([{ effect: "toast", message: "fast" }]);
    expect(app.log).toEqual([]);
  });

  it("gives up its turn also to a page without onLoad, and to states that this one reads", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    go(page, "/load/slow");
    await isBegun("slow");
    expect(await page.ack(go(page, "/plain"))).toBeUndefined();
    expect(await page.ack(page.send({ kind: "watch", states: [OTHER, SUM] }))).toBeUndefined();
    expect(page.frames.at(-1)?.changes).toEqual({
      [OTHER]: { full: { text: "other" } },
      [SUM]: { full: { count: 0 } },
    });
  });

  it("keeps what it had shown before its last yield, and begins none of its further events", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    go(page, "/two");
    await page.message(({ frame }) => frame?.changes?.[PAGE] !== undefined);
    await turns();
    expect(await page.ack(go(page, "/plain"))).toBeUndefined();
    door("steps").resolve();
    await turns();
    expect(begun).toEqual(["steps"]);
    expect(page.frames.map(({ changes }) => changes).filter(Boolean)).toEqual([
      { [PAGE]: [["set", ["page"], "first step"]] },
    ]);
  });

  it("is not entered when its guard says yes too late", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    const left = go(page, "/guarded/a");
    expect(await page.ack(go(page, "/load/fast"))).toBeUndefined();
    expect(await page.ack(left)).toMatchObject({ code: "PAGE_LEFT" });
    door("guard").resolve();
    await turns();
    expect(begun).toEqual(["fast"]);
  });

  it("never begins when it had to wait for an event, which ends as ever", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    const saving = page.send({ kind: "event", state: PAGE, event: "save", args: [] });
    await isBegun("save");
    const left = go(page, "/load/slow");
    const shown = go(page, "/load/fast");
    expect(await page.ack(left)).toMatchObject({ code: "PAGE_LEFT" });
    door("save").resolve();
    expect(await page.ack(saving)).toBeUndefined();
    expect(await page.ack(shown)).toBeUndefined();
    expect(begun).toEqual(["save", "fast"]);
  });

  it("leaves the events that came after it in their order, before the next page's load", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    go(page, "/load/slow");
    await isBegun("slow");
    door("save").resolve();
    const saving = page.send({ kind: "event", state: PAGE, event: "save", args: [] });
    expect(await page.ack(go(page, "/load/fast"))).toBeUndefined();
    expect(await page.ack(saving)).toBeUndefined();
    expect(begun).toEqual(["slow", "save", "fast"]);
  });

  it("does not hold up the same page when it is loaded again, which keeps its states", async () => {
    await using app = await start({ limits: { aliveTimeout: 20 } });
    const first = await app.page({ watch: [PAGE] });
    const { tab } = await first.welcome;
    await first.ack(go(first, "/load/fast"));
    go(first, "/load/slow");
    await isBegun("slow");
    const again = await app.page({ tab, path: "/load/last", watch: [PAGE] });
    const welcome = await again.welcome;
    expect(welcome).toMatchObject({ tab, fresh: false });
    expect("snapshot" in welcome.resume && welcome.resume.snapshot.changes).toMatchObject({
      [PAGE]: { full: { page: "last", log: ["fast begins", "last begins"] } },
    });
  });

  it("counts against limits.background for as long as it ignores its signal", async () => {
    await using app = await start({ limits: { background: 2 } });
    const page = await app.page({ watch: [PAGE] });
    for (const id of ["slow1", "slow2"]) {
      go(page, `/load/${id}`);
      await isBegun(id);
    }
    await page.ack(go(page, "/plain"));
    expect(await page.ack(go(page, "/load/fast"))).toMatchObject({ code: "EVENT_TOO_MANY" });
    door("slow1").resolve();
    await turns();
    expect(await page.ack(go(page, "/load/fast"))).toBeUndefined();
  });
});

describe("A slow onLoad of a page that stays", () => {
  it("holds up no state that it has not written to", async () => {
    await using app = await start();
    const page = await app.page({ watch: [PAGE] });
    const loading = go(page, "/load/slow");
    await isBegun("slow");
    expect(await page.ack(page.send({ kind: "watch", states: [OTHER] }))).toBeUndefined();
    expect(page.frames.at(-1)?.changes).toEqual({ [OTHER]: { full: { text: "other" } } });
    // A getter may read what is half written: it is sent when the load has ended.
    const waiting = page.send({ kind: "watch", states: [SUM] });
    door("slow").resolve();
    expect(await page.ack(loading)).toBeUndefined();
    expect(await page.ack(waiting)).toBeUndefined();
    expect(page.frames.at(-1)?.changes).toEqual({ [SUM]: { full: { count: 1 } } });
  });
});

describe("A first load that fails", () => {
  it("tells the page which address could not be opened", async () => {
    await using app = await start();
    const page = await app.page({ path: "/fails", watch: [PAGE] });
    const problem = await page.message((message) => message.problem);
    expect(problem).toMatchObject({ page: "/fails", error: { code: "EVENT_FAILED", ref: expect.any(String) } });
  });

  it("says nothing when the page was left before", async () => {
    await using app = await start({ limits: { aliveTimeout: 20 } });
    const first = await app.page({ watch: [PAGE] });
    const { tab } = await first.welcome;
    void app.page({ tab, path: "/load/slow", watch: [PAGE] });
    await isBegun("slow");
    first.cut();
    const last = await app.page({ tab, path: "/load/fast", watch: [PAGE] });
    await last.welcome;
    expect(app.log).toEqual([]);
  });
});

describe("A first load that is slow", () => {
  it("holds up neither the next page nor its states, and is shown with what it has made of its own", async () => {
    await using app = await start();
    const page = await app.page({ path: "/load/slow", watch: [PAGE] });
    expect(await page.welcome).toMatchObject({ resume: { snapshot: { changes: {} } } });
    const early = page.send({ kind: "watch", states: [OTHER] });
    await turns();
    expect(page.frames).toEqual([]);
    expect(await page.ack(go(page, "/load/fast"))).toBeUndefined();
    expect(await page.ack(early)).toBeUndefined();
    const changes = page.frames.flatMap((frame) => (frame.changes ? [frame.changes] : []));
    expect(Object.assign({}, ...changes)).toMatchObject({ [OTHER]: { full: { text: "other" } } });
    await page.message(({ frame }) => frame?.changes?.[PAGE]);
  });
});
