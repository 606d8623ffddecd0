import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";
import { OpenPage } from "../support/open-page.ts";
import { outcome } from "../support/tab-calls.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

describe("RT-1: signing in over the socket", () => {
  test("RT-1: ends in an HTTP answer that sets a new, HttpOnly session cookie; the tab has its user at once", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "remember", "note", "kept");
    const before = keyOf(browser);
    expect(before).toMatch(/^[a-z0-9]{32}$/);
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    expect(tab.view(AccountState)).toMatchObject({ name: "ada", remembered: "kept" });
    const after = keyOf(browser);
    expect(after).not.toBe(before);
    expect(await (await tab.fetch("/api/me")).json()).toEqual({ name: "ada", note: "kept" });
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("ada");
    expect(tab.problems).toEqual([]);
  });

  test("RT-1: of two tabs that begin a session at once the later one comes to that of the earlier, and reports nothing", async () => {
    const browser = new TestBrowser();
    await using first = await desk.app.open("/", { browser });
    const other = Promise.withResolvers<void>();
    const statuses: number[] = [];
    await using second = await OpenPage.open(desk.app, browser, "/", async (claim) => {
      await other.promise;
      const { status } = await claim();
      statuses.push(status);
      return status;
    });
    const problems: Error[] = [];
    second.engine.onProblem((problem) => problems.push(problem));
    const late = second.call("account.AccountState", "remember", "b", "2");
    await expect.poll(() => second.tickets.length).toBe(1);
    await first.call(AccountState, "remember", "a", "1");
    other.resolve();
    await late;
    await second.call("account.AccountState", "remember", "note", "3");
    expect(statuses).toEqual([403]);
    expect([problems, first.problems]).toEqual([[], []]);
    await first.call(AccountState, "look");
    expect(first.view(AccountState).remembered).toBe("3");
  });

  test("RT-1: the answer that brings the cookies is nobody else's, and no cache's", async () => {
    await using page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "signIn", "ada", PASSWORD);
    const response = await page.claim();
    expect(response.status).toBe(204);
    const lines = response.headers.getSetCookie();
    expect(lines.find((line) => line.startsWith("sessionid="))).toMatch(
      /^sessionid=[a-z0-9]{32}; Path=\/; Max-Age=1209600; HttpOnly; SameSite=Lax$/,
    );
    expect(lines.find((line) => line.startsWith("antiphon_identity="))).not.toContain("HttpOnly");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("vary")).toContain("Cookie");
    expect(await response.text()).toBe("");
  });

  test("RT-1, SEC-15: a ticket gives the same session again and again, to its own tab alone", async () => {
    await using page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "signIn", "ada", PASSWORD);
    const answers = await Promise.all(Array.from({ length: 20 }, () => page.claim()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect(new Set(answers.map(({ headers }) => headers.getSetCookie().join())).size).toBe(1);
    const stolen = await page.claim({ tab: "another" });
    expect([stolen.status, stolen.headers.getSetCookie()]).toEqual([403, []]);
    expect(await stolen.json()).toMatchObject({ error: { code: "BRIDGE_TICKET_INVALID" } });
    expect((await page.claim()).status).toBe(403);
  });

  test("RT-1: a ticket counts for its tab and its browser's session alone, and is void after a wrong try", async () => {
    const browser = new TestBrowser();
    await using first = await desk.app.open("/", { browser });
    await first.call(AccountState, "remember", "note", "mine");
    const thief = new TestBrowser();
    await using other = await desk.app.open("/", { browser: thief });
    await other.call(AccountState, "remember", "note", "thief's");
    for (const wrong of [
      { browser: thief },
      { browser: new TestBrowser() },
      { tab: other.id },
      { tab: "" },
      { tab: undefined },
      { headers: { "user-agent": "another browser" } },
    ]) {
      await using page = await OpenPage.open(desk.app, browser);
      await page.call("account.AccountState", "signIn", "ada", PASSWORD);
      for (const claim of [wrong, {}]) {
        const lost = await page.claim(claim);
        expect([wrong, lost.status, lost.headers.getSetCookie()]).toEqual([wrong, 403, []]);
      }
      // The key is another one now, and nobody has it: the browser begins anew.
      await page.call("account.AccountState", "signOut");
      browser.takeLines(["sessionid=; Max-Age=0"]);
      await first.call(AccountState, "remember", "note", "mine");
    }
  });

  test.each([[""], [["x"]], [{ $gt: "" }], [null], [7], ["__proto__"]])("RT-1: %j is no ticket", async (ticket) => {
    await using page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "signIn", "ada", PASSWORD);
    expect((await page.claim({ ticket })).status).toBe(403);
    expect((await page.claim()).status).toBe(204);
  });

  test.each(["GET", "HEAD", "PUT", "DELETE"])("RT-1: %s brings no cookies", async (method) => {
    await using page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "signIn", "ada", PASSWORD);
    const response = await page.claim({ method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect((await page.claim()).status).toBe(204);
  });

  test.each([
    ["another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["a sibling of the site", { origin: "http://other.localhost", "sec-fetch-site": "same-site" }],
    ["a page without an origin", { origin: "null", "sec-fetch-site": "cross-site" }],
  ])("CSR-9: %s cannot come for the cookies, and the ticket stays good", async (_, headers) => {
    await using page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "signIn", "ada", PASSWORD);
    const refused = await page.claim({ headers });
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([403, []]);
    expect(await refused.json()).toMatchObject({ error: { code: "CSRF_REFUSED" } });
    expect((await page.claim()).status).toBe(204);
  });

  test.each(["", "{", "null", "[]", "7", '"x"', `{"ticket":"${"x".repeat(2_000)}"}`])(
    "a claim with the body %j is refused, and nothing breaks",
    async (body) => {
      const response = await fetch(new URL("/_cookies", desk.app.url), {
        method: "POST",
        headers: { origin: desk.app.url, "sec-fetch-site": "same-origin", "content-type": "application/json" },
        body,
      });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: "BRIDGE_TICKET_INVALID" } });
    },
  );
});

