import { beforeEach, expect, test } from "vitest";
import { MemoryStore } from "./memory-store.ts";

let now: number;
let store: MemoryStore;

beforeEach(() => {
  now = 1_000_000;
  store = new MemoryStore({ now: () => now });
});

test("a value is made once, and has version 1", async () => {
  expect(await store.create("a", "one", now + 10)).toBe(true);
  expect(await store.create("a", "two", now + 10)).toBe(false);
  expect(await store.get("a")).toEqual({ value: "one", version: 1, expiresAt: now + 10 });
  expect(store.readNow("a")).toEqual(await store.get("a"));
});

test("a value changes from the version that the writer knows, and from no other", async () => {
  await store.create("a", "one", now + 10);
  expect(await store.replace("a", "two", 1, now + 20)).toBe("saved");
  expect(await store.replace("a", "three", 1, now + 20)).toBe("stale");
  expect(await store.replace("b", "three", 1, now + 20)).toBe("gone");
  expect(await store.get("a")).toEqual({ value: "two", version: 2, expiresAt: now + 20 });
});

test("a value moves to another key, or stays where it is", async () => {
  await store.create("a", "one", now + 10);
  await store.create("c", "three", now + 10);
  expect(await store.move("a", 2, "b", "two", now + 10)).toBe("stale");
  expect(await store.move("a", 1, "c", "two", now + 10)).toBe("taken");
  expect(await store.move("x", 1, "y", "two", now + 10)).toBe("gone");
  expect(await store.keys("")).toEqual(["a", "c"]);
  expect(await store.move("a", 1, "b", "two", now + 10)).toBe("saved");
  expect(await store.get("a")).toBeUndefined();
  expect(await store.get("b")).toEqual({ value: "two", version: 1, expiresAt: now + 10 });
});

test("a value is deleted, with a version only that one", async () => {
  await store.create("a", "one", now + 10);
  expect(await store.delete("a", 2)).toBe(false);
  expect(await store.delete("a", 1)).toBe(true);
  expect(await store.delete("a")).toBe(false);
});

test("what has expired is not there for anybody", async () => {
  await store.create("a", "one", now + 10);
  now += 10;
  expect(await store.get("a")).toBeUndefined();
  expect(await store.replace("a", "two", 1, now + 10)).toBe("gone");
  expect(await store.move("a", 1, "b", "two", now + 10)).toBe("gone");
  expect(await store.delete("a")).toBe(false);
  expect(await store.keys("")).toEqual([]);
  expect(await store.create("a", "two", now + 10)).toBe(true);
  expect(await store.get("a")).toMatchObject({ value: "two", version: 1 });
});

test("a counter counts within its window, which the first one begins", async () => {
  const resetAt = now + 100;
  expect(await store.increment("hits", 100)).toEqual({ count: 1, resetAt });
  now += 99;
  expect(await store.increment("hits", 100)).toEqual({ count: 2, resetAt });
  now += 1;
  expect(await store.increment("hits", 100)).toEqual({ count: 1, resetAt: now + 100 });
  const counts = await Promise.all(Array.from({ length: 20 }, () => store.increment("many", 100)));
  expect(counts.map(({ count }) => count)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(await store.delete("many")).toBe(true);
  expect(await store.increment("many", 100)).toMatchObject({ count: 1 });
});

test("clearing frees the room of what has expired, and of nothing else", async () => {
  await store.create("a", "one", now + 10);
  await store.create("b", "two", now + 20);
  now += 10;
  expect(store.size).toBe(2);
  expect(await store.clearExpired()).toBe(1);
  expect(await store.keys("")).toEqual(["b"]);
  expect(store.size).toBe(1);
});

test("a store that nobody clears does not grow for ever", async () => {
  for (let index = 0; index < 20_000; index++) {
    await store.create(`key${index}`, "x", now + 10);
    now += 1;
  }
  expect(store.size).toBeLessThan(2_100);
});
