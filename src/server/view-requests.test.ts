import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance } from "fastify";
import { describe, expect, it, test } from "vitest";
import {
  currentContext,
  currentLanguage,
  currentRequest,
  currentSession,
  currentUser,
} from "../bridge/current-request.ts";
import { AntiphonError } from "../errors.ts";
import { isUntrusted } from "../models/conditions-trust.ts";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";

const ADA = { cookie: "sessionid=ada" };
const withAda = () => {
  const identity = new FakeIdentity();
  identity.stored.set("ada", { user: "ada", theme: "dark" });
  return identity;
};
const soon = () => wait(1);

describe("A view's request", () => {
  it("has session, user, cookies, path, language and kind, and is the current one", async () => {
    await using app = await startBackend({
      identity: withAda(),
      routes: async (api: FastifyInstance) => {
        api.get("/me", async (request) => ({
          name: request.user.username,
          theme: request.session.get("theme"),
          cookies: request.cookies,
          path: request.path,
          language: [request.language, currentLanguage()],
          kind: request.kind,
          same: [
            currentRequest() === (request as unknown),
            currentUser() === request.user,
            currentSession() === request.session,
          ],
        }));
      },
    });
    const { json } = await app.send("/api/me?x=1", { headers: { cookie: "sessionid=ada; theme=light" } });
    expect(json).toEqual({
      name: "ada",
      theme: "dark",
      cookies: { sessionid: "ada", theme: "light" },
      path: "/api/me",
      language: ["de", "de"],
      kind: "view",
      same: [true, true, true],
    });
  });

  it("stays the current one in every hook, parser, handler and error handler, also after foreign callbacks", async () => {
    const seen: Record<string, string | undefined> = {};
    const see = (name: string) => {
      seen[name] = currentUser().username;
    };
    // Runs a callback where no request is, as a driver's pool does.
    const elsewhere: (() => void)[] = [];
    const pump = setInterval(() => elsewhere.shift()?.(), 1);
    const fromElsewhere = () => new Promise<void>((resolve) => elsewhere.push(resolve));
    const answered = Promise.withResolvers<void>();
    await using app = await startBackend({
      identity: withAda(),
      routes: async (api: FastifyInstance) => {
        api.addContentTypeParser("text/slow", (_request, payload, done) => {
          payload.on("data", () => {}).on("end", () => elsewhere.push(() => done(null, "slow")));
        });
        api.addHook("onRequest", async () => see("onRequest"));
        api.addHook("preParsing", async (_request, _reply, payload) => {
          see("preParsing");
          return payload;
        });
        api.addHook("preValidation", (_request, _reply, done) => {
          see("preValidation");
          elsewhere.push(done);
        });
        api.addHook("preHandler", (_request, _reply, done) => {
          see("preHandler");
          elsewhere.push(done);
        });
        api.addHook("onError", async () => see("onError"));
        api.addHook("onSend", async (_request, _reply, payload) => {
          see("onSend");
          await fromElsewhere();
          return payload;
        });
        api.addHook("onResponse", async () => {
          see("onResponse");
          answered.resolve();
        });
        api.setErrorHandler((error, _request, reply) => {
          see("errorHandler");
          reply.code(418).send({ told: (error as Error).message });
        });
        api.post("/x", async () => {
          await soon();
          see("handler");
          throw new Error("no");
        });
      },
    });
    const { status } = await app.send("/api/x", {
      method: "POST",
      body: "text",
      headers: { ...ADA, "content-type": "text/slow", origin: app.url },
    });
    await answered.promise;
    clearInterval(pump);
    expect(status).toBe(418);
    const names = [
      "onRequest",
      "preParsing",
      "preValidation",
      "preHandler",
      "handler",
      "errorHandler",
      "onError",
      "onSend",
      "onResponse",
    ];
    expect(seen).toEqual(Object.fromEntries(names.map((name) => [name, "ada"])));
  });

  it("never mixes with another one that runs at the same time", async () => {
    const identity = new FakeIdentity();
    const names = Array.from({ length: 20 }, (_, index) => `user${index}`);
    for (const name of names) identity.stored.set(name, { user: name });
    await using app = await startBackend({
      identity,
      routes: async (api: FastifyInstance) => {
        api.post("/me", async () => {
          await wait(Math.random() * 5);
          return { name: currentUser().username };
        });
      },
    });
    const answers = await Promise.all(
      names.map((name) =>
        app.send("/api/me", { method: "POST", body: {}, headers: { cookie: `sessionid=${name}`, origin: app.url } }),
      ),
    );
    expect(answers.map(({ json }) => json)).toEqual(names.map((name) => ({ name })));
  });

  it("waits for what must be loaded ahead, and is answered 503 when that fails, without telling why", async () => {
    const identity = withAda();
    identity.preparing = async () => {
      await soon();
      identity.calls.push("prepared");
    };
    const routes = async (api: FastifyInstance) => {
      api.get("/", async () => {
        identity.calls.push("handler");
        return "";
      });
    };
    await using app = await startBackend({ identity, routes, mode: "production" });
    await app.send("/api");
    expect(identity.calls).toEqual(["prepare GET", "prepared", "handler", "finish 200"]);
    for (const failing of [
      () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.3")),
      () => {
        throw new Error("connect ECONNREFUSED 10.0.0.3");
      },
    ]) {
      identity.preparing = failing;
      const { status, text } = await app.send("/api");
      expect([status, text]).toEqual([503, expect.stringContaining("BRIDGE_UNAVAILABLE")]);
      expect(text).not.toContain("10.0.0.3");
    }
    expect(app.log.join("")).toContain("ECONNREFUSED");
    expect(identity.calls.filter((call) => call === "handler")).toHaveLength(1);
  });

  it("lets a plugin of the app bring its own cookies, and gives replies cookies without one", async () => {
    await using app = await startBackend({
      routes: {
        "/api": async (api: FastifyInstance) => {
          await api.register(fastifyCookie, { secret: "x".repeat(32) });
          api.get("/", async (request, reply) => {
            reply.setCookie("signed", "1", { signed: true });
            return request.cookies;
          });
        },
        "/billing": async (billing: FastifyInstance) => {
          billing.get("/", async (request, reply) => {
            reply.setCookie("seen", "1", { path: "/", httpOnly: true }).clearCookie("old");
            return request.cookies;
          });
        },
      },
    });
    const own = await app.send("/api", { headers: { cookie: "a=1" } });
    expect([own.json, own.headers["set-cookie"]]).toEqual([{ a: "1" }, [expect.stringMatching(/^signed=1\.\S+;/)]]);
    const given = await app.send("/billing", { headers: { cookie: "a=1" } });
    expect(given.json).toEqual({ a: "1" });
    expect(given.headers["set-cookie"]).toEqual([
      expect.stringMatching(/^seen=1; Path=\/; HttpOnly/),
      expect.stringMatching(/^old=; /),
    ]);
  });

  it("lets a plugin of the app have a property of the same name within its prefix", async () => {
    await using app = await startBackend({
      identity: withAda(),
      routes: async (api: FastifyInstance) => {
        api.decorateRequest("user" as never, null as never);
        api.addHook("onRequest", async (request) => {
          const { token } = request.query as { token?: string };
          if (token) Object.assign(request, { user: { username: "by token" } });
        });
        api.get("/", async (request) => ({ name: request.user.username }));
      },
    });
    expect((await app.send("/api?token=1", { headers: ADA })).json).toEqual({ name: "by token" });
    expect((await app.send("/api", { headers: ADA })).json).toEqual({ name: "ada" });
  });

  it("says so when a view asks for a session that nobody keeps", async () => {
    await using app = await startBackend({
      routes: async (api: FastifyInstance) => {
        api.get("/", async (request) => ({ name: request.user.username, theme: request.session.get("theme") }));
      },
    });
    expect(app.backend.routes).toHaveLength(1);
    const { createBackend } = await import("./backend.ts");
    const { createLogger } = await import("./logger.ts");
    const { prefixTable } = await import("./path-owner.ts");
    const { createServer } = await import("node:http");
    const backend = await createBackend({
      prefixes: prefixTable({ backendPrefix: "/api" }),
      mode: "test",
      bodyBytes: 1000,
      logger: createLogger({ level: "silent" }),
      routes: async (api: FastifyInstance) => {
        api.get("/", async (request) => `${request.user.isAuthenticated} ${request.session.isEmpty}`);
      },
    });
    const server = createServer((request, response) => backend.handle(request, response)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const answer = await fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}/api`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining("SERVER_SESSIONS_MISSING")]);
    server.closeAllConnections();
    server.close();
    await backend.close();
  });
});

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
    api.get("/public", async (request, reply) => {
      reply.header("Cache-Control", "public, max-age=60").header("Vary", "Accept-Encoding");
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
    const { headers } = await app.send("/api/nothing", { headers: ADA });
    expect([headers["set-cookie"], headers.vary, headers["cache-control"]]).toEqual([undefined, undefined, undefined]);
  });

  test("SES-9, SEC-26: reading the session is enough for Vary: Cookie; the view's own Cache-Control stays", async () => {
    await using app = await startBackend({ identity: withAda(), routes: writing });
    const facts = async (path: string) => {
      const { headers } = await app.send(path, { headers: ADA });
      return [headers.vary, headers["cache-control"]];
    };
    expect(await facts("/api/read")).toEqual(["Cookie", "private"]);
    expect(await facts("/api/public")).toEqual(["Accept-Encoding, Cookie", "public, max-age=60"]);
    expect(await facts("/api/vary")).toEqual(["accept, COOKIE", "private"]);
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

describe("A request of another site", () => {
  const ran: string[] = [];
  const routes = async (api: FastifyInstance) => {
    api.addContentTypeParser("*", (_request, payload, done) => {
      payload.resume();
      ran.push("parser");
      done(null);
    });
    api.addHook("onRequest", async () => void ran.push("hook"));
    api.all("/change", async (request) => {
      ran.push("handler");
      request.session.set("changed", true);
      return "changed";
    });
    api.post("/login", async (request) => {
      request.session.set("user", "ada");
      return "in";
    });
    api.post("/webhook", { config: { csrfExempt: true } }, async (request) => ({ name: request.user.username }));
    api.get("/form", async () => "<form method=post></form>");
  };
  const EVIL = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

  test("CSR-1: is refused before any hook, parser or handler runs, whatever its method and content type", async () => {
    await using app = await startBackend({ identity: withAda(), routes });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const type of ["application/json", "application/x-www-form-urlencoded", "text/plain", "foo", "x/y; z"]) {
        ran.length = 0;
        const headers = { ...ADA, ...EVIL, "content-type": type };
        const { status, json } = await app.send("/api/change", { method, headers, body: "a=1" });
        expect([method, type, status, json, ran]).toEqual([
          method,
          type,
          403,
          { error: expect.objectContaining({ code: "CSRF_REFUSED" }) },
          [],
        ]);
      }
    }
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      expect((await app.send("/api/change", { method, headers: { ...ADA, ...EVIL } })).status).toBe(200);
    }
    expect(app.identity.stored.get("ada")).toMatchObject({ changed: true });
  });

  test("CSR-2, CSR-8, CSR-10: pages of the app itself and of trusted origins pass", async () => {
    await using app = await startBackend({
      identity: withAda(),
      routes,
      crossSite: { trustedOrigins: ["https://*.partner.example"] },
    });
    const status = async (headers: Record<string, string>) =>
      (await app.send("/api/change", { method: "POST", headers: { ...ADA, ...headers } })).status;
    expect(await status({ origin: app.url })).toBe(200);
    expect(await status({ "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await status({ origin: "https://x.partner.example", "sec-fetch-site": "cross-site" })).toBe(200);
    expect(await status({ referer: `${app.url}/form` })).toBe(200);
    expect(await status({ origin: `${app.url}0` })).toBe(403);
    expect(await status({ origin: app.url.replace("http:", "https:") })).toBe(403);
    expect(await status({})).toBe(403);
  });

  test("CSR-3: over HTTPS, which a trusted proxy speaks for us, the Referer must be of https", async () => {
    await using app = await startBackend({ identity: withAda(), routes, trustProxy: ["127.0.0.1"] });
    const https = { ...ADA, "x-forwarded-proto": "https", "x-forwarded-host": "a.example" };
    const status = async (headers: Record<string, string>) =>
      (await app.send("/api/change", { method: "POST", headers: { ...https, ...headers } })).status;
    expect(await status({ referer: "https://a.example/form" })).toBe(200);
    expect(await status({ referer: "http://a.example/form" })).toBe(403);
    expect(await status({ referer: "https://evil.example/" })).toBe(403);
    expect(await status({})).toBe(403);
    expect(await status({ origin: "https://a.example" })).toBe(200);
    expect(await status({ origin: app.url })).toBe(403);
  });

  test("CSR-4, CSR-5: no token is needed and no cookie is set for one", async () => {
    await using app = await startBackend({ identity: withAda(), routes });
    const form = await app.send("/api/form");
    expect([form.headers["set-cookie"], form.headers.vary]).toEqual([undefined, undefined]);
    const passed = await app.send("/api/change", { method: "POST", headers: { ...ADA, origin: app.url } });
    expect(passed.status).toBe(200);
    expect(passed.headers["set-cookie"]?.join().toLowerCase()).not.toMatch(/csrf|xsrf/);
    const headers = { ...ADA, ...EVIL, "x-csrf-token": "a".repeat(64), cookie: "sessionid=ada; csrftoken=a" };
    expect((await app.send("/api/change?_csrf=a", { method: "POST", headers })).status).toBe(403);
  });

  test("CSR-6: cannot sign a visitor in who has no session", async () => {
    await using app = await startBackend({ routes });
    const refused = await app.send("/api/login", { method: "POST", headers: EVIL });
    expect([refused.status, refused.headers["set-cookie"], app.identity.stored.size]).toEqual([403, undefined, 0]);
    const passed = await app.send("/api/login", { method: "POST", headers: { origin: app.url } });
    expect([passed.status, app.identity.stored.size]).toEqual([200, 1]);
  });

  test("CSR-7: passes where the route says so, with session and user; a bad trusted origin stops the start", async () => {
    await using app = await startBackend({ identity: withAda(), routes });
    const { status, json } = await app.send("/api/webhook", { method: "POST", headers: { ...ADA, ...EVIL } });
    expect([status, json]).toEqual([200, { name: "ada" }]);
    await expect(startBackend({ routes, crossSite: { trustedOrigins: ["shop.example"] } })).rejects.toMatchObject({
      code: "CSRF_ORIGIN_INVALID",
    });
  });

  test("the reason stands in the log and not in the answer; SEC-27: nothing in it breaks a line", async () => {
    await using app = await startBackend({ identity: withAda(), routes, mode: "production" });
    const headers = { ...ADA, origin: "https://evil.example", "sec-fetch-site": "x\u009b31m" };
    const { text } = await app.send("/api/change?token=s3cret", { method: "POST", headers });
    expect(text).not.toMatch(/evil|Sec-Fetch/);
    const lines = app.log.filter((line) => line.includes("CSRF_REFUSED"));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      reason: expect.stringMatching(/Sec-Fetch-Site is .*"https:\/\/evil\.example" is not trusted/),
      req: { method: "POST", path: "/api/change" },
    });
    expect(lines[0]).not.toMatch(/s3cret|sessionid/);
  });

  test("a path that nothing answers is refused to it as well", async () => {
    await using app = await startBackend({ routes });
    expect((await app.send("/api/nowhere", { method: "POST", headers: EVIL })).status).toBe(403);
    expect((await app.send("/api/nowhere", { method: "POST", headers: { origin: app.url } })).status).toBe(404);
  });
});

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

describe("What came from outside", () => {
  it("is marked, so that no filter takes an object of it: body, query and params, also those that a schema has made", async () => {
    await using app = await startBackend({
      routes: async (api: FastifyInstance) => {
        api.addHook("preValidation", async (request) => {
          const { inner } = request.body as { inner: object };
          if (!isUntrusted(inner)) throw new Error("not marked before validation");
        });
        const handler = async (request: { body: unknown; query: unknown; params: unknown }) => {
          const { inner } = request.body as { inner: object };
          return [request.body, inner, request.query, request.params].map((value) => isUntrusted(value as object));
        };
        api.post("/plain/:id", handler);
        api.post("/parsed/:id", {
          schema: { body: {} },
          validatorCompiler: () => (data) => ({ value: structuredClone(data) }),
          handler,
        });
      },
    });
    for (const path of ["/api/plain/1?a=1", "/api/parsed/1?a=1"]) {
      const { json } = await app.send(path, { method: "POST", body: { inner: { $gt: "" } } });
      expect([path, json]).toEqual([path, [true, true, true, true]]);
    }
  });

  it("is left alone when it is a buffer or a stream", async () => {
    const bytes = Buffer.alloc(50_000);
    await using app = await startBackend({
      routes: async (api: FastifyInstance) => {
        api.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
          done(null, body),
        );
        api.post("/", async (request) => ({ length: (request.body as Buffer).length }));
      },
    });
    const { json } = await app.send("/api", {
      method: "POST",
      body: bytes.toString(),
      headers: { "content-type": "application/octet-stream" },
    });
    expect(json).toEqual({ length: 50_000 });
  });
});
