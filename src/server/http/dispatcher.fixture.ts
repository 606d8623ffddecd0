import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type Duplex, Writable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { afterEach } from "vitest";
import { AntiphonError } from "../../errors.ts";
import { createLogger } from "../logger.ts";
import type { Frontend, FrontendContext } from "../views/frontend.ts";
import { type Backend, createBackend } from "./backend.ts";
import { createDispatcher } from "./dispatcher.ts";
import { type PrefixOptions, prefixTable } from "./path-owner.ts";
import type { SecurityOptions } from "./security-headers.ts";

/** What a dispatcher is tried out with. */
export interface Setup extends PrefixOptions {
  readonly mode?: "development" | "production" | "test";
  readonly routes?: unknown;
  readonly handle?: (
    request: IncomingMessage,
    response: ServerResponse,
    context: FrontendContext,
  ) => void | Promise<void>;
  readonly upgrade?: Frontend["upgrade"];
  readonly upgradeMs?: number;
  /** An upgrade's listener that is there before the dispatcher's, as the development server's is. */
  readonly listener?: (request: IncomingMessage, socket: Duplex) => void;
  readonly security?: Partial<SecurityOptions>;
  /** The one host that is answered for; any when absent. */
  readonly host?: string;
  readonly trustedOrigins?: readonly string[];
  readonly runIn?: <T>(work: () => T) => T;
  /** Path under which the app is hosted. */
  readonly basePath?: string;
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Starts an HTTP server with a dispatcher, a real back end and a front end that only echoes. It stops after the test. */
export async function startDispatcher(setup: Setup = {}) {
  const log: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ destination, level: "info" });
  const mode = setup.mode ?? "production";
  const prefixes = prefixTable(setup);
  const make = (routes: unknown) =>
    createBackend({
      prefixes,
      routes,
      mode,
      logger,
      trustProxy: setup.security?.trustProxy,
      bodyBytes: 1000,
      crossSite: { trustedOrigins: setup.trustedOrigins ?? [] },
      ...(setup.runIn ? { runIn: setup.runIn } : {}),
    });
  let backend: Backend = await make(setup.routes);
  const frontend: Frontend = {
    handle: setup.handle ?? ((request, response) => void response.end(`page ${request.url}`)),
    ...(setup.upgrade ? { upgrade: setup.upgrade } : {}),
    close: async () => {},
  };
  let stopping = false;
  const dispatcher = createDispatcher({
    prefixes,
    ...(setup.basePath === undefined ? {} : { basePath: setup.basePath }),
    logger,
    security: { mode, ...setup.security },
    backend: () => backend,
    frontend: () => frontend,
    allowsHost: (host) => setup.host === undefined || host === setup.host,
    stats: () => ({ uptime: 1, tabs: 2, connected: 1, stateBytes: 300, blocked: 0 }),
    stopping: () => stopping,
    ...(setup.upgradeMs === undefined ? {} : { upgradeMs: setup.upgradeMs }),
  });
  const server: Server = createServer();
  if (setup.listener) server.on("upgrade", setup.listener);
  dispatcher.listenTo(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  closers.push(
    () => backend.close(),
    () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  );
  return {
    port,
    log,
    server,
    swap: async (routes: unknown) => {
      const old = backend;
      backend = await make(routes);
      await old.close();
    },
    stop: () => {
      stopping = true;
    },
    fetch: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init),
    /** Sends the target as it stands: fetch would tidy it up first. */
    raw: (target: string, headers: Record<string, string> = {}) => rawGet(port, target, headers),
  };
}

function rawGet(port: number, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = httpRequest({ port, host: "127.0.0.1", path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject).end();
  });
}

/** Sends text over a bare connection and gives all that comes back. */
export function rawSocket(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

/** Views that answer, refuse and fail in every way. */
export async function routes(app: FastifyInstance) {
  app.get("/me", async () => ({ name: "ada" }));
  app.get("/notes/:id", async (request) => request.params);
  app.post("/echo", async (request) => request.body);
  app.get("/boom", async () => {
    throw new Error("no such table: secret_table");
  });
  app.get("/refuse", async () => {
    throw Object.assign(new Error("Only on Sundays"), { statusCode: 409, code: "NOT_SUNDAY" });
  });
  app.get("/ours", async () => {
    throw new AntiphonError("STATE_BROKEN", "in /home/ada/app", { status: 400 });
  });
  app.get("/foreign", async () => {
    throw Object.assign(new Error("GET http://10.0.0.3/internal answered 404"), { status: 404 });
  });
  app.get("/framed", async (_request, reply) => reply.header("X-Frame-Options", "SAMEORIGIN").send("ok"));
  app.get("/ip", async (request) => ({ ip: request.ip, protocol: request.protocol }));
}
