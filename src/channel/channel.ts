import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import { Server, type Socket } from "socket.io";
import { clientAddress } from "../bridge/client-address.ts";
import { isOwnOrigin } from "../bridge/origin-check.ts";
import type { IdentityChange, RequestSource } from "../bridge/request-context.ts";
import { ENDPOINTS } from "../protocol/endpoints.ts";
import { type Hello, PROTOCOL_VERSION, type WireError } from "../protocol/frames.ts";
import type { PageTable } from "../protocol/page.ts";
import { DEFAULT_FRAME_LIMIT, UNREADABLE, type Unreadable, wireParser } from "../protocol/wire-parser.ts";
import type { StateRegistry } from "../state/registry.ts";
import type { DisconnectReason } from "../state/state.ts";
import { SocketConnection } from "./connection.ts";
import { channelErrors } from "./errors.ts";
import { type Admitted, admit } from "./handshake.ts";
import { type ChannelLimits, DEFAULT_LIMITS } from "./limits.ts";
import { parseHello } from "./parse-frame.ts";
import { Tab, type TabApp } from "./tab.ts";
import type { Bridge } from "./tab-requests.ts";
import { type ChannelLogger, wireError } from "./wire-error.ts";

/** What the server hands to the channel. */
export interface ChannelOptions {
  readonly states: StateRegistry;
  readonly pages: PageTable;
  /** Id of the build that is served; `development` without one. */
  readonly build: string;
  /** Origins that may connect besides the app's own. */
  readonly allowedOrigins?: readonly string[];
  /** Whether a `Host` header names this server; every one does when absent. */
  readonly allowsHost?: (host: string | undefined) => boolean;
  readonly limits?: Partial<ChannelLimits>;
  readonly logger: ChannelLogger;
  readonly mode: "development" | "production" | "test";
  /** Runs every turn of every tab in a context of the server's, for example with a database. */
  readonly runIn?: <T>(work: () => T) => T;
  /** Makes events requests of the browsers that send them; without it they are nobody's. */
  readonly bridge?: Bridge;
  /** The facts of the request that opens a socket, with what a trusted proxy says of it; needed with a bridge. */
  readonly sourceOf?: (request: IncomingMessage) => RequestSource;
}

/** One tab as the server's operator sees it. */
export interface TabSummary {
  /** First characters of the tab's id: enough to tell tabs apart, too little to take one over. */
  readonly tab: string;
  readonly connected: boolean;
  readonly states: readonly string[];
  /** About how many bytes its states take. */
  readonly bytes: number;
}

/** Numbers about all tabs. */
export interface ChannelStats {
  readonly tabs: number;
  readonly connected: number;
  /** About how many bytes all states take. */
  readonly bytes: number;
}

/** Milliseconds that the tabs of a browser get to come with a new session key. */
const FOLLOW_WITHIN = 1_000;

interface Held {
  readonly tab: Tab;
  leaveTimer?: NodeJS.Timeout;
  expireTimer?: NodeJS.Timeout;
}

/** The server end of the socket: accepts pages, finds their tabs, discards those that do not come back. */
export class Channel {
  readonly #io: Server;
  readonly #tabs = new Map<string, Held>();
  readonly #limits: ChannelLimits;
  readonly #options: ChannelOptions;
  /** Runs work outside of whatever request brings it about. */
  readonly #outside = AsyncLocalStorage.snapshot();
  /** How many sockets each address has open. */
  readonly #addresses = new Map<string, number>();
  #app: TabApp;
  #closing = false;
  #identityTimer: NodeJS.Timeout | undefined;

