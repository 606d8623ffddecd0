import { Emitter } from "@socket.io/component-emitter";
import type { ClosingMessage, Hello, ProblemMessage, ServerFrame, Welcome, WireError } from "antiphon/testing";
import { io, type Socket } from "socket.io-client";

interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly data?: unknown;
  readonly id?: number;
}

/** Each packet of Socket.IO as one JSON text, as docs/reference/protocol.md has it. */
const PARSER = {
  Encoder: class {
    encode({ type, nsp, data, id }: Packet): string[] {
      return [JSON.stringify(id === undefined ? [type, nsp, data] : [type, nsp, data, id])];
    }
  },
  Decoder: class extends Emitter<{ decoded: (packet: Packet) => void }, { decoded: (packet: Packet) => void }> {
    add(text: string): void {
      const [type, nsp, data, id] = JSON.parse(text) as [number, string, unknown, number?];
      this.emit("decoded", id === undefined ? { type, nsp, data } : { type, nsp, data, id });
    }
    destroy(): void {}
  },
};

/** Opens a socket with exactly these headers and this hello; nothing of the client is in it. */
export function openSocket(url: string, headers: { readonly [name: string]: string }, hello: unknown): Socket {
  return io(url, {
    path: "/_event",
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    parser: PARSER,
    extraHeaders: { ...headers },
    auth: hello as { [name: string]: unknown },
  });
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
    this.socket = openSocket(url, headers, hello);
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
  return { protocol: 1, build: "test", page: `page-${++pages}`, path: "/", watch: [], ...hello };
}

/** Whether the server let a socket in, and what it said if not. */
export interface Opened {
  readonly opened: boolean;
  readonly status?: unknown;
}

/** A page that a test speaks for, message by message. */
export interface SocketPage extends Disposable {
  readonly socket: Socket;
  readonly welcome: Welcome;
}

/** Opens a socket with exactly these headers and this hello. */
export async function socketPage(
  url: string,
  headers: { readonly [name: string]: string },
  hello: Partial<Hello> = {},
): Promise<SocketPage> {
  const socket = openSocket(url, headers, helloOf({ page: "a page", ...hello }));
  const welcome = await new Promise<Welcome>((resolve, reject) => {
    socket.on("welcome", resolve);
    socket.on("connect_error", reject);
  });
  return { socket, welcome, [Symbol.dispose]: () => void socket.close() };
}

/** Calls an event and returns the ticket that its answer brings. */
export async function ticketOf({ socket }: SocketPage, state: string, event: string, args: unknown[]): Promise<string> {
  const answered = new Promise<ServerFrame>((resolve) => {
    socket.on("frame", (frame: ServerFrame) => frame.acks && resolve(frame));
  });
  socket.emit("frame", { kind: "event", id: 1, seen: 0, state, event, args });
  for (const effect of (await answered).effects ?? []) if (effect.effect === "cookies") return effect.ticket;
  throw new Error("The answer brought no ticket");
}

/** Opens a socket with exactly these headers, which a page's engine would choose itself, and closes it. */
export function handshake(
  url: string,
  headers: { readonly [name: string]: string },
  hello: Partial<Hello> = {},
): Promise<Opened> {
  const socket = openSocket(url, headers, helloOf({ page: "a page", ...hello }));
  return new Promise((resolve) => {
    socket.on("welcome", () => {
      socket.close();
      resolve({ opened: true });
    });
    socket.on("connect_error", (error: Error) => {
      socket.close();
      resolve({ opened: false, status: error.message });
    });
  });
}
