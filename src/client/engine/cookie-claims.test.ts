import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Effect, ServerFrame } from "../../protocol/frames.ts";
import { type ClaimOutcome, CookieClaims } from "./cookie-claims.ts";
import type { Environment } from "./environment.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const cookies = (ticket: string): Effect => ({ effect: "cookies", ticket, identity: `of ${ticket}` });
const toast = (message: string): Effect => ({ effect: "toast", level: "info", message });

/** Claims that are answered as the test says, and what was concluded, in order. */
function made(answer: (ticket: string, attempt: number, signal: AbortSignal) => Promise<number>) {
  const claimed: string[] = [];
  const outcomes: ClaimOutcome[] = [];
  const concluded: string[] = [];
  const environment = {
    tab: { get: () => "tab", set: () => {} },
    claimCookies: (ticket: string, _tab: string, signal: AbortSignal) => {
      claimed.push(ticket);
      return answer(ticket, claimed.filter((each) => each === ticket).length, signal);
    },
  } as unknown as Environment;
  let idle = 0;
  const claims = new CookieClaims(environment, { done: (outcome) => outcomes.push(outcome), idle: () => idle++ });
  const frame = (name: string, effects: readonly Effect[]) => {
    const given: ServerFrame = { version: 1, effects };
    claims.conclude(given, (rest) => concluded.push(`${name} ${rest.effects?.map(({ effect }) => effect).join()}`));
  };
  return { claims, claimed, outcomes, concluded, frame, idle: () => idle };
}

const hangs = () => new Promise<number>(() => {});

test("effects after a ticket wait for its cookies and keep their order; an answer without effects does not wait", async () => {
  const answer = Promise.withResolvers<number>();
  const { frame, concluded, outcomes, claims } = made(() => answer.promise);
  frame("before", [toast("x")]);
  frame("signed in", [cookies("a"), toast("x")]);
  frame("later", [toast("x")]);
  frame("answer", []);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([concluded, claims.busy]).toEqual([["before toast", "answer "], true]);
  answer.resolve(204);
  await vi.advanceTimersByTimeAsync(0);
  expect(concluded).toEqual(["before toast", "answer ", "signed in toast", "later toast"]);
  expect([outcomes, claims.busy]).toEqual([[{ kind: "done", status: 204, identity: "of a" }], false]);
});

test("a claim that hangs is ended and repeated, holds results back for three seconds at most, and is given up in the end", async () => {
  const signals: AbortSignal[] = [];
  const { frame, concluded, outcomes, claimed, claims } = made((_, __, signal) => {
    signals.push(signal);
    return hangs();
  });
  frame("signed in", [cookies("a"), toast("x")]);
  await vi.advanceTimersByTimeAsync(2_000);
  frame("later", [toast("x")]);
  expect(concluded).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(concluded).toEqual(["signed in toast", "later toast"]);
  frame("much later", [toast("x")]);
  expect(concluded.at(-1)).toBe("much later toast");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(signals[0]?.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(26_000);
  expect(outcomes).toEqual([{ kind: "lost", status: 0, identity: "of a" }]);
  expect([claimed.length > 3, claims.busy, signals.every(({ aborted }) => aborted)]).toEqual([true, false, true]);
  expect(vi.getTimerCount()).toBe(0);
});

test("the status 205 ends the claim at once: the browser drops the cookies, and would drop them again", async () => {
  const { frame, outcomes, claimed, concluded } = made(async () => 205);
  frame("signed in", [cookies("a"), toast("x")]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([claimed, outcomes]).toEqual([["a"], [{ kind: "dropped", status: 205, identity: "of a" }]]);
  expect(concluded).toEqual(["signed in toast"]);
});

test.each([500, 502, 503, 408, 425, 429, 200])(
  "the status %i passes by itself: the claim is repeated",
  async (status) => {
    const { frame, outcomes, claimed } = made(async (_, attempt) => (attempt < 3 ? status : 204));
    frame("signed in", [cookies("a")]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([claimed, outcomes]).toEqual([["a", "a", "a"], [{ kind: "done", status: 204, identity: "of a" }]]);
  },
);

test.each([403, 404, 413])("the status %i is final", async (status) => {
  const { frame, outcomes, claimed, concluded } = made(async () => status);
  frame("signed in", [cookies("a"), toast("x")]);
  await vi.advanceTimersByTimeAsync(0);
  expect([claimed, outcomes, concluded]).toEqual([
    ["a"],
    [{ kind: "refused", status, identity: "of a" }],
    ["signed in toast"],
  ]);
});

test("tickets are claimed in the order in which they came, one after the other", async () => {
  const first = Promise.withResolvers<number>();
  const { frame, claimed, idle } = made((ticket) => (ticket === "a" ? first.promise : Promise.resolve(204)));
  frame("in", [cookies("a")]);
  frame("out", [cookies("b")]);
  await vi.advanceTimersByTimeAsync(100);
  expect([claimed, idle()]).toEqual([["a"], 0]);
  first.resolve(204);
  await vi.advanceTimersByTimeAsync(0);
  expect([claimed, idle()]).toEqual([["a", "b"], 1]);
});

test("an environment that throws counts as no answer", async () => {
  const { frame, outcomes } = made((_, attempt) =>
    attempt === 1 ? Promise.reject(new Error("no")) : Promise.resolve(204),
  );
  frame("signed in", [cookies("a")]);
  await vi.advanceTimersByTimeAsync(300);
  expect(outcomes).toEqual([{ kind: "done", status: 204, identity: "of a" }]);
});

test("a page that ends concludes what it held back and leaves no timer behind", async () => {
  const { frame, outcomes, concluded, claims, idle } = made(hangs);
  frame("signed in", [cookies("a"), toast("x")]);
  claims.close();
  await vi.advanceTimersByTimeAsync(0);
  expect([concluded, outcomes, idle(), vi.getTimerCount()]).toEqual([["signed in toast"], [], 0, 0]);
});
