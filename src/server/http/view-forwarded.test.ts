import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { currentContext } from "../../bridge/current-request.ts";
import { startBackend } from "./fake-identity.fixture.ts";

describe("SEC-18: address, host and protocol", () => {
  const routes = async (api: FastifyInstance) => {
    api.get("/", async (request) => {
      const context = currentContext();
      return {
        fastify: [request.ip, request.host, request.protocol],
        context: [context?.ip, context?.host, context?.protocol],
      };
    });
  };
  const facts = async (trustProxy: boolean | string[] | undefined, headers: Record<string, string | string[]>) => {
    await using app = await startBackend({ routes, trustProxy, logLevel: "silent" });
    const { json } = await app.send("/api", { headers: { host: "a.example", ...headers } });
    const { fastify, context } = json as { fastify: unknown[]; context: unknown[] };
    expect(fastify).toEqual(context);
    return context;
  };
  const SPOOFED = {
    "x-forwarded-for": "9.9.9.9",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-real-ip": "9.9.9.9",
    forwarded: "for=9.9.9.9;host=evil.example;proto=https",
  };

  test.each([[undefined], [false], [[]], [["10.0.0.0/8"]]])(
    "SEC-18: headers of somebody who is no trusted proxy (%j) change nothing",
    async (trustProxy) => {
      expect(await facts(trustProxy, SPOOFED)).toEqual(["127.0.0.1", "a.example", "http"]);
    },
  );

  test.each([[true], [["127.0.0.1"]], [["loopback"]]])(
    "SEC-18: a trusted proxy (%j) is believed",
    async (trustProxy) => {
      expect(await facts(trustProxy, SPOOFED)).toEqual(["9.9.9.9", "evil.example", "https"]);
      expect(await facts(trustProxy, {})).toEqual(["127.0.0.1", "a.example", "http"]);
    },
  );

  test("SEC-18: of a list only what the trusted proxy has added counts", async () => {
    const lists = {
      "x-forwarded-for": "1.1.1.1, 9.9.9.9",
      "x-forwarded-host": "evil.example, b.example",
      "x-forwarded-proto": "https, http",
    };
    expect(await facts(true, lists)).toEqual(["9.9.9.9", "b.example", "http"]);
    expect(await facts(["127.0.0.1"], lists)).toEqual(["9.9.9.9", "b.example", "http"]);
    expect(await facts(["127.0.0.1", "9.9.9.0/24"], lists)).toEqual(["1.1.1.1", "b.example", "http"]);
  });

  test("SEC-18: repeated headers count as one list", async () => {
    const repeated = {
      "x-forwarded-for": ["1.1.1.1", "9.9.9.9"],
      "x-forwarded-host": ["evil.example", "b.example"],
      "x-forwarded-proto": ["https", "http"],
    };
    expect(await facts(true, repeated)).toEqual(["9.9.9.9", "b.example", "http"]);
    expect(await facts(false, repeated)).toEqual(["127.0.0.1", "a.example", "http"]);
  });

  test("SEC-18: an underscore makes another header", async () => {
    const headers = { x_forwarded_for: "9.9.9.9", x_forwarded_host: "evil.example", x_forwarded_proto: "https" };
    expect(await facts(true, headers)).toEqual(["127.0.0.1", "a.example", "http"]);
  });

  test("SEC-18: what is no address stops the start", async () => {
    await expect(startBackend({ routes, trustProxy: ["nginx"] })).rejects.toMatchObject({
      code: "FORWARDED_PROXY_INVALID",
    });
  });
});