  constructor(httpServer: HttpServer, options: ChannelOptions) {
    const { states, pages, build, logger, mode } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#limits = limits;
    this.#options = options;
    this.#app = { states, pages, build, limits, mode, logger, runIn: options.runIn, bridge: options.bridge };
    this.#io = new Server(httpServer, {
      path: ENDPOINTS.channel,
      transports: ["websocket"],
      serveClient: false,
      destroyUpgrade: false,
      perMessageDeflate: false,
      // Above it the connection is closed; up to it the message is answered with an error.
      // A page that knows no lower limit sends up to its own; a character takes up to three bytes.
      maxHttpBufferSize: Math.max(limits.frameSize, DEFAULT_FRAME_LIMIT) * 3 + 10_000,
      pingInterval: limits.pingInterval,
      pingTimeout: limits.pingTimeout,
      // Each tag of a value and each argument list takes a level of its own.
      parser: wireParser({ frame: limits.frameSize, depth: limits.depth * 3 + 10 }),
      allowRequest: (request, answer) => {
        const { headers } = request;
        const { host, protocol } = options.sourceOf?.(request) ?? { host: headers.host, protocol: "http" };
        // A trusted proxy may hand on a host that a visitor made up.
        const named = [headers.host, host].every((each) => options.allowsHost?.(each) ?? true);
        const own =
          named && isOwnOrigin({ origin: headers.origin, host, protocol, allowed: options.allowedOrigins ?? [] });
        answer(own ? null : "CHANNEL_ORIGIN_REFUSED", own);
      },
    });
    this.#io.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => next(refusal(wireError(error, "Connecting", mode, logger))),
      );
    });
    if (options.bridge) this.#followIdentity(options.bridge);
    this.#io.on("connection", (socket) => {
      this.#count(socket);
      this.#connect(socket, parseHello(socket.handshake.auth)).catch((error: unknown) => {
        new SocketConnection(socket).problem({ error: wireError(error, "Connecting", mode, logger) });
        socket.disconnect(true);
      });
    });
  }

  async #admit(socket: Socket): Promise<void> {
    const hello = parseHello(socket.handshake.auth);
    this.#check(hello);
    const { socketsPerAddress } = this.#limits;
    if ((this.#addresses.get(this.#addressOf(socket)) ?? 0) >= socketsPerAddress) {
      throw channelErrors.CHANNEL_ADDRESS_FULL(socketsPerAddress);
    }
    const { bridge, sourceOf, runIn = (work) => work() } = this.#options;
    if (!bridge || !sourceOf) return;
    const source = sourceOf(socket.request);
    socket.data = await runIn(() => admit(bridge, { ...source, url: hello.path }));
  }

  #addressOf({ request }: Socket): string {
    return clientAddress(this.#options.sourceOf?.(request).ip ?? request.socket.remoteAddress);
  }

  /** Counts a socket for as long as it is open. */
  #count(socket: Socket): void {
    const address = this.#addressOf(socket);
    this.#addresses.set(address, (this.#addresses.get(address) ?? 0) + 1);
    socket.once("disconnect", () => {
      const left = (this.#addresses.get(address) ?? 1) - 1;
      if (left > 0) this.#addresses.set(address, left);
      else this.#addresses.delete(address);
    });
  }

  /** Tabs learn at once that their session or user has changed, and of what no message tells after a while. */
  #followIdentity(bridge: Bridge): void {
    bridge.identity.onChange((change) =>
      this.#outside(() => {
        // The browser's other tabs come with the new cookie by themselves; whoever stays has copied the old one.
        if (change.cycled) setTimeout(() => this.#tell(change), FOLLOW_WITHIN).unref();
        else this.#tell(change);
      }),
    );
    this.#identityTimer = setInterval(() => {
      for (const { tab } of this.#tabs.values()) if (tab.requests.owner !== undefined) void tab.checkIdentity();
    }, this.#limits.identityCheck).unref();
  }

  #tell({ sessionId, userId }: IdentityChange): void {
    for (const { tab } of this.#tabs.values()) {
      const { requests } = tab;
      if (requests.owner === undefined) continue;
      if (sessionId === undefined ? requests.owner === userId : requests.sessionId === sessionId) {
        if (sessionId === undefined) void this.#look(tab);
        else void tab.checkIdentity();
      }
    }
  }

  /** A new password ends the user's sessions but one, whose other tabs come with its new key in a moment. */
  async #look(tab: Tab): Promise<void> {
    if (await tab.requests.isTheirs().catch(() => true)) await tab.checkIdentity();
    else setTimeout(() => void tab.checkIdentity(), FOLLOW_WITHIN).unref();
  }

  #check(hello: Hello): void {
    if (this.#closing) throw channelErrors.CHANNEL_CLOSING();
    if (hello.protocol !== PROTOCOL_VERSION) {
      throw channelErrors.CHANNEL_PROTOCOL_MISMATCH(PROTOCOL_VERSION, hello.protocol);
    }
    if (hello.tab === undefined || !this.#tabs.has(hello.tab)) this.#assertRoom();
  }

  #assertRoom(): void {
    if (this.#tabs.size >= this.#limits.tabs && !this.#evict()) throw channelErrors.CHANNEL_FULL(this.#limits.tabs);
  }

  async #connect(socket: Socket, hello: Hello): Promise<void> {
    const admitted = socket.data as Partial<Admitted>;
    const connection = new SocketConnection(socket, admitted.source, admitted.cookies);
    const { held, kind } = await this.#find(hello, admitted);
    if (!socket.connected) {
      if (kind === "fresh") this.#discard(held);
      return;
    }
    const { tab } = held;
    clearTimeout(held.leaveTimer);
    clearTimeout(held.expireTimer);
    socket.on("disconnect", (reason) => {
      if (tab.connection === connection) void this.#disconnected(held, reasonOf(reason, this.#closing));
    });
    socket.on("frame", (frame: unknown) => {
      if (tab.connection === connection) tab.receive(frame);
    });
    socket.on(UNREADABLE, (reason: Unreadable, id?: number) => {
      if (tab.connection === connection) tab.unreadable(reason, id);
    });
    if (kind === "resume") await tab.resume(connection, hello);
    else await tab.begin(connection, hello, kind === "fresh");
  }

  /** The tab that a page belongs to. A page that shows another page's tab id while that one lives is a duplicate. */
  async #find(
    hello: Hello,
    { owner, sessionId }: Partial<Admitted>,
  ): Promise<{ held: Held; kind: "fresh" | "reload" | "resume" }> {
    let known = hello.tab === undefined ? undefined : this.#tabs.get(hello.tab);
    // Whose user is leaving has states that are no longer anybody's.
    if (known?.tab.requests.isLeaving) known = undefined;
    const of = known?.tab.requests;
    const waits = known?.tab.page === hello.page && of?.awaits(sessionId);
    if (of?.owner !== undefined && of.owner !== owner && !waits) {
      // Somebody else comes with the tab of a user: nothing of it is theirs.
      known = undefined;
    }
    if (known?.tab.page === hello.page) return { held: known, kind: "resume" };
    if (known) {
      const alive = await known.tab.connection?.alive(this.#limits.aliveTimeout);
      if (!alive && this.#tabs.has(known.tab.id)) return { held: known, kind: "reload" };
      // It was let in as a page of that tab, and needs room of its own now.
      this.#assertRoom();
    }
    const held: Held = { tab: new Tab(randomBytes(24).toString("base64url"), this.#app) };
    this.#tabs.set(held.tab.id, held);
    return { held, kind: "fresh" };
  }

  async #disconnected(held: Held, reason: DisconnectReason): Promise<void> {
    const { tab } = held;
    // The tab that has been away longest stands first: it is the first to go when room is needed.
    if (this.#tabs.delete(tab.id)) this.#tabs.set(tab.id, held);
    tab.measure();
    const told = tab.disconnect(reason);
    this.#makeRoom();
    if (!this.#tabs.has(tab.id)) return;
    held.leaveTimer = setTimeout(
      () => tab.runner.abort(channelErrors.CHANNEL_TAB_LEFT()),
      this.#limits.leaveAfter,
    ).unref();
    held.expireTimer = setTimeout(() => this.#discard(held), this.#limits.expireAfter).unref();
    await told;
  }

  #discard(held: Held): void {
    clearTimeout(held.leaveTimer);
    clearTimeout(held.expireTimer);
    this.#tabs.delete(held.tab.id);
    void held.tab.expire();
  }

  /** Discards the tab that has been away longest. */
  #evict(): boolean {
    for (const held of this.#tabs.values()) {
      if (held.tab.connection) continue;
      this.#discard(held);
      return true;
    }
    return false;
  }

  #makeRoom(): void {
    while (this.stats().bytes > this.#limits.stateBytes && this.#evict());
  }

  /** Puts every tab over to newly loaded code; what its vars hold stays where the class still fits. */
  async replaceApp(states: StateRegistry, pages: PageTable): Promise<void> {
    this.#app = { ...this.#app, states, pages };
    await Promise.all(Array.from(this.#tabs.values(), ({ tab }) => tab.replaceApp(this.#app)));
  }

  stats(): ChannelStats {
    let [connected, bytes] = [0, 0];
    for (const { tab } of this.#tabs.values()) {
      if (tab.connection) connected++;
      bytes += tab.bytes;
    }
    return { tabs: this.#tabs.size, connected, bytes };
  }

  /** Every tab with the size of its states, measured now. */
  tabs(): TabSummary[] {
    return Array.from(this.#tabs.values(), ({ tab }) => ({
      tab: tab.id.slice(0, 6),
      connected: tab.connection !== undefined,
      states: tab.tree.instances().map((instance) => instance.constructor.name),
      bytes: tab.measure(),
    }));
  }

  /** Takes no page any more, lets running handlers end (within the bound, milliseconds), then closes every connection. */
  async close(bound = 5_000): Promise<void> {
    this.#closing = true;
    clearInterval(this.#identityTimer);
    const tabs = Array.from(this.#tabs.values(), (held) => held.tab);
    for (const tab of tabs) tab.close();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, bound);
    });
    const idle = () => Promise.race([Promise.all(tabs.map((tab) => tab.runner.idle())), timeout]);
    await idle();
    const connections = Array.from(this.#io.sockets.sockets.values(), (socket) => socket.conn);
    this.#io.disconnectSockets(true);
    // The hooks that learn of the end of the connections.
    await idle();
    // What the network has not taken yet may be the last answers; the engine's own close would throw them away.
    await Promise.race([Promise.all(connections.map(closed)), timeout]);
    clearTimeout(timer);
    for (const held of this.#tabs.values()) {
      clearTimeout(held.leaveTimer);
      clearTimeout(held.expireTimer);
    }
    this.#io.engine.close();
  }
}

function closed(connection: Socket["conn"]): Promise<void> {
  if (connection.readyState === "closed") return Promise.resolve();
  return new Promise((resolve) => connection.once("close", () => resolve()));
}

/** Opens the socket's end on an HTTP server. */
export function attachChannel(httpServer: HttpServer, options: ChannelOptions): Channel {
  return new Channel(httpServer, options);
}

/** An error in the shape in which Socket.IO hands it to the page. */
function refusal({ code, message }: WireError): Error {
  return Object.assign(new Error(code), { data: { code, message } });
}

function reasonOf(reason: string, closing: boolean): DisconnectReason {
  if (closing) return "shutdown";
  return reason === "ping timeout" || reason === "transport error" ? "lost" : "closed";
}
