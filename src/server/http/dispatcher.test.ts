import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import type { FrontendContext } from "../views/frontend.ts";
import { rawSocket, routes, startDispatcher } from "./dispatcher.fixture.ts";
import { isLocal } from "./health.ts";

describe("A request below the back end's prefix", () => {
  it("reaches the app's own views, with parameters and bodies", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect(await (await app.fetch("/api/me")).json()).toEqual({ name: "ada" });
    expect(await (await app.fetch("/api/notes/a%2Fb")).json()).toEqual({ id: "a/b" });
    const echo = await app.fetch("/api/echo", {
      method: "POST",
      body: '{"a":1}',
      headers: { "content-type": "application/json" },
    });
    expect(await echo.json()).toEqual({ a: 1 });
  });

  it("is the back end's also when letters of the prefix are percent-encoded", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect(await app.raw("/%61pi/me")).toEqual({ status: 200, body: '{"name":"ada"}' });
  });

  it("gets a JSON 404 when no view answers, for every method", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", extraPrefixes: ["/billing"], routes });
    for (const [path, method] of [
      ["/api", "GET"],
      ["/api/none?x=1", "GET"],
      ["/billing/3", "POST"],
      ["/admin", "GET"],
    ] as const) {
      const response = await app.fetch(path, { method, headers: { accept: "text/html" } });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        error: {
          code: "SERVER_NOT_FOUND",
          message: `Nothing answers ${method} ${path.split("?")[0]}.`,
          ref: expect.stringMatching(/^[\w-]{12}$/),
        },
      });
    }
  });

  it("row 5: may be answered by one plugin per prefix", async () => {
    const billing = async (app: FastifyInstance) => void app.get("/total", async () => ({ total: 3 }));
    const app = await startDispatcher({
      backendPrefix: "/api",
      extraPrefixes: ["/billing"],
      routes: { "/api": routes, "/billing": billing },
    });
    expect(await (await app.fetch("/billing/total")).json()).toEqual({ total: 3 });
    expect((await app.fetch("/api/me")).status).toBe(200);
  });

  it("tells a refusal's own sentence and never a fault's in production, where the log has it under the same reference", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    const boom = await app.fetch("/api/boom");
    const { error } = (await boom.json()) as { error: { code: string; message: string; ref: string } };
    expect([boom.status, error.code, error.message]).toEqual([
      500,
      "SERVER_INTERNAL_ERROR",
      "Something went wrong on the server.",
    ]);
    expect(app.log.some((line) => line.includes("secret_table") && line.includes(error.ref))).toBe(true);
    expect((await app.fetch("/api/refuse")).status).toBe(409);
    expect(await (await app.fetch("/api/refuse")).json()).toMatchObject({
      error: { code: "NOT_SUNDAY", message: "Only on Sundays" },
    });
  });

  it("hides the sentence of an error that is not marked for browsers, and another server's answer", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    const ours = await app.fetch("/api/ours");
    expect(ours.status).toBe(400);
    expect(await ours.json()).toMatchObject({ error: { code: "STATE_BROKEN", message: "Bad Request" } });
    const foreign = await app.fetch("/api/foreign");
    expect(foreign.status).toBe(500);
    expect(await foreign.text()).not.toContain("10.0.0.3");
  });

  it("tells a fault's sentence in development", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes, mode: "development" });
    expect(await (await app.fetch("/api/boom")).json()).toMatchObject({
      error: { message: "no such table: secret_table" },
    });
  });

  it("is refused when the body is larger than allowed or malformed", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    const post = (body: string) =>
      app.fetch("/api/echo", { method: "POST", body, headers: { "content-type": "application/json" } });
    expect((await post(JSON.stringify({ text: "x".repeat(2000) }))).status).toBe(413);
    expect((await post("{")).status).toBe(400);
    expect((await post('{"__proto__":{"x":1}}')).status).toBe(400);
  });

  it("is answered by the new routes as soon as they were swapped in", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    await app.swap(async (fastify: FastifyInstance) => void fastify.get("/me", async () => ({ name: "grace" })));
    expect(await (await app.fetch("/api/me")).json()).toEqual({ name: "grace" });
    expect((await app.fetch("/api/ip")).status).toBe(404);
  });

  it("gets its answer from the old routes when they are swapped while it runs, before those are put away", async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const order: string[] = [];
    const slow = async (fastify: FastifyInstance) => {
      fastify.addHook("onClose", async () => void order.push("closed"));
      fastify.get("/slow", async () => {
        asked.resolve();
        await gate.promise;
        order.push("answered");
        return { old: true };
      });
    };
    const app = await startDispatcher({ backendPrefix: "/api", routes: slow });
    const answer = app.fetch("/api/slow");
    await asked.promise;
    const swapped = app.swap(routes);
    gate.resolve();
    expect(await (await answer).json()).toEqual({ old: true });
    await swapped;
    expect(order).toEqual(["answered", "closed"]);
  });

  it("believes a proxy's headers only when told to", async () => {
    const headers = { "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "https" };
    const trusting = await startDispatcher({ backendPrefix: "/api", routes, security: { trustProxy: true } });
    expect(await (await trusting.fetch("/api/ip", { headers })).json()).toEqual({ ip: "9.9.9.9", protocol: "https" });
    const careful = await startDispatcher({ backendPrefix: "/api", routes });
    expect(await (await careful.fetch("/api/ip", { headers })).json()).toEqual({ ip: "127.0.0.1", protocol: "http" });
  });
});

