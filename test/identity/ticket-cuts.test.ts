import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal } from "../fixtures/identity-app/src/journal.ts";
import { keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";
import { type OnTicket, OpenPage } from "../support/open-page.ts";
import { socketPage, ticketOf } from "../support/raw-page.ts";

const ACCOUNT = "account.AccountState";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

type Cut = (claim: () => Promise<Response>, page: OpenPage) => Promise<number>;

/** What happens to the first claim; every later one goes through. */
const CUTS: { readonly [name: string]: Cut } = {
  "the request of the claim": async () => 0,
  "the answer to the claim": async (_, page) => {
    await page.claim();
    return 0;
  },
  "the answer to the claim, after the browser took its cookies": async (claim) => {
    await claim();
    return 0;
  },
  "the claim, by a proxy that answers in place of the server": async () => 502,
  "the socket, before the claim": async (claim, page) => {
    await reconnected(page);
    return (await claim()).status;
  },
  "the socket, and the request of the claim": async (_, page) => {
    await reconnected(page);
    return 0;
  },
  "the socket, and the answer to the claim": async (_, page) => {
    await page.claim();
    await reconnected(page);
    return 0;
  },
  "the socket, and the answer to the claim after the browser took its cookies": async (claim, page) => {
    await claim();
    await reconnected(page);
    return 0;
  },
};

/** Cuts the socket, and waits until the page is back. */
async function reconnected(page: OpenPage): Promise<void> {
  const statuses: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = page.engine.onConnection(() => {
    const { status } = page.engine.connection();
    if (statuses.at(-1) !== status) statuses.push(status);
    if (status === "online" && statuses.length > 1) resolve();
  });
  page.engine.cut(false);
  await promise;
  stop();
}

async function openWith(cut: Cut, browser: TestBrowser): Promise<OpenPage> {
  let page: OpenPage | undefined;
  let isFirst = true;
  const onTicket: OnTicket = async (claim) => {
    if (!isFirst) return (await claim()).status;
    isFirst = false;
    return await cut(claim, page as OpenPage);
  };
  page = await OpenPage.open(desk.app, browser, "/", onTicket);
  return page;
}

describe("a sign-in over the socket survives that the network cuts", () => {
  for (const kind of ["a new visitor", "a visitor with a session"]) {
    test.each(Object.keys(CUTS))(`%s, for ${kind}: the page and its browser are signed in`, async (name) => {
      const browser = new TestBrowser();
      if (kind === "a visitor with a session") {
        await using before = await desk.app.open("/", { browser });
        await before.fetch("/api/remember", {
          method: "POST",
          body: JSON.stringify({ key: "note", value: "kept" }),
          headers: { "content-type": "application/json" },
        });
      }
      await using page = await openWith(CUTS[name] as Cut, browser);
      const problems: Error[] = [];
      page.engine.onProblem((problem) => problems.push(problem));
      const stop = page.engine.watch(ACCOUNT);
      await page.engine.ready(ACCOUNT);
      const { tab } = page;
      await page.call(ACCOUNT, "signIn", "ada", PASSWORD);
      expect(keyOf(browser)).toMatch(/^[a-z0-9]{32}$/);
      await reconnected(page);
      await page.call(ACCOUNT, "look");
      expect(page.engine.snapshot(ACCOUNT)).toMatchObject({ name: "ada" });
      expect([page.tab, problems]).toEqual([tab, []]);
      await using other = await desk.app.open("/", { browser });
      expect(await (await other.fetch("/api/me")).json()).toMatchObject({ name: "ada" });
      stop();
    });
  }

  test("nothing but every claim: the socket keeps its user, the call is answered, and later events are not held up", async () => {
    const browser = new TestBrowser();
    const never = Promise.withResolvers<number>();
    await using page = await openWith(() => never.promise, browser);
    const stop = page.engine.watch(ACCOUNT);
    await page.engine.ready(ACCOUNT);
    const statuses = new Set<string>();
    page.engine.onConnection(() => statuses.add(page.engine.connection().status));
    let isSignedIn = false;
    const signingIn = page.call(ACCOUNT, "signIn", "ada", PASSWORD).then(() => {
      isSignedIn = true;
    });
    await expect.poll(() => page.tickets.length).toBe(1);
    await page.call(ACCOUNT, "look");
    expect(page.engine.snapshot(ACCOUNT)).toMatchObject({ name: "ada" });
    expect(isSignedIn).toBe(false);
    await signingIn;
    await page.call(ACCOUNT, "look");
    expect(page.engine.snapshot(ACCOUNT)).toMatchObject({ name: "ada" });
    expect([...statuses]).toEqual(["online"]);
    never.resolve(0);
    stop();
  });
});

describe("SEC-15: while a ticket waits for its browser", () => {
  const headersOf = (browser: TestBrowser, userAgent = "the browser of a test") => {
    const cookie = browser.header();
    return { origin: desk.app.url, "user-agent": userAgent, ...(cookie === undefined ? {} : { cookie }) };
  };

  /** The tab that a page gets which knows all that the page of a signed-in tab knows, but for its cookies. */
  async function comeBack(tab: string, headers: ReturnType<typeof headersOf>): Promise<string> {
    using page = await socketPage(desk.app.url, headers, { tab, version: 0 });
    return page.welcome.tab;
  }

  test("the same browser comes back to its tab with the session from before, another user agent does not", async () => {
    const browser = new TestBrowser();
    using page = await socketPage(desk.app.url, headersOf(browser));
    const { tab } = page.welcome;
    await ticketOf(page, ACCOUNT, "signIn", ["ada", PASSWORD]);
    expect(await comeBack(tab, headersOf(browser, "another browser"))).not.toBe(tab);
    expect(await comeBack(tab, headersOf(browser))).toBe(tab);
  });

  test("a browser that showed the new session closes the tab for the session from before", async () => {
    const browser = new TestBrowser();
    using page = await socketPage(desk.app.url, headersOf(browser));
    const { tab } = page.welcome;
    const ticket = await ticketOf(page, ACCOUNT, "signIn", ["ada", PASSWORD]);
    const answer = await fetch(new URL("/_cookies", desk.app.url), {
      method: "POST",
      headers: { ...headersOf(browser), "sec-fetch-site": "same-origin", "content-type": "application/json" },
      body: JSON.stringify({ ticket, tab }),
    });
    expect(answer.status).toBe(204);
    browser.take(answer);
    expect(await comeBack(tab, headersOf(browser))).toBe(tab);
    expect(await comeBack(tab, headersOf(new TestBrowser()))).not.toBe(tab);
  });
});
