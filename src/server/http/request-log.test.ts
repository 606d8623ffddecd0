import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { runInRequest } from "../../bridge/current-request.ts";
import { RequestContext } from "../../bridge/request-context.ts";
import { EventChain } from "./event-chain.ts";
import { EventMessage } from "./event-message.ts";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";
import { RequestLog, requestIds } from "./request-log.ts";

const identity = new FakeIdentity();

function context() {
  const source = { kind: "event", method: "GET", url: "/", ip: "192.0.2.1", host: "a.example" } as const;
  return new RequestContext({ ...source, headers: {}, protocol: "http" }, identity);
}

describe("The log of requests", () => {
  it("is off but in production, and there it has no events", () => {
    const event = new EventMessage(context(), "/", () => {});
    for (const [mode, request, isOff] of [
      ["production", {}, false],
      ["production", { raw: {} }, false],
      ["production", event, true],
      ["production", { raw: event }, true],
      ["development", {}, true],
      ["test", {}, true],
      ["test", event, true],
    ] as const) {
      expect([mode, new RequestLog(mode).isLogDisabled(request)]).toEqual([mode, isOff]);
    }
  });

  it("names each event by a number of its own, and spends no random name on it", () => {
    let names = 0;
    const name = requestIds(() => `random ${++names}`);
    const event = new EventMessage(context(), "/", () => {});
    const first = name(event);
    const second = name({ raw: event });
    expect([first, second]).toEqual([expect.stringMatching(/^event-\d+$/), expect.stringMatching(/^event-\d+$/)]);
    expect(first).not.toBe(second);
    expect([name({}), name({ raw: {} }), names]).toEqual(["random 1", "random 2", 2]);
  });

  it("has lines for each request in production and none for events, however they end", async () => {
    const chain = new EventChain();
    let answer = 0;
    await using app = await startBackend({
      mode: "production",
      identity,
      watchHooks: (instance) => chain.watch(instance),
      eventRoute: (instance) => chain.register(instance),
      routes: async (api: FastifyInstance) => {
        api.addHook("onRequest", async (request, reply) => {
          if (request.kind === "event" && answer > 0) return reply.code(answer).send("no");
          request.log.debug("a hook's own line");
          return undefined;
        });
        api.get("/me", async () => "ok");
      },
    });
    expect((await app.send("/api/me")).status).toBe(200);
    const lines = app.log.length;
    expect(app.log.join("")).toMatch(/incoming request[\s\S]*request completed/);
    const event = () => {
      const made = context();
      return runInRequest(made, () => chain.run(made, () => "ran"));
    };
    expect(await event()).toEqual({ kind: "done", value: "ran" });
    for (answer of [403, 404]) expect(await event()).toEqual({ kind: "refused", status: answer });
    expect(app.log.slice(lines)).toEqual([]);
  });

  it("has what a hook says about an event, in the server's own log", async () => {
    const chain = new EventChain();
    await using app = await startBackend({
      identity,
      eventRoute: (instance) => chain.register(instance),
      routes: async (api: FastifyInstance) => {
        api.addHook("onRequest", async (request) => request.log.warn("look at this"));
      },
    });
    const made = context();
    await runInRequest(made, () => chain.run(made, () => {}));
    expect(app.log.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["look at this"]);
  });
});
