import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { createEngine, type TestableEngine } from "../engine.ts";

/** Takes every connection and never says a word, as a network does that is gone. */
class SilentServer implements AsyncDisposable {
  readonly #sockets: Socket[] = [];
  readonly #waiting = new Map<number, () => void>();
  readonly #server = createServer((socket) => {
    this.#sockets.push(socket);
    socket.on("error", () => undefined);
    socket.resume();
    this.#waiting.get(this.#sockets.length)?.();
  });
  #engine: TestableEngine | undefined;

  get count(): number {
    return this.#sockets.length;
  }

  async connect(): Promise<TestableEngine> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#engine = createEngine({
      environment: {
        origin,
        build: "b1",
        path: "/",
        tab: { get: () => undefined, set: () => undefined },
        onWake: () => () => undefined,
        identity: () => "",
        onIdentity: () => () => undefined,
        claimCookies: async () => 204,
      },
    });
    return this.#engine;
  }

  async try(count: number): Promise<Socket> {
    if (this.count < count) await new Promise<void>((resolve) => this.#waiting.set(count, resolve));
    return this.#sockets[count - 1] as Socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    vi.useRealTimers();
    this.#engine?.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));

afterEach(() => {
  vi.useRealTimers();
});

test("a try that hangs is replaced at once when there is reason to, one that has just begun is left alone", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await using server = new SilentServer();
  const engine = await server.connect();
  const first = await server.try(1);
  engine.reconnectNow();
  vi.setSystemTime(Date.now() + 1_000);
  const gone = closed(first);
  engine.reconnectNow();
  engine.reconnectNow();
  await server.try(2);
  await gone;
  expect([server.count, engine.connection().status]).toEqual([2, "connecting"]);
});

test("a try that nobody answers is given up after some seconds and followed by another", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  await using server = new SilentServer();
  const engine = await server.connect();
  const first = await server.try(1);
  const gone = closed(first);
  vi.advanceTimersByTime(8_000);
  await gone;
  vi.runOnlyPendingTimers();
  await server.try(2);
  expect(engine.connection().status).toBe("connecting");
});
