import { io, type Socket } from "socket.io-client";
import { ENDPOINTS } from "../protocol/endpoints.ts";
import type { ClientFrame, Hello, ProblemMessage, ServerFrame, Welcome, WireError } from "../protocol/frames.ts";
import { wireParser } from "../protocol/wire-parser.ts";
import type { Environment } from "./environment.ts";

/** What the connection reports. */
export interface ConnectionListener {
  hello(): Hello;
  welcome(message: Welcome): void;
  frame(frame: ServerFrame): void;
  problem(message: ProblemMessage): void;
  /** The connection ended or could not be made; the next try comes in so many milliseconds. */
  lost(retryIn: number): void;
  /** The server will not have this page: no further try. */
  refused(error: WireError): void;
}

/** Milliseconds before the first, second … try; the last one is repeated. */
const DELAYS = [0, 300, 1_000, 2_000, 5_000];

/** Milliseconds after which a try is given up that the network does not answer. */
const TRY_AT_MOST = 8_000;

/** Milliseconds after which a try that is not answered counts as hanging. */
const HANGS_AFTER = 1_000;

/** Refusals that pass by themselves. */
const TEMPORARY: ReadonlySet<string> = new Set([
  "CHANNEL_CLOSING",
  "CHANNEL_FULL",
  "CHANNEL_ADDRESS_FULL",
  "CHANNEL_SESSION_FULL",
  "BRIDGE_UNAVAILABLE",
  "AUTH_UNAVAILABLE",
]);

/** The browser end of the socket: connects, and connects again with growing pauses. */
export class Connection {
  readonly #socket: Socket;
  readonly #listener: ConnectionListener;
  readonly #environment: Environment;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the try that is under way began. */
  #triedAt: number | undefined;
  #failures = 0;
  #closed = false;
  #paused = false;

  constructor(environment: Environment, listener: ConnectionListener) {
    this.#listener = listener;
    this.#environment = environment;
    this.#socket = io(environment.origin ?? "", {
      path: ENDPOINTS.channel,
      transports: ["websocket"],
      reconnection: false,
      timeout: TRY_AT_MOST,
      autoConnect: false,
      forceNew: true,
      parser: wireParser({ frame: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY }),
      auth: (answer: (hello: Hello) => void) => answer(listener.hello()),
    });
    this.#socket.on("connect", () => {
      this.#triedAt = undefined;
    });
    this.#socket.on("welcome", (message: Welcome) => {
      this.#failures = 0;
      listener.welcome(message);
    });
    this.#socket.on("frame", (frame: ServerFrame) => listener.frame(frame));
    this.#socket.on("problem", (message: ProblemMessage) => listener.problem(message));
    this.#socket.on("alive", (answer: () => void) => answer());
    this.#socket.on("disconnect", () => this.#retry());
    this.#socket.on("connect_error", (error: Error & { data?: WireError }) => {
      this.#triedAt = undefined;
      if (error.data?.code && !TEMPORARY.has(error.data.code)) listener.refused(error.data);
      else this.#retry();
    });
    this.#open();
  }

  send(frame: ClientFrame): void {
    this.#socket.emit("frame", frame);
  }

  /** Tries at once if the connection is down, also in place of a try that hangs: it may be on a network that is gone. */
  wake(): void {
    const hangs = this.#triedAt !== undefined && Date.now() - this.#triedAt >= HANGS_AFTER;
    if (!this.#timer && !this.#paused && !hangs) return;
    this.#paused = false;
    clearTimeout(this.#timer);
    if (hangs) {
      this.#triedAt = undefined;
      this.#socket.disconnect();
    }
    this.#connect();
  }

  /** Drops the connection as the network would, and connects again. */
  restart(): void {
    this.#socket.io.engine?.close();
  }

  /** Drops the connection and makes no new try before `wake()`. */
  pause(): void {
    this.#paused = true;
    this.restart();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
  }

  #connect(): void {
    this.#timer = undefined;
    if (!this.#closed) this.#open();
  }

  #open(): void {
    const manager = this.#socket.io;
    const { headers } = this.#environment;
    // Of this moment: cookies change between two connections.
    if (headers) manager.opts.extraHeaders = { ...headers() };
    this.#triedAt = Date.now();
    this.#socket.connect();
    const { engine } = manager;
    // Socket.IO does not hear of a connection that ends between the upgrade and the first message: it would wait 20 s.
    engine?.once("close", () => {
      if (manager.engine !== engine || manager._readyState !== "opening" || this.#triedAt === undefined) return;
      this.#socket.disconnect();
      this.#retry();
    });
  }

  #retry(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#triedAt = undefined;
    const delay = DELAYS[Math.min(this.#failures, DELAYS.length - 1)] ?? 0;
    this.#failures++;
    // Spread out, so that a restarted server is not met by all its pages at once.
    const wait = delay === 0 ? 0 : delay * (0.75 + Math.random() / 2);
    if (!this.#paused) this.#timer = setTimeout(() => this.#connect(), wait);
    this.#listener.lost(wait);
  }
}
