import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "./connection.ts";
import type { EngineParts } from "./engine-parts.ts";
import { SocketIdentity } from "./socket-identity.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The socket of a browser that has the identity "old", and how often it was opened again. */
function made(claimCookies: () => Promise<number>) {
  const browser = { identity: "old" };
  const seen = { restarts: 0, problems: [] as unknown[] };
  const parts = {
    environment: { tab: { get: () => "tab" }, identity: () => browser.identity, claimCookies },
    status: { isOnline: true },
    connection: () => ({ restart: () => seen.restarts++ }) as unknown as Connection,
    report: (error: { code: string }) => seen.problems.push(error.code),
  } as unknown as EngineParts;
  const socket = new SocketIdentity(parts);
  socket.open();
  /** A frame that announces cookies, which give the browser this identity. */
  const announce = (...identities: string[]) => {
    const effects = identities.map((identity) => ({ effect: "cookies", ticket: identity, identity }) as const);
    socket.claims.conclude({ version: 1, effects }, () => {});
  };
  return { browser, seen, socket, announce };
}

describe("A page that claims cookies", () => {
  test("keeps its socket when the browser has those cookies in the end, also if the network lost the answer", async () => {
    for (const status of [204, 0]) {
      const { announce, browser, seen, socket } = made(async () => {
        browser.identity = "signed in";
        return status;
      });
      announce("signed in");
      await vi.advanceTimersByTimeAsync(40_000);
      expect([status, socket.current, socket.follow(), seen]).toEqual([
        status,
        "signed in",
        false,
        { restarts: 0, problems: [] },
      ]);
    }
  });

  test.each([204, 205, 0])(
    "opens its socket again if another tab has signed in meanwhile; the claim ended with %i",
    async (status) => {
      const answer = Promise.withResolvers<number>();
      const { announce, browser, seen, socket } = made(() => answer.promise);
      announce("signed in");
      browser.identity = "of another tab";
      // As the environment reports it.
      expect(socket.follow()).toBe(false);
      answer.resolve(status);
      await vi.advanceTimersByTimeAsync(40_000);
      expect(seen.restarts).toBe(1);
    },
  );

  test("opens its socket again once, after the last of its claims", async () => {
    const last = Promise.withResolvers<number>();
    let claims = 0;
    const { announce, browser, seen } = made(() => (++claims === 1 ? Promise.resolve(204) : last.promise));
    announce("signed in", "signed out");
    browser.identity = "of another tab";
    await vi.advanceTimersByTimeAsync(1_000);
    expect([claims, seen.restarts]).toEqual([2, 0]);
    last.resolve(204);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual({ restarts: 1, problems: [] });
  });

  /** What the browser shows after its claim has succeeded. The socket with the announced identity was opened by "old". */
  test.each([
    { shows: "the announced identity", identities: ["signed in"], restarts: 0, problems: [] },
    { shows: "a newer one, of another tab", identities: ["of another tab"], restarts: 1, problems: [] },
    { shows: "the one from before", identities: ["old"], restarts: 0, problems: ["CLIENT_COOKIES_DROPPED"] },
    { shows: "the announced identity a little later", identities: ["old", "signed in"], restarts: 0, problems: [] },
    { shows: "first the one from before, then a newer one", identities: ["old", "other"], restarts: 1, problems: [] },
  ])("follows the browser that shows $shows", async ({ identities, restarts, problems }) => {
    const { announce, browser, seen, socket } = made(async () => 204);
    announce("signed in");
    for (const identity of identities) {
      browser.identity = identity;
      await vi.advanceTimersByTimeAsync(100);
      // As the environment reports it.
      if (seen.restarts === 0) socket.follow();
    }
    await vi.advanceTimersByTimeAsync(40_000);
    expect(seen).toEqual({ restarts, problems });
  });

  test("stays on its socket while the browser keeps no cookies, and follows when it keeps some", async () => {
    const { announce, browser, seen, socket } = made(async () => 204);
    announce("signed in", "with a language");
    await vi.advanceTimersByTimeAsync(40_000);
    announce("signed out");
    await vi.advanceTimersByTimeAsync(40_000);
    const problems = ["CLIENT_COOKIES_DROPPED", "CLIENT_COOKIES_DROPPED"];
    expect([socket.follow(), seen]).toEqual([false, { restarts: 0, problems }]);
    browser.identity = "of another tab";
    expect([socket.follow(), seen]).toEqual([true, { restarts: 1, problems }]);
  });

  test("keeps its socket when the browser shows the cookies of two claims late, one after the other", async () => {
    const last = Promise.withResolvers<number>();
    let claims = 0;
    const { announce, browser, seen, socket } = made(() => (++claims === 1 ? Promise.resolve(204) : last.promise));
    announce("signed in", "signed out");
    await vi.advanceTimersByTimeAsync(100);
    browser.identity = "signed in";
    last.resolve(204);
    await vi.advanceTimersByTimeAsync(100);
    browser.identity = "signed out";
    expect([socket.follow(), socket.current, seen.restarts]).toEqual([false, "signed out", 0]);
  });

  test("opens its socket again when cookies arrive after a socket was opened without them", async () => {
    const { announce, browser, seen, socket } = made(async () => 204);
    announce("signed in");
    await vi.advanceTimersByTimeAsync(100);
    socket.open();
    browser.identity = "signed in";
    expect([socket.follow(), seen.restarts]).toEqual([true, 1]);
  });

  test("reports nothing after it was closed", async () => {
    const { announce, seen, socket } = made(async () => 204);
    announce("signed in");
    await vi.advanceTimersByTimeAsync(100);
    socket.close();
    await vi.advanceTimersByTimeAsync(40_000);
    expect(seen).toEqual({ restarts: 0, problems: [] });
  });

  test("keeps its socket when the browser drops the cookies or the network loses every claim", async () => {
    for (const [status, problem] of [
      [205, "CLIENT_COOKIES_DROPPED"],
      [0, "CLIENT_COOKIES_REFUSED"],
    ] as const) {
      const { announce, seen } = made(async () => status);
      announce("signed in");
      await vi.advanceTimersByTimeAsync(40_000);
      expect(seen).toEqual({ restarts: 0, problems: [problem] });
    }
  });
});
