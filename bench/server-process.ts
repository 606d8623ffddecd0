import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer } from "antiphon";
import { Server } from "socket.io";
import type { Dialect } from "./wire-client.ts";

/** What a server under test reports. */
export interface ServerReport {
  readonly port: number;
  /** Microseconds of processor time since the process began. */
  readonly cpu: number;
  readonly heap: number;
  readonly rss: number;
}

const APP = join(import.meta.dirname, "app");

/** Far above what is measured: the bounds protect against one browser, which here is the load generator. */
const UNBOUNDED = { eventsPerSecond: 1e9, burst: 1e9, queue: 1_000, tabs: 100_000 };

async function listenAntiphon(): Promise<number> {
  const server = await createServer({
    root: APP,
    mode: "production",
    config: { appName: "bench-app", limits: UNBOUNDED },
    host: "127.0.0.1",
    port: 0,
  });
  await server.listen();
  return Number(new URL(server.url).port);
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

function report(port: number): ServerReport {
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return { port, cpu: user + system, heap: heapUsed, rss };
}

async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

if (process.send) {
  const port = await ((process.argv[2] as Dialect) === "echo" ? listenEcho() : listenAntiphon());
  process.on("message", async (request: "report" | "collect") => {
    if (request === "collect") await collect();
    process.send?.(report(port));
  });
  process.on("disconnect", () => process.exit());
  process.send(report(port));
}
