import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { createBackend } from "./backend.ts";
import { createLogger } from "./logger.ts";
import { type PrefixOptions, prefixTable } from "./path-owner.ts";

const build = (prefixes: PrefixOptions, routes: unknown) =>
  createBackend({
    prefixes: prefixTable(prefixes),
    routes,
    mode: "test",
    logger: createLogger({ level: "silent" }),
    bodyBytes: 1000,
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

  const empty = async () => {};
  const shadowed = async (app: FastifyInstance) => void app.get("/_upload", async () => "");
  const unprefixed = Object.assign(async (app: FastifyInstance) => void app.get("/me", async () => ""), {
    [Symbol.for("skip-override")]: true,
  });
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
    ["no plugin under a prefix", { backendPrefix: "/api" }, { "/api": 3 }, "SERVER_ROUTES_NOT_A_PLUGIN", /for "\/api"/],
    [
      "a route on a reserved path",
      { backendPrefix: "/api" },
      shadowed,
      "SERVER_ROUTE_UNREACHABLE",
      /GET \/api\/_upload .*belongs to \/_upload/,
    ],
    [
      "a plugin that ignores its prefix",
      { backendPrefix: "/api" },
      unprefixed,
      "SERVER_ROUTE_UNREACHABLE",
      /belongs to the pages/,
    ],
    ["routes that throw", { backendPrefix: "/api" }, failing, "SERVER_ROUTES_FAILED", /no database/],
  ])("refuses %s", async (_name, prefixes, routes, code, text) => {
    await expect(build(prefixes, routes)).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
  });
});
