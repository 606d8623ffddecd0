import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal, journal } from "./fixture/src/journal.ts";
import { handshake } from "./handshake.ts";
import { OpenPage } from "./open-page.ts";
import { PASSWORD, type World, world } from "./world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

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

describe("THR: how sign-ins are counted", () => {
  const EMAIL = "pia@example.org";

  async function counted(config: object = {}) {
    const app = await world({ config: { auth: { loginFields: ["username", "email"], ...config } } });
    await app.app.createUser({ username: "pia", email: EMAIL, password: PASSWORD });
    const attempt = async (username: string, password = "wrong") => {
      const response = await app.app.fetch("/api/login", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ username, password }),
      });
      return response.status;
    };
    return { app, attempt };
  }

  test("THR-3: an e-mail address with spaces around it is the plain one", async () => {
    const { app, attempt } = await counted();
    await using held = app;
    expect(await attempt(`  ${EMAIL} `, PASSWORD)).toBe(200);
    for (let round = 0; round < 5; round++) {
      expect(await attempt(`${" ".repeat(round)}${EMAIL}${"\t".repeat(round)}`)).toBe(400);
    }
    for (const spelling of [EMAIL, ` ${EMAIL}`, `${EMAIL}\u00a0`, EMAIL.toUpperCase()]) {
      expect([spelling, await attempt(spelling, PASSWORD)]).toEqual([spelling, 429]);
    }
    expect(held.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("THR-3: however many spaces there are, nobody gets further guesses by them", async () => {
    const { app, attempt } = await counted();
    await using _ = app;
    for (let round = 0; round < 5; round++) expect(await attempt(EMAIL)).toBe(400);
    for (const spaces of [1, 200, 239, 240, 241, 254, 255, 260, 300, 5_000]) {
      for (const spelling of [
        " ".repeat(spaces) + EMAIL,
        EMAIL + " ".repeat(spaces),
        "\u3000".repeat(spaces) + EMAIL,
        `\ufeff${"\n".repeat(spaces)}${EMAIL}`,
      ]) {
        const status = await attempt(spelling, PASSWORD);
        expect([spaces, status === 400 || status === 429]).toEqual([spaces, true]);
      }
    }
  });

  test("THR-2: an address that is refused leaves no count for each name that it tries", async () => {
    const { app, attempt } = await counted({ throttle: { login: { ipAttempts: 3 } } });
    await using held = app;
    const statuses: number[] = [];
    for (let round = 0; round < 30; round++) statuses.push(await attempt(`name ${round}`));
    expect(statuses.filter((status) => status === 400).length).toBe(3);
    expect(statuses.slice(3)).toEqual(Array.from({ length: 27 }, () => 429));
    const rows = await held.app.server.database?.execute("select rule, count from antiphon_throttle order by rule");
    expect(rows?.rows.map(({ rule }) => rule)).toEqual(["identifier+ip", "identifier+ip", "identifier+ip", "ip"]);
  });
});

describe("SEC-18: the host that a trusted proxy hands on", () => {
  const asked = (host: string) => ({ "x-forwarded-host": host, "x-forwarded-proto": "http" });

  test("SEC-18: must be an allowed one, for views, pages, cookies and sockets", async () => {
    await using app = await world({ config: { trustProxy: ["127.0.0.1"], allowedHosts: ["desk.example"] } });
    const { url } = app.app;
    const seen: unknown[] = [];
    journal.hook = ({ kind, host }) => {
      seen.push([kind, host]);
    };
    for (const host of [
      "evil.example",
      "desk.example.evil.example",
      "desk.example@evil.example",
      "evil.example, x",
      ",",
      "evil.example:80",
      "desk.example@evil.example:80",
    ]) {
      for (const [path, method] of [
        ["/api/me", "GET"],
        ["/api/logout", "POST"],
        ["/", "GET"],
        ["/secrets", "GET"],
        ["/_cookies", "POST"],
      ] as const) {
        const response = await fetch(new URL(path, url), {
          method,
          redirect: "manual",
          headers: { ...asked(host), accept: "text/html", origin: `http://${host.split(",")[0]}` },
        });
        expect([host, path, response.status]).toEqual([host, path, 421]);
        expect(await response.text()).toContain("SERVER_HOST_REFUSED");
        expect(response.headers.get("location")).toBeNull();
      }
      expect([host, await handshake(url, { ...asked(host), origin: `http://${host}` })]).toMatchObject([
        host,
        { opened: false },
      ]);
    }
    expect(seen).toEqual([]);
    const headers = asked("desk.example");
    expect((await fetch(new URL("/api/me", url), { headers })).status).toBe(200);
    expect((await fetch(new URL("/", url), { headers: { ...headers, accept: "text/html" } })).status).toBe(200);
    expect(await handshake(url, { ...headers, origin: "http://desk.example" })).toEqual({ opened: true });
    expect(seen).toContainEqual(["view", "desk.example"]);
    expect(seen).toContainEqual(["handshake", "desk.example"]);
  });

  test("SEC-18: must be a host and a port, and nothing else that could be read as another host", async () => {
    await using app = await world({ config: { trustProxy: ["127.0.0.1"], allowedHosts: ["desk.example"] } });
    const taken: string[] = [];
    for (const host of [
      "evil.example@desk.example",
      "desk.example/@evil.example",
      "desk.example\\@evil.example",
      "desk.example#@evil.example",
      "desk.example?@evil.example",
    ]) {
      const response = await fetch(new URL("/api/me", app.app.url), { headers: asked(host) });
      if (response.status !== 421) taken.push(host);
    }
    expect(taken).toEqual([]);
  });

  test("SEC-18: of a proxy that is not trusted it is nobody's word, and refuses nothing", async () => {
    const response = await desk.app.fetch("/api/me", { headers: asked("evil.example") });
    expect(response.status).toBe(200);
    const { url } = desk.app;
    expect(await handshake(url, { ...asked("evil.example"), origin: url })).toEqual({ opened: true });
  });
});
