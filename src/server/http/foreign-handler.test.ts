import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import express from "express";
import type { FastifyInstance } from "fastify";
import { Hono } from "hono";
import { describe, expect, it, test } from "vitest";
import { currentRequest, currentSession, currentUser } from "../../bridge/current-request.ts";
import { AntiphonError } from "../../errors.ts";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";
import { fetchHandler, nodeHandler } from "./foreign-handler.ts";

const ADA = { cookie: "sessionid=ada" };
const withAda = () => {
  const identity = new FakeIdentity();
  identity.stored.set("ada", { user: "ada" });
  return identity;
};
const api = async (app: FastifyInstance) => void app.get("/me", async () => "fastify");

function expressApp() {
  const app = express();
  app.get("/me", async (request, response) => {
    await wait(1);
    const { path, kind } = currentRequest() ?? {};
    response.json({
      name: currentUser().username,
      path,
      kind,
      url: request.url,
      originalUrl: request.originalUrl,
      baseUrl: request.baseUrl,
    });
  });
  app.post("/echo", express.json(), express.urlencoded({ extended: false }), (request, response) => {
    response.status(201).json({ body: request.body, name: currentUser().username });
  });
  app.get("/write", (_request, response) => {
    currentSession()?.set("a", 1);
    response.cookie("own", "1").send("written");
  });
  app.get("/stream", (_request, response) => {
    currentSession()?.set("a", 1);
    response.type("text/plain");
    response.write("one ");
    setTimeout(() => {
      response.write("two ");
      response.end("three");
    }, 5);
  });
  app.get("/large", (_request, response) => {
    currentSession()?.set("a", 1);
    let sent = 0;
    const more = () => {
      while (sent < 40) {
        sent++;
        if (!response.write(Buffer.alloc(100_000, 65))) return response.once("drain", more);
      }
      return response.end();
    };
    more();
  });
  app.get("/fails", () => {
    currentSession()?.set("a", 1);
    throw new Error("no");
  });
  app.get("/next", (_request, response) => response.redirect(`${_request.baseUrl}/me`));
  return app;
}

function honoApp() {
  const app = new Hono();
  app.get("/me", async (context) => {
    await wait(1);
    const { path, kind } = currentRequest() ?? {};
    return context.json({ name: currentUser().username, path, kind, url: context.req.url });
  });
  app.post("/echo", async (context) => {
    const body: unknown = await context.req.json();
    return context.json({ body, name: currentUser().username }, 201);
  });
  app.get("/write", (context) => {
    currentSession()?.set("a", 1);
    context.header("set-cookie", "own=1; Path=/");
    context.header("set-cookie", "other=2; Path=/", { append: true });
    return context.text("written");
  });
  app.get("/stream", () => {
    currentSession()?.set("a", 1);
    const parts = ["one ", "two ", "three"];
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await wait(1);
        const part = parts.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(part));
      },
    });
    return new Response(stream, { headers: { "content-type": "text/plain" } });
  });
  app.get("/fails", () => {
    currentSession()?.set("a", 1);
    throw new Error("no");
  });
  app.onError((_error, context) => context.text("failed", 500));
  return app;
}

