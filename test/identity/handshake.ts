import { io, type Socket } from "socket.io-client";
import type { Hello, ServerFrame, Welcome } from "../../dist/protocol/frames.js";
import { wireParser } from "../../dist/protocol/wire-parser.js";

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

function connect(url: string, headers: { readonly [name: string]: string }, hello: Partial<Hello>): Socket {
  return io(url, {
    path: "/_event",
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    parser: wireParser({ frame: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY }),
    extraHeaders: { ...headers },
    auth: { protocol: 1, build: "test", page: "a page", path: "/", watch: [], ...hello },
  });
}

/** Opens a socket with exactly these headers and this hello. */
export async function socketPage(
  url: string,
  headers: { readonly [name: string]: string },
  hello: Partial<Hello> = {},
): Promise<SocketPage> {
  const socket = connect(url, headers, hello);
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
export function handshake(url: string, headers: { readonly [name: string]: string }): Promise<Opened> {
  const socket = connect(url, headers, {});
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
