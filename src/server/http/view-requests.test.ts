import { setTimeout as wait } from "node:timers/promises";
import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { describe, expect, it, test } from "vitest";
import { currentRequest, currentSession, currentUser, runInRequest } from "../../bridge/current-request.ts";
import { RequestContext } from "../../bridge/request-context.ts";
import { request as imported } from "../../bridge/request-proxy.ts";
import { currentLanguage } from "../../i18n/current-language.ts";
import { model, objects, p } from "../../models/index.ts";
import { isUntrusted } from "../../untrusted.ts";
import { EventChain } from "./event-chain.ts";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";
import { noIdentity } from "./no-identity.ts";

class Post extends model("Post", { id: p.integer().primary(), title: p.string().length(200) }) {}

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
      identity: noIdentity,
      routes: async (api: FastifyInstance) => {
        api.get("/", async (request) => `${request.user.isAuthenticated} ${request.session.isEmpty}`);
      },
    });
    const { status, text } = await app.send("/api");
    expect([status, text]).toEqual([500, expect.stringContaining("SERVER_SESSIONS_MISSING")]);
  });
});

describe("The query of a view's request", () => {
  it("row 35: has the last text of each name for whatever finds the request, as in an event; Fastify's own keeps its form", async () => {
    await using app = await startBackend({
      routes: async (api: FastifyInstance) => {
        const schema = { querystring: { type: "object", properties: { n: { type: "integer" } } } };
        api.get("/list", { schema }, async (request) => {
          const current = currentRequest();
          if (current) Object.assign(current, { stamp: "kept" });
          return {
            own: request.query,
            current: { ...current?.query },
            imported: { ...imported.query },
            rest: [current?.path, current?.user.username, current?.kind, (request as { stamp?: string }).stamp],
          };
        });
      },
    });
    const { json } = await app.send("/api/list?t=a&t=b&n=5");
    const text = { t: "b", n: "5" };
    expect(json).toEqual({
      own: { t: ["a", "b"], n: 5 },
      current: text,
      imported: text,
      rest: ["/api/list", "", "view", "kept"],
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

  it("throws where an object of it is given to a filter", async () => {
    await using app = await startBackend({
      routes: async (api: FastifyInstance) => {
        api.post("/", async (request) => {
          const { title } = request.body as { title: string };
          return { conditions: objects(Post).filter({ title }) !== undefined };
        });
      },
    });
    const refused = await app.send("/api", { method: "POST", body: { title: { $gt: "" } } });
    expect(refused.text).toContain("QUERY_UNTRUSTED");
    expect((await app.send("/api", { method: "POST", body: { title: "Hello" } })).status).toBe(200);
  });

  it("is not looked into when it is bytes, a stream or a file", async () => {
    const looked: string[] = [];
    class Upload {
      get content(): string {
        looked.push("content");
        return "";
      }
    }
    await using app = await startBackend({
      routes: async (api: FastifyInstance) => {
        api.addContentTypeParser("application/octet-stream", (_request, payload, done) => {
          payload.resume().on("end", () => {
            const upload = new Upload();
            Object.defineProperty(upload, "own", { enumerable: true, get: () => looked.push("own") });
            done(null, { upload, bytes: Buffer.alloc(10) });
          });
        });
        api.post("/", async (request) => {
          const { upload, bytes } = request.body as { upload: object; bytes: object };
          return [isUntrusted(upload), isUntrusted(bytes)];
        });
      },
    });
    const headers = { "content-type": "application/octet-stream" };
    const { json } = await app.send("/api", { method: "POST", body: "x", headers });
    expect([json, looked]).toEqual([[true, true], []]);
  });
});

describe("A request that is an event's", () => {
  it("passes the app's hooks as its user, unchecked and unsaved, and its cookies go into its record", async () => {
    const identity = withAda();
    const chain = new EventChain();
    const seen: unknown[] = [];
    await using app = await startBackend({
      identity,
      eventRoute: (instance) => chain.register(instance),
      routes: async (api: FastifyInstance) => {
        api.addHook("preHandler", async (request, reply) => {
          seen.push(request.kind, request.user.username, request.path, currentRequest() === (request as unknown));
          reply.setCookie("theme", "dark");
        });
      },
    });
    const source = { kind: "event", method: "GET", url: "/notes?x=1", ip: "1.1.1.1", host: "a.example" } as const;
    const context = new RequestContext({ ...source, headers: ADA, protocol: "https" }, identity);
    const outcome = await runInRequest(context, () => chain.run(context, () => currentUser().username));
    expect(outcome).toEqual({ kind: "done", value: "ada" });
    expect(seen).toEqual(["event", "ada", "/notes", true]);
    expect([...context.outgoing.keys()]).toEqual(["theme"]);
    expect(identity.calls).toEqual([]);
    expect(app.backend.routes).toEqual([]);
  });
});

test("a guard in preHandler finds the user", async () => {
  const staff = async (request: FastifyRequest, reply: FastifyReply) => {
    if (!request.user.isAuthenticated) await reply.code(403).send({ refused: true });
  };
  await using app = await startBackend({
    identity: withAda(),
    routes: async (api: FastifyInstance) => void api.get("/", { preHandler: staff }, async () => ({ ok: true })),
  });
  expect((await app.send("/api")).json).toEqual({ refused: true });
  expect((await app.send("/api", { headers: ADA })).json).toEqual({ ok: true });
});

test("a URL that Fastify itself refuses is answered", async () => {
  await using app = await startBackend({
    routes: async (api: FastifyInstance) => void api.get("/:id", async () => ""),
  });
  const { status, json } = await app.send("/api/%zz");
  expect([status, json]).toEqual([400, { error: expect.objectContaining({ code: "FST_ERR_BAD_URL" }) }]);
});