describe.each([
  ["an Express app", () => nodeHandler(expressApp())],
  ["a Hono app", () => fetchHandler(honoApp())],
])("%s", (_name, billing) => {
  const start = (identity = withAda(), more = {}) =>
    startBackend({ identity, routes: { "/api": api, "/billing": billing() }, ...more });

  it("knows user, session and request, and sees its own part of the path", async () => {
    await using app = await start();
    const { json } = await app.send("/billing/me?x=1", { headers: ADA });
    expect(json).toMatchObject({ name: "ada", path: "/billing/me", kind: "view" });
    expect((json as { url: string }).url).toMatch(/\/me\?x=1$/);
    expect((json as { url: string }).url).not.toContain("billing");
    expect((await app.send("/api/me")).text).toBe("fastify");
    expect((await app.send("/billing/me")).json).toMatchObject({ name: "" });
  });

  it("reads bodies itself, and still knows the user afterwards", async () => {
    await using app = await start();
    const headers = { ...ADA, origin: app.url };
    const { status, json } = await app.send("/billing/echo", {
      method: "POST",
      body: { a: "ä".repeat(20_000) },
      headers,
    });
    expect([status, json]).toEqual([201, { body: { a: "ä".repeat(20_000) }, name: "ada" }]);
  });

  test("CSR-1: is guarded against other sites", async () => {
    await using app = await start();
    const headers = { ...ADA, origin: "https://evil.example" };
    const { status, json } = await app.send("/billing/echo", { method: "POST", body: {}, headers });
    expect([status, json]).toEqual([403, { error: expect.objectContaining({ code: "CSRF_REFUSED" }) }]);
  });

  it.each(["at once", "later"])("saves the session before its head leaves, when saving ends %s", async (when) => {
    const identity = withAda();
    identity.saving = when === "later" ? () => wait(2) : undefined;
    await using app = await start(identity);
    for (const [path, text] of [
      ["/billing/write", "written"],
      ["/billing/stream", "one two three"],
    ] as const) {
      identity.stored.set("ada", { user: "ada" });
      const answer = await app.send(path, { headers: ADA });
      expect([path, answer.text, identity.stored.get("ada")]).toEqual([path, text, { user: "ada", a: 1 }]);
      const names = answer.headers["set-cookie"]?.map((line) => line.split("=")[0]);
      expect(names).toEqual(expect.arrayContaining(["sessionid", "antiphon_identity"]));
      if (path === "/billing/write") expect(names).toContain("own");
      expect([answer.headers.vary, answer.headers["cache-control"]]).toEqual(["Cookie", "private"]);
    }
  });

  test("SES-7: saves nothing when it answers 500", async () => {
    const identity = withAda();
    await using app = await start(identity);
    const { status, headers } = await app.send("/billing/fails", { headers: ADA });
    expect([status, headers["set-cookie"], identity.stored.get("ada")]).toEqual([500, undefined, { user: "ada" }]);
  });

  test("SES-4: the coded error stands in for its answer when saving fails", async () => {
    for (const path of ["/billing/write", "/billing/stream"]) {
      const identity = withAda();
      identity.saving = async () => {
        await wait(1);
        throw new AntiphonError("SESSION_INTERRUPTED", "The session ended meanwhile.", { status: 400, expose: true });
      };
      await using app = await start(identity);
      const { status, json, headers } = await app.send(path, { headers: ADA });
      expect([status, json]).toEqual([400, { error: expect.objectContaining({ code: "SESSION_INTERRUPTED" }) }]);
      expect(headers["content-type"]).toContain("json");
    }
  });

  it("answers HEAD without a body", async () => {
    await using app = await start();
    const { status, text, headers } = await app.send("/billing/write", { method: "HEAD", headers: ADA });
    expect([status, text, headers["set-cookie"]?.length]).toEqual([200, "", expect.any(Number)]);
  });

  it("stands in the list of routes once for all methods", async () => {
    await using app = await start();
    expect(app.backend.routes).toEqual([
      { method: "GET", url: "/api/me" },
      { method: "ALL", url: "/billing" },
      { method: "ALL", url: "/billing/*" },
    ]);
  });

  it("may be all that backendPrefix has, and the event route beside it stays reachable", async () => {
    await using app = await startBackend({
      routes: billing(),
      prefixes: { backendPrefix: "/api" },
      eventRoute: (instance) => void instance.get("/_event/hidden", async () => "event"),
    });
    expect((await app.send("/api/me")).json).toMatchObject({ path: "/api/me" });
    expect((await app.send("/api/_event/hidden")).text).toBe("event");
  });
});

