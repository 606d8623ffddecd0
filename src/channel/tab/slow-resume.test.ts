import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectionOf } from "../../client/engine/scripted-server.fixture.ts";
import { createEngine } from "../../client/engine.ts";
import { toast } from "../../state/effects.ts";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { State } from "../../state/state.ts";
import { RawPage, type TestChannel, testChannel } from "../channel.fixture.ts";

let gate = Promise.withResolvers<void>();
let begun = Promise.withResolvers<void>();

class SlowState extends State {
  static override events = { load: event(), loadInSteps: event(), add: event() };
  loads = 0;
  count = 0;
  async load() {
    begun.resolve();
    await gate.promise;
    this.loads++;
  }
  async *loadInSteps() {
    await begun.promise;
    yield toast.info("first step");
    await gate.promise;
    this.loads++;
  }
  add() {
    this.count++;
  }
}

class OtherState extends State {
  static override events = {};
  name = "other";
}

const ID = "app.SlowState";
const definitions = [
  { route: "/", onLoad: on(SlowState, "load") },
  { route: "/steps", onLoad: on(SlowState, "loadInSteps") },
  { route: "/quick" },
];
const online = ({ status }: { status: string }) => status === "online";

beforeEach(() => {
  gate = Promise.withResolvers();
  begun = Promise.withResolvers();
});
afterEach(() => gate.resolve());

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
  const effects: string[] = [];
  engine.onEffects((some) => effects.push(...some.map((each) => ("message" in each ? each.message : each.effect))));
  const reconnect = async () => {
    engine.cut(false);
    await connectionOf(engine, ({ status }) => status !== "online");
    await connectionOf(engine, online);
  };
  return { engine, effects, reconnect, [Symbol.dispose]: () => engine.close() };
}

describe("A page that reconnects while a handler has the turn is online", () => {
  it("during its first onLoad, and gets its states when that ends", async () => {
    await using app = await testChannel({ SlowState }, { definitions });
    using page = pageOf(app, "/");
    page.engine.watch(ID);
    const ready = page.engine.ready(ID);
    await connectionOf(page.engine, online);
    await page.reconnect();
    await page.reconnect();
    expect([page.engine.connection().loading, page.engine.snapshot(ID)]).toEqual([true, undefined]);
    gate.resolve();
    await ready;
    expect(page.engine.snapshot(ID)).toEqual({ loads: 1, count: 0 });
  });

  it("after a step of its first onLoad, whose effects are performed once", async () => {
    await using app = await testChannel({ SlowState, OtherState }, { definitions });
    using page = pageOf(app, "/steps");
    page.engine.watch(ID);
    await connectionOf(page.engine, online);
    begun.resolve();
    await page.engine.ready(ID);
    await page.reconnect();
    // A state that the page began to read while it was not connected.
    page.engine.cut(true);
    await connectionOf(page.engine, ({ status }) => status !== "online");
    page.engine.watch("app.OtherState");
    page.engine.reconnectNow();
    await connectionOf(page.engine, online);
    const ready = page.engine.ready("app.OtherState");
    gate.resolve();
    await ready;
    expect(page.engine.snapshot("app.OtherState")).toEqual({ name: "other" });
    await page.engine.call(ID, "add", []);
    expect(page.engine.snapshot(ID)).toEqual({ loads: 1, count: 1 });
    expect(page.effects).toEqual(["first step"]);
  });

  it("when it was reloaded, and lost its first connection before it was welcomed", async () => {
    await using app = await testChannel({ SlowState }, { definitions });
    const before = await app.page({ path: "/quick" });
    const { tab } = await before.welcome;
    before.send({ kind: "event", state: ID, event: "add", args: [] });
    before.cut();
    await before.gone();
    const hello = { ...before.hello, page: "reloaded", path: "/", tab, watch: [ID] };
    const first = new RawPage(app.url, hello);
    await begun.promise;
    first.cut();
    await first.gone();
    const page = await app.page(hello);
    const { resume } = await page.welcome;
    expect("snapshot" in resume && resume.snapshot.changes).toEqual({});
    gate.resolve();
    await page.message(({ frame }) => frame?.changes?.[ID]);
    expect(page.frames.at(-1)?.changes).toEqual({ [ID]: { full: { loads: 1, count: 1 } } });
  });
});
