// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConnectionState, Engine } from "../engine/engine-types.ts";
import { OutdatedPage } from "./outdated-page.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const info = { id: "S", name: "S", vars: ["a"], computed: ["b"], events: [] } as never;

/** One browser tab: what it stores outlives the pages that it loads. */
function tab() {
  const kept = new Map<string, string>();
  const storage = {
    getJson: (key: string) => JSON.parse(kept.get(key) ?? "null"),
    set: (key: string, text: string) => kept.set(key, text).has(key),
  };
  let reloads = 0;
  const load = (build: string, server: string, other: Partial<ConnectionState> = {}) => {
    const state: ConnectionState = {
      status: "online",
      pending: 0,
      loading: false,
      outdated: build !== server,
      ...other,
    };
    const listeners = new Set<() => void>();
    const engine = {
      connection: () => state,
      onFresh: () => () => {},
      onConnection: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    } as unknown as Engine;
    const page = new OutdatedPage(engine, () => false, {
      build,
      storage,
      reload: () => {
        reloads++;
      },
    });
    return { page, news: () => listeners.forEach((listener) => void listener()) };
  };
  const count = () => {
    vi.runAllTimers();
    return reloads;
  };
  return { load, count };
}

test("a state that lacks a var, a call that is unknown, a crash and another protocol each load an older page again", () => {
  for (const happen of ["lacks", "failed", "crash", "refused"]) {
    const { load, count } = tab();
    const { page, news } = load("1", "2", happen === "refused" ? { status: "refused" } : {});
    const stop = page.start();
    if (happen === "lacks") expect(page.lacks(info, { a: 1 })).toBe(true);
    if (happen === "failed") page.failed("EVENT_UNKNOWN");
    if (happen === "crash") page.reload();
    if (happen === "refused") news();
    expect([happen, count()]).toEqual([happen, 1]);
    stop();
  }
});

test("nothing loads a page again that is of the server's build, or that still fits", () => {
  const { load, count } = tab();
  const { page: newest } = load("2", "2");
  expect(newest.lacks(info, { a: 1 })).toBe(false);
  newest.failed("STATE_UNKNOWN");
  expect(newest.reload()).toBe(false);
  const { page: older } = load("1", "2");
  expect(older.lacks(info, { a: undefined, b: 2, c: 3 })).toBe(false);
  expect(older.lacks(info, {})).toBe(false);
  older.failed("EVENT_ARGUMENTS_INVALID");
  expect(count()).toBe(0);
});

test("a page that gets its own build again from a cache does not loop, nor do pages between servers of two builds", () => {
  const cached = tab();
  for (let round = 0; round < 5; round++) cached.load("1", "2").page.reload();
  expect(cached.count()).toBe(1);
  const mixed = tab();
  for (let round = 0; round < 10; round++) mixed.load(String(1 + (round % 2)), String(2 - (round % 2))).page.reload();
  expect(mixed.count()).toBe(2);
});

test("a page that cannot remember that it was loaded again is not", () => {
  const { load, count } = tab();
  const { page } = load("1", "2");
  const forbidden = new OutdatedPage({ connection: () => ({ outdated: true }) } as unknown as Engine, () => false, {
    build: "1",
    storage: { getJson: () => undefined, set: () => false },
    reload: () => page.reload(),
  });
  expect([forbidden.reload(), count()]).toEqual([false, 0]);
});
