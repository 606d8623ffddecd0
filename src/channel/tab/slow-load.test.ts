import { expect, test } from "vitest";
import { connectionOf } from "../../client/engine/scripted-server.fixture.ts";
import { createEngine } from "../../client/engine.ts";
import { toast } from "../../state/effects.ts";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { State } from "../../state/state.ts";
import { helloOf, RawPage, testChannel } from "../channel.fixture.ts";

let gate = Promise.withResolvers<void>();

class SlowState extends State {
  static override events = { load: event(), add: event() };
  loads = 0;
  count = 0;
  async load() {
    await gate.promise;
    this.loads++;
    return toast.info("loaded");
  }
  add() {
    this.count++;
  }
}

const ID = "app.SlowState";
const definitions = [{ route: "/", onLoad: on(SlowState, "load") }];

test("a page whose onLoad does not end is online and waits for its data; it gets them once when onLoad ends", async () => {
  gate = Promise.withResolvers<void>();
  await using app = await testChannel({ SlowState }, { definitions });
  let tab: string | undefined;
  const engine = createEngine({
    environment: {
      origin: app.url,
      build: "test",
      path: "/",
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
  const problems: string[] = [];
  engine.onEffects((some) => effects.push(...some.map(({ effect }) => effect)));
  engine.onProblem(({ code }) => problems.push(code));
  const stop = engine.watch(ID);
  const ready = engine.ready(ID);
  expect(await connectionOf(engine, ({ status }) => status === "online")).toMatchObject({ loading: true });
  expect(engine.snapshot(ID)).toBeUndefined();
  const added = engine.call(ID, "add", []);
  gate.resolve();
  await ready;
  await added;
  expect(engine.snapshot(ID)).toEqual({ loads: 1, count: 1 });
  expect([engine.connection().loading, effects, problems]).toEqual([false, ["toast"], []]);
  engine.cut(false);
  await connectionOf(engine, ({ status }) => status !== "online");
  await connectionOf(engine, ({ status }) => status === "online");
  await engine.call(ID, "add", []);
  expect(engine.snapshot(ID)).toEqual({ loads: 1, count: 2 });
  stop();
  engine.close();
});

test("a page whose onLoad ends soon gets its states with the welcome", async () => {
  gate = Promise.withResolvers<void>();
  gate.resolve();
  await using app = await testChannel({ SlowState }, { definitions });
  const page = await app.page({ watch: [ID] });
  const { resume } = await page.welcome;
  expect(resume).toMatchObject({ snapshot: { changes: { [ID]: { full: { loads: 1, count: 0 } } } } });
});

class StepsState extends State {
  static override events = { load: event(), loadLater: event() };
  status = "new";
  async *load() {
    this.status = "loading";
    yield;
    await gate.promise;
    this.status = "loaded";
  }
  async *loadLater() {
    yield;
    await gate.promise;
    this.status = "loaded";
  }
}

test.each([
  ["load", "loading"],
  ["loadLater", "new"],
] as const)("a page shows what its onLoad has made at the first yield: %s", async (name, status) => {
  gate = Promise.withResolvers<void>();
  const pages = [{ route: "/", onLoad: on(StepsState, name) }];
  await using app = await testChannel({ StepsState }, { definitions: pages });
  const page = new RawPage(app.url, helloOf({ watch: ["app.StepsState"] }));
  const { resume } = await page.welcome;
  expect(resume).toMatchObject({ snapshot: { changes: { "app.StepsState": { full: { status } } } } });
  gate.resolve();
  await page.message(({ frame }) => JSON.stringify(frame?.changes ?? {}).includes("loaded"));
  page.socket.close();
});
