import { expect, test, vi } from "vitest";
import { SqliteLock } from "./sqlite-lock.ts";

const lock = () => new SqliteLock(1_000, () => new Error("too long"));

test("One has it at a time, in the order in which they asked.", async () => {
  const one = lock();
  const order: string[] = [];
  await one.acquire();
  const waiting = ["b", "c"].map((name) => one.acquire().then(() => order.push(name)));
  expect(one.held).toBe(true);
  one.release();
  await waiting[0];
  expect(order).toEqual(["b"]);
  one.release();
  await waiting[1];
  one.release();
  expect([order, one.held]).toEqual([["b", "c"], false]);
});

test("Who waits too long is refused, and does not get it later.", async () => {
  vi.useFakeTimers();
  try {
    const one = lock();
    await one.acquire();
    const refused = expect(one.acquire()).rejects.toThrow("too long");
    await vi.advanceTimersByTimeAsync(1_000);
    await refused;
    one.release();
    expect(one.held).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

test("All who wait can be refused at once.", async () => {
  const one = lock();
  await one.acquire();
  const waiting = [one.acquire(), one.acquire()].map((each) => expect(each).rejects.toThrow("closed"));
  one.refuse(new Error("closed"));
  await Promise.all(waiting);
});
