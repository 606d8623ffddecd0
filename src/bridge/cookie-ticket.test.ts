import { describe, expect, test } from "vitest";
import { CookieTickets, type TicketClaim, type TicketContent } from "./cookie-ticket.ts";

const SECRET = "sessionid=key; Path=/; HttpOnly";
const GONE = "sessionid=; Path=/; Max-Age=0; HttpOnly";
const PLAIN = "theme=dark; Path=/";

function made() {
  const clock = { time: 1_000_000 };
  return { clock, tickets: new CookieTickets(() => clock.time) };
}

function content(given: Partial<TicketContent> = {}): TicketContent {
  return {
    cookies: [SECRET],
    tab: "tab",
    userAgent: "a browser",
    sessions: new Set(["session"]),
    brings: "newer",
    ...given,
  };
}

/** What the browser shows that a ticket is for. */
const SHOWN = { session: "session", userAgent: "a browser", isClaiming: false };

function claim(ticket: unknown, given: Partial<TicketClaim> = {}): TicketClaim {
  return { ticket, tab: "tab", userAgent: "a browser", session: "session", ...given };
}

describe("RT-1: a ticket", () => {
  test("RT-1: brings its cookies to the tab, browser and session that it was issued to", () => {
    const { tickets } = made();
    const ticket = tickets.issue(content({ cookies: [SECRET, PLAIN] }));
    expect(tickets.claim(claim(ticket))).toEqual([SECRET, PLAIN]);
  });

  test("RT-1: opens nothing for the session from before once the browser has shown the session that it brought", () => {
    for (const show of [
      (tickets: CookieTickets, ticket: string) => void tickets.claim(claim(ticket, { session: "newer" })),
      (tickets: CookieTickets, ticket: string) => tickets.shown(ticket, "newer"),
    ]) {
      const { tickets } = made();
      const ticket = tickets.issue(content({ sessions: new Set([undefined, "session", "newer"]) }));
      tickets.shown(ticket, undefined);
      tickets.shown(ticket, "session");
      expect(tickets.accepts(ticket, { ...SHOWN, session: undefined })).toBe(true);
      show(tickets, ticket);
      for (const session of [undefined, "session"]) expect(tickets.accepts(ticket, { ...SHOWN, session })).toBe(false);
      expect(tickets.accepts(ticket, { ...SHOWN, userAgent: "another" })).toBe(false);
      expect(tickets.claim(claim(ticket, { session: "newer" }))).toEqual([SECRET]);
      expect(tickets.claim(claim(ticket, { session: undefined }))).toBeUndefined();
    }
  });

  test("RT-1: cannot be guessed, and is another one each time", () => {
    const { tickets } = made();
    const all = Array.from({ length: 10 }, () => tickets.issue(content()));
    expect(new Set(all).size).toBe(10);
    for (const ticket of all) expect(ticket).toMatch(/^[\w-]{32}$/);
  });

  test("RT-1: can be claimed again by the same tab, browser and session, because an answer can be lost", () => {
    const { tickets, clock } = made();
    const ticket = tickets.issue(content());
    for (const after of [0, 1, 29_999]) {
      clock.time = 1_000_000 + after;
      expect([after, tickets.claim(claim(ticket))]).toEqual([after, [SECRET]]);
      // Only a page that still claims can have missed the answer.
      for (const isClaiming of [false, true]) {
        expect(tickets.accepts(ticket, { ...SHOWN, isClaiming })).toBe(isClaiming);
      }
    }
    clock.time = 1_030_001;
    expect(tickets.claim(claim(ticket))).toBeUndefined();
  });

  test("RT-1, SEC-15: that was claimed is void after anything else claims it", () => {
    for (const wrong of [
      { tab: "another" },
      { session: "another" },
      { userAgent: "another" },
      { session: undefined },
    ]) {
      const { tickets } = made();
      const ticket = tickets.issue(content());
      expect(tickets.claim(claim(ticket))).toEqual([SECRET]);
      expect(tickets.claim(claim(ticket, wrong))).toBeUndefined();
      expect(tickets.claim(claim(ticket))).toBeUndefined();
    }
  });

  test("RT-1: is void once a later ticket of its tab was claimed: older cookies do not replace newer ones", () => {
    const { tickets } = made();
    const [older, newer] = [tickets.issue(content()), tickets.issue(content({ cookies: [PLAIN] }))];
    const elsewhere = tickets.issue(content({ tab: "another" }));
    expect(tickets.claim(claim(older))).toEqual([SECRET]);
    expect(tickets.claim(claim(newer))).toEqual([PLAIN]);
    expect(tickets.claim(claim(older))).toBeUndefined();
    expect(tickets.claim(claim(newer))).toEqual([PLAIN]);
    expect(tickets.claim(claim(elsewhere, { tab: "another" }))).toEqual([SECRET]);
  });

  test("RT-1: counts for thirty seconds and no longer", () => {
    for (const [later, counts] of [
      [30_000, true],
      [30_001, false],
    ] as const) {
      const { tickets, clock } = made();
      const ticket = tickets.issue(content());
      clock.time += later;
      expect([later, tickets.accepts(ticket, SHOWN)]).toEqual([later, counts]);
      expect([later, tickets.claim(claim(ticket)) !== undefined]).toEqual([later, counts]);
    }
  });

  test.each<[string, Partial<TicketClaim>]>([
    ["another tab", { tab: "another" }],
    ["no tab", { tab: undefined }],
    ["a list that reads like the tab", { tab: ["tab"] }],
    ["another session", { session: "another" }],
    ["no session any more", { session: undefined }],
    ["another browser", { userAgent: "another" }],
    ["a browser that does not say what it is", { userAgent: undefined }],
  ])("RT-1: is void after %s came for it", (_, wrong) => {
    const { tickets } = made();
    const ticket = tickets.issue(content());
    expect(tickets.claim(claim(ticket, wrong))).toBeUndefined();
    expect(tickets.claim(claim(ticket))).toBeUndefined();
  });

  test("RT-1: of a browser that does not say what it is wants just that", () => {
    const { tickets } = made();
    const given = content({ userAgent: undefined });
    expect(tickets.claim(claim(tickets.issue(given)))).toBeUndefined();
    expect(tickets.claim(claim(tickets.issue(given), { userAgent: undefined }))).toEqual([SECRET]);
  });

  test.each([undefined, null, 7, "", "made-up", "__proto__", {}, [], { toString: () => "x" }])(
    "RT-1: %j is none",
    (ticket) => {
      const { tickets } = made();
      const good = tickets.issue(content());
      expect(tickets.claim(claim(ticket))).toBeUndefined();
      expect(tickets.claim(claim([good]))).toBeUndefined();
      expect(tickets.claim(claim(good))).toEqual([SECRET]);
    },
  );

  test("RT-1: of a browser without a session is for one without; several sessions may be named", () => {
    const { tickets } = made();
    const visitor = content({ sessions: new Set([undefined]) });
    expect(tickets.claim(claim(tickets.issue(visitor)))).toBeUndefined();
    expect(tickets.claim(claim(tickets.issue(visitor), { session: undefined }))).toEqual([SECRET]);
    for (const session of ["old", "new"]) {
      const ticket = tickets.issue(content({ sessions: new Set(["old", "new"]) }));
      expect(tickets.claim(claim(ticket, { session }))).toEqual([SECRET]);
    }
  });

  test("RT-2: that only takes cookies away counts when the session's cookie is gone already, for that browser and tab", () => {
    const { tickets } = made();
    for (const cookies of [[GONE], [PLAIN], [GONE, PLAIN]]) {
      const given = content({ cookies });
      expect(tickets.claim(claim(tickets.issue(given), { session: undefined }))).toEqual(cookies);
      for (const wrong of [{ session: "another" }, { tab: "another" }, { userAgent: "another" }]) {
        expect(tickets.claim(claim(tickets.issue(given), { session: undefined, ...wrong }))).toBeUndefined();
      }
    }
    const mixed = content({ cookies: [GONE, SECRET] });
    expect(tickets.claim(claim(tickets.issue(mixed), { session: undefined }))).toBeUndefined();
  });
});

