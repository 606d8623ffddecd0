import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Liveness } from "./liveness.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection of which the test plays the server; `log` has what the page was told and when, in milliseconds. */
function made(slowness = 20) {
  const log: string[] = [];
  const page = { waiting: false, probes: 0 };
  const begin = performance.now();
  const note = (text: string) => log.push(`${text} ${performance.now() - begin}`);
  const liveness = new Liveness({
    probe: () => {
      page.probes++;
    },
    isWaiting: () => page.waiting,
    silent: (isSilent) => note(isSilent ? "silent" : "alive"),
    dead: () => {
      note("dead");
      liveness.close();
    },
  });
  liveness.open(slowness);
  return { liveness, log, page };
}

const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);

test("a connection on which nothing answers is told within 3 s and given up after 5 s", () => {
  const { liveness, log, page } = made();
  liveness.probe();
  pass(60_000);
  expect([log, page.probes]).toEqual([["silent 2400", "dead 5000"], 1]);
});

test("a connection that was never probed, and one that has ended, tell nothing", () => {
  const { liveness, log, page } = made();
  pass(60_000);
  liveness.probe();
  liveness.close();
  liveness.probe();
  pass(60_000);
  expect([log, page.probes]).toEqual([[], 1]);
});

test("a server that is busy for 2 s is not even noticed, one that is busy for 4.5 s keeps its connection", () => {
  const { liveness, log } = made();
  liveness.probe();
  pass(2_000);
  liveness.answered();
  pass(60_000);
  expect(log).toEqual([]);
  liveness.probe();
  pass(4_500);
  liveness.answered();
  pass(60_000);
  expect(log).toEqual(["silent 64400", "alive 66500"]);
});

test("as long as anything arrives the connection is alive, however late the answer is", () => {
  const { liveness, log, page } = made();
  liveness.probe();
  for (let second = 0; second < 120; second++) {
    pass(1_000);
    liveness.heard(10);
  }
  liveness.answered();
  liveness.probe();
  expect([log, page.probes]).toEqual([[], 2]);
});

test("a message of 20 MB that the server has announced gets the time of a slow line, and no more than once", () => {
  const { liveness, log } = made();
  liveness.probe();
  liveness.heard(20);
  liveness.announced(20_000_000);
  pass(900_000);
  expect(log).toEqual([]);
  liveness.heard(20_000_100);
  liveness.answered();
  liveness.probe();
  pass(60_000);
  expect(log).toEqual(["silent 902400", "dead 905000"]);
});

test("what the page itself has just sent gets its time, what it sent long ago does not count", () => {
  const { liveness, log } = made();
  liveness.sent(1_000_000);
  liveness.probe();
  pass(50_000);
  expect(log).toEqual([]);
  liveness.answered();
  liveness.sent(1_000_000);
  pass(60_000);
  liveness.probe();
  pass(2_400);
  expect(log).toEqual(["silent 112400"]);
});

test("a line that is slow to connect gets as long for an answer", () => {
  const { liveness, log } = made(6_000);
  liveness.probe();
  pass(5_999);
  expect(log).toEqual([]);
  pass(1);
  expect(log).toEqual(["silent 6000"]);
});

test("a message that is not answered at once is followed by a probe, and by others while its handler runs", () => {
  const { liveness, log, page } = made();
  page.waiting = true;
  liveness.expect();
  liveness.expect();
  pass(299);
  expect(page.probes).toBe(0);
  pass(1);
  expect(page.probes).toBe(1);
  liveness.answered();
  pass(5_000);
  expect(page.probes).toBe(2);
  liveness.answered();
  page.waiting = false;
  pass(60_000);
  expect([page.probes, log]).toEqual([2, []]);
  page.waiting = true;
  liveness.expect();
  pass(3_000);
  expect(log).toEqual([expect.stringMatching(/^silent/)]);
});

test("messages that wait behind a busy page are read before the connection is judged", () => {
  const { liveness, log } = made();
  liveness.probe();
  // The page computes for 20 s: the answer waits, and the timer is late.
  const now = performance.now();
  const late = vi.spyOn(performance, "now").mockImplementation(() => now + 20_000);
  pass(2_400);
  late.mockRestore();
  liveness.answered();
  pass(60_000);
  expect(log).toEqual([]);
});