describe("Any other request", () => {
  it("reaches the front end with its query", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect(await (await app.fetch("/notes?tab=1")).text()).toBe("page /notes?tab=1");
    expect(await (await app.fetch("/administrator")).text()).toBe("page /administrator");
    expect(await app.raw("http://elsewhere.example/notes?x=1")).toEqual({ status: 200, body: "page /notes?x=1" });
  });

  it("is refused when it would write to a page", async () => {
    const app = await startDispatcher();
    const response = await app.fetch("/notes", { method: "POST", body: "x" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await app.fetch("/_health", { method: "DELETE" })).status).toBe(405);
  });

  it.each(["//evil.example/notes", "/api/../admin", "/api/%2e%2e/admin", "/a\\b", "/%zz", "/a%00b"])(
    "with the target %s is refused before anyone reads it",
    async (target) => {
      const asked: string[] = [];
      const app = await startDispatcher({
        backendPrefix: "/api",
        routes,
        handle: (request, response) => {
          asked.push(request.url ?? "");
          response.end();
        },
      });
      const { status, body } = await app.raw(target);
      expect(status).toBe(400);
      expect(JSON.parse(body).error.code).toBe("SERVER_PATH_INVALID");
      expect(asked).toEqual([]);
    },
  );

  it("gets a 500 when the front end fails, as a page or as JSON, with nothing leaking in production", async () => {
    const app = await startDispatcher({
      handle: async () => {
        throw new Error("ENOENT /home/ada/app/index.html");
      },
    });
    const page = await app.fetch("/notes", { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([500, "text/html; charset=utf-8"]);
    const text = await page.text();
    expect(text).toContain("SERVER_INTERNAL_ERROR");
    expect(text).not.toContain("ada");
    expect(app.log.some((line) => line.includes("ENOENT"))).toBe(true);
    expect((await (await app.fetch("/x.js")).json()) as object).toMatchObject({
      error: { code: "SERVER_INTERNAL_ERROR" },
    });
  });

  it("loses its connection when the front end fails in the middle of an answer", async () => {
    const app = await startDispatcher({
      handle: async (_request, response) => {
        response.writeHead(200, { "content-length": "100" }).write("half");
        throw new Error("disk gone");
      },
    });
    await expect(app.fetch("/notes").then((response) => response.text())).rejects.toThrow();
    expect((await app.fetch("/_health")).status).toBe(200);
  });

  it("is answered 426 or 404 at the framework's own paths", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect((await app.fetch("/_event")).status).toBe(426);
    expect((await app.fetch("/_reload")).status).toBe(404);
    expect((await app.fetch("/api/_upload/3", { method: "POST" })).status).toBe(404);
    expect((await app.fetch("/ping")).status).toBe(404);
  });
});

