import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { rawSocket, startDispatcher } from "./dispatcher.fixture.ts";

const routes = async (app: FastifyInstance) => {
  app.get("/me", async (request) => request.url);
  app.get("/raw/:kind", (request, reply) => {
    const { kind } = request.params as { kind: string };
    reply.hijack();
    if (kind === "pairs") reply.raw.writeHead(302, ["Location", "/login", "X-Other", "/login"]).end();
    else if (kind === "object") reply.raw.writeHead(302, { location: "/login", "x-other": "/login" }).end();
    else reply.raw.setHeader("Location", "/login").writeHead(302).end();
  });
  app.get("/away", async (_request, reply) => reply.redirect("https://example.org/x"));
  app.get("/evil", async (_request, reply) => reply.header("location", "//example.org/x").code(302).send());
};
const start = () => startDispatcher({ backendPrefix: "/api", routes, basePath: "/app" });

test.each([
  ["/app/api/me", "/api/me"],
  ["/api/me", "/api/me"],
  ["/app", "page /"],
  ["/app/notes?x=1", "page /notes?x=1"],
  ["/notes", "page /notes"],
  ["/apple", "page /apple"],
])("with basePath /app, %s is answered as %s", async (requested, body) => {
  const app = await start();
  expect(await (await app.fetch(requested)).text()).toBe(body);
});

test.each([
  ["/api/raw/set", "/app/login"],
  ["/api/raw/object", "/app/login"],
  ["/api/raw/pairs", "/app/login"],
  ["/api/away", "https://example.org/x"],
  ["/api/evil", "//example.org/x"],
])("the redirect of %s leads to %s", async (path, location) => {
  const app = await start();
  const answer = await app.fetch(path, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, location]);
  if (path.includes("object") || path.includes("pairs")) expect(answer.headers.get("x-other")).toBe("/login");
});

test("a path that hides a host or a dot segment behind basePath is refused as without it", async () => {
  const app = await start();
  for (const target of ["/app//evil.example", "/app/%2e%2e/x", "/app/..%2fx", "/app/\\x"]) {
    const { status } = await app.raw(target);
    expect([target, status]).toEqual([target, target === "/app//evil.example" ? 200 : 400]);
  }
});

test("an upgrade below basePath is handed on without it", async () => {
  const seen: (string | undefined)[] = [];
  const app = await startDispatcher({
    basePath: "/app",
    upgrade: (request, socket) => {
      seen.push(request.url);
      socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      return true;
    },
  });
  for (const path of ["/app/_reload", "/_reload"]) {
    await rawSocket(
      app.port,
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${app.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
  }
  expect(seen).toEqual(["/_reload", "/_reload"]);
});
