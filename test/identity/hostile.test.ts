import { join } from "node:path";
import { Writable } from "node:stream";
import { createLogger } from "antiphon";
import { TestBrowser, testApp } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { SecretsState } from "../fixtures/identity-app/src/secrets.state.ts";
import { keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";
import { OpenPage } from "../support/open-page.ts";
import { type Opened, handshake as openWith } from "../support/raw-page.ts";
import { namesOf } from "./every-app.ts";

let desk: World;
let victim: TestBrowser;
beforeAll(async () => {
  desk = await world();
  victim = await desk.app.signIn("ada");
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

/** Opens a socket as a browser would that shows a page of somebody else. */
function handshake(url: string, headers: Record<string, string>): Promise<Opened> {
  return openWith(url, headers, { page: "evil", path: "/secrets", watch: ["secrets.SecretsState"] });
}

describe("SEC-1: a page of another site opens the socket with the victim's cookie", () => {
  const port = () => new URL(desk.app.url).port;
  test.each<[string, () => Record<string, string>]>([
    ["an evil origin", () => ({ origin: "https://evil.example" })],
    ["the origin null", () => ({ origin: "null" })],
    ["another port of the host", () => ({ origin: `http://127.0.0.1:${Number(port()) + 1}` })],
    ["a sibling of the host", () => ({ origin: `http://other.127.0.0.1:${port()}` })],
    ["a host that begins with the app's", () => ({ origin: `http://127.0.0.1:${port()}.evil.example` })],
    ["a host in the user part", () => ({ origin: `http://127.0.0.1:${port()}@evil.example` })],
    ["no origin", () => ({})],
    ["an empty origin", () => ({ origin: "" })],
    [
      "its own host in a proxy's header",
      () => ({ origin: "https://evil.example", "x-forwarded-host": "evil.example" }),
    ],
    ["another scheme", () => ({ origin: `ftp://127.0.0.1:${port()}` })],
    ["two origins", () => ({ origin: `http://127.0.0.1:${port()}, https://evil.example` })],
  ])("SEC-1: %s is refused, before the session is looked at and without running a hook", async (_, headers) => {
    const hooks: string[] = [];
    journal.hook = ({ kind }) => {
      hooks.push(kind);
    };
    desk.queries();
    const tabs = desk.app.server.tabs().length;
    const answer = await handshake(desk.app.url, { cookie: victim.header() ?? "", ...headers() });
    expect(answer.opened).toBe(false);
    expect([desk.queries(), hooks, desk.app.server.tabs().length]).toEqual([[], [], tabs]);
  });

  test("SEC-1: the app's own origin is let in, as the victim", async () => {
    expect(await handshake(desk.app.url, { cookie: victim.header() ?? "", origin: desk.app.url })).toEqual({
      opened: true,
    });
  });

  test("SEC-1: there is no other transport than the one that says its origin", async () => {
    for (const path of ["/_event/?EIO=4&transport=polling", "/_event/?EIO=4&transport=polling&sid=x", "/_event/"]) {
      for (const method of ["GET", "POST"]) {
        const response = await desk.app.fetch(path, {
          method,
          headers: { cookie: victim.header() ?? "", origin: "https://evil.example" },
        });
        expect([path, method, response.status >= 400]).toEqual([path, method, true]);
        expect(await response.text()).not.toContain('"sid"');
      }
    }
  });

  test("SEC-1, SEC-18: a proxy that is not trusted says nothing about the host of a socket", async () => {
    await using app = await world({ config: { trustProxy: ["10.0.0.0/8"] } });
    const headers = {
      origin: "https://evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
    };
    expect((await handshake(app.app.url, headers)).opened).toBe(false);
    await using trusting = await world({
      config: { trustProxy: ["127.0.0.1"], allowedHosts: ["127.0.0.1", "evil.example"] },
    });
    expect((await handshake(trusting.app.url, headers)).opened).toBe(true);
  });
});

describe("SEC-18: what an event is told of the browser's address", () => {
  const spoofed = {
    "x-forwarded-for": "6.6.6.6",
    x_forwarded_for: "6.6.6.6",
    "x-forwarded-proto": "https",
    forwarded: "for=6.6.6.6;proto=https;host=evil.example",
    "x-real-ip": "6.6.6.6",
  };
  test("SEC-18: spoofed headers change neither address nor scheme nor host, in the event and in its hooks", async () => {
    const seen: unknown[] = [];
    journal.hook = ({ ip, protocol, host, kind }) => {
      seen.push([kind, ip, protocol, host]);
    };
    const host = new URL(desk.app.url).host;
    await handshake(desk.app.url, { ...spoofed, origin: desk.app.url });
    expect(seen.length).toBeGreaterThan(1);
    for (const each of seen) expect(each).toEqual([expect.anything(), "127.0.0.1", "http", host]);
  });

  test("SEC-18, THR-4: of a trusted proxy they count, for the address that tries are counted by", async () => {
    await using app = await world({ config: { trustProxy: ["127.0.0.1"] } });
    const seen: unknown[] = [];
    journal.hook = ({ ip, protocol }) => {
      seen.push([ip, protocol]);
    };
    await handshake(app.app.url, { "x-forwarded-for": "203.0.113.9", origin: app.app.url });
    expect(seen.length).toBeGreaterThan(1);
    for (const each of seen) expect(each).toEqual(["203.0.113.9", "http"]);
  });
});

const FAST = { eventsPerSecond: 1e6, burst: 1e6 };

describe("SEC-4: no one but the server writes vars", () => {
  test("SEC-4: no name but a listed field can be written, and that only with what its schema takes", async () => {
    await using app = await world({ config: { limits: FAST } });
    await using tab = await app.app.open("/open-secrets", { as: "ada" });
    await tab.write(SecretsState, "draft", "mine");
    const before = structuredClone(tab.view(SecretsState));
    for (const name of namesOf(SecretsState)) {
      if (name === "draft") continue;
      const code = await tab.engine
        .write("secrets.SecretsState", name, "x")
        .catch((error: { code: string }) => error.code);
      expect([name, code]).toEqual([name, "EVENT_FIELD_UNKNOWN"]);
    }
    const shifted = [
      null,
      7,
      true,
      {},
      [],
      ["x"],
      { $gt: "" },
      Number.POSITIVE_INFINITY,
      Number.NaN,
      new Date(0),
      10n,
      new Map(),
      "x".repeat(21),
    ];
    for (const value of shifted) {
      const code = await tab.engine
        .write("secrets.SecretsState", "draft", value)
        .catch((error: { code: string }) => error.code);
      expect([value, code]).toEqual([value, "EVENT_ARGS_INVALID"]);
    }
    expect(tab.view(SecretsState)).toEqual(before);
  });

  test("SEC-12: credentials that are no text reach no query, over the socket and over HTTP", async () => {
    await using tab = await desk.app.open("/");
    await tab.watch(AccountState);
    desk.queries();
    for (const username of [{ $gt: "" }, ["ada"], null, 7, true]) {
      await expect(tab.engine.call("account.AccountState", "signIn", [username, PASSWORD])).rejects.toMatchObject({
        code: "EVENT_ARGS_INVALID",
      });
      const response = await tab.fetch("/api/login", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username, password: { $ne: null } }),
      });
      expect([username, response.status]).toEqual([username, 400]);
    }
    expect(desk.queries().filter((sql) => sql.includes("auth_user"))).toEqual([]);
  });
});

