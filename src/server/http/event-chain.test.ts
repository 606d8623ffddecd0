import fastifyCookie from "@fastify/cookie";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { describe, expect, it, test } from "vitest";
import { currentRequest, currentUser, runInRequest } from "../../bridge/current-request.ts";
import { RequestContext } from "../../bridge/request-context.ts";
import { EventChain } from "./event-chain.ts";
import { FakeIdentity, startBackend } from "./fake-identity.fixture.ts";

/** A plugin as `fastify-plugin` wraps it: in the scope of whoever registers it. */
function shared<T extends (app: FastifyInstance) => Promise<void>>(plugin: T): T {
  return Object.assign(plugin, { [Symbol.for("skip-override")]: true });
}

async function start(routes?: (app: FastifyInstance) => Promise<void>) {
  const chain = new EventChain();
  const identity = new FakeIdentity();
  identity.stored.set("ada", { user: "ada" });
  const app = await startBackend({
    identity,
    routes,
    watchHooks: (instance) => chain.watch(instance),
    eventRoute: (instance) => chain.register(instance),
  });
  const context = new RequestContext(
    {
      kind: "event",
      method: "GET",
      url: "/notes?tab=a",
      headers: { cookie: "sessionid=ada; theme=dark", "user-agent": "a browser" },
      ip: "192.0.2.1",
      host: "a.example",
      protocol: "https",
    },
    identity,
  );
  return {
    app,
    chain,
    context,
    run: <T>(work: () => T | Promise<T>) => runInRequest(context, () => chain.run(context, work)),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

/** An app with one hook. */
function hooked(name: "onRequest" | "preHandler", hook: (request: FastifyRequest, reply: FastifyReply) => unknown) {
  return start(async (app) => {
    app.addHook(name, async (request, reply) => hook(request, reply));
  });
}

describe("An event that passes the app's hooks", () => {
  it("runs behind all of them, within each of which it is the current request of the page and its user", async () => {
    const seen: unknown[] = [];
    await using desk = await start(async (app) => {
      const see = (name: string, request: FastifyRequest) =>
        seen.push([name, request.kind, request.method, request.url, request.user.username, currentUser().username]);
      app.addHook("onRequest", async (request) => void see("onRequest", request));
      app.addHook("preParsing", async (request, _, payload) => {
        see("preParsing", request);
        return payload;
      });
      app.addHook("preValidation", async (request) => void see("preValidation", request));
      app.addHook("preHandler", async (request) => void see("preHandler", request));
      app.addHook("onSend", async (request, _, payload) => {
        see("onSend", request);
        return payload;
      });
      app.addHook("onResponse", async (request) => void see("onResponse", request));
    });
    const outcome = await desk.run(() => {
      seen.push("the event");
      return currentRequest()?.path;
    });
    expect(outcome).toEqual({ kind: "done", value: "/notes" });
    const line = (name: string) => [name, "event", "GET", "/notes?tab=a", "ada", "ada"];
    await expect.poll(() => seen.length).toBe(7);
    expect(seen).toEqual([
      line("onRequest"),
      line("preParsing"),
      line("preValidation"),
      line("preHandler"),
      "the event",
      line("onSend"),
      line("onResponse"),
    ]);
  });

  it("shows them query, headers, cookies and address, and finds what they put on the request", async () => {
    const seen: unknown[] = [];
    await using desk = await start(async (app) => {
      app.decorateRequest("stamp", "");
      app.addHook("preHandler", async (request) => {
        const { query, headers, cookies, ip, protocol } = request;
        seen.push({
          query: { ...(query as object) },
          agent: headers["user-agent"],
          cookies: { ...cookies },
          ip,
          protocol,
        });
        (request as unknown as { stamp: string }).stamp = "stamped";
      });
    });
    const { kind, ...rest } = await desk.run(() => (currentRequest() as unknown as { stamp: string }).stamp);
    expect([kind, rest]).toEqual(["done", { value: "stamped" }]);
    expect(seen).toEqual([
      {
        query: { tab: "a" },
        agent: "a browser",
        cookies: { sessionid: "ada", theme: "dark" },
        ip: "192.0.2.1",
        protocol: "https",
      },
    ]);
  });

  it("answers with what the work gives, at once or later, whatever it is", async () => {
    await using desk = await hooked("onRequest", () => {});
    for (const value of [undefined, null, 0, "", false, { a: 1 }, []]) {
      expect(await desk.run(() => value)).toEqual({ kind: "done", value });
      expect(await desk.run(async () => value)).toEqual({ kind: "done", value });
    }
  });

  it("throws what the work throws, at once or later, also what is no error; no error handler sees it", async () => {
    const seen: unknown[] = [];
    await using desk = await start(async (app) => {
      app.addHook("onError", async (_request, _reply, error) => void seen.push(error));
      app.setErrorHandler((error, _, reply) => {
        seen.push(error);
        return reply.code(200).send("all is well");
      });
    });
    for (const thrown of [new Error("no"), "a text", undefined, Object.assign(new Error("no"), { statusCode: 302 })]) {
      const works = [
        () => {
          throw thrown;
        },
        async () => {
          throw thrown;
        },
      ];
      for (const work of works) {
        const caught = await desk.run(work).then(
          () => "nothing",
          (error: unknown) => ({ error }),
        );
        expect(caught).toEqual({ error: thrown });
      }
    }
    expect(seen).toEqual([]);
    expect(desk.app.log).toEqual([]);
  });

  it("hands on the cookies that hooks set before and after it, also when a hook answers in its place", async () => {
    let answers = false;
    const routes = async (app: FastifyInstance) => {
      app.addHook("onRequest", async (_, reply) => {
        reply.setCookie("before", "1", { path: "/" });
        reply.header("set-cookie", ["one=1", "two=2"]);
      });
      app.addHook("preHandler", async (_, reply) => (answers ? reply.code(403).send() : undefined));
      app.addHook("onSend", async (_, reply, payload) => {
        reply.setCookie("after", "1", { path: "/" });
        return payload;
      });
    };
    for (answers of [false, true]) {
      await using desk = await start(routes);
      expect((await desk.run(() => 1)).kind).toBe(answers ? "refused" : "done");
      expect([answers, [...desk.context.outgoing.keys()].sort()]).toEqual([answers, ["after", "before", "one", "two"]]);
    }
    answers = false;
    await using desk = await start(routes);
    await expect(desk.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect([...desk.context.outgoing]).toEqual([]);
  });

  it("runs of many at once each in its own", async () => {
    await using desk = await hooked("preHandler", () => new Promise((resolve) => setImmediate(resolve)));
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => desk.run(async () => index)));
    expect(outcomes).toEqual(Array.from({ length: 50 }, (_, value) => ({ kind: "done", value })));
  });
});

describe("A hook that answers in the event's place", () => {
  const never = () => {
    throw new Error("The event ran");
  };

  test.each([301, 302, 303, 307, 308])("%i with a location redirects", async (status) => {
    await using desk = await hooked("onRequest", (_, reply) => reply.redirect("/login?next=%2F", status));
    expect(await desk.run(never)).toEqual({ kind: "redirect", to: "/login?next=%2F" });
  });

  test.each([200, 204, 304, 400, 401, 403, 404, 429, 500, 503])("%i refuses", async (status) => {
    for (const name of ["onRequest", "preHandler"] as const) {
      await using desk = await hooked(name, (_, reply) => reply.code(status).send());
      expect(await desk.run(never)).toEqual({ kind: "refused", status });
    }
  });

  test("a location alone, or a redirect without one, redirects nowhere", async () => {
    await using told = await hooked("onRequest", (_, reply) => reply.code(403).header("location", "/x").send());
    expect(await told.run(never)).toEqual({ kind: "refused", status: 403 });
    await using lost = await hooked("onRequest", (_, reply) => reply.code(302).send());
    expect(await lost.run(never)).toEqual({ kind: "refused", status: 302 });
  });

  test.each<[string, number, unknown]>([
    ["an error", 500, new Error("no")],
    ["an error with a status", 429, Object.assign(new Error("slow"), { statusCode: 429 })],
  ])("%s that it throws refuses", async (_, status, thrown) => {
    await using desk = await hooked("preHandler", () => {
      throw thrown;
    });
    expect(await desk.run(never)).toEqual({ kind: "refused", status });
  });

  test("an answer that is written past Fastify refuses, too", async () => {
    await using desk = await hooked("onRequest", (_, reply) => {
      reply.hijack();
      reply.raw.writeHead(418).end();
    });
    expect(await desk.run(never)).toEqual({ kind: "refused", status: 418 });
  });
});

/** Whether a chain that watches an app takes it for one that has nothing to pass. */
async function isEmpty(routes: (app: FastifyInstance) => Promise<void>): Promise<boolean> {
  const chain = new EventChain();
  const app = fastify();
  app.register(async (instance) => {
    chain.watch(instance);
    await instance.register(shared(routes));
    chain.register(instance);
  });
  await app.ready();
  await app.close();
  return chain.isEmpty;
}

describe("Whether an app has anything that events are to pass", () => {
  const hook = async (app: FastifyInstance) => void app.addHook("onRequest", async () => {});
  const nothing: [string, (app: FastifyInstance) => Promise<void>][] = [
    ["routes alone", async (app) => void app.get("/me", async () => "")],
    [
      "hooks of its start and its end",
      async (app) => {
        app.addHook("onClose", async () => {});
        app.addHook("onReady", async () => {});
        app.addHook("onRoute", () => {});
        app.addHook("onRegister", () => {});
      },
    ],
    [
      "decorations of the app and of answers",
      async (app) => {
        app.decorate("clock", 1);
        app.decorateReply("shout", "");
        app.setErrorHandler(() => {});
      },
    ],
    ["hooks of one route", async (app) => void app.get("/me", { onRequest: async () => {} }, async () => "")],
    [
      "a plugin that has none",
      async (app) => void app.register(async (inner) => void inner.get("/me", async () => "")),
    ],
  ];

  test.each(nothing)("an app with %s has not", async (_, routes) => {
    expect(await isEmpty(routes)).toBe(true);
  });

  test("an app without routes has not, and its events run", async () => {
    await using desk = await start();
    expect(desk.chain.isEmpty).toBe(true);
    expect(await desk.run(() => "ran")).toEqual({ kind: "done", value: "ran" });
  });

  // Open: the plugin for cookies that the back end itself registers is taken for the app's.
  test("an app whose back end has routes alone has not, and its events run", async () => {
    await using desk = await start(async (app) => void app.get("/me", async () => ""));
    expect(await desk.run(() => "ran")).toEqual({ kind: "done", value: "ran" });
    expect(desk.chain.isEmpty).toBe(true);
  });

  test.each([
    "onRequest",
    "preParsing",
    "preValidation",
    "preHandler",
    "preSerialization",
    "onSend",
    "onResponse",
    "onError",
    "onTimeout",
    "onRequestAbort",
  ])("an app with a hook %s has", async (name) => {
    expect(await isEmpty(async (app) => void app.addHook(name as "onRequest", () => {}))).toBe(false);
  });

  test("an app whose plugin guards every route as it is registered has, and its events are guarded", async () => {
    await using desk = await start(async (app) => {
      app.register(
        shared(async (inner) => {
          inner.addHook("onRoute", (route) => {
            route.onRequest = [
              route.onRequest ?? [],
              async (_: FastifyRequest, reply: FastifyReply) => reply.code(403).send(),
            ].flat();
          });
        }),
      );
    });
    expect(desk.chain.isEmpty).toBe(false);
    expect(await desk.run(() => "ran")).toEqual({ kind: "refused", status: 403 });
  });

  test.each<[string, (app: FastifyInstance) => Promise<void>]>([
    [
      "a hook that every route gets as it is registered",
      async (app) => {
        app.addHook("onRoute", (route) => {
          route.preHandler = async () => {};
        });
      },
    ],
    [
      "a wrapper around the handler of every route",
      async (app) => {
        app.addHook("onRoute", (route) => {
          const { handler } = route;
          route.handler = function wrapped(request, reply) {
            return handler.call(this, request, reply);
          };
        });
      },
    ],
    ["a decoration of requests", async (app) => void app.decorateRequest("stamp", "")],
    ["a plugin wrapped by fastify-plugin", async (app) => void app.register(shared((inner) => hook(inner)))],
    [
      "one within another",
      async (app) => {
        app.register(
          shared(async (outer) => {
            outer.register(shared((inner) => hook(inner)));
          }),
        );
      },
    ],
    [
      "one that decorates requests",
      async (app) => void app.register(shared(async (i) => void i.decorateRequest("a", ""))),
    ],
    ["a well-known plugin with a hook of its own", async (app) => void app.register(fastifyCookie)],
    // At worst an event passes nothing in vain.
    ["a plugin with a scope of its own, which events do not pass", async (app) => void app.register((i) => hook(i))],
    ["one in a scope of a scope", async (app) => void app.register(async (i) => void i.register((o) => hook(o)))],
  ])("an app with %s has", async (_, routes) => {
    expect(await isEmpty(routes)).toBe(false);
  });

  test("what a plugin adds where its parent is runs for events; what it adds to its own scope does not", async () => {
    const seen: string[] = [];
    await using desk = await start(async (app) => {
      app.register(shared(async (inner) => void inner.addHook("preHandler", async () => void seen.push("shared"))));
      app.register(async (inner) => {
        inner.addHook("onRequest", async () => void seen.push("scoped"));
        inner.get("/me", async () => "");
      });
    });
    await desk.run(() => {});
    expect(seen).toEqual(["shared"]);
    expect((await desk.app.send("/api/me")).status).toBe(200);
    expect(seen).toEqual(["shared", "scoped", "shared"]);
  });
});

describe("The hidden route", () => {
  test("has a path that nobody can guess, and another one for each app", () => {
    const [one, other] = [new EventChain().path, new EventChain().path];
    expect(one).toMatch(/^\/_event\/[\w-]{24}$/);
    expect(other).not.toBe(one);
  });

  test("answers nobody from outside, even one who knows it, and is in no listing", async () => {
    await using desk = await hooked("onRequest", () => {});
    for (const method of ["GET", "HEAD", "POST"]) {
      const { status } = await desk.app.send(`/api${desk.chain.path}`, { method, headers: { origin: desk.app.url } });
      expect([method, status]).toEqual([method, 404]);
    }
    expect(desk.app.backend.routes).toEqual([]);
  });

  test("an app that was never put together runs its events as they are", async () => {
    const chain = new EventChain();
    const { context } = await start();
    expect(await chain.run(context, async () => 1)).toEqual({ kind: "done", value: 1 });
    await expect(chain.run(context, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});
