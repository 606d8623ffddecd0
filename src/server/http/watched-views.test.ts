import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BlockedTrace } from "../../state/trace.ts";
import { type Backend, createBackend } from "./backend.ts";

let labels: string[];
const note = (message: unknown) => labels.push(...(message as BlockedTrace).labels);
let backend: Backend;
const server = createServer((request, response) => backend.handle(request, response));
let url: string;

/** Holds the process for longer than is reported. */
function block() {
  for (const end = performance.now() + 80; performance.now() < end; );
}

beforeEach(async () => {
  labels = [];
  subscribe("antiphon:blocked", note);
  backend = await createBackend({
    prefixes: { backend: "/api", extra: [], admin: undefined } as never,
    mode: "test",
    logger: pino({ level: "silent" }),
    bodyBytes: 1_000,
    routes: async (app: FastifyInstance) => {
      app.get("/busy/:id", async () => {
        await sleep(1);
        block();
        return {};
      });
      app.get("/events", (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200, { "content-type": "text/event-stream" });
        reply.raw.write("data: first\n\n");
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});

afterEach(async () => {
  unsubscribe("antiphon:blocked", note);
  server.closeAllConnections();
  server.close();
  await backend.close();
});

describe("A view that holds the process", () => {
  it("is named by its route, whatever path the visitor asks for", async () => {
    for (const id of ["one", "two"]) await (await fetch(`${url}/busy/${id}`)).json();
    expect(new Set(labels)).toEqual(new Set(["GET /api/busy/:id"]));
  });

  it("is not an event stream that is open while other code holds it", async () => {
    const stream = await fetch(`${url}/events`);
    await sleep(20);
    block();
    await sleep(20);
    expect(labels).toEqual([]);
    await stream.body?.cancel();
  });
});