describe("The health endpoint", () => {
  it("tells numbers and nothing else, and turns to 503 when the server stops", async () => {
    const app = await startDispatcher();
    const healthy = await app.fetch("/_health");
    expect([healthy.status, healthy.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(await healthy.json()).toEqual({
      status: "ok",
      uptime: 1,
      tabs: 2,
      connected: 1,
      stateBytes: 300,
      blocked: 0,
    });
    app.stop();
    const stopping = await app.fetch("/_health");
    expect([stopping.status, stopping.headers.get("connection")]).toEqual([503, "close"]);
    expect(await stopping.json()).toMatchObject({ status: "stopping" });
  });

  it("says apart from that whether the process is alive, also while it stops", async () => {
    const app = await startDispatcher();
    app.stop();
    expect((await app.fetch("/_health/live")).status).toBe(200);
    expect((await app.fetch("/_health")).status).toBe(503);
  });
});

describe("The health endpoint for strangers", () => {
  const forwarding = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

  it.each(forwarding)("tells them whether the server takes work, and no numbers (%s)", async (header) => {
    const app = await startDispatcher();
    const answer = await app.fetch("/_health", { headers: { [header]: "203.0.113.9" } });
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
    app.stop();
    const stopping = await app.fetch("/_health", { headers: { [header]: "203.0.113.9" } });
    expect([stopping.status, await stopping.json()]).toEqual([503, { status: "stopping" }]);
  });

  it("tells numbers to everybody in development", async () => {
    const app = await startDispatcher({ mode: "development" });
    const answer = await app.fetch("/_health", { headers: { "x-forwarded-for": "203.0.113.9" } });
    expect(await answer.json()).toMatchObject({ status: "ok", tabs: 2 });
  });

  it.each([
    ["127.0.0.1", true],
    ["::1", true],
    ["::ffff:127.0.0.9", true],
    ["203.0.113.9", false],
    ["10.0.0.1", false],
    ["::ffff:10.0.0.1", false],
    ["2001:db8::1", false],
    [undefined, false],
  ])("takes the peer %s for one of this machine: %s", (remoteAddress, expected) => {
    expect(isLocal({ socket: { remoteAddress }, headers: {} })).toBe(expected);
  });
});

describe("A request for a host that is not this server's", () => {
  it("is refused, but for the probe of a load balancer, which asks by address", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes, host: "app.example.com" });
    for (const path of ["/", "/api/me", "/_cookies", "/_event"]) {
      expect([path, (await app.fetch(path)).status]).toEqual([path, 421]);
    }
    expect((await app.fetch("/_health")).status).toBe(200);
    expect((await app.raw("/api/me", { host: "app.example.com" })).status).toBe(200);
  });
});

describe("A request with two Host headers", () => {
  it.each(["/", "/api/me", "/_cookies"])("is refused: %s", async (path) => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    for (const second of ["Host: other.example", `HOST: 127.0.0.1:${app.port}`]) {
      const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${app.port}\r\n${second}\r\nConnection: close\r\n\r\n`;
      const answer = await rawSocket(app.port, head);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain("SERVER_HOST_REPEATED");
    }
  });

  it("opens no WebSocket", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    const hosts = `Host: 127.0.0.1:${app.port}\r\nHost: other.example\r\n`;
    for (const path of ["/_event/", "/api/socket"]) {
      const head = `GET ${path} HTTP/1.1\r\n${hosts}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
      expect(await rawSocket(app.port, head)).toMatch(/^HTTP\/1\.1 404 /);
    }
  });
});

