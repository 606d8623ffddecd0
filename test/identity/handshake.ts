import { io } from "socket.io-client";
import { wireParser } from "../../dist/protocol/wire-parser.js";

/** Whether the server let a socket in, and what it said if not. */
export interface Opened {
  readonly opened: boolean;
  readonly status?: unknown;
}

/** Opens a socket with exactly these headers, which a page's engine would choose itself, and closes it. */
export function handshake(url: string, headers: { readonly [name: string]: string }): Promise<Opened> {
  const socket = io(url, {
    path: "/_event",
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    parser: wireParser({ frame: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY }),
    extraHeaders: { ...headers },
    auth: { protocol: 1, build: "test", page: "a page", path: "/", watch: [] },
  });
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
