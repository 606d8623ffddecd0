import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BlockedSocket } from "./blocked-socket.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function made() {
  const network = { http: true, checks: 0 };
  const told: boolean[] = [];
  const blocked = new BlockedSocket(
    async () => {
      network.checks++;
      return network.http;
    },
    (isBlocked) => told.push(isBlocked),
  );
  const fail = async (times: number) => {
    for (let count = 0; count < times; count++) {
      blocked.trying();
      blocked.failed();
      await vi.advanceTimersByTimeAsync(0);
    }
  };
  return { blocked, network, told, fail };
}

test("three tries that fail while the server answers HTTP mean that no WebSocket gets through", async () => {
  const { told, fail, network } = made();
  await fail(2);
  expect([told, network.checks]).toEqual([[], 0]);
  await fail(1);
  expect(told).toEqual([true]);
});

test("a server that does not answer HTTP either is down, and so is one that stops to answer", async () => {
  const { told, fail, network } = made();
  network.http = false;
  await fail(4);
  network.http = true;
  await fail(1);
  network.http = false;
  await fail(1);
  expect(told).toEqual([false, false, true, false]);
});

test("a try that hangs is suspected after two seconds", async () => {
  const { told, blocked } = made();
  blocked.trying();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual([true]);
});

test("a try that reached the server tells nothing, also when a check was under way", async () => {
  const { told, blocked, fail } = made();
  await fail(2);
  blocked.trying();
  blocked.over();
  await vi.advanceTimersByTimeAsync(10_000);
  await fail(2);
  blocked.trying();
  blocked.failed();
  blocked.trying();
  blocked.over();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
});