describe("Security headers", () => {
  it("stand on pages, views and errors alike", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    for (const path of ["/notes", "/api/me", "/api/none", "/_health", "/_event"]) {
      const { headers } = await app.fetch(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(headers.get("permissions-policy")).toContain("camera=()");
      expect(headers.get("content-security-policy")).toContain("script-src 'self';");
      expect(headers.get("strict-transport-security")).toBeNull();
      expect(headers.get("x-powered-by")).toBeNull();
    }
  });

  it("may be replaced by a view", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect((await app.fetch("/api/framed")).headers.get("x-frame-options")).toBe("SAMEORIGIN");
  });

  it("hand the front end the nonce of the policy in development, a new one each time", async () => {
    const seen: (string | undefined)[] = [];
    const handle = (_: IncomingMessage, response: ServerResponse, context: FrontendContext) => {
      seen.push(context.nonce);
      response.end();
    };
    const app = await startDispatcher({ mode: "development", handle });
    for (const index of [0, 1]) {
      const policy = (await app.fetch("/")).headers.get("content-security-policy");
      expect(policy).toContain(`script-src 'self' 'nonce-${seen[index]}';`);
    }
    expect(seen[0]).not.toBe(seen[1]);
    const built = await startDispatcher({ handle });
    expect((await built.fetch("/")).headers.get("content-security-policy")).not.toContain("nonce");
    expect(seen[2]).toBeUndefined();
  });

  it("ask for HTTPS for good only where HTTPS was used", async () => {
    const headers = { "x-forwarded-proto": "http, https" };
    const trusting = await startDispatcher({ security: { trustProxy: true } });
    expect((await trusting.fetch("/", { headers })).headers.get("strict-transport-security")).toContain("max-age=");
    expect((await trusting.fetch("/")).headers.get("strict-transport-security")).toBeNull();
    const careful = await startDispatcher();
    expect((await careful.fetch("/", { headers })).headers.get("strict-transport-security")).toBeNull();
  });
});

describe("An upgrade request", () => {
  const ask = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

  it.each([
    "/",
    "/notes",
    "/api/me",
    "/api/_event/",
    "/_reload",
    "/_health",
    "/%5fevent/",
    "//_event/",
    "/_event",
    "/_events",
    "/assets/x.js",
  ])("to %s is answered 404 and closed, never by a file or a view", async (path) => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect(await rawSocket(app.port, ask(path))).toMatch(/^HTTP\/1\.1 404 [\s\S]*No WebSocket is here\.\n$/);
  });

  it("to the socket's path is left to the socket server", async () => {
    const app = await startDispatcher();
    app.server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 101 Taken\r\n\r\n"));
    expect(await rawSocket(app.port, ask("/_event/?EIO=4"))).toMatch(/^HTTP\/1\.1 101 Taken/);
  });

  it("is closed when the listener to which it was left does not answer", async () => {
    const app = await startDispatcher({ upgradeMs: 10 });
    app.server.on("upgrade", () => {});
    expect(await rawSocket(app.port, ask("/_event/?EIO=4"))).toBe("");
  });

  it("stays open once answered, also by a listener that was there before the dispatcher", async () => {
    const app = await startDispatcher({
      upgradeMs: 10,
      upgrade: () => true,
      listener: (_request, socket) => {
        socket.write("HTTP/1.1 101 Taken\r\n\r\n");
        socket.on("error", () => {});
        setTimeout(() => socket.end("still here"), 50);
      },
    });
    expect(await rawSocket(app.port, ask("/_reload"))).toBe("HTTP/1.1 101 Taken\r\n\r\nstill here");
  });

  it("is refused at the socket's path too when the server stops", async () => {
    const app = await startDispatcher();
    app.stop();
    expect(await rawSocket(app.port, ask("/_event/?EIO=4"))).toMatch(/^HTTP\/1\.1 503/);
  });

  it("is left to the front end when that says it is its own", async () => {
    const app = await startDispatcher({ upgrade: (request) => request.url === "/_reload" });
    app.server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 101 Taken\r\n\r\n"));
    expect(await rawSocket(app.port, ask("/_reload"))).toMatch(/^HTTP\/1\.1 101 Taken/);
  });
});
