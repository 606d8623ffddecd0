import { expect, test } from "vitest";
import type { SessionBackend, StoredSession } from "./session-backend.ts";
import { SessionCache } from "./session-cache.ts";

/** A storage that is asked over a wire, and counts how often. */
class Wire {
  readonly rows = new Map<string, StoredSession>();
  loads = 0;
  now = 0;
  /** While set, answers wait. */
  gate: Promise<void> | undefined;
  foreign: Parameters<NonNullable<SessionBackend["onForeignChange"]>>[0] = () => {};

  get backend(): SessionBackend {
    return {
      storage: this,
      readsAtOnce: false,
      readNow: () => undefined,
      load: async (id) => {
        this.loads += 1;
        const row = this.rows.get(id);
        await this.gate;
        return row;
      },
      create: async () => true,
      update: async () => "saved",
      replace: async () => "saved",
      delete: async () => true,
      stamp: () => this.now,
      isFresh: (stamp) => this.now - (stamp as number) <= 5_000,
      onForeignChange: (listener) => {
        this.foreign = listener;
        return () => {};
      },
    };
  }

  cache(size = 100): SessionCache {
    return new SessionCache({ backend: this.backend, now: () => this.now, size });
  }

  put(id: string, text: string, version = 1): StoredSession {
    const row = { data: JSON.stringify({ text }), version, expiresAt: 1_000_000 };
    this.rows.set(id, row);
    return row;
  }
}

const textOf = (found: unknown) => (found as { texts: Map<string, string> }).texts.get("text");

test("requests that come at once share one reading", async () => {
  const wire = new Wire();
  wire.put("a", "one");
  const cache = wire.cache();
  await Promise.all(Array.from({ length: 10 }, () => cache.load("a")));
  expect(wire.loads).toBe(1);
  expect(textOf(cache.find("a"))).toBe('"one"');
});

test("what was read counts for five seconds", async () => {
  const wire = new Wire();
  wire.put("a", "one");
  const cache = wire.cache();
  await cache.load("a");
  wire.now = 5_000;
  expect(cache.find("a")).toBeDefined();
  wire.now = 5_001;
  expect(cache.find("a")).toBeUndefined();
});

test("a reading that took long does not replace what was written meanwhile", async () => {
  const wire = new Wire();
  wire.put("a", "old");
  const cache = wire.cache();
  await cache.load("a");
  let open = () => {};
  wire.gate = new Promise((resolve) => {
    open = resolve;
  });
  const late = cache.reload("a");
  const stored = wire.put("a", "new", 2);
  cache.saved("a", { texts: new Map([["text", '"new"']]), stored }, wire.now);
  open();
  expect(textOf(await late)).toBe('"new"');
  expect(textOf(cache.find("a"))).toBe('"new"');
});

test("a reading or a write that ends late does not bring an ended session back", async () => {
  const wire = new Wire();
  const stored = wire.put("a", "old");
  const cache = wire.cache();
  let open = () => {};
  wire.gate = new Promise((resolve) => {
    open = resolve;
  });
  const late = cache.reload("a");
  cache.end("a");
  open();
  expect(await late).toBe("none");
  cache.saved("a", { texts: new Map(), stored }, wire.now);
  expect(cache.find("a")).toBe("none");
  expect(await cache.load("a")).toBe("none");
});

test("it keeps no more than it may: those used longest ago go first", async () => {
  const wire = new Wire();
  const cache = wire.cache(2);
  for (const id of ["a", "b", "c"]) wire.put(id, id);
  await cache.load("a");
  await cache.load("b");
  cache.find("a");
  await cache.load("c");
  expect([cache.find("a"), cache.find("b"), cache.find("c")].map((found) => found !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
});

test("nor more text than 32 million characters", async () => {
  const wire = new Wire();
  const cache = wire.cache(1_000);
  for (let index = 0; index < 40; index++) {
    wire.put(`id${index}`, "x".repeat(1_000_000));
    await cache.load(`id${index}`);
  }
  const kept = Array.from({ length: 40 }, (_, index) => cache.find(`id${index}`)).filter(Boolean);
  expect(kept).toHaveLength(33);
});

test("what others delete or change in this process is noticed", async () => {
  const wire = new Wire();
  for (const id of ["a", "b", "c"]) wire.put(id, id);
  const cache = wire.cache();
  const ended: string[] = [];
  cache.onEnded((id) => ended.push(id));
  for (const id of ["a", "b", "c"]) await cache.load(id);
  wire.foreign({ ids: ["a", "unknown"], deleted: true });
  wire.foreign({ ids: ["b"], deleted: false });
  expect(ended).toEqual(["a", "unknown"]);
  expect([cache.find("a"), cache.find("b")]).toEqual(["none", undefined]);
  expect(cache.find("c")).toBeDefined();
  wire.foreign({ ids: "many", deleted: true });
  expect(cache.find("c")).toBeUndefined();
  wire.rows.delete("c");
  expect(await cache.load("c")).toBe("none");
  expect(ended).toEqual(["a", "unknown", "c"]);
});

test("two caches of one process, as after a reload of its code, know what either does", async () => {
  const wire = new Wire();
  const stored = wire.put("a", "one");
  wire.put("b", "two");
  const [before, after] = [wire.cache(), wire.cache()];
  const ended: unknown[] = [];
  after.onEnded((...told) => ended.push(told));
  await after.load("a");
  before.saved("a", { texts: new Map(), stored: { ...stored, version: 2 } }, wire.now);
  expect(after.find("a")).toBeUndefined();
  await after.load("b");
  before.end("b", "cycled");
  before.end("b");
  expect([after.find("b"), after.endOf("b"), ended]).toEqual(["none", "cycled", [["b", true]]]);
});

test("ids that were never seen end nothing: browsers may send what they like", async () => {
  const cache = new Wire().cache();
  const ended: string[] = [];
  cache.onEnded((id) => ended.push(id));
  expect(await cache.load("stranger")).toBe("none");
  expect(ended).toEqual([]);
});

test("a reading that fails is told, and tried again the next time", async () => {
  const wire = new Wire();
  wire.put("a", "one");
  const cache = wire.cache();
  wire.gate = Promise.reject(new Error("down"));
  await expect(cache.load("a")).rejects.toThrow("down");
  wire.gate = undefined;
  expect(textOf(await cache.load("a"))).toBe('"one"');
});
