import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { within } from "./within.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<string>(() => {});

test("returns the value of an event that comes in time, or its error, and leaves no timer behind", async () => {
  expect(await within(Promise.resolve("a"), 100)).toBe("a");
  await expect(within(Promise.reject(new Error("b")), 100)).rejects.toThrow("b");
  expect(vi.getTimerCount()).toBe(0);
});

test("returns undefined when the time is over", async () => {
  const waiting = within(never(), 100);
  await vi.advanceTimersByTimeAsync(100);
  expect(await waiting).toBeUndefined();
});

test("returns undefined when the signal aborts, also if it has aborted before", async () => {
  const abort = new AbortController();
  const waiting = within(never(), 100, abort.signal);
  abort.abort();
  expect(await waiting).toBeUndefined();
  expect(await within(never(), 100, abort.signal)).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});