describe("SEC-21, SEC-22: one user's flood", () => {
  test("SEC-21: is answered with errors, and costs another user nothing", async () => {
    await using app = await world({ config: { limits: { eventsPerSecond: 50, burst: 100, queue: 50 } } });
    await using flooding = await app.app.open("/", { as: "ada" });
    await using other = await app.app.open("/", { as: "bob" });
    await flooding.watch(AccountState);
    await other.call(AccountState, "look");
    const calls = Array.from({ length: 140 }, () =>
      flooding.engine.call("account.AccountState", "look", []).then(
        () => "ran",
        (error: { code: string }) => error.code,
      ),
    );
    await other.call(AccountState, "look");
    expect(other.view(AccountState).name).toBe("bob");
    const codes = new Set(await Promise.all(calls));
    expect([...codes].every((code) => ["ran", "CHANNEL_RATE_LIMITED", "CHANNEL_QUEUE_FULL"].includes(code))).toBe(true);
    expect(codes.has("CHANNEL_RATE_LIMITED")).toBe(true);
    expect(flooding.engine.connection().status).toBe("online");
  });

  test("SEC-22: a handler that never ends ends with its tab's user, and holds up no other tab", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/", { browser });
    const never = one.call(AccountState, "hold", "for ever").catch(() => {});
    await expect.poll(() => journal.lines).toContain("ada holds");
    await two.call(AccountState, "look");
    expect(two.view(AccountState).name).toBe("ada");
    one.close();
    await never;
  });
});

