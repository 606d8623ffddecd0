import { join } from "node:path";
import { State } from "antiphon/state";
import { type TestApp, TestBrowser, testApp } from "antiphon/testing";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RelatedState, TallyState } from "../fixtures/tally-app/src/tally.state.ts";

let app: TestApp;

beforeAll(async () => {
  app = await testApp({ root: join(import.meta.dirname, "../fixtures/tally-app"), logger: pino({ level: "silent" }) });
});
afterAll(() => app.close());

it("an opened page has run its onLoad, once, and holds what it wrote; hidden vars are not there", async () => {
  await using tab = await app.open("/");
  expect(tab.view(TallyState)).toEqual({
    count: 0,
    loads: 1,
    ticks: 0,
    title: "",
    text: "",
    at: new Date(0),
    double: 0,
  });
  await tab.watch(RelatedState);
  expect(tab.view(RelatedState)).toEqual({ seen: 1, notes: [] });
});

it("a call changes vars and computed vars, and one frame carries them with the answer", async () => {
  await using tab = await app.open("/");
  await tab.call(TallyState, "add", 3);
  expect(tab.view(TallyState)).toMatchObject({ count: 3, double: 6 });
  const frame = tab.frames.at(-1);
  expect(frame?.changes).toEqual({
    "tally.TallyState": [
      ["set", ["count"], 3],
      ["set", ["double"], 6],
    ],
  });
  expect(frame?.acks?.length).toBe(1);
});

it("a throwing handler leaves the state as it was, the tab gets a coded error, the next call works", async () => {
  await using tab = await app.open("/");
  const before = tab.frames.length;
  await expect(tab.call(TallyState, "fail")).rejects.toMatchObject({ code: "EVENT_FAILED", ref: expect.any(String) });
  expect(tab.frames.slice(before).some(({ changes }) => changes)).toBe(false);
  await tab.call(TallyState, "add", 1);
  expect(tab.view(TallyState).count).toBe(1);
});

it("a disconnected tab keeps its state; calls made meanwhile run once; onLoad is not run again", async () => {
  await using tab = await app.open("/");
  await tab.call(TallyState, "add", 1);
  const { id } = tab;
  await tab.disconnect();
  const calls = [tab.call(TallyState, "add", 10), tab.call(TallyState, "add", 100)];
  await tab.reconnect();
  await Promise.all(calls);
  expect(tab.view(TallyState)).toMatchObject({ count: 111, loads: 1 });
  expect(tab.id).toBe(id);
});

it("a duplicated tab gets its own state, a reloaded one keeps it and runs onLoad", async () => {
  const browser = new TestBrowser();
  const tab = await app.open("/", { browser });
  await tab.call(TallyState, "add", 5);
  const tabId = tab.id as string;
  await using twin = await app.open("/", { browser, tabId });
  expect(twin.id).not.toBe(tabId);
  expect(twin.view(TallyState)).toMatchObject({ count: 0, loads: 1 });
  tab.close();
  await expect.poll(() => app.server.tabs().find((one) => tabId.startsWith(one.tab))?.connected).toBe(false);
  await using reloaded = await app.open("/", { browser, tabId });
  expect(reloaded.id).toBe(tabId);
  expect(reloaded.view(TallyState)).toMatchObject({ count: 5, loads: 2 });
});

it("a stream arrives piece by piece, each piece as what was appended, and the effect after the last", async () => {
  await using tab = await app.open("/");
  const before = tab.frames.length;
  await tab.call(TallyState, "stream");
  expect(tab.view(TallyState).text).toBe("one two three");
  expect(tab.frames.slice(before).filter(({ changes }) => changes).length).toBe(3);
  expect(tab.effects).toEqual([expect.objectContaining({ effect: "toast", message: "done" })]);
});

it("events follow one another by on(), also in another state", async () => {
  await using tab = await app.open("/");
  await tab.watch(RelatedState);
  await tab.call(TallyState, "chain");
  expect([tab.view(TallyState).count, tab.view(RelatedState).notes]).toEqual([1, ["chained"]]);
});

it("a redirect leads the tab to its page, and router follows", async () => {
  await using tab = await app.open("/");
  await tab.call(TallyState, "leave");
  expect(tab.url).toBe("/notes/7?tab=x");
  await tab.call(TallyState, "where");
  expect(tab.view(TallyState).text).toBe('/notes/[id] {"id":"7"}');
});

it("a guarded page is refused on navigation and its onLoad does not run", async () => {
  await using tab = await app.open("/");
  await expect(tab.navigate("/secret")).rejects.toMatchObject({ code: "PAGE_REFUSED" });
  await tab.call(TallyState, "add", 0);
  expect(tab.view(TallyState).loads).toBe(1);
});

it("a field is written through its schema", async () => {
  await using tab = await app.open("/");
  await tab.write(TallyState, "title", "short");
  expect(tab.view(TallyState).title).toBe("short");
  await expect(tab.write(TallyState, "title", "far too long")).rejects.toMatchObject({
    code: "EVENT_ARGS_INVALID",
    issues: [expect.anything()],
  });
  expect(tab.view(TallyState).title).toBe("short");
});

it("background work writes by update(), and until() waits for it", async () => {
  await using tab = await app.open("/");
  await tab.call(TallyState, "tick");
  await tab.until(TallyState, ({ ticks }) => ticks === 1);
  expect(tab.problems).toEqual([]);
});

it("asking a tab for a state that it does not read, or that the app does not have, is a clear error", async () => {
  await using tab = await app.open("/notes/1");
  expect(() => tab.view(RelatedState)).toThrow(expect.objectContaining({ code: "TESTING_STATE_NOT_WATCHED" }));
  class NoState extends State {}
  expect(() => tab.view(NoState)).toThrow(
    expect.objectContaining({ code: "TESTING_STATE_UNKNOWN", message: expect.stringContaining("tally.TallyState") }),
  );
});

it("every tab of the server is visible with its size", async () => {
  await using tab = await app.open("/");
  const mine = app.server.tabs().find((one) => tab.id?.startsWith(one.tab));
  expect(mine).toMatchObject({ connected: true, states: ["TallyState", "RelatedState"] });
  expect(mine?.bytes).toBeGreaterThan(50);
});
