import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import type { ClientFrame, Hello, ServerFrame, Welcome } from "../../protocol/frames.ts";
import { wireParser } from "../../protocol/wire-parser.ts";
import { createEngine, type EngineOptions, type TestableEngine } from "../engine.ts";
import type { ConnectionState } from "./engine-types.ts";
import type { Environment } from "./environment.ts";

/** A server of which the test says every word. */
export class ScriptedServer implements AsyncDisposable {
  readonly http = createServer();
  readonly io = new Server(this.http, {
    path: "/_event",
    transports: ["websocket"],
    parser: wireParser({ frame: 1e7, depth: 1000 }),
  });
  readonly hellos: Hello[] = [];
  readonly frames: ClientFrame[] = [];
  readonly tab: { id: string | undefined } = { id: undefined };
  socket: Socket | undefined;
  url = "";
  #refusal: { code: string; message: string } | undefined;
  #listeners = new Set<() => void>();
  #engines: TestableEngine[] = [];

  /** From now on pages are refused with this code, or let in. */
  refuse(code: string | undefined): void {
    this.#refusal = code === undefined ? undefined : { code, message: `refused: ${code}` };
  }

  async listen(): Promise<this> {
    this.io.use((socket, next) => {
      this.hellos.push(socket.handshake.auth as Hello);
      // The server may not have heard yet that the connection before has ended.
      this.socket = undefined;
      next(this.#refusal ? Object.assign(new Error("refused"), { data: this.#refusal }) : undefined);
    });
    this.io.on("connection", (socket) => {
      this.socket = socket;
      socket.on("frame", (frame: ClientFrame) => {
        this.frames.push(frame);
        this.#notify();
      });
      this.#notify();
    });
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
    return this;
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = find();
      if (found) return found;
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  /** The connection with this number, counted from 1. */
  connection(count: number): Promise<Socket> {
    return this.until(() => this.hellos.length >= count && this.socket?.connected && this.socket);
  }

  request(kind: ClientFrame["kind"], place = 0): Promise<ClientFrame> {
    return this.until(() => this.frames.filter((frame) => frame.kind === kind)[place]);
  }

  welcome(message: Partial<Welcome>): void {
    const welcome: Welcome = {
      tab: "t1",
      fresh: false,
      epoch: { number: 1, begun: 1, passed: 1 },
      received: 0,
      open: [],
      resume: { snapshot: { version: 1 } },
      frameSize: 1_000_000,
      build: "b1",
      ...message,
    };
    this.socket?.emit("welcome", welcome);
  }

  send(frame: ServerFrame): void {
    this.socket?.emit("frame", frame);
  }

  engine(options: EngineOptions = {}, environment: Partial<Environment> = {}): TestableEngine {
    const engine = createEngine({
      environment: {
        origin: this.url,
        build: "b1",
        path: "/start",
        tab: {
          get: () => this.tab.id,
          set: (id) => {
            this.tab.id = id;
          },
        },
        onWake: () => () => {},
        identity: () => "",
        onIdentity: () => () => {},
        claimCookies: async () => 204,
        ...environment,
      },
      unwatchAfter: 0,
      seenAfter: 1_000_000,
      ...options,
    });
    this.#engines.push(engine);
    return engine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.#engines) engine.close();
    await this.io.close();
  }
}

/** Waits until the connection is as the test wants it. */
export async function connectionOf(
  engine: TestableEngine,
  holds: (state: ConnectionState) => boolean,
): Promise<ConnectionState> {
  while (!holds(engine.connection())) {
    await new Promise<void>((resolve) => {
      const stop = engine.onConnection(() => {
        stop();
        resolve();
      });
    });
  }
  return engine.connection();
}
