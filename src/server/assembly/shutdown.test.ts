import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it } from "vitest";
import { createLogger } from "../logger.ts";
import { httpShutdown, shutDown } from "./shutdown.ts";

const logger = createLogger({ level: "silent" });

describe("Stopping", () => {
  it("runs every step in its order, also after one that fails", async () => {
    const ran: string[] = [];
    const step = (name: string, work: () => void | Promise<void> = () => {}) => ({
      name,
      run: async () => {
        await work();
        ran.push(name);
      },
    });
    const failing = step("failing", () => {
      throw new Error("x");
    });
    expect(await shutDown([step("a"), failing, step("b")], { timeoutMs: 5000, logger })).toEqual([]);
    expect(ran).toEqual(["a", "b"]);
  });

  it("leaves behind what does not end in time, and still starts the rest", async () => {
    const ran: string[] = [];
    const late = await shutDown(
      [
        { name: "hangs", run: () => new Promise(() => {}) },
        { name: "rest", run: () => void ran.push("rest") },
      ],
      { timeoutMs: 20, logger },
    );
    expect(late).toEqual(["hangs"]);
    expect(ran).toEqual(["rest"]);
  });

  it("lets a running answer finish, takes no new connection and does not wait for idle ones", async () => {
    let answer = () => {};
    const asked = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      answer = () => response.end("done");
      asked.resolve();
    });
    const stop = httpShutdown(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const idle = connect(port, "127.0.0.1");
    const idleClosed = new Promise((resolve) => idle.on("close", resolve).on("error", () => {}));
    await new Promise((resolve) => idle.on("connect", resolve));
    const running = fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "keep-alive" } });
    await asked.promise;
    stop.refuse();
    await idleClosed;
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    answer();
    expect(await (await running).text()).toBe("done");
    await stop.drain();
  });

  it("says in an answer that is under way that its connection closes, before a client sends the next request on it", async () => {
    let answer = () => {};
    const asked = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      answer = () => response.end("done");
      asked.resolve();
    });
    const stop = httpShutdown(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const running = fetch(`http://127.0.0.1:${port}/`);
    await asked.promise;
    stop.announce();
    answer();
    expect((await running).headers.get("connection")).toBe("close");
    await stop.refuse();
    await stop.drain();
  });

  it("answers a request that comes on an idle connection while the server stops, and closes the others", async () => {
    const server = createServer((_request, response) => {
      response.setHeader("Connection", "close");
      response.end("done");
    });
    const stop = httpShutdown(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const [used, idle] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    const texts = new Map<unknown, string>();
    for (const socket of [used, idle]) {
      socket.setEncoding("utf8").on("data", (text: string) => texts.set(socket, (texts.get(socket) ?? "") + text));
    }
    const gone = Promise.all([used, idle].map((socket) => new Promise((resolve) => socket.on("close", resolve))));
    await Promise.all([used, idle].map((socket) => new Promise((resolve) => socket.on("connect", resolve))));
    const refused = stop.refuse(300);
    while (server.listening) await new Promise(setImmediate);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    used.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await refused;
    await gone;
    expect(texts.get(used)).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*done/);
    expect(texts.has(idle)).toBe(false);
    await stop.drain();
  });

  it("cuts what is left, also a connection that became a WebSocket", async () => {
    const server = createServer();
    const stop = httpShutdown(server);
    const upgraded = new Promise<void>((resolve) => server.on("upgrade", () => resolve()));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const gone = new Promise((resolve) => socket.on("close", resolve).on("error", () => {}));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await upgraded;
    stop.refuse();
    expect(socket.destroyed).toBe(false);
    stop.cut();
    await gone;
    await stop.drain();
  });

  it("may be asked of a server that never listened", async () => {
    const stop = httpShutdown(createServer());
    stop.refuse();
    await stop.drain();
  });
});
