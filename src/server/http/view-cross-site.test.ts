import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";

const ADA = { cookie: "sessionid=ada" };
const withAda = () => {
  const identity = new FakeIdentity();
  identity.stored.set("ada", { user: "ada", theme: "dark" });
  return identity;
};

describe("A request of another site", () => {
  const ran: string[] = [];
  const routes = async (api: FastifyInstance) => {
    api.addContentTypeParser("*", (_request, payload, done) => {
      payload.resume();
      ran.push("parser");
      done(null);
    });
    api.addHook("onRequest", async () => void ran.push("hook"));
    api.all("/change", async (request) => {
      ran.push("handler");
      request.session.set("changed", true);
      return "changed";
    });
    api.post("/login", async (request) => {
      request.session.set("user", "ada");
      return "in";
    });
    api.post("/webhook", { config: { csrfExempt: true } }, async (request) => ({ name: request.user.username }));
    api.get("/form", async () => "<form method=post></form>");
  };
  const EVIL = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

  test("CSR-1: is refused before any hook, parser or handler runs, whatever its method and content type", async () => {
    await using app = await startBackend({ identity: withAda(), routes });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const type of ["application/json", "application/x-www-form-urlencoded", "text/plain", "foo", "x/y; z"]) {
        ran.length = 0;
        const headers = { ...ADA, ...EVIL, "content-type": type };
        const { status, json } = await app.send("/api/change", { method, headers, body: "a=1" });
        expect([method, type, status, json, ran]).toEqual([
          method,
          type,
          403,
          { error: expect.objectContaining({ code: "CSRF_REFUSED" }) },
          [],
        ]);
      }
    }
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      expect((await app.send("/api/change", { method, headers: { ...ADA, ...EVIL } })).status).toBe(200);
    }
    expect(app.identity.stored.get("ada")).toMatchObject({ changed: true });
  });

  test("CSR-2, CSR-8, CSR-10: pages of the app itself and of trusted origins pass", async () => {
    await using app = await startBackend({
      identity: withAda(),
      routes,
      crossSite: { trustedOrigins: ["https://*.partner.example"] },
    });
    const status = async (headers: Record<string, string>) =>
      (await app.send("/api/change", { method: "POST", headers: { ...ADA, ...headers } })).status;
    expect(await status({ origin: app.url })).toBe(200);
    expect(await status({ "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await status({ origin: "https://x.partner.example", "sec-fetch-site": "cross-site" })).toBe(200);
    expect(await status({ referer: `${app.url}/form` })).toBe(200);
    expect(await status({ origin: `${app.url}0` })).toBe(403);
    expect(await status({ origin: app.url.replace("http:", "https:") })).toBe(403);
    expect(await status({})).toBe(403);
  });

  test("CSR-3: over HTTPS, which a trusted proxy speaks for us, the Referer must be of https", async () => {
    await using app = await startBackend({ identity: withAda(), routes, trustProxy: ["127.0.0.1"] });
    const https = { ...ADA, "x-forwarded-proto": "https", "x-forwarded-host": "a.example" };
    const status = async (headers: Record<string, string>) =>
      (await app.send("/api/change", { method: "POST", headers: { ...https, ...headers } })).status;
    expect(await status({ referer: "https://a.example/form" })).toBe(200);
    expect(await status({ referer: "http://a.example/form" })).toBe(403);
    expect(await status({ referer: "https://evil.example/" })).toBe(403);
    expect(await status({})).toBe(403);
    expect(await status({ origin: "https://a.example" })).toBe(200);
    expect(await status({ origin: app.url })).toBe(403);
  });

  test("AUT-5, CSR-4, CSR-5: no token is needed and no cookie is set for one", async () => {
    await using app = await startBackend({ identity: withAda(), routes });
    const form = await app.send("/api/form");
    expect([form.headers["set-cookie"], form.headers.vary]).toEqual([undefined, undefined]);
    const passed = await app.send("/api/change", { method: "POST", headers: { ...ADA, origin: app.url } });
    expect(passed.status).toBe(200);
    expect(passed.headers["set-cookie"]?.join().toLowerCase()).not.toMatch(/csrf|xsrf/);
    const headers = { ...ADA, ...EVIL, "x-csrf-token": "a".repeat(64), cookie: "sessionid=ada; csrftoken=a" };
    expect((await app.send("/api/change?_csrf=a", { method: "POST", headers })).status).toBe(403);
  });

  test("CSR-6: cannot sign a visitor in who has no session", async () => {
    await using app = await startBackend({ routes });
    const refused = await app.send("/api/login", { method: "POST", headers: EVIL });
    expect([refused.status, refused.headers["set-cookie"], app.identity.stored.size]).toEqual([403, undefined, 0]);
    const passed = await app.send("/api/login", { method: "POST", headers: { origin: app.url } });
    expect([passed.status, app.identity.stored.size]).toEqual([200, 1]);
  });

  test("CSR-7: passes where the route says so, with session and user; a bad trusted origin stops the start", async () => {
    await using app = await startBackend({ identity: withAda(), routes });
    const { status, json } = await app.send("/api/webhook", { method: "POST", headers: { ...ADA, ...EVIL } });
    expect([status, json]).toEqual([200, { name: "ada" }]);
    await expect(startBackend({ routes, crossSite: { trustedOrigins: ["shop.example"] } })).rejects.toMatchObject({
      code: "CSRF_ORIGIN_INVALID",
    });
  });

  test("the reason stands in the log and not in the answer; SEC-27: nothing in it breaks a line", async () => {
    await using app = await startBackend({ identity: withAda(), routes, mode: "production" });
    const headers = { ...ADA, origin: "https://evil.example", "sec-fetch-site": "x\u009b31m" };
    const { text } = await app.send("/api/change?token=s3cret", { method: "POST", headers });
    expect(text).not.toMatch(/evil|Sec-Fetch/);
    const lines = app.log.filter((line) => line.includes("CSRF_REFUSED"));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      reason: expect.stringMatching(/Sec-Fetch-Site is .*"https:\/\/evil\.example" is not trusted/),
      req: { method: "POST", path: "/api/change" },
    });
    expect(lines[0]).not.toMatch(/s3cret|sessionid/);
  });

  test("a path that nothing answers is refused to it as well", async () => {
    await using app = await startBackend({ routes });
    expect((await app.send("/api/nowhere", { method: "POST", headers: EVIL })).status).toBe(403);
    expect((await app.send("/api/nowhere", { method: "POST", headers: { origin: app.url } })).status).toBe(404);
  });
});
