import { type TestApp, testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClockState } from "../src/clock.state.ts";
import { EffectsState } from "../src/effects.state.ts";
import { FailuresState } from "../src/failures.state.ts";
import { HelloState } from "../src/hello.state.ts";
import { ProfileState } from "../src/profile.state.ts";
import { RowsState } from "../src/rows.state.ts";
import { StoryState } from "../src/story.state.ts";

// The real server and protocol, without a browser. Each tab has states of its own, so one app serves all tests.
let app: TestApp;
beforeAll(async () => {
  app = await testApp({ root: `${import.meta.dirname}/..` });
});
afterAll(() => app.close());

test("the counter counts, and the computed var follows", async () => {
  await using tab = await app.open("/");
  await tab.call(HelloState, "increment");
  await tab.call(HelloState, "add", 10);
  expect(tab.view(HelloState)).toMatchObject({ count: 11, double: 22, opened: 1 });
});

test("an argument that the schema refuses does not reach the handler", async () => {
  await using tab = await app.open("/");
  await expect(tab.call(HelloState, "add", 1000)).rejects.toMatchObject({ code: "EVENT_ARGS_INVALID" });
  expect(tab.view(HelloState).count).toBe(0);
});

test("two tabs count for themselves, and a tab that comes back goes on", async () => {
  await using one = await app.open("/");
  await using two = await app.open("/");
  await one.call(HelloState, "increment");
  await one.disconnect();
  const later = one.call(HelloState, "increment");
  await one.reconnect();
  await later;
  await two.watch(HelloState);
  expect([one.view(HelloState).count, one.view(HelloState).opened, two.view(HelloState).count]).toEqual([2, 1, 0]);
});

test("the server gives what is written its proper form, and refuses what has none", async () => {
  await using tab = await app.open("/form");
  await tab.write(ProfileState, "handle", "  Ada Lovelace! ");
  expect(tab.view(ProfileState).handle).toBe("ada-lovelace");
  await expect(tab.write(ProfileState, "email", "nobody")).rejects.toMatchObject({
    issues: [{ message: "This is not an e-mail address." }],
  });
  expect(tab.view(ProfileState).email).toBe("");
});

test("a message is sent as a whole, or each wrong part of it is named", async () => {
  await using tab = await app.open("/form");
  await expect(tab.call(ProfileState, "send", { subject: "", text: "short" })).rejects.toMatchObject({
    issues: [{ path: "argument 1.subject" }, { path: "argument 1.text" }],
  });
  await tab.call(ProfileState, "send", { subject: " Hello ", text: "There is more to say." });
  expect(tab.view(ProfileState).messages.map((message) => message.subject)).toEqual(["Hello"]);
  expect(tab.effects).toMatchObject([{ effect: "toast", level: "success" }]);
});

test("the story arrives in pieces, each no more than the words that are new", async () => {
  await using tab = await app.open("/story");
  await tab.call(StoryState, "write");
  const appended = tab.frames.filter((frame) => JSON.stringify(frame).includes('"append"'));
  expect(appended.length).toBeGreaterThan(10);
  for (const frame of appended) expect(JSON.stringify(frame.changes).length).toBeLessThan(150);
  expect(tab.view(StoryState)).toMatchObject({ writing: false, words: 73 });
});

test("a story that is told anew gives the first one up, and one that is stopped ends", async () => {
  await using tab = await app.open("/story");
  const first = tab.call(StoryState, "write");
  const superseded = expect(first).rejects.toMatchObject({ code: "EVENT_SUPERSEDED" });
  await tab.until(StoryState, (story) => story.words > 3);
  const second = tab.call(StoryState, "write");
  await superseded;
  await tab.call(StoryState, "stop");
  await second;
  expect(tab.view(StoryState).writing).toBe(false);
  expect(tab.view(StoryState).words).toBeLessThan(73);
});

test("the clock ticks in the background, also while the tab is away, until it is stopped", async () => {
  await using tab = await app.open("/clock");
  await tab.call(ClockState, "start");
  expect(tab.view(ClockState).running).toBe(true);
  await tab.disconnect();
  await tab.reconnect();
  await tab.until(ClockState, (clock) => clock.seconds === 1);
  await tab.call(ClockState, "stop");
  expect(tab.view(ClockState)).toMatchObject({ seconds: 1, running: false });
  expect(tab.problems).toEqual([]);
});

test("a change of one row of a thousand is one small frame", async () => {
  await using tab = await app.open("/rows");
  await tab.watch(RowsState);
  const before = tab.frames.length;
  await tab.call(RowsState, "change", 500);
  expect(tab.view(RowsState).rows[499]).toEqual({ id: 500, name: "Ada 500", amount: 1 });
  for (const frame of tab.frames.slice(before)) expect(JSON.stringify(frame).length).toBeLessThanOrEqual(200);
});

test("rows are appended, removed and put in another order", async () => {
  await using tab = await app.open("/rows");
  await tab.call(RowsState, "append");
  await tab.call(RowsState, "remove", 1);
  await tab.call(RowsState, "reverse");
  const ids = tab.view(RowsState).rows.map((row) => row.id);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([1000, 1001, 2]);
  await tab.call(RowsState, "shuffle");
  const shuffled = tab.view(RowsState).rows.map((row) => row.id);
  expect(shuffled).not.toEqual(ids);
  expect(shuffled.toSorted((a, b) => b - a)).toEqual(ids);
});

test("a page with a parameter loads its row, and its guard sends nonsense to the list", async () => {
  await using tab = await app.open("/rows/7");
  expect(tab.view(RowsState).opened).toMatchObject({ id: 7 });
  await tab.navigate("/rows/nonsense");
  expect(tab.url).toBe("/rows");
  await expect(tab.navigate("/secret")).rejects.toMatchObject({ code: "PAGE_REFUSED" });
  await tab.navigate("/secret?word=sesame");
});

test("a handler that fails or is refused changes nothing, and the next one works", async () => {
  await using tab = await app.open("/failures");
  await expect(tab.call(FailuresState, "fail")).rejects.toMatchObject({ code: "EVENT_FAILED" });
  await expect(tab.call(FailuresState, "forbidden")).rejects.toMatchObject({ code: "EVENT_REFUSED" });
  await tab.call(FailuresState, "succeed");
  expect(tab.view(FailuresState).successes).toBe(1);
});

test("effects come in the order in which the handler yields them", async () => {
  await using tab = await app.open("/effects");
  await tab.call(EffectsState, "several");
  expect(tab.effects.map((effect) => effect.effect === "toast" && effect.level)).toEqual(["info", "info", "success"]);
  await tab.call(EffectsState, "leave");
  expect(tab.url).toBe("/");
});