describe("SEC-21: tickets that nobody comes for", () => {
  test("SEC-21: of one tab the newest twenty count, and however many it causes, those of others stay", () => {
    const { tickets } = made();
    const others = ["a", "b"].map((tab) => ({ tab, ticket: tickets.issue(content({ tab })) }));
    const own = Array.from({ length: 20 }, () => tickets.issue(content()));
    expect(own.every((ticket) => tickets.accepts(ticket, SHOWN))).toBe(true);
    own.push(tickets.issue(content()));
    expect(own.map((ticket) => tickets.accepts(ticket, SHOWN))).toEqual([
      false,
      ...Array.from({ length: 20 }, () => true),
    ]);
    for (let count = 0; count < 10_000; count++) tickets.issue(content());
    expect(own.some((ticket) => tickets.accepts(ticket, SHOWN))).toBe(false);
    for (const { tab, ticket } of others) expect(tickets.claim(claim(ticket, { tab }))).toEqual([SECRET]);
  });

  test("SEC-21: those before a claimed one, or too old, take no place of a tab", () => {
    const { tickets, clock } = made();
    for (let count = 0; count < 100; count++) expect(tickets.claim(claim(tickets.issue(content())))).toEqual([SECRET]);
    const next = Array.from({ length: 19 }, () => tickets.issue(content()));
    expect(next.every((ticket) => tickets.accepts(ticket, SHOWN))).toBe(true);
    clock.time += 30_001;
    const fresh = Array.from({ length: 20 }, () => tickets.issue(content()));
    expect(fresh.every((ticket) => tickets.accepts(ticket, SHOWN))).toBe(true);
  });

  test("SEC-21: of all tabs together a hundred thousand wait at most", () => {
    const { tickets } = made();
    const oldest = tickets.issue(content({ tab: "oldest" }));
    for (let tab = 0; tab < 99_999; tab++) tickets.issue(content({ tab: String(tab) }));
    expect(tickets.accepts(oldest, SHOWN)).toBe(true);
    const newest = tickets.issue(content({ tab: "newest" }));
    expect([tickets.accepts(oldest, SHOWN), tickets.accepts(newest, SHOWN)]).toEqual([false, true]);
  });
});
