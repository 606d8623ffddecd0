import { request } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TestBrowser, type TestTab } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { DraftState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { PASSWORD, type World, world } from "../support/identity-world.ts";
import { handshake, helloOf, RawPage } from "../support/raw-page.ts";
import { noted, outcome } from "../support/tab-calls.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

async function rawPage(): Promise<RawPage> {
  const page = new RawPage(desk.app.url, helloOf());
  await page.welcome;
  return page;
}

/** The status of a socket's opening with exactly these headers. */
function upgradeStatus(url: string, headers: { readonly [name: string]: string }): Promise<number> {
  const opening = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/_event/?EIO=4&transport=websocket`, { headers: { ...opening, ...headers } });
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("SEC-21: hostile loads of one page", () => {
  /** A message as text, whose arguments no page of ours would send. */
  const frame = (id: number, args: string) =>
    `[2,"/",["frame",{"kind":"event","state":"account.AccountState","event":"look","args":${args},"id":${id},"seen":0}]]`;
  const hostile: [string, string, string][] = [
    ["a mebibyte and one character", `["${"x".repeat(1_048_577)}"]`, "CHANNEL_FRAME_TOO_LARGE"],
    ["ten thousand levels", "[".repeat(10_000) + "]".repeat(10_000), "CHANNEL_FRAME_TOO_DEEP"],
    ["a list of a million items", `[[${"0,".repeat(1_000_000)}0]]`, "CHANNEL_FRAME_TOO_LARGE"],
    ["a hundred thousand items", `[[${"0,".repeat(100_000)}0]]`, "EVENT_ARGS_INVALID"],
  ];

  test.each(hostile)("SEC-21: %s: answered by a code, and the next event works", async (_what, args, code) => {
    const page = await rawPage();
    page.raw(frame(1, args));
    expect(await page.ack(1)).toMatchObject({ code });
    page.raw(frame(2, "[]"));
    expect(await page.ack(2)).toBeUndefined();
    page.socket.close();
  });

  test("SEC-21: so many events at once are each answered, ten thousand close the connection; another user's event comes in between, no memory stays", async () => {
    await using other = await desk.app.open("/", { as: "bob" });
    await other.call(AccountState, "look");
    const before = heap();
    const page = await rawPage();
    for (let id = 1; id <= 1_500; id++) page.raw(frame(id, "[]"));
    let isOver = false;
    const flood = page.ack(1_500).then(() => {
      isOver = true;
    });
    await other.call(AccountState, "look");
    expect(isOver).toBe(false);
    await flood;
    for (let id = 1_501; id <= 11_500; id++) page.raw(frame(id, "[]"));
    await other.call(AccountState, "look");
    await page.gone();
    expect(other.view(AccountState).name).toBe("bob");
    const codes = new Set(page.frames.flatMap(({ acks = [] }) => acks.map(([, error]) => error?.code)));
    expect([...codes].every((code) => [undefined, "CHANNEL_RATE_LIMITED", "CHANNEL_QUEUE_FULL"].includes(code))).toBe(
      true,
    );
    expect(codes).toContain("CHANNEL_RATE_LIMITED");
    page.socket.close();
    page.frames.length = 0;
    page.messages.length = 0;
    await expect.poll(heap).toBeLessThan(before + 20_000_000);
  });
});

describe("SEC-21: sockets of one session", () => {
  test("SEC-21: so many and no more, whatever their addresses", async () => {
    await using small = await world({ config: { limits: { socketsPerSession: 2 } } });
    const browser = await small.app.signIn("ada");
    const headers = { origin: small.app.url, cookie: browser.header() ?? "" };
    await using _one = await small.app.open("/", { browser });
    await using _two = await small.app.open("/", { browser });
    expect(await handshake(small.app.url, headers)).toEqual({ opened: false, status: "CHANNEL_SESSION_FULL" });
    const bob = await small.app.signIn("bob");
    expect(await handshake(small.app.url, { ...headers, cookie: bob.header() ?? "" })).toEqual({ opened: true });
  });
});

describe("SEC-22: work that goes on", () => {
  test.each([
    ["a handler", (tab: TestTab) => tab.call(DraftState, "hold", "long")],
    ["a parallel one", (tab: TestTab) => tab.call(DraftState, "pass", "long")],
    ["a background one", (tab: TestTab) => tab.call(AccountState, "work", "long")],
  ])("SEC-22: %s of a tab that is gone holds up no other tab of the session", async (_what, begin) => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/", { browser });
    void outcome(begin(one));
    await expect.poll(() => journal.lines.length).toBe(1);
    one.close();
    await two.call(AccountState, "look");
    expect(two.view(AccountState).name).toBe("ada");
    gate("long").resolve();
  });

  test("SEC-22: the signal of a background handler aborts when its tab has been away for limits.leaveAfter", async () => {
    await using brief = await world({ config: { limits: { leaveAfter: 10 } } });
    await using tab = await brief.app.open("/", { as: "ada" });
    await tab.call(AccountState, "work", "long");
    await noted("ada begins long");
    await tab.disconnect();
    await noted("long aborted");
  });
});

describe("SEC-23: what work of a user who has gone still says", () => {
  test.each([
    ["a parallel event", "tell"],
    ["a background event", "report"],
  ] as const)(
    "SEC-23: %s that ends after its user has gone tells whoever has the tab next nothing",
    async (_what, name) => {
      const browser = new TestBrowser();
      await using tab = await desk.app.open("/", { browser, as: "ada" });
      const told = outcome(tab.call(DraftState, name, "slow"));
      await noted("ada passes slow");
      await tab.call(AccountState, "signOut");
      await tab.call(AccountState, "signIn", "bob", PASSWORD);
      const before = tab.frames.length;
      gate("slow").resolve();
      await noted("ada has passed slow");
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState).name).toBe("bob");
      expect(JSON.stringify(tab.frames.slice(before))).not.toContain("for ada alone");
      expect(await told).toBe(name === "tell" ? "CHANNEL_SIGNED_OUT" : "ran");
    },
  );
});

describe("SEC-1, CSR-9: which pages open the socket of a site behind a proxy", () => {
  test("SEC-1: a page of plain HTTP is no page of an HTTPS site, and is answered 403", async () => {
    await using site = await world({ config: { trustProxy: true, allowedHosts: ["site.example"] } });
    const forwarded = { host: "site.example", "x-forwarded-proto": "https", "x-forwarded-host": "site.example" };
    const open = (origin: string) => upgradeStatus(site.app.url, { ...forwarded, origin });
    expect(await open("http://site.example")).toBe(403);
    expect(await open("https://site.example")).toBe(101);
    expect(await open("https://evil.example")).toBe(403);
  });

  test("CSR-9: an origin that may send requests may open the socket, and the other way round", async () => {
    await using site = await world({ config: { trustedOrigins: ["https://*.shop.example"] } });
    for (const [origin, status] of [
      ["https://a.shop.example", 101],
      ["https://shop.example.evil", 403],
    ] as const) {
      expect([origin, await upgradeStatus(site.app.url, { origin })]).toEqual([origin, status]);
      const headers = { origin, "content-type": "application/json", "sec-fetch-site": "cross-site" };
      const answer = await fetch(`${site.app.url}/_cookies`, { method: "POST", headers, body: "{}" });
      const { error } = (await answer.json()) as { error: { code: string } };
      const code = status === 101 ? "BRIDGE_TICKET_INVALID" : "CSRF_REFUSED";
      expect([origin, error.code]).toEqual([origin, code]);
    }
  });
});