test("RT-1: a ticket counts for half a minute and not longer, whatever the system's clock does", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  try {
    await using late = await world();
    const elapsed = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);
    const jumped = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
    for (const [pass, after, status] of [
      [elapsed, 30_000, 204],
      [elapsed, 30_001, 403],
      [jumped, 3_600_000, 204],
      [jumped, -3_600_000, 204],
    ] as const) {
      await using page = await OpenPage.open(late.app);
      await page.call("account.AccountState", "signIn", "ada", PASSWORD);
      pass(after);
      expect([pass.name, after, (await page.claim()).status]).toEqual([pass.name, after, status]);
    }
  } finally {
    vi.useRealTimers();
  }
});

describe("Other tabs of the same browser", () => {
  test("RT-1: are signed in on their next event, without being loaded again", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser });
    await using two = await desk.app.open("/", { browser });
    await two.call(AccountState, "look");
    const { id } = two;
    await one.call(AccountState, "signIn", "ada", PASSWORD);
    await two.call(AccountState, "look");
    expect(two.view(AccountState).name).toBe("ada");
    expect(two.id).toBe(id);
  });

  test("W43: a sign-in, a sign-out and a session written by a view reach the open tabs", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    const post = (path: string, body: object) =>
      tab.fetch(path, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
    expect((await post("/api/login", { username: "bob", password: PASSWORD })).status).toBe(200);
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("bob");
    await post("/api/remember", { key: "note", value: "from a view" });
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).remembered).toBe("from a view");
    await post("/api/logout", {});
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState)).toMatchObject({ name: "", remembered: "" });
  });

  test("a tab whose cookies come too late, after another tab's, follows its browser", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser });
    const late = Promise.withResolvers<void>();
    await using two = await OpenPage.open(desk.app, browser, "/", async (claim) => {
      await late.promise;
      return (await claim()).status;
    });
    await two.engine.ready("account.AccountState");
    const stop = two.engine.watch("account.AccountState");
    const second = two.call("account.AccountState", "signIn", "bob", PASSWORD).catch(() => {});
    await expect.poll(() => two.tickets.length).toBe(1);
    await one.call(AccountState, "signIn", "ada", PASSWORD);
    late.resolve();
    await second;
    await two.call("account.AccountState", "look").catch(() => two.call("account.AccountState", "look"));
    expect(await (await one.fetch("/api/me")).json()).toMatchObject({ name: "ada" });
    expect(two.engine.snapshot("account.AccountState")).toMatchObject({ name: "ada" });
    stop();
  });

  test("two tabs that sign in at once, as two people, agree in the end with their browser", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser });
    await using two = await desk.app.open("/", { browser });
    await Promise.all([one.watch(AccountState), two.watch(AccountState)]);
    await Promise.allSettled([
      one.call(AccountState, "signIn", "ada", PASSWORD),
      two.call(AccountState, "signIn", "bob", PASSWORD),
    ]);
    const { name } = (await (await one.fetch("/api/me")).json()) as { name: string };
    expect(["ada", "bob"]).toContain(name);
    for (const tab of [one, two]) {
      // What is called before the tab has followed its browser is refused: it was called for the other one.
      const look = () => outcome(tab.call(AccountState, "look"));
      await expect.poll(look).toBe("ran");
      expect(tab.view(AccountState).name).toBe(name);
    }
  });
});

