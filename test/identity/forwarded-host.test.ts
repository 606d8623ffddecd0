import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { type World, world } from "../support/identity-world.ts";
import { handshake } from "../support/raw-page.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

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