describe("nodeHandler", () => {
  it("keeps the request for listeners that the socket wakes, also when another visitor's came before on it", async () => {
    const identity = withAda();
    identity.stored.set("eve", { user: "eve" });
    const handler = nodeHandler((request, response) => {
      const seen: string[] = [];
      request.on("data", () => seen.push(currentUser().username));
      request.on("end", () => response.end([...seen, currentUser().username].join()));
    });
    await using app = await startBackend({ identity, routes: { "/billing": handler } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (cookie: string) => {
      const request = httpRequest({
        agent,
        port: app.port,
        hostname: "127.0.0.1",
        path: "/billing/",
        method: "POST",
        headers: { cookie, origin: app.url },
      });
      request.flushHeaders();
      await once(request, "socket");
      setTimeout(() => request.end("body"), 10);
      const [response] = await once(request, "response");
      return text(response);
    };
    expect(await ask("sessionid=ada")).toBe("ada,ada");
    expect(await ask("sessionid=eve")).toBe("eve,eve");
    agent.destroy();
  });

  it("tells Express where it is mounted", async () => {
    await using app = await startBackend({ routes: { "/billing": nodeHandler(expressApp()) } });
    expect((await app.send("/billing/me?x=1")).json).toMatchObject({
      url: "/me?x=1",
      originalUrl: "/billing/me?x=1",
      baseUrl: "/billing",
    });
    expect((await app.send("/billing/next")).headers.location).toBe("/billing/me");
    expect((await app.send("/billing")).status).toBe(404);
  });

  test("CSR-7: takes requests of other sites when it is told to", async () => {
    const open = nodeHandler((_request, response) => response.end("taken"), { csrfExempt: true });
    await using app = await startBackend({ routes: { "/billing": open } });
    const headers = { origin: "https://evil.example" };
    expect((await app.send("/billing/x", { method: "POST", headers })).text).toBe("taken");
  });

  it("leaves the prefix to a handler that wants it", async () => {
    const kept = nodeHandler((request, response) => response.end(request.url), { keepPrefix: true });
    await using app = await startBackend({ routes: { "/billing": kept } });
    expect((await app.send("/billing/x?y=1")).text).toBe("/billing/x?y=1");
    expect((await app.send("/billing")).text).toBe("/billing");
  });

  it("keeps the order of what is written while the session is saved, and the reader's pace", async () => {
    const identity = withAda();
    identity.saving = () => wait(5);
    await using app = await startBackend({ identity, routes: { "/billing": nodeHandler(expressApp()) } });
    expect((await app.send("/billing/large", { headers: ADA })).text.length).toBe(4_000_000);
  });

  it("shows a handler that its head is sent, and takes headers in every form", async () => {
    const identity = withAda();
    identity.saving = () => wait(2);
    const seen: unknown[] = [];
    const routes = {
      "/billing": nodeHandler((request, response) => {
        currentSession()?.set("a", 1);
        response.on("finish", () => seen.push(currentUser().username));
        if (request.url === "/list") response.writeHead(202, "Fine", ["X-A", "1", "Set-Cookie", "own=1"]);
        else response.writeHead(202, { "X-A": 1, "Set-Cookie": "own=1" });
        seen.push(response.headersSent, response.writableEnded);
        response.end("x");
        seen.push(response.writableEnded);
      }),
    };
    await using app = await startBackend({ identity, routes });
    for (const path of ["/billing/list", "/billing/object"]) {
      seen.length = 0;
      const { status, headers, text } = await app.send(path, { headers: ADA });
      expect([status, headers["x-a"], text]).toEqual([202, "1", "x"]);
      expect(headers["set-cookie"]?.map((line) => line.split("=")[0])).toEqual([
        "own",
        "sessionid",
        "antiphon_identity",
      ]);
      expect(seen).toEqual([true, false, true, "ada"]);
    }
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret"))],
  ])("answers for a handler that %s", async (_name, handler) => {
    await using app = await startBackend({ routes: { "/billing": nodeHandler(handler) }, mode: "production" });
    const { status, text } = await app.send("/billing/x");
    expect([status, text]).toEqual([500, expect.stringContaining("SERVER_INTERNAL_ERROR")]);
    expect(text).not.toContain("secret");
    expect(app.log.join("")).toContain("secret");
  });
});

describe("fetchHandler", () => {
  it("gives the host and protocol that a trusted proxy names", async () => {
    const routes = { "/billing": fetchHandler({ fetch: (request) => new Response(request.url) }) };
    await using app = await startBackend({ routes, trustProxy: true });
    const headers = { "x-forwarded-host": "shop.example", "x-forwarded-proto": "https" };
    expect((await app.send("/billing/a?b=1", { headers })).text).toBe("https://shop.example/a?b=1");
    await using careful = await startBackend({ routes });
    expect((await careful.send("/billing/a", { headers })).text).toBe(`${careful.url}/a`);
  });

  it("row 20: streams a body in while an answer streams out", async () => {
    const routes = {
      "/billing": fetchHandler({
        fetch: (request) => new Response(request.body?.pipeThrough(new TransformStream()) ?? null),
      }),
    };
    await using app = await startBackend({ routes });
    const request = httpRequest({ port: app.port, hostname: "127.0.0.1", path: "/billing/", method: "POST" });
    request.write("first");
    const [response] = await once(request, "response");
    const parts: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
    expect(String((await parts.next()).value)).toBe("first");
    request.end("second");
    expect(String((await parts.next()).value)).toBe("second");
    expect((await parts.next()).done).toBe(true);
  });

  it("aborts when the visitor goes, and stops the answer's stream", async () => {
    const aborted = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const routes = {
      "/billing": fetchHandler({
        fetch: (request) => {
          request.signal.addEventListener("abort", () => aborted.resolve());
          const stream = new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
            cancel: () => cancelled.resolve(),
          });
          return new Response(stream);
        },
      }),
    };
    await using app = await startBackend({ routes });
    const request = httpRequest({ port: app.port, hostname: "127.0.0.1", path: "/billing/" });
    request.end();
    const [response] = await once(request, "response");
    await once(response, "data");
    response.on("error", () => {});
    request.destroy();
    await Promise.all([aborted.promise, cancelled.promise]);
  });

  it("answers for an app that throws", async () => {
    const routes = {
      "/billing": fetchHandler({
        fetch: () => {
          throw new Error("secret");
        },
      }),
    };
    await using app = await startBackend({ routes, mode: "production" });
    const { status, text } = await app.send("/billing/x");
    expect([status, text]).toEqual([500, expect.stringContaining("SERVER_INTERNAL_ERROR")]);
    expect(text).not.toContain("secret");
  });
});
