import { io, type Socket } from "socket.io-client";
import { ENDPOINTS } from "../../protocol/endpoints.ts";
import type {
  ClientFrame,
  ClosingMessage,
  Hello,
  ProblemMessage,
  ServerFrame,
  Welcome,
  WireError,
} from "../../protocol/frames.ts";
import { wireParser } from "../../protocol/wire-parser.ts";
import { BlockedSocket } from "./blocked-socket.ts";
import type { Environment } from "./environment.ts";
import { Liveness, SLOWEST } from "./liveness.ts";

/** What the connection reports. */
export interface ConnectionListener {
  hello(): Hello;
  welcome(message: Welcome): void;
  frame(frame: ServerFrame): void;
  problem(message: ProblemMessage): void;
  /** The server takes nothing more on this connection. */
  closing(message: ClosingMessage): void;
  /** The connection ended or could not be made; the next try comes in so many milliseconds. */
  lost(retryIn: number): void;
  /** The open connection does not answer, or answers again. One that goes on not to answer is made again. */
  silent(isSilent: boolean): void;
  /** Whether something between page and server lets no WebSocket through, as far as that is known. */
  blocked(isBlocked: boolean): void;
  /** Whether a message of the page waits for its answer. */
  isWaiting(): boolean;
  /** The server will not have this page: no further try. */
  refused(error: WireError): void;
}

/** Milliseconds before the first, second … try; the last one is repeated. */
const DELAYS = [0, 300, 1_000, 2_000, 5_000];

/** Milliseconds after which a try is given up that the network does not answer. */
const TRY_AT_MOST = 8_000;

/** Milliseconds after which a try that is not answered counts as hanging. */
const HANGS_AFTER = 1_000;

/** Milliseconds between two extensions of the heartbeat by messages that arrive. */
const EXTEND_EVERY = 500;

/** Members of the engine that its types do not show. */
interface Heartbeat {
  _pingTimeout: number;
  _resetPingTimeout(): void;
}

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
  readonly #liveness: Liveness;
  readonly #blocked: BlockedSocket;
  /** Start time of the current attempt, which ends with the welcome. */
  #triedAt: number | undefined;
  /** The same in milliseconds that no change of the clock moves. */
  #begunAt = 0;
  #failures = 0;
  #closed = false;
  #paused = false;

  constructor(environment: Environment, listener: ConnectionListener) {
    this.#listener = listener;
    this.#environment = environment;
    this.#liveness = new Liveness({
      probe: () => this.#socket.emit("probe"),
      isWaiting: () => listener.isWaiting(),
      silent: (isSilent) => listener.silent(isSilent),
      dead: () => this.restart(),
    });
    const answersHttp = async () => (await environment.answersHttp?.()) === true;
    this.#blocked = new BlockedSocket(answersHttp, (isBlocked) => listener.blocked(isBlocked));
    this.#socket = io(environment.origin ?? "", {
      path: environment.channel ?? ENDPOINTS.channel,
      transports: ["websocket"],
      reconnection: false,
      timeout: TRY_AT_MOST,
      autoConnect: false,
      forceNew: true,
      parser: wireParser({ frame: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY }),
      auth: (answer: (hello: Hello) => void) => answer(listener.hello()),
    });
    let slowness = 0;
    this.#socket.io.on("open", () => {
      slowness = performance.now() - this.#begunAt;
    });
    this.#socket.on("connect", () => this.#blocked.over());
    this.#socket.on("welcome", (message: Welcome) => {
      this.#failures = 0;
      this.#triedAt = undefined;
      this.#liveness.open(slowness);
      listener.welcome(message);
    });
    this.#socket.on("frame", (frame: ServerFrame) => listener.frame(frame));
    this.#socket.on("problem", (message: ProblemMessage) => listener.problem(message));
    this.#socket.on("closing", (message: ClosingMessage) => listener.closing(message));
    this.#socket.on("alive", (answer: () => void) => answer());
    this.#socket.on("probe", () => this.#liveness.answered());
    this.#socket.on("large", (characters: number) => {
      this.#liveness.announced(characters);
      this.#extendHeartbeat(characters);
    });
    this.#socket.on("disconnect", () => this.#retry());
    this.#socket.on("connect_error", (error: Error & { data?: WireError }) => {
      if (error.data) this.#blocked.over();
      else this.#blocked.failed();
      if (error.data?.code && !TEMPORARY.has(error.data.code)) {
        this.#triedAt = undefined;
        listener.refused(error.data);
      } else {
        this.#retry();
      }
    });
    this.#open();
  }

  send(frame: ClientFrame): void {
    this.#socket.emit("frame", frame);
    if (frame.kind !== "seen") this.#liveness.expect();
  }

  /**
   * Tries at once if the connection is down, also in place of a try that hangs: it may be on a network that is gone. Finds
   * out whether an open connection is alive.
   */
  wake(): void {
    const after = this.#socket.connected ? TRY_AT_MOST : HANGS_AFTER;
    const hangs = this.#triedAt !== undefined && Date.now() - this.#triedAt >= after;
    if (!this.#timer && !this.#paused && !hangs) {
      this.#liveness.probe();
      return;
    }
    this.#paused = false;
    clearTimeout(this.#timer);
    if (hangs) {
      this.#triedAt = undefined;
      if (this.#socket.connected) {
        this.restart();
        return;
      }
      this.#socket.disconnect();
    }
    this.#connect();
  }

  /** Does the same as `wake()`, and replaces a connection that does not answer at once. */
  tryNow(): void {
    if (this.#liveness.isSilent) this.restart();
    else this.wake();
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
    this.#blocked.over();
    this.#liveness.close();
    this.#socket.disconnect();
  }

  /** The server's next ping comes behind the large message that it announces. */
  #extendHeartbeat(characters: number): void {
    const { engine } = this.#socket.io;
    if (!engine) return;
    const heartbeat = engine as unknown as Heartbeat;
    const extension = Math.ceil(characters / SLOWEST);
    heartbeat._pingTimeout += extension;
    heartbeat._resetPingTimeout();
    const arrived = ({ data = "" }: { data?: string }) => {
      if (data.length < characters) return;
      engine.off("packet", arrived);
      heartbeat._pingTimeout -= extension;
      heartbeat._resetPingTimeout();
    };
    engine.on("packet", arrived);
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
    this.#begunAt = performance.now();
    this.#blocked.trying();
    this.#socket.connect();
    const { engine } = manager;
    let extendedAt = performance.now();
    engine?.on("packet", ({ type, data = "" }: { type: string; data?: string }) => {
      this.#liveness.heard(data.length);
      if (type !== "message" || performance.now() - extendedAt < EXTEND_EVERY) return;
      // On a slow line the server's ping waits behind many messages. Each of them proves that the line is alive.
      extendedAt = performance.now();
      (engine as unknown as Heartbeat)._resetPingTimeout();
    });
    engine?.on("packetCreate", ({ data = "" }: { data?: string }) => this.#liveness.sent(data.length));
    // Socket.IO does not hear of a connection that ends between the upgrade and the first message: it would wait 20 s.
    engine?.once("close", () => {
      if (manager.engine !== engine || manager._readyState !== "opening" || this.#triedAt === undefined) return;
      this.#socket.disconnect();
      this.#blocked.failed();
      this.#retry();
    });
  }

  #retry(): void {
    this.#liveness.close();
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
