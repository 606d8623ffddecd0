import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket as NetworkSocket } from "node:net";
import { io, type Socket } from "socket.io-client";
import {
  type ClosingMessage,
  type Hello,
  PROTOCOL_VERSION,
  type ProblemMessage,
  type ServerFrame,
  type Welcome,
  type WireError,
} from "../protocol/frames.ts";
import { type PageDefinition, pageTable } from "../protocol/page.ts";
import { wireParser } from "../protocol/wire-parser.ts";
import { type StateClass, tagStates } from "../state/class-info.ts";
import { StateRegistry } from "../state/registry.ts";
import { attachChannel, type Channel, type ChannelOptions } from "./channel.ts";

/** Log lines of a channel under test. */
export interface LogLine {
  readonly level: "warn" | "error";
  readonly details: { readonly err?: Error; readonly ref?: string };
  readonly message: string;
}

/** A channel on an HTTP server of its own. */
export interface TestChannel extends AsyncDisposable {
  readonly channel: Channel;
  readonly url: string;
  readonly log: LogLine[];
  /** Connects a page and waits for its welcome. */
  page(hello?: Partial<Hello>, headers?: Record<string, string>): Promise<RawPage>;
  /** Connects and returns the refusal. */
  refused(hello: unknown, headers?: Record<string, string>): Promise<string>;
}

type Message = {
  welcome?: Welcome;
  frame?: ServerFrame;
  problem?: ProblemMessage;
  closing?: ClosingMessage;
  gone?: string;
};

let pages = 0;

/** A page that speaks the protocol by hand: nothing of the client is in it. */
export class RawPage {
  readonly socket: Socket;
  readonly hello: Hello;
  readonly messages: Message[] = [];
  readonly frames: ServerFrame[] = [];
  #listeners = new Set<() => void>();
  id = 0;

  constructor(url: string, hello: Hello, headers: Record<string, string> = { origin: url }) {
    this.hello = hello;
    const parser = wireParser({ frame: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY });
    this.socket = io(url, {
      path: "/_event",
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      auth: hello,
      extraHeaders: headers,
      parser,
    });
    this.socket.on("welcome", (welcome: Welcome) => this.#take({ welcome }));
    this.socket.on("frame", (frame: ServerFrame) => {
      this.frames.push(frame);
      this.#take({ frame });
    });
    this.socket.on("problem", (problem: ProblemMessage) => this.#take({ problem }));
    this.socket.on("closing", (closing: ClosingMessage) => this.#take({ closing }));
    this.socket.on("disconnect", (gone) => this.#take({ gone }));
  }

  #take(message: Message): void {
    this.messages.push(message);
    for (const listener of [...this.#listeners]) listener();
  }

  /** The first message, past or to come, that fits. */
  async message<T>(find: (message: Message) => T | undefined | false): Promise<T> {
    for (let next = 0; ; ) {
      for (; next < this.messages.length; next++) {
        const found = find(this.messages[next] as Message);
        if (found) return found;
      }
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  get welcome(): Promise<Welcome> {
    return this.message(({ welcome }) => welcome);
  }

  problem(code: string): Promise<WireError> {
    return this.message(({ problem }) => problem?.error.code === code && problem.error);
  }

  gone(): Promise<string> {
    return this.message(({ gone }) => gone);
  }

  /** Sends a frame under the next number and returns that number. */
  send(frame: object): number {
    const id = ++this.id;
    this.socket.emit("frame", { ...frame, id, seen: this.version });
    return id;
  }

  /** Sends text as it is. */
  raw(text: string | Uint8Array): void {
    this.socket.io.engine.write(text);
  }

  get version(): number {
    return this.frames.at(-1)?.version ?? 0;
  }

  /** The answer to a frame: undefined when it was done. */
  async ack(id: number): Promise<WireError | undefined> {
    const ack = await this.message(({ frame }) => frame?.acks?.find(([of]) => of === id));
    return ack[1];
  }

  call(state: string, event: string, ...args: unknown[]): Promise<WireError | undefined> {
    return this.ack(this.send({ kind: "event", state, event, args }));
  }

  /** Cuts the connection without a word, as a network does. */
  cut(): void {
    this.socket.io.engine.close();
  }
}

/** What a page says when it connects. */
export function helloOf(hello: Partial<Hello> = {}): Hello {
  return { protocol: PROTOCOL_VERSION, build: "test", page: `page-${++pages}`, path: "/", watch: [], ...hello };
}

/** Starts a channel with these states and pages. */
export async function testChannel(
  classes: Record<string, StateClass>,
  options: Partial<ChannelOptions> & { readonly definitions?: readonly PageDefinition[] } = {},
): Promise<TestChannel> {
  tagStates("app", classes);
  const httpServer: Server = createServer((_request, response) => response.end());
  const sockets = new Set<NetworkSocket>();
  httpServer.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const log: LogLine[] = [];
  const { definitions = [{ route: "/" }], ...rest } = options;
  const channel = attachChannel(httpServer, {
    states: new StateRegistry([classes]),
    pages: pageTable(definitions),
    build: "test",
    mode: "test",
    logger: {
      warn: (details, message) => log.push({ level: "warn", details, message }),
      error: (details, message) => log.push({ level: "error", details, message }),
    },
    ...rest,
  });
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  const opened = new Set<RawPage>();
  const open = (hello: Hello, headers?: Record<string, string>) => {
    const page = new RawPage(url, hello, headers);
    opened.add(page);
    page.socket.on("disconnect", () => opened.delete(page));
    return page;
  };
  return {
    channel,
    url,
    log,
    page: async (hello = {}, headers?) => {
      const page = open(helloOf(hello), headers);
      page.socket.on("connect_error", (error) => page.messages.push({ gone: error.message }));
      await page.welcome;
      return page;
    },
    refused: (hello, headers) =>
      new Promise((resolve, reject) => {
        const page = open(hello as Hello, headers);
        page.socket.on("connect_error", (error: Error & { data?: WireError; description?: unknown }) =>
          resolve(error.data?.code ?? error.message),
        );
        void page.welcome.then(() => reject(new Error("The page was let in")));
      }),
    [Symbol.asyncDispose]: async () => {
      for (const page of opened) page.socket.disconnect();
      await channel.close(1_000);
      // A page that does not read would not take part in the closing.
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => httpServer.close(resolve));
    },
  };
}
