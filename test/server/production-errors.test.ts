import { Writable } from "node:stream";
import { callCommand, createServer } from "antiphon";
import { createEngine, type ServerFrame, type TestableEngine } from "antiphon/testing";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppCopy, buildOf, copyApp } from "../support/app-copy.ts";

const SECRET = "the secret of a test, which nobody may read: k3Jx0VtZ9nLr5KcW7y";

const STATE = `import { event, State } from "antiphon/state";

export class CounterState extends State {
  static override events = { increment: event(), fail: event(), query: event(), leak: event(), work: event({ background: true }) };
  count = 0;
  code: unknown = "";
  increment() {
    this.count++;
  }
  fail() {
    throw new Error("select * from auth_user -- /srv/app/src/x.ts " + process.env.SECRET_OF_A_TEST);
  }
  query() {
    throw Object.assign(new TypeError("no such table: secret_table"), { sql: "select secret_column", details: { row: 1 }, expose: true });
  }
  leak() {
    // words of the source
    this.code = this.fail;
  }
  async work() {
    await Promise.resolve();
    this.fail();
  }
}
`;

const ROUTES = `export default async function routes(app: import("fastify").FastifyInstance) {
  app.get("/fail", async () => {
    throw new Error("select * from auth_user -- /srv/app/src/x.ts " + process.env.SECRET_OF_A_TEST);
  });
}
`;

/** Nothing of the server's insides: SQL, paths, stacks, settings, code. */
const INSIDES =
  /select|secret|auth_user|\/srv|\.ts\b|\.js\b|node_modules|\bat \w|words of the source|=>|process\.|row/i;

describe("SEC-24: in production", { timeout: 60_000 }, () => {
  let app: AppCopy;
  let server: Awaited<ReturnType<typeof createServer>>;
  let engine: TestableEngine;
  const frames: ServerFrame[] = [];
  const log: string[] = [];

  beforeAll(async () => {
    app = await copyApp();
    await app.write("src/counter.state.ts", STATE);
    await app.write("src/routes.ts", ROUTES);
    await callCommand("build", [], { root: app.root });
    const stream = new Writable({
      write: (chunk, _, done) => {
        log.push(String(chunk));
        done();
      },
    });
    server = await createServer({
      root: app.root,
      mode: "production",
      port: 0,
      host: "127.0.0.1",
      logger: pino({ level: "warn" }, stream),
      config: {
        appName: "fixture",
        backendPrefix: "/api",
        secretKey: SECRET,
        allowedHosts: ["127.0.0.1"],
        session: { secure: false, allowInsecure: true },
      },
    });
    process.env["SECRET_OF_A_TEST"] = SECRET;
    await server.listen();
    engine = createEngine({
      environment: {
        origin: server.url,
        build: buildOf(app.root),
        path: "/",
        tab: { get: () => undefined, set: () => {} },
        headers: () => ({ origin: server.url }),
        onWake: () => () => {},
        identity: () => "",
        onIdentity: () => () => {},
        claimCookies: async () => 204,
      },
      onFrame: (frame) => frames.push(frame),
    });
    await engine.ready("counter.CounterState");
  }, 60_000);
  afterAll(async () => {
    delete process.env["SECRET_OF_A_TEST"];
    engine?.close();
    await server?.close();
    await app?.[Symbol.asyncDispose]();
  });

  test.each([
    ["fail", "EVENT_FAILED"],
    ["query", "EVENT_FAILED"],
    ["leak", expect.stringMatching(/^[A-Z_]+$/)],
  ])(
    "SEC-24: a handler that fails by %s tells the page a code and a reference; the log has the rest",
    async (event, code) => {
      frames.length = 0;
      const error = await engine.call("counter.CounterState", event, []).catch((thrown: object) => thrown);
      expect(error).toMatchObject({ code, message: "Something went wrong on the server." });
      const told = frames.flatMap(({ acks = [] }) => acks.flatMap(([, thrown]) => thrown ?? []));
      expect(told).toEqual([
        { code, message: "Something went wrong on the server.", ref: expect.stringMatching(/^[\w-]{8}$/) },
      ]);
      expect(JSON.stringify(frames)).not.toMatch(INSIDES);
      expect(log.join("")).toContain(told[0]?.ref);
    },
  );

  test("SEC-24: background work that fails tells no more", async () => {
    frames.length = 0;
    await engine.call("counter.CounterState", "work", []).catch(() => {});
    await expect.poll(() => log.join("")).toMatch(/CounterState\.work/);
    expect(JSON.stringify(frames)).not.toMatch(INSIDES);
  });

  test("SEC-24: a view and a page that fail tell no more", async () => {
    for (const [path, accept] of [
      ["/api/fail", "application/json"],
      ["/api/fail", "text/html"],
      ["/broken", "text/html"],
    ] as const) {
      const response = await fetch(new URL(path, server.url), { headers: { accept } });
      const text = await response.text();
      expect([path, response.status]).toEqual([path, 500]);
      if (path === "/api/fail")
        expect(JSON.parse(text)).toEqual({
          error: { code: "SERVER_INTERNAL_ERROR", message: expect.any(String), ref: expect.any(String) },
        });
      expect(text.replace(/<script[^>]*>|<link[^>]*>/g, "")).not.toMatch(INSIDES);
    }
    expect(log.join("")).toContain("secret_table");
  });
});
