import { Readable } from "node:stream";
import express from "express";
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { startBackend } from "./fake-identity.fixture.ts";
import { fetchHandler, nodeHandler } from "./foreign-handler.ts";

const HOOKS = ["onRequest", "preParsing", "preValidation", "preHandler"] as const;

/** Counts its calls, so that an answer that is refused too late is found as well. */
function mounted(kind: string): { readonly plugin: FastifyPluginAsync; readonly calls: () => number } {
  let calls = 0;
  const express_ = express().use((_request, response) => {
    calls++;
    response.json({ secret: true });
  });
  const hono = new Hono().all("/*", (context) => {
    calls++;
    return context.json({ secret: true });
  });
  return { plugin: kind === "Express" ? nodeHandler(express_) : fetchHandler(hono), calls: () => calls };
}

describe.each(["Express", "Hono"])("a mounted %s app", (kind) => {
  describe.each(HOOKS)("behind a guard in %s", (hook) => {
    /** A guard that answers by itself or throws, registered before or after the mount, in its plugin or in one around it. */
    const PLACES: { readonly [place: string]: (app: FastifyInstance, plugin: FastifyPluginAsync) => void } = {
      "before the mount": (app, plugin) => {
        addGuard(app, hook);
        app.register(plugin, { prefix: "/in" });
      },
      "after the mount": (app, plugin) => {
        app.register(plugin, { prefix: "/in" });
        addGuard(app, hook);
      },
      "two plugins further out": (app, plugin) => {
        addGuard(app, hook);
        app.register(
          async (inner) => void inner.register(async (last) => void last.register(plugin), { prefix: "/in" }),
        );
      },
    };

    test.each(Object.keys(PLACES))("is not reached when the guard refuses: %s", async (place) => {
      const { plugin, calls } = mounted(kind);
      await using app = await startBackend({
        routes: { "/api": async (api: FastifyInstance) => PLACES[place]?.(api, plugin) },
      });
      for (const method of ["GET", "POST", "HEAD", "PUT", "DELETE"]) {
        const headers = { origin: app.url };
        const body = method === "POST" ? { body: { a: 1 } } : {};
        expect((await app.send("/api/in/secret", { method, headers, ...body })).status, method).toBe(403);
      }
      expect(calls()).toBe(0);
      const { status, headers } = await app.send("/api/in/secret", { headers: { "x-pass": "1" } });
      expect([status, headers["x-guard"]]).toEqual([200, "passed"]);
      expect(calls()).toBe(1);
    });
  });

  test("is not handed a request whose body a hook has replaced", async () => {
    const { plugin, calls } = mounted(kind);
    const api = async (app: FastifyInstance) => {
      app.addHook("preParsing", async () => Readable.from(["{}"]));
      app.register(plugin, { prefix: "/in" });
    };
    await using app = await startBackend({ routes: { "/api": api } });
    const { status } = await app.send("/api/in/x", { method: "POST", body: { a: 1 }, headers: { origin: app.url } });
    expect([status, calls()]).toEqual([500, 0]);
    expect(app.log.join("")).toContain("SERVER_MOUNT_BODY");
  });
});

function addGuard(app: FastifyInstance, hook: (typeof HOOKS)[number]): void {
  app.addHook(hook as "preHandler", async (request, reply) => {
    if (request.headers["x-pass"] === undefined) return reply.code(403).send({ refused: true });
    return void reply.header("x-guard", "passed");
  });
}
