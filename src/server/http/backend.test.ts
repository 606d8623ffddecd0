import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { createLogger } from "../logger.ts";
import { type BackendOptions, createBackend } from "./backend.ts";
import { type PrefixOptions, prefixTable } from "./path-owner.ts";

const build = (prefixes: PrefixOptions, routes: unknown, eventRoute?: BackendOptions["eventRoute"]) =>
  createBackend({
    prefixes: prefixTable(prefixes),
    routes,
    mode: "test",
    logger: createLogger({ level: "silent" }),
    bodyBytes: 1000,
    ...(eventRoute ? { eventRoute } : {}),
  });

describe("A back end", () => {
  it("lists its routes with their prefix, without the HEAD that belongs to each GET", async () => {
    const backend = await build({ backendPrefix: "/api" }, async (app: FastifyInstance) => {
      app.get("/me", async () => "");
      app.route({ method: ["POST", "PUT"], url: "/notes/:id", handler: async () => "" });
    });
    expect(backend.routes).toEqual([
      { method: "GET", url: "/api/me" },
      { method: "POST", url: "/api/notes/:id" },
      { method: "PUT", url: "/api/notes/:id" },
    ]);
    await backend.close();
  });

  it("takes a plugin of the callback kind", async () => {
    const backend = await build(
      { backendPrefix: "/api" },
      (app: FastifyInstance, _options: object, done: () => void) => {
        app.get("/", async () => "");
        done();
      },
    );
    expect(backend.routes).toContainEqual({ method: "GET", url: "/api" });
    await backend.close();
  });

  it("keeps a plugin below its prefix that was wrapped to share the scope it is registered in", async () => {
    const unscoped = Object.assign(async (app: FastifyInstance) => void app.get("/me", async () => ""), {
      [Symbol.for("skip-override")]: true,
    });
    const backend = await build({ backendPrefix: "/api" }, unscoped);
    expect(backend.routes).toEqual([{ method: "GET", url: "/api/me" }]);
    await backend.close();
  });

  it("puts the hidden event route where the hooks of backendPrefix apply, and lists it nowhere", async () => {
    const hooks: string[] = [];
    const seen: string[] = [];
    const routes = {
      "/api": async (app: FastifyInstance) => {
        app.addHook("onRequest", async () => void hooks.push("api"));
        app.addHook("onRoute", ({ url }) => void seen.push(url));
        app.get("/me", async () => "");
      },
      "/billing": async (app: FastifyInstance) => {
        app.addHook("onRequest", async () => void hooks.push("billing"));
      },
    };
    let prefix: string | undefined;
    const eventRoute = (instance: FastifyInstance) => {
      prefix = instance.prefix;
      instance.get("/_event/hidden", async () => "event");
    };
    const backend = await build({ backendPrefix: "/api", extraPrefixes: ["/billing"] }, routes, eventRoute);
    expect([prefix, backend.routes]).toEqual(["/api", [{ method: "GET", url: "/api/me" }]]);
    const server = createServer((request, response) => backend.handle(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${port}/api/_event/hidden`)).text()).toBe("event");
    expect(hooks).toEqual(["api"]);
    server.close();
    server.closeAllConnections();
    await backend.close();
  });

  it.each([
    ["no views", undefined],
    ["views of another prefix only", { "/billing": async () => {} }],
  ])("puts the event route on the root where there are %s", async (_name, routes) => {
    const prefixes: string[] = [];
    const backend = await build({ backendPrefix: "/api", extraPrefixes: ["/billing"] }, routes, (instance) => {
      prefixes.push(instance.prefix);
      instance.get("/_event/hidden", async () => "event");
    });
    expect([prefixes, backend.routes]).toEqual([[""], []]);
    await backend.close();
  });

  const empty = async () => {};
  const shadowed = async (app: FastifyInstance) => void app.get("/_upload", async () => "");
  const failing = async () => {
    throw new Error("no database");
  };

  it.each([
    ["routes without a prefix", {}, empty, "SERVER_BACKEND_PREFIX_MISSING", /backendPrefix: "\/api",/],
    [
      "an object that is no plugin",
      { backendPrefix: "/api" },
      "routes",
      "SERVER_ROUTES_NOT_A_PLUGIN",
      /Got a value of type string/,
    ],
    [
      "a prefix nobody configured",
      { backendPrefix: "/api" },
      { "/billing": empty },
      "SERVER_ROUTES_UNKNOWN_PREFIX",
      /extraPrefixes: \["\/billing"\]/,
    ],
    [
      "a Hono app that is not wrapped",
      { backendPrefix: "/api" },
      { fetch: () => new Response() },
      "SERVER_ROUTES_NOT_A_PLUGIN",
      /fetchHandler\(app\)/,
    ],
    [
      "an Express app that is not wrapped",
      { backendPrefix: "/api" },
      { "/api": Object.assign(() => {}, { handle: () => {}, use: () => {} }) },
      "SERVER_ROUTES_NOT_A_PLUGIN",
      /nodeHandler\(app\) wraps, for "\/api"/,
    ],
    ["no plugin under a prefix", { backendPrefix: "/api" }, { "/api": 3 }, "SERVER_ROUTES_NOT_A_PLUGIN", /for "\/api"/],
    [
      "a route on a reserved path",
      { backendPrefix: "/api" },
      shadowed,
      "SERVER_ROUTE_UNREACHABLE",
      /GET \/api\/_upload .*belongs to \/_upload/,
    ],
    ["routes that throw", { backendPrefix: "/api" }, failing, "SERVER_ROUTES_FAILED", /no database/],
  ])("refuses %s", async (_name, prefixes, routes, code, text) => {
    await expect(build(prefixes, routes)).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
  });
});
