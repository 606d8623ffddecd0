// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { browserEnvironment } from "./environment.ts";

const connection = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  Object.defineProperty(navigator, "connection", { value: connection, configurable: true });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function wakes(): { readonly count: () => number; readonly stop: () => void } {
  let count = 0;
  const stop = browserEnvironment().onWake(() => {
    count++;
  });
  return { count: () => count, stop };
}

test.each<[string, () => EventTarget, string]>([
  ["the network comes back", () => window, "online"],
  ["the window gets the focus", () => window, "focus"],
  ["the page comes out of the browser's cache", () => window, "pageshow"],
  ["the page is thawed", () => document, "resume"],
  ["the page is shown again", () => document, "visibilitychange"],
  ["the kind of network changes", () => connection, "change"],
])("the page looks after its connection when %s", (_, place, name) => {
  const { count, stop } = wakes();
  place().dispatchEvent(new Event(name));
  expect(count()).toBe(1);
  stop();
  place().dispatchEvent(new Event(name));
  expect(count()).toBe(1);
});

test("the page looks after its connection when the computer was asleep, of which no event tells", () => {
  const { count, stop } = wakes();
  vi.advanceTimersByTime(60_000);
  expect(count()).toBe(0);
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(500);
  expect(count()).toBe(1);
  stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("the server answers HTTP if the socket's path says that it wants an upgrade, and in no other case", async () => {
  const asked: string[] = [];
  const answer = (status: number | Error) =>
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      if (status instanceof Error) throw status;
      return new Response("", { status });
    });
  const found: unknown[] = [];
  for (const status of [426, 200, 404, 502, 503, new TypeError("network")]) {
    answer(status);
    found.push(await browserEnvironment().answersHttp?.());
  }
  expect(found).toEqual([true, false, false, false, false, false]);
  expect(new Set(asked)).toEqual(new Set(["/_event"]));
});