describe("SEC-14: session fixation", () => {
  test("SEC-14: the key of before is worth nothing after signing in over the socket, on either side", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "remember", "note", "planted");
    const planted = new TestBrowser();
    planted.takeLines([`sessionid=${keyOf(browser)}`]);
    await using attacker = await desk.app.open("/", { browser: planted });
    await attacker.call(AccountState, "look");
    expect(attacker.view(AccountState).remembered).toBe("planted");
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    await attacker.call(AccountState, "look");
    expect(attacker.view(AccountState)).toMatchObject({ name: "", remembered: "" });
    expect(await (await attacker.fetch("/api/me")).json()).toEqual({ name: "", note: "" });
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).name).toBe("ada");
  });

  test("SEC-14, SES-1: a key that somebody else made up is never taken over", async () => {
    const browser = new TestBrowser();
    browser.takeLines(["sessionid=abcdefghijklmnopqrstuvwxyz012345"]);
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    expect(keyOf(browser)).toMatch(/^[a-z0-9]{32}$/);
    expect(keyOf(browser)).not.toBe("abcdefghijklmnopqrstuvwxyz012345");
  });

  test("SEC-14: the cookie of before a logout opens nothing, over HTTP and over a socket", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, as: "ada" });
    const old = new TestBrowser();
    old.takeLines([`sessionid=${keyOf(browser)}`]);
    await using thief = await desk.app.open("/", { browser: old });
    await thief.call(AccountState, "look");
    expect(thief.view(AccountState).name).toBe("ada");
    await tab.call(AccountState, "signOut");
    expect(keyOf(browser)).toBe("");
    await expect.poll(() => thief.view(AccountState).name).toBe("");
    await thief.call(AccountState, "look");
    expect(thief.view(AccountState).name).toBe("");
    expect(await (await thief.fetch("/api/me")).json()).toMatchObject({ name: "" });
  });
});

describe("CSR-9, RT-1: who comes for the cookies of a visitor without a session", () => {
  const AGENT = { "user-agent": "the browser of a test" };

  /** A visitor's page with a ticket, and what comes for it with exactly these headers. */
  async function visitor() {
    journal.hook = ({ kind }, reply) => {
      if (kind === "event") reply.setCookie("flavour", "mint", { path: "/", httpOnly: true });
    };
    const page = await OpenPage.open(desk.app);
    await page.call("account.AccountState", "look");
    const body = JSON.stringify({ ticket: page.tickets.at(-1), tab: page.tab });
    const come = async (headers: Record<string, string>) => {
      const response = await fetch(new URL("/_cookies", desk.app.url), {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      const text = await response.text();
      const code = text === "" ? "" : (JSON.parse(text) as { error: { code: string } }).error.code;
      return [response.status, code, response.headers.getSetCookie().length > 0];
    };
    return { come, close: () => page.engine.close() };
  }

  test("CSR-9: neither an own Origin nor Sec-Fetch-Site: refused, and the ticket stays good", async () => {
    const { come, close } = await visitor();
    const refused = [403, "CSRF_REFUSED", false];
    expect(await come(AGENT)).toEqual(refused);
    expect(await come({ ...AGENT, origin: "https://evil.example" })).toEqual(refused);
    expect(await come({ ...AGENT, origin: "null" })).toEqual(refused);
    expect(await come({ ...AGENT, referer: "https://evil.example/" })).toEqual(refused);
    for (const site of ["cross-site", "same-site"]) {
      expect(await come({ ...AGENT, "sec-fetch-site": site })).toEqual(refused);
    }
    expect(await come({ ...AGENT, origin: desk.app.url })).toEqual([204, "", true]);
    close();
  });

  test("CSR-9: Sec-Fetch-Site alone is enough", async () => {
    const { come, close } = await visitor();
    expect(await come({ ...AGENT, "sec-fetch-site": "same-origin" })).toEqual([204, "", true]);
    close();
  });

  test("RT-1: another User-Agent than the socket's gets nothing, and the ticket is void then", async () => {
    const others: Record<string, string>[] = [
      { "user-agent": "another browser" },
      { "user-agent": `${AGENT["user-agent"]} 2` },
      {},
    ];
    for (const agent of others) {
      const { come, close } = await visitor();
      const own: Record<string, string> = { origin: desk.app.url, "sec-fetch-site": "same-origin" };
      expect(await come({ ...own, ...agent })).toEqual([403, "BRIDGE_TICKET_INVALID", false]);
      expect(await come({ ...own, ...AGENT })).toEqual([403, "BRIDGE_TICKET_INVALID", false]);
      close();
    }
  });
});
