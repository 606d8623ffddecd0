import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import websocket from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { startDispatcher } from "./dispatcher.fixture.ts";

const context = new AsyncLocalStorage<string>();

async function routes(app: FastifyInstance) {
  await app.register(websocket);
  app.addHook("preValidation", async (request, reply) => {
    if (request.url.includes("/private")) await reply.code(401).send({ error: "sign in" });
  });
  app.get("/plain", async () => "plain");
  app.get("/private", { websocket: true }, (socket) => socket.send("never"));
  app.get<{ Params: { room: string } }>("/rooms/:room", { websocket: true }, (socket, request) => {
    socket.on("message", (text) => socket.send(`${request.params.room} ${context.getStore()} ${text}`));
  });
}

/** Opens a WebSocket: the client, or the answer of who refused it. */
async function open(port: number, path: string, options: ClientOptions = {}) {
  const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
  return Promise.race([
    once(client, "open").then(() => ({ client, status: 101 })),
    once(client, "unexpected-response").then(([request, response]) => {
      (request as ClientRequest).destroy();
      return { client, status: (response as IncomingMessage).statusCode };
    }),
  ]);
}

describe("A WebSocket below the back end's prefix", () => {
  it("row 11: reaches the app's view, which finds its parameters, and the server's context in every message", async () => {
    const app = await startDispatcher({
      backendPrefix: "/api",
      routes,
      runIn: (work) => context.run("database", work),
    });
    const { client } = await open(app.port, "/%61pi/rooms/tea");
    for (const text of ["one", "two"]) {
      const answer = once(client, "message");
      client.send(text);
      expect(String((await answer)[0])).toBe(`tea database ${text}`);
    }
    client.close();
    await once(client, "close");
    expect(await (await app.fetch("/api/plain")).text()).toBe("plain");
  });

  it("passes the hooks of its view, which may refuse it", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    expect((await open(app.port, "/api/private")).status).toBe(401);
    expect((await open(app.port, "/api/none")).status).toBe(404);
  });

  it("is refused to pages of other sites, which no browser does", async () => {
    const trustedOrigins = ["https://shop.example"];
    const app = await startDispatcher({ backendPrefix: "/api", routes, trustedOrigins });
    const status = async (options: ClientOptions) => {
      const { client, status } = await open(app.port, "/api/rooms/tea", options);
      client.terminate();
      return status;
    };
    expect(await status({ origin: "http://evil.example" })).toBe(403);
    expect(await status({ headers: { "sec-fetch-site": "cross-site" } })).toBe(403);
    expect(await status({ origin: "null" })).toBe(403);
    expect(app.log.filter((line) => line.includes("CSRF_REFUSED"))).toHaveLength(3);
    expect(await status({ origin: `http://127.0.0.1:${app.port}` })).toBe(101);
    expect(await status({ origin: `https://127.0.0.1:${app.port}` })).toBe(101);
    expect(await status({ origin: "https://shop.example" })).toBe(101);
    expect(await status({})).toBe(101);
  });

  it("is refused for another host, and when the server stops", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes, host: "app.example.com" });
    const headers = { host: "app.example.com" };
    expect((await open(app.port, "/api/rooms/tea")).status).toBe(404);
    const { client, status } = await open(app.port, "/api/rooms/tea", { headers });
    expect(status).toBe(101);
    client.terminate();
    app.stop();
    expect((await open(app.port, "/api/rooms/tea", { headers })).status).toBe(503);
  });

  it("is closed when the views are replaced, and opened again by the new ones", async () => {
    const app = await startDispatcher({ backendPrefix: "/api", routes });
    const { client } = await open(app.port, "/api/rooms/tea");
    const closed = once(client, "close");
    await app.swap(routes);
    await closed;
    const again = await open(app.port, "/api/rooms/tea");
    expect(again.status).toBe(101);
    again.client.terminate();
  });
});
