import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { describe, expect, it, test } from "vitest";
import { AntiphonError } from "../../errors.ts";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";

const ADA = { cookie: "sessionid=ada" };
const withAda = () => {
  const identity = new FakeIdentity();
  identity.stored.set("ada", { user: "ada", theme: "dark" });
  return identity;
};
const soon = () => wait(1);

describe("The end of a view", () => {
  const writing = async (api: FastifyInstance) => {
    api.addHook("onSend", async (request, _reply, payload) => {
      await soon();
      if ((request.query as { late?: string }).late) request.session.set("late", true);
      return payload;
    });
    api.get("/write", async (request) => {
      request.session.set("a", 1);
      return { ok: true };
    });
    api.get("/read", async (request) => ({ theme: request.session.get("theme") }));
    api.get("/nothing", async () => ({ ok: true }));
    api.get("/opened", async (request) => ({ ok: typeof request.session === "object" }));
    api.get("/public", async (request, reply) => {
      reply.header("Cache-Control", "public, max-age=60").header("Vary", "Accept-Encoding");
      return { theme: request.session.get("theme") };
    });
    api.get("/public-cookie", async (request, reply) => {
      reply.header("Cache-Control", "public, max-age=60");
      request.session.set("a", 1);
      return {};
    });
    api.get("/own-public-cookie", async (_request, reply) => {
      reply.header("Cache-Control", "s-maxage=60").header("set-cookie", "plain=1");
      return {};
    });
    api.get("/raw-public-cookie", (request, reply) => {
      request.session.set("a", 1);
      reply.hijack();
      reply.raw.writeHead(200, { "Cache-Control": "Public, S-MaxAge=60" });
      reply.raw.end();
    });
    api.get("/cached", async (request, reply) => {
      reply.header("Cache-Control", (request.query as { say: string }).say);
      return { theme: request.session.get("theme") };
    });
    api.get("/vary", async (request, reply) => {
      reply.header("Vary", "accept, COOKIE");
      return { theme: request.session.get("theme") };
    });
    api.get("/fails", async (request) => {
      request.session.set("a", 1);
      throw new Error("no");
    });
    api.get("/refuses", async (request) => {
      request.session.set("a", 1);
      throw Object.assign(new Error("no"), { statusCode: 422 });
    });
    api.get("/stream", async (request, reply) => {
      request.session.set("a", 1);
      reply.header("content-type", "text/plain");
      return Readable.from(["one ", "two"]);
    });
    api.get("/web-stream", async (request) => {
      request.session.set("a", 1);
      return new Response(Readable.toWeb(Readable.from([Buffer.from("one "), Buffer.from("two")])) as BodyInit, {
        headers: { "set-cookie": "own=1" },
      });
    });
    api.get("/hijacked", (request, reply) => {
      request.session.set("a", 1);
      reply.hijack();
      reply.raw.writeHead(201, { "Content-Type": "text/plain", "Set-Cookie": ["own=1"] });
      reply.raw.write("one ");
      setTimeout(() => reply.raw.end("two"), 5);
    });
    api.get("/raw-end", async (request, reply) => {
      request.session.set("a", 1);
      reply.raw.end("raw");
      return reply;
    });
    api.get("/own-cookie", async (request, reply) => {
      request.session.set("a", 1);
      reply.setCookie("theme", "dark").header("set-cookie", "plain=1");
      return "";
    });
  };

  it.each(["at once", "later"])(
    "SES-9, SEC-26: saves and sets cookies before the head leaves, when saving ends %s",
    async (when) => {
      const identity = withAda();
      identity.saving = when === "later" ? soon : undefined;
      await using app = await startBackend({ identity, routes: writing });
      for (const [path, body] of [
        ["/api/write", '{"ok":true}'],
        ["/api/stream", "one two"],
        ["/api/web-stream", "one two"],
        ["/api/hijacked", "one two"],
        ["/api/raw-end", "raw"],
        ["/api/refuses", expect.stringContaining('"message":"no"')],
      ] as const) {
        identity.stored.set("ada", { user: "ada" });
        const { headers, text } = await app.send(path, { headers: ADA });
        expect([path, text, identity.stored.get("ada")]).toEqual([path, body, { user: "ada", a: 1 }]);
        expect([path, headers["set-cookie"]]).toEqual([
          path,
          expect.arrayContaining([
            expect.stringMatching(/^sessionid=ada; .*HttpOnly/),
            expect.stringMatching(/^antiphon_identity=/),
          ]),
        ]);
        expect([path, headers.vary]).toEqual([path, "Cookie"]);
        expect([path, headers["cache-control"]]).toEqual([path, path === "/api/refuses" ? "no-store" : "private"]);
      }
      expect(identity.calls.filter((call) => call.startsWith("finish"))).toHaveLength(6);
    },
  );

  it("saves what the app's own onSend hooks have written, also those that run last", async () => {
    const identity = withAda();
    await using app = await startBackend({ identity, routes: writing });
    await app.send("/api/nothing?late=1", { headers: ADA });
    expect(identity.stored.get("ada")).toMatchObject({ late: true });
  });

  it("keeps the cookies of the view beside those of the session", async () => {
    const identity = withAda();
    identity.saving = soon;
    await using app = await startBackend({ identity, routes: writing });
    const names = async (path: string) =>
      (await app.send(path, { headers: ADA })).headers["set-cookie"]?.map((line) => line.split("=")[0]).sort();
    expect(await names("/api/own-cookie")).toEqual(["antiphon_identity", "plain", "sessionid", "theme"]);
    expect(await names("/api/hijacked")).toEqual(["antiphon_identity", "own", "sessionid"]);
    expect(await names("/api/web-stream")).toEqual(["antiphon_identity", "own", "sessionid"]);
  });

  test("SES-2, SES-9: a request that never asks for its session sets no cookie and may be cached", async () => {
    const identity = withAda();
    await using app = await startBackend({ identity, routes: writing });
    for (const path of ["/api/nothing", "/api/opened"]) {
      const { headers } = await app.send(path, { headers: ADA });
      expect([headers["set-cookie"], headers.vary, headers["cache-control"]]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test("SES-9, SEC-26: reading the session is enough for Vary: Cookie, and somebody's answer is private", async () => {
    await using app = await startBackend({ identity: withAda(), routes: writing });
    const facts = async (path: string, headers: Record<string, string> = ADA) => {
      const answer = await app.send(path, { headers });
      return [answer.headers.vary, answer.headers["cache-control"]];
    };
    expect(await facts("/api/read")).toEqual(["Cookie", "private"]);
    expect(await facts("/api/public")).toEqual(["Accept-Encoding, Cookie", "private, max-age=60"]);
    expect(await facts("/api/vary")).toEqual(["accept, COOKIE", "private"]);
    // Who has no session is shown what everybody may see.
    expect(await facts("/api/public", {})).toEqual(["Accept-Encoding, Cookie", "public, max-age=60"]);
    expect(await facts("/api/read", {})).toEqual(["Cookie", "private"]);
  });

  test.each(["/api/public-cookie", "/api/own-public-cookie", "/api/raw-public-cookie"])(
    "SEC-26: no shared cache keeps the cookie of %s, also of a visitor who had none",
    async (path) => {
      await using app = await startBackend({ identity: withAda(), routes: writing });
      for (const headers of [ADA, {}]) {
        const answer = await app.send(path, { headers });
        expect(answer.headers["set-cookie"]).toBeDefined();
        expect(answer.headers.vary).toBe("Cookie");
        expect(answer.headers["cache-control"]).toMatch(/^private(, max-age=60)?$/);
      }
    },
  );

  test.each([
    ["max-age=60", "private, max-age=60"],
    ["no-cache", "private, no-cache"],
    ["private, max-age=5", "private, max-age=5"],
    ["no-store", "no-store"],
    ["public, no-store", "no-store"],
    ['private="x-a, x-b", S-MaxAge=9, max-age=1', "private, max-age=1"],
    ["PUBLIC, s-maxage=9 , stale-while-revalidate=3", "private, stale-while-revalidate=3"],
  ])("SEC-26: Cache-Control: %s of somebody's answer leaves as %s", async (say, sent) => {
    await using app = await startBackend({ identity: withAda(), routes: writing });
    const { headers } = await app.send(`/api/cached?say=${encodeURIComponent(say)}`, { headers: ADA });
    expect(headers["cache-control"]).toBe(sent);
  });

  test("SES-7: a view that ends with 500 saves nothing and sets no cookie", async () => {
    const identity = withAda();
    await using app = await startBackend({ identity, routes: writing });
    const { status, headers } = await app.send("/api/fails", { headers: ADA });
    expect([status, headers["set-cookie"], identity.stored.get("ada")]).toEqual([
      500,
      undefined,
      { user: "ada", theme: "dark" },
    ]);
    expect(identity.calls).toContain("finish 500");
  });

  describe("when saving fails", () => {
    const interrupted = new AntiphonError("SESSION_INTERRUPTED", "The session ended meanwhile.", {
      status: 400,
      expose: true,
    });
    const broken = new Error("SQLITE_BUSY: database /srv/notes/db.sqlite3 is locked");
    const cases = [
      ["/api/write", "a view"],
      ["/api/stream", "a stream"],
      ["/api/web-stream", "a web stream"],
      ["/api/hijacked", "a hijacked reply"],
      ["/api/raw-end", "a raw response"],
      ["/api/refuses", "a view that has failed itself"],
      ["/api/nowhere", "a path that nothing answers"],
    ] as const;

    it.each(cases)("SES-4, SEC-24: answers %s (%s) with the coded error in its place", async (path) => {
      for (const late of [false, true]) {
        const identity = withAda();
        await using app = await startBackend({ identity, routes: writing, mode: "production" });
        const failing = (error: unknown) => {
          identity.saving = late
            ? async () => {
                await soon();
                throw error;
              }
            : () => {
                throw error;
              };
        };
        failing(interrupted);
        const refused = await app.send(path, { headers: ADA });
        expect([refused.status, refused.json]).toEqual([
          400,
          { error: { code: "SESSION_INTERRUPTED", message: "The session ended meanwhile.", ref: expect.any(String) } },
        ]);
        expect([
          refused.headers["set-cookie"]?.join().includes("sessionid") ?? false,
          refused.headers["cache-control"],
        ]).toEqual([false, "no-store"]);
        failing(broken);
        const failed = await app.send(path, { headers: ADA });
        expect([failed.status, failed.json]).toEqual([
          500,
          { error: expect.objectContaining({ code: "SERVER_INTERNAL_ERROR" }) },
        ]);
        expect(failed.text).not.toContain("SQLITE");
        expect(app.log.join("")).toContain("SQLITE_BUSY");
        expect((await app.send("/api/nothing")).status).toBe(500);
        identity.saving = undefined;
        expect((await app.send("/api/nothing")).status).toBe(200);
      }
    });

    it("shows the error to the app's own error handler, and closes the stream that is not sent", async () => {
      const identity = withAda();
      identity.saving = (status) => {
        if (status === 200) throw interrupted;
      };
      const source = new Readable({ read() {} });
      await using app = await startBackend({
        identity,
        routes: async (api: FastifyInstance) => {
          api.setErrorHandler((error, _request, reply) =>
            reply.code(409).send({ mine: (error as AntiphonError).code }),
          );
          api.get("/stream", async () => source);
        },
      });
      const { status, json } = await app.send("/api/stream", { headers: ADA });
      expect([status, json, source.destroyed]).toEqual([409, { mine: "SESSION_INTERRUPTED" }, true]);
    });
  });

  it("answers HEAD with the same head", async () => {
    const identity = withAda();
    await using app = await startBackend({ identity, routes: writing });
    const { headers, text } = await app.send("/api/write", { method: "HEAD", headers: ADA });
    expect([text, headers.vary, headers["set-cookie"]?.length]).toEqual(["", "Cookie", 2]);
    expect(identity.calls.filter((call) => call.startsWith("finish"))).toEqual(["finish 200"]);
  });

  it("saves for a visitor who has gone, and goes on", async () => {
    const identity = withAda();
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const saved = Promise.withResolvers<void>();
    identity.saving = async () => {
      asked.resolve();
      await gone.promise;
      saved.resolve();
    };
    await using app = await startBackend({ identity, routes: writing });
    const socket = connect(app.port, "127.0.0.1");
    socket.write("GET /api/hijacked HTTP/1.1\r\nHost: a\r\nCookie: sessionid=ada\r\n\r\n");
    await asked.promise;
    socket.destroy();
    await once(socket, "close");
    gone.resolve();
    await saved.promise;
    identity.saving = undefined;
    expect((await app.send("/api/nothing")).status).toBe(200);
    expect(identity.stored.get("ada")).toMatchObject({ a: 1 });
  });
});
