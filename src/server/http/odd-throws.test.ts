import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { ODD_KINDS, oddValue } from "../../errors.fixture.ts";
import { startBackend } from "./fake-identity.fixture.ts";
import { fetchHandler, nodeHandler } from "./foreign-handler.ts";

const kindOf = (url: string | undefined) =>
  decodeURIComponent(new URL(url ?? "", "http://x").searchParams.get("kind") ?? "");

const routes = async (api: FastifyInstance) => {
  api.get("/sync", (request) => {
    throw oddValue(kindOf(request.url));
  });
  api.get("/later", async (request) => {
    await null;
    throw oddValue(kindOf(request.url));
  });
  api.get("/hook", { preHandler: async (request) => Promise.reject(oddValue(kindOf(request.url))) }, async () => "");
  api.register(
    nodeHandler((request) => {
      throw oddValue(kindOf(request.url));
    }),
    { prefix: "/node" },
  );
  api.register(fetchHandler({ fetch: (request) => Promise.reject(oddValue(kindOf(request.url))) }), {
    prefix: "/fetch",
  });
};

describe("A view that throws what is hard to look at", () => {
  it.each(["production", "development"] as const)("is answered with 500 and logged (%s)", async (mode) => {
    await using app = await startBackend({ routes, mode });
    for (const kind of ODD_KINDS) {
      for (const path of ["sync", "later", "hook", "node", "fetch"]) {
        const { status, json } = await app.send(`/api/${path}?kind=${encodeURIComponent(kind)}`);
        expect([path, kind, status]).toEqual([path, kind, 500]);
        expect(json).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
      }
    }
    expect(app.log.filter((line) => line.includes("request failed")).length).toBe(ODD_KINDS.length * 5);
  });
});
