import type { Socket } from "socket.io";
import type { RequestSource } from "../bridge/request-context.ts";
import type { ProblemMessage, Welcome } from "../protocol/frames.ts";
import { Encoded } from "../protocol/wire-parser.ts";

/** One connection of one page, whatever carries it. */
export interface Connection {
  /** The request that opened it; undefined where nobody wants to know. */
  readonly source: RequestSource | undefined;
  /** `Set-Cookie` lines by name that its opening has set. */
  readonly cookies: ReadonlyMap<string, string>;
  welcome(message: Welcome): void;
  /** Sends a frame that has been turned into text already. */
  frame(json: string): void;
  problem(message: ProblemMessage): void;
  /** Asks the page whether it is still there. */
  alive(timeout: number): Promise<boolean>;
  /** Bytes that the network has not taken yet. */
  backlog(): number;
  close(): void;
}

/** A connection over Socket.IO. */
export class SocketConnection implements Connection {
  readonly source: RequestSource | undefined;
  readonly cookies: ReadonlyMap<string, string>;
  readonly #socket: Socket;

  constructor(socket: Socket, source?: RequestSource, cookies: ReadonlyMap<string, string> = new Map()) {
    this.#socket = socket;
    this.source = source;
    this.cookies = cookies;
  }

  welcome(message: Welcome): void {
    this.#socket.emit("welcome", new Encoded(JSON.stringify(message)));
  }

  frame(json: string): void {
    this.#socket.emit("frame", new Encoded(json));
  }

  problem(message: ProblemMessage): void {
    this.#socket.emit("problem", new Encoded(JSON.stringify(message)));
  }

  async alive(timeout: number): Promise<boolean> {
    if (!this.#socket.connected) return false;
    return await new Promise((resolve) => {
      this.#socket.timeout(timeout).emit("alive", (error: Error | null) => resolve(!error));
    });
  }

  backlog(): number {
    const { socket } = this.#socket.conn.transport as { socket?: { bufferedAmount?: number } };
    return socket?.bufferedAmount ?? 0;
  }

  close(): void {
    this.#socket.disconnect(true);
  }
}
