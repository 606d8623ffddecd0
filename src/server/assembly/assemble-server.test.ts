import { EventEmitter, once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import websocket from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { App } from "../../app/app.ts";
import type { AntiphonConfig } from "../../config/define-config.ts";
import { resolveConfig } from "../../config/resolve-config.ts";
import { pageTable } from "../../protocol/page.ts";
import type { StateRegistry } from "../../state/registry.ts";
import { createLogger } from "../logger.ts";
import { assembleServer } from "./assemble-server.ts";
import type { AntiphonServer, AppParts, OpenContext } from "./server-parts.ts";

/** A list of state classes of which nothing but the ids is asked. */
function registry(...names: string[]): StateRegistry {
  return { ids: () => names } as unknown as StateRegistry;
}

const running: AntiphonServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

const routes = (name: string) => async (app: FastifyInstance) => void app.get("/me", async () => ({ name }));

async function assemble(
  config: AntiphonConfig = {},
  app: Partial<AppParts> = {},
  shutdownMs = 5000,
  channelEnd?: () => Promise<void>,
) {
  const calls: string[] = [];
  const requests = new EventEmitter();
  const opened: { context?: OpenContext } = {};
  const where = { root: "/srv/notes", mode: "test" } as const;
  const logger = createLogger({ level: "silent" });
  const server = await assembleServer({
    app: await App.create({
      ...where,
      config: resolveConfig({ port: 0, backendPrefix: "/api", ...config }, where),
      logger,
      purpose: "server",
    }),
    logger,
    shutdownMs,
    open: async (context) => {
      calls.push("open");
      opened.context = context;
      return {
        build: "b1",
        app: { states: registry("states"), pages: pageTable([{ route: "/" }]), routes: routes("ada"), ...app },
        frontend: {
          handle: (_request, response) => void response.end(`${context.app().pages.entries.length} pages`),
          close: async () => void calls.push("front end closed"),
        },
      };
    },
    attachChannel: (http, { app: { states }, build }) => {
      calls.push(`channel ${states.ids()} ${build}`);
      http.on("request", ({ url = "" }) => requests.emit(url));
      return {
        replaceApp: async (next) => void calls.push(`replaced by ${next.ids()}`),
        stats: () => ({ tabs: 3, connected: 2, bytes: 100 }),
        tabs: () => [],
        close: async () => {
          await channelEnd?.();
          calls.push("channel closed");
        },
      };
    },
  });
  running.push(server);
  return {
    server,
    calls,
    replace: (next: AppParts) => opened.context?.replace(next),
    /** Waits until a request for a URL has reached the server. */
    arrival: (url: string) => once(requests, url),
  };
}

describe("A server", () => {
  it("is put together in order, tells where it is and answers for each owner", async () => {
    const { server, calls } = await assemble();
    await server.listen();
    expect(calls).toEqual(["open", "channel states b1"]);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(server.counts).toEqual({ pages: 1, states: 1, routes: 1 });
    expect(await (await fetch(`${server.url}/`)).text()).toBe("1 pages");
    expect(await (await fetch(`${server.url}/api/me`)).json()).toEqual({ name: "ada" });
    expect(await (await fetch(`${server.url}/_health`)).json()).toEqual({
      status: "ok",
      uptime: expect.any(Number),
      tabs: 3,
      connected: 2,
      stateBytes: 100,
      blocked: 0,
    });
  });

  it("row 12: calls onStart when it can be reached, and onStop last", async () => {
    const seen: unknown[] = [];
    const { server, calls } = await assemble({
      onStart: async ({ url }) => void seen.push((await fetch(url)).status),
      onStop: ({ port }) => void calls.push(`stopped ${port}`),
    });
    await server.listen();
    const { port } = server;
    expect(seen).toEqual([200]);
    await server.close();
    expect(calls.slice(2)).toEqual(["channel closed", "front end closed", expect.stringMatching(/^stopped /)]);
    expect(port).toBeGreaterThan(0);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it("does not start when onStart fails, and says so with the author's error as cause", async () => {
    const cause = new Error("no mail server");
    const { server, calls } = await assemble({
      onStart: () => {
        throw cause;
      },
    });
    await expect(server.listen()).rejects.toMatchObject({ code: "SERVER_HOOK_FAILED", cause });
    expect(calls).toContain("channel closed");
  });

  it("may be closed twice, and before it ever listened; it never listens again", async () => {
    const { server, calls } = await assemble({ onStop: () => void calls.push("onStop") });
    await Promise.all([server.close(), server.close()]);
    expect(calls.filter((call) => call === "channel closed")).toHaveLength(1);
    expect(calls).not.toContain("onStop");
    await expect(server.listen()).rejects.toMatchObject({ code: "SERVER_CLOSED" });
  });

  it("names the port and the way out when the port is taken", async () => {
    const other = createHttpServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { server } = await assemble({ port });
    await expect(server.listen()).rejects.toMatchObject({
      code: "SERVER_PORT_IN_USE",
      message: expect.stringMatching(new RegExp(`Port ${port} on 127.0.0.1 .*--port ${port + 1}`)),
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it("says why it cannot listen on an address that is not this machine's", async () => {
    const { server } = await assemble({ host: "192.0.2.1" });
    await expect(server.listen()).rejects.toMatchObject({ code: "SERVER_PORT_REFUSED" });
  });

  it.each([
    ["/api/notes", /"\/api\/notes" can never be shown: .*back end's prefix/],
    ["/admin", /the admin at "\/admin"/],
    ["/_health/[id]", /the framework's "\/_health"/],
  ])("refuses the page %s, which nobody could ever see", async (route, message) => {
    await expect(assemble({}, { pages: pageTable([{ route }]) })).rejects.toMatchObject({
      code: "SERVER_PAGE_SHADOWED",
      message: expect.stringMatching(message),
    });
  });

  it("takes a changed app in: states, pages and views at once", async () => {
    const { server, calls, replace } = await assemble();
    await server.listen();
    await replace({
      states: registry("new states"),
      pages: pageTable([{ route: "/" }, { route: "/b" }]),
      routes: routes("grace"),
    });
    expect(calls).toContain("replaced by new states");
    expect(await (await fetch(`${server.url}/`)).text()).toBe("2 pages");
    expect(await (await fetch(`${server.url}/api/me`)).json()).toEqual({ name: "grace" });
  });

  it("goes on with the old app when a changed one cannot be used", async () => {
    const { server, calls, replace } = await assemble();
    await server.listen();
    const broken = { states: registry("new states"), pages: pageTable([{ route: "/" }]), routes: "no plugin" };
    await expect(replace(broken)).rejects.toMatchObject({ code: "SERVER_ROUTES_NOT_A_PLUGIN" });
    expect(calls).not.toContain("replaced by new states");
    expect(await (await fetch(`${server.url}/api/me`)).json()).toEqual({ name: "ada" });
  });

  it("answers a request that offers another protocol, which is no WebSocket, as if it did not", async () => {
    const { server } = await assemble();
    await server.listen();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(
      "GET /api/me HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    );
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
    socket.destroy();
  });

  it("lets running requests finish when it stops", async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const slow = async (app: FastifyInstance) =>
      void app.get("/slow", async () => {
        asked.resolve();
        await gate.promise;
        return { done: true };
      });
    const { server } = await assemble({}, { routes: slow });
    await server.listen();
    const answer = fetch(`${server.url}/api/slow`);
    await asked.promise;
    const closing = server.close();
    gate.resolve();
    expect(await (await answer).json()).toEqual({ done: true });
    await closing;
  });

  it("ends the WebSockets of the app's views when it stops, as their plugin does it, and before onStop", async () => {
    const order: string[] = [];
    const talking = async (app: FastifyInstance) => {
      await app.register(websocket);
      app.addHook("onClose", async () => void order.push("onClose"));
      app.get("/talk", { websocket: true }, (socket) => void socket.on("close", () => order.push("socket closed")));
    };
    const { server } = await assemble({ onStop: () => void order.push("onStop") }, { routes: talking });
    await server.listen();
    const client = new WebSocket(`${server.url.replace("http", "ws")}/api/talk`);
    await once(client, "open");
    const closed = once(client, "close");
    await server.close();
    // A connection that was cut would say 1006.
    expect((await closed)[0]).toBe(1005);
    expect(order.at(-1)).toBe("onStop");
    expect([...order].sort()).toEqual(["onClose", "onStop", "socket closed"]);
  });

  it("answers 503 to a health request on a connection that is still busy while it stops", async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const slow = async (app: FastifyInstance) =>
      void app.get("/slow", async () => {
        asked.resolve();
        await gate.promise;
        return { done: true };
      });
    const { server, arrival } = await assemble({}, { routes: slow });
    await server.listen();
    const socket = connect(server.port, "127.0.0.1");
    const answers = new Promise<string>((resolve) => {
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      socket.on("close", () => resolve(text));
    });
    socket.write("GET /api/slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await asked.promise;
    const closing = server.close();
    const heard = arrival("/_health");
    socket.write("GET /_health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await heard;
    gate.resolve();
    await closing;
    expect(await answers).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\{"done":true\}HTTP\/1\.1 503 [\s\S]*"status":"stopping"/);
  });

  it("answers new connections while handlers run, with 503 where a load balancer asks, and closes each afterwards", async () => {
    const ended = Promise.withResolvers<void>();
    const { server, calls } = await assemble({}, {}, 5_000, () => ended.promise);
    await server.listen();
    const { url } = server;
    const closing = server.close();
    const ready = await fetch(`${url}/_health`);
    expect([ready.status, ready.headers.get("connection")]).toEqual([503, "close"]);
    expect((await fetch(`${url}/_health/live`)).status).toBe(200);
    const view = await fetch(`${url}/api/me`);
    expect([await view.json(), view.headers.get("connection")]).toEqual([{ name: "ada" }, "close"]);
    ended.resolve();
    await closing;
    expect(calls.slice(-2)).toEqual(["channel closed", "front end closed"]);
    await expect(fetch(`${url}/_health`)).rejects.toThrow();
  });

  it("gives up on a request that does not end in time, and still calls onStop", async () => {
    const asked = Promise.withResolvers<void>();
    const hanging = async (app: FastifyInstance) =>
      void app.get("/hang", () => {
        asked.resolve();
        return new Promise(() => {});
      });
    const stopped: string[] = [];
    const { server } = await assemble({ onStop: () => void stopped.push("onStop") }, { routes: hanging }, 50);
    await server.listen();
    const answer = fetch(`${server.url}/api/hang`);
    const failed = expect(answer).rejects.toThrow();
    await asked.promise;
    await server.close();
    await failed;
    expect(stopped).toEqual(["onStop"]);
  });
});
