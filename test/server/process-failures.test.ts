import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { callCommand } from "antiphon";
import { createEngine, type TestableEngine } from "antiphon/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type AppCopy, buildOf, copyApp } from "../support/app-copy.ts";

const STATE = `import { EventEmitter } from "node:events";
import { connect, createServer } from "node:net";
import { event, State } from "antiphon/state";

const bus = new EventEmitter();
setInterval(() => bus.emit("tick"), 5).unref();
const fail = () => { throw new Error("left behind"); };

export class CounterState extends State {
  static override events = {
    increment: event(), floating: event(), later: event(), timer: event(), microtask: event(), tick: event(), socket: event(),
    listen: event(), listenAndWrite: event(), work: event({ background: true }), odd: event(),
  };
  count = 0;
  heard = 0;
  increment() { this.count++; }
  floating() { void Promise.reject(new Error("left behind")); }
  later() { void (async () => { await new Promise((done) => setTimeout(done, 5)); fail(); })(); }
  timer() { setTimeout(fail, 5); }
  microtask() { queueMicrotask(fail); }
  tick() { process.nextTick(fail); }
  socket() {
    const server = createServer((socket) => void socket.end("x")).listen(0, "127.0.0.1", () => {
      connect((server.address() as import("node:net").AddressInfo).port, "127.0.0.1").on("data", () => { server.close(); fail(); });
    });
  }
  listen() { bus.once("tick", () => { void this.update(() => { this.heard++; fail(); }); }); }
  listenAndWrite() { bus.once("tick", () => { this.heard++; }); }
  async work() { setTimeout(fail, 5); await new Promise((done) => setTimeout(done, 20)); fail(); }
  odd() { setTimeout(() => { throw Object.freeze(Object.create(null)); }, 5); }
}
`;

const ROUTES = `export default async function routes(app: import("fastify").FastifyInstance) {
  app.get("/break", async () => {
    setTimeout(() => { throw new Error("of no handler"); }, 5);
    return {};
  });
}
`;

/** The program of the deployment guide. */
const PROGRAM = `import { createServer } from "antiphon";

const server = await createServer({ root: import.meta.dirname, mode: "production", port: 0, host: "127.0.0.1" });
await server.listen();
console.log(server.url + "/");
process.once("SIGTERM", () => void server.close());
`;

const VARIABLES = {
  ANTIPHON_SECRET_KEY: "for tests alone: k3Jx0VtZ9nLr5KcW7yPdE1aGhM8uSbFoTi2w",
  ANTIPHON_ALLOWED_HOSTS: "127.0.0.1",
};

const STARTS = {
  "antiphon run": [
    join(import.meta.dirname, "../../bin/antiphon.js"),
    "run",
    "--prod",
    "--port",
    "0",
    "--host",
    "127.0.0.1",
  ],
  "a program of the app's own": ["serve.ts"],
} as const;

let app: AppCopy;
let child: ChildProcess;
let exited: Promise<unknown>;
let engine: TestableEngine;
let log = "";

beforeAll(async () => {
  app = await copyApp();
  await app.write("src/counter.state.ts", STATE);
  await app.write("src/routes.ts", ROUTES);
  await app.write("serve.ts", PROGRAM);
  await callCommand("build", [], { root: app.root });
}, 120_000);
afterAll(() => app?.[Symbol.asyncDispose]());

async function start(args: readonly string[]): Promise<string> {
  log = "";
  const env = { ...process.env, NO_COLOR: "1", NODE_ENV: undefined, ...VARIABLES };
  child = spawn(process.execPath, args, { cwd: app.root, env, stdio: ["ignore", "pipe", "inherit"] });
  exited = once(child, "exit").then(([code]) => code);
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    log += text;
  });
  const url = await logged(/(http:\/\/127\.0\.0\.1:\d+)\//);
  engine = createEngine({
    environment: {
      origin: url,
      build: buildOf(app.root),
      path: "/",
      tab: { get: () => undefined, set: () => {} },
      headers: () => ({ origin: url }),
      onWake: () => () => {},
      identity: () => "",
      onIdentity: () => () => {},
      claimCookies: async () => 204,
    },
    onFrame: () => {},
  });
  await engine.ready("counter.CounterState");
  return url;
}

async function logged(pattern: RegExp): Promise<string> {
  for (;;) {
    const match = pattern.exec(log);
    if (match) return match[1] ?? match[0];
    const data = once(child.stdout as NodeJS.ReadableStream, "data");
    const over = await Promise.race([exited.then(() => true), data.then(() => false)]);
    if (over) throw new Error(`${pattern} was not logged:\n${log}`);
  }
}

afterEach(() => {
  engine?.close();
  child?.kill("SIGKILL");
});

describe.each(Object.entries(STARTS))("A production server started by %s", (_name, args) => {
  test("survives whatever a handler leaves behind, and names the handler", async () => {
    await start(args);
    const call = (event: string) => engine.call("counter.CounterState", event, []);
    for (const event of ["floating", "later", "timer", "microtask", "tick", "socket", "work", "odd"]) {
      log = "";
      await call(event);
      await logged(new RegExp(`"handler":"CounterState\\.${event}"`));
      await call("increment");
    }
    for (const event of ["listen", "listenAndWrite"]) {
      log = "";
      await call(event);
      await logged(/SERVER_(?:UNHANDLED_REJECTION|CALLBACK_FAILED)/);
      await call("increment");
    }
    expect(child.exitCode).toBeNull();
  }, 60_000);

  test("stops in an orderly way, with exit code 1, after an error that belongs to no handler", async () => {
    const url = await start(args);
    await fetch(new URL("/api/break", url));
    expect(await exited).toBe(1);
    expect(log).toContain("SERVER_UNCAUGHT_EXCEPTION");
  }, 60_000);
});
