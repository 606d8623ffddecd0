import { randomBytes } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type AntiphonConfig, type AntiphonServer, createServer } from "antiphon";
import { createUser, login } from "antiphon/auth";
import { withDatabase } from "antiphon/models";
import { Server } from "socket.io";
import { runInRequest } from "../dist/bridge/current-request.js";
import { type Identity, RequestContext } from "../dist/bridge/request-context.js";
import { prepareEmptyDatabase } from "../dist/models/migrations/create-tables.js";

/** What a server under test reports. */
export interface ServerReport {
  readonly port: number;
  /** Microseconds of processor time since the process began. */
  readonly cpu: number;
  readonly heap: number;
  readonly rss: number;
  /** Cookies of a browser that is signed in, where the server has users. */
  readonly cookie?: string;
}

/** Far above what is measured: the bounds protect against one browser, which here is the load generator. */
const UNBOUNDED = {
  eventsPerSecond: 1e9,
  burst: 1e9,
  queue: 1_000,
  tabs: 100_000,
  socketsPerAddress: 100_000,
  socketsPerSession: 100_000,
};

/** What every production server is asked for. */
const PRODUCTION = {
  limits: UNBOUNDED,
  secretKey: randomBytes(48).toString("base64url"),
  allowedHosts: ["127.0.0.1"],
  session: { secure: false, allowInsecure: true },
};

async function listenAntiphon(app: string, config: AntiphonConfig): Promise<AntiphonServer> {
  const server = await createServer({
    root: join(import.meta.dirname, app),
    mode: "production",
    config: { ...PRODUCTION, ...config },
    host: "127.0.0.1",
    port: 0,
  });
  await server.listen();
  return server;
}

/** An app with users, and the cookies of one who is signed in. */
async function listenIdentity(): Promise<{ port: number; cookie: string }> {
  const server = await listenAntiphon("identity-app", {
    appName: "bench-identity-app",
    backendPrefix: "/api",
    database: { url: "sqlite::memory:" },
  });
  const { database, port } = server;
  // By the types of the built package, which is what is measured.
  const identity = server.identity as unknown as Identity | undefined;
  if (!database || !identity) throw new Error("The bench's app should have users");
  await prepareEmptyDatabase(database as never, { folder: "migrations" });
  const host = `127.0.0.1:${port}`;
  const source = { method: "POST", url: "/", headers: { host }, ip: "127.0.0.1", host } as const;
  const context = new RequestContext({ kind: "view", protocol: "http", ...source }, identity);
  await withDatabase(database, () =>
    runInRequest(context, async () => {
      await login(await createUser({ username: "ada", password: "correct horse battery" }));
      context.session.set("theme", "dark");
      await identity.finish(context, 200);
    }),
  );
  const cookie = Array.from(context.outgoing.values(), (line) => line.split(";", 1)[0]).join("; ");
  return { port, cookie };
}

async function listenEcho(): Promise<number> {
  const http = createHttpServer();
  const io = new Server(http, { path: "/_event", transports: ["websocket"], serveClient: false });
  io.on("connection", (socket) => {
    socket.on("frame", (frame: unknown, answer: (frame: unknown) => void) => answer(frame));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return (http.address() as AddressInfo).port;
}

function report(port: number, cookie?: string): ServerReport {
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return { port, cpu: user + system, heap: heapUsed, rss, ...(cookie === undefined ? {} : { cookie }) };
}

async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

if (process.send) {
  const { port, cookie } = await listen(process.argv[2]);
  process.on("message", async (request: "report" | "collect") => {
    if (request === "collect") await collect();
    process.send?.(report(port, cookie));
  });
  process.on("disconnect", () => process.exit());
  process.send(report(port, cookie));
}

async function listen(what = "antiphon"): Promise<{ readonly port: number; readonly cookie?: string }> {
  if (what === "identity") return listenIdentity();
  if (what === "echo") return { port: await listenEcho() };
  return { port: (await listenAntiphon("app", { appName: "bench-app" })).port };
}
