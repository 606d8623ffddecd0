import { once } from "node:events";
import { beforeEach, describe, expect, it } from "vitest";
import { connectionOf } from "../../client/engine/scripted-server.fixture.ts";
import { createEngine, type TestableEngine } from "../../client/engine.ts";
import { type PageDefinition, pageTable } from "../../protocol/page.ts";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { StateRegistry } from "../../state/registry.ts";
import { State } from "../../state/state.ts";
import { helloOf, RawPage, type TestChannel, testChannel } from "../channel.fixture.ts";

/** Reasons of the loads that were aborted, and `left` for each call of `onLeave`. */
let seen: string[] = [];
/** Whether a load waits for its signal, as slow work does that was given it. */
let isSlow = true;
let begun = Promise.withResolvers<void>();

class SlowState extends State {
  static override events = { load: event(), loadInSteps: event() };
  text = "";
  async load() {
    begun.resolve();
    if (isSlow) await this.#slowWork();
    this.text = this.router.path;
  }
  async *loadInSteps() {
    this.text = "first step";
    yield;
    await this.load();
  }
  async #slowWork() {
    await once(this.signal, "abort");
    seen.push((this.signal.reason as { code: string }).code);
    // As a library does that has an error of its own.
    throw new Error("The query was cancelled.");
  }
  override onLeave() {
    seen.push("left");
  }
}

const ID = "app.SlowState";
const definitions: PageDefinition[] = [
  { route: "/" },
  { route: "/slow", onLoad: on(SlowState, "load") },
  { route: "/steps", onLoad: on(SlowState, "loadInSteps") },
  { route: "/guarded", guard: () => true, onLoad: on(SlowState, "load") },
];
const online = ({ status }: { status: string }) => status === "online";
const offline = ({ status }: { status: string }) => status !== "online";

beforeEach(() => {
  seen = [];
  isSlow = true;
  begun = Promise.withResolvers();
});

function pageOf(app: TestChannel, path: string) {
  let tab: string | undefined;
  const engine = createEngine({
    environment: {
      origin: app.url,
      build: "test",
      path,
      tab: {
        get: () => tab,
        set: (id) => {
          tab = id;
        },
      },
      headers: () => ({ origin: app.url }),
      onWake: () => () => {},
      identity: () => "",
      onIdentity: () => () => {},
      claimCookies: async () => 204,
    },
  });
  const problems: string[] = [];
  engine.onProblem(({ code }) => problems.push(code));
  engine.watch(ID);
  return { engine, problems, [Symbol.dispose]: () => engine.close() };
}

const textOf = (engine: TestableEngine) => engine.snapshot(ID)?.["text"];

describe("A page load that the server gave up while the page was away for too long", () => {
  const start = () => testChannel({ SlowState }, { definitions, limits: { leaveAfter: 20 } });

  it.each(["/slow", "/steps", "/guarded"])(
    "is begun again for a navigation when the page is back (%s)",
    async (path) => {
      await using app = await start();
      using page = pageOf(app, "/");
      await page.engine.ready(ID);
      const gone = page.engine.navigate(path);
      await begun.promise;
      page.engine.cut(true);
      await expect.poll(() => seen).toContain("CHANNEL_TAB_LEFT");
      isSlow = false;
      page.engine.reconnectNow();
      await gone;
      expect(textOf(page.engine)).toBe(path);
      // The page before was left once.
      expect(seen).toEqual(["left", "CHANNEL_TAB_LEFT"]);
      expect(page.problems).toEqual([]);
    },
  );

  it("is begun again for a first page, which does not get its states before", async () => {
    await using app = await start();
    using page = pageOf(app, "/slow");
    await connectionOf(page.engine, online);
    page.engine.cut(true);
    await expect.poll(() => seen).toEqual(["CHANNEL_TAB_LEFT"]);
    isSlow = false;
    page.engine.reconnectNow();
    await page.engine.ready(ID);
    expect(textOf(page.engine)).toBe("/slow");
    expect(page.problems).toEqual([]);
  });

  it("is not begun again when the page has gone elsewhere meanwhile", async () => {
    await using app = await start();
    using page = pageOf(app, "/");
    await page.engine.ready(ID);
    const slow = page.engine.navigate("/slow").catch(({ code }) => code);
    await begun.promise;
    page.engine.cut(true);
    await expect.poll(() => seen).toContain("CHANNEL_TAB_LEFT");
    begun = Promise.withResolvers();
    const gone = page.engine.navigate("/guarded");
    isSlow = false;
    page.engine.reconnectNow();
    await gone;
    expect([await slow, textOf(page.engine)]).toEqual(["PAGE_LEFT", "/guarded"]);
  });
});

describe("A page load that the server gave up because its code was loaded again", () => {
  const replace = (app: TestChannel) =>
    app.channel.replaceApp(new StateRegistry([{ SlowState }]), pageTable(definitions));

  it.each(["/slow", "/steps", "/guarded"])("is begun again for a navigation (%s)", async (path) => {
    await using app = await testChannel({ SlowState }, { definitions });
    using page = pageOf(app, "/");
    await page.engine.ready(ID);
    const gone = page.engine.navigate(path);
    await begun.promise;
    isSlow = false;
    await replace(app);
    await gone;
    expect(textOf(page.engine)).toBe(path);
    expect(seen).toEqual(["left", "CHANNEL_APP_RELOADED"]);
    expect(page.problems).toEqual([]);
  });

  it("is begun again for a first page, which does not get its states before", async () => {
    await using app = await testChannel({ SlowState }, { definitions });
    using page = pageOf(app, "/slow");
    await begun.promise;
    isSlow = false;
    await replace(app);
    await page.engine.ready(ID);
    expect(textOf(page.engine)).toBe("/slow");
    expect(page.problems).toEqual([]);
  });
});

describe("A page load that a server gives up because it stops", () => {
  it.each(["/slow", "/steps", "/guarded"])("is not answered: the page asks the next server (%s)", async (path) => {
    await using app = await testChannel({ SlowState }, { definitions });
    using page = pageOf(app, "/");
    await page.engine.ready(ID);
    let outcome = "none";
    page.engine.navigate(path).then(
      () => {
        outcome = "opened";
      },
      ({ code }) => {
        outcome = code;
      },
    );
    await begun.promise;
    await app.channel.close(1_000);
    await connectionOf(page.engine, offline);
    expect(seen).toEqual(["left", "CHANNEL_CLOSING"]);
    expect([outcome, page.problems]).toEqual(["none", []]);
  });

  it("leaves a first page without states: it gets those of the next server", async () => {
    await using app = await testChannel({ SlowState }, { definitions });
    const page = new RawPage(app.url, helloOf({ path: "/slow", watch: [ID] }));
    await begun.promise;
    await app.channel.close(1_000);
    await page.gone();
    const given = page.messages.flatMap(({ welcome, frame, problem }) => {
      const states = welcome && "snapshot" in welcome.resume ? welcome.resume.snapshot.changes : frame?.changes;
      return [...Object.keys(states ?? {}), ...(problem ? [problem.error.code] : [])];
    });
    expect(given).toEqual([]);
  });
});