describe("SEC-24: what an error tells", () => {
  test("SEC-24: an event's error has a reference under which the log has the rest; no stack and no SQL leaves", async () => {
    await using tab = await desk.app.open("/");
    await tab.call(AccountState, "look");
    const error = await tab.call(AccountState, "rememberAndFail", "note", "x").catch((thrown: object) => thrown);
    expect(error).toMatchObject({ code: "EVENT_FAILED", ref: expect.stringMatching(/^[\w-]{8}$/) });
    expect(desk.log.some((line) => line.includes((error as { ref: string }).ref) && line.includes("after all"))).toBe(
      true,
    );
    expect(JSON.stringify(tab.frames)).not.toMatch(/at .*\.ts|node_modules|select /);
  });
});

describe("SEC-26: shared caches", () => {
  test("SEC-26: whatever is one person's says so; what is nobody's does not vary", async () => {
    for (const path of ["/api/me", "/secrets"]) {
      const response = await desk.app.fetch(path, { as: "ada", headers: { accept: "text/html" } });
      expect([path, response.headers.get("vary")]).toEqual([path, expect.stringMatching(/\bcookie\b/i)]);
      expect([path, response.headers.get("cache-control")]).toEqual([path, expect.stringMatching(/private|no-store/)]);
    }
    const open = await desk.app.fetch("/api/nothing", { as: "ada" });
    expect(open.headers.get("vary") ?? "").not.toMatch(/cookie/i);
    const page = await desk.app.fetch("/", { as: "ada", headers: { accept: "text/html" } });
    expect(page.headers.getSetCookie()).toEqual([]);
  });
});

describe("SEC-27: log lines", () => {
  test("SEC-27: what a stranger calls things breaks no line and moves no cursor, in JSON and in readable logs", async () => {
    const evil = 'x\r\n{"level":60}\u001b[2J\u001b]0;owned\u0007\u2028end';
    for (const pretty of [false, true]) {
      const text: string[] = [];
      const destination = new Writable({
        write: (chunk, _, done) => {
          text.push(String(chunk));
          done();
        },
      });
      const logger = createLogger({ name: "test", pretty, level: "trace", destination });
      await using app = await testApp({ root: join(import.meta.dirname, "../fixtures/identity-app"), logger });
      await using page = await OpenPage.open(app);
      await page.call(evil, evil).catch(() => {});
      await page.call("account.AccountState", evil).catch(() => {});
      await page.call("account.AccountState", "signIn", evil, "x").catch(() => {});
      await app.fetch(`/api/${encodeURIComponent(evil)}`, { headers: { "x-note": "a" } });
      await app.fetch("/api/login", { method: "POST", headers: { origin: "https://evil.example" }, body: evil });
      for (const control of ["\u001b[2J", "\u001b]0", "\u0007", "\u2028"]) expect(text.join("")).not.toContain(control);
      expect(
        text
          .join("")
          .split("\n")
          .filter((line) => line.startsWith('{"level":60}')),
      ).toEqual([]);
      expect(text.length).toBeGreaterThan(0);
    }
  });
});

test("SEC-14: no key stands in any URL, frame or page", async () => {
  const browser = new TestBrowser();
  await using tab = await desk.app.open("/", { browser });
  await tab.call(AccountState, "remember", "note", "x");
  await tab.call(AccountState, "signIn", "ada", PASSWORD);
  const key = keyOf(browser);
  const page = await tab.fetch("/", { headers: { accept: "text/html" } });
  for (const text of [await page.text(), JSON.stringify(tab.frames), tab.url, desk.log.join("\n")]) {
    expect(text).not.toContain(key);
  }
});
