import { join } from "node:path";
import { currentDatabase } from "antiphon/models";
import { type TestApp, testApp } from "antiphon/testing";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BusyState, OtherState } from "../fixtures/turns-app/src/busy.state.ts";
import { goesOn, hold, release } from "../fixtures/turns-app/src/until-released.ts";

const root = join(import.meta.dirname, "../fixtures/turns-app");
const silent = pino({ level: "silent" });

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ root, logger: silent });
});
afterAll(() => app.close());

describe("While a handler goes on for ever without ever waiting, another page's event runs and ends it", () => {
  it.each<[string, keyof typeof BusyState.events & string]>([
    ["in steps of a generator", "steps"],
    ["in steps of an async generator", "asyncSteps"],
    ["in updates of background work", "updates"],
    ["in updates of background work that are all refused", "refusedUpdates"],
    ["in updates of a handler that has the turn anyway", "updatesOfItsOwn"],
    ["in updates within an update", "updatesInUpdate"],
    ["in updates beside other handlers", "parallelUpdates"],
    ["in events that it names", "chain"],
    ["in statements that read", "reads"],
    ["in statements that write", "writes"],
    ["in statements that it begins all at once", "writesAtOnce"],
    ["in statements of the unit of work", "managed"],
    ["in SQL of its own", "raw"],
    ["in statements of one transaction", "inTransaction"],
  ])("%s", async (_how, name) => {
    await using busy = await app.open("/");
    await using other = await app.open("/other");
    const begun = hold();
    const call = busy.call(BusyState, name as "steps");
    await begun;
    await other.call(OtherState, "release");
    await call;
    await busy.until(BusyState, ({ ended }) => ended === name);
  });

  it.each(["/api/reads", "/api/writes"])(
    "and so does a request while the view %s does statement after statement",
    async (path) => {
      const begun = hold();
      const busy = app.fetch(path);
      await begun;
      await app.fetch("/api/release");
      expect(await (await busy).json()).toEqual({ ended: true });
    },
  );

  it("and so does a timer while a command does", async () => {
    void hold();
    setTimeout(release, 20);
    await app.run(async () => {
      for (const since = performance.now(); goesOn(since); ) await currentDatabase().execute("select 1");
    });
  });
});

describe("Who holds the process is named in the log and counted", () => {
  const lines: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const named = () => lines.filter((line) => line.includes("kept the process busy"));

  it("a handler in a loop of promises that are settled already, and a view", async () => {
    await using own = await testApp({ root, logger });
    await using tab = await own.open("/");
    const before = own.server.stats().blocked;
    await tab.call(BusyState, "spins", 300);
    await expect.poll(named).toContainEqual(expect.stringContaining("BusyState.spins kept"));
    await own.fetch("/api/spins");
    await expect.poll(named).toContainEqual(expect.stringContaining("GET /api/spins kept"));
    expect(own.server.stats().blocked).toBeGreaterThanOrEqual(before + 2);
  });
});
