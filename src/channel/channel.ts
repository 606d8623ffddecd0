import { randomBytes } from "node:crypto";
import type { Server as HttpServer } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Server, type Socket } from "socket.io";
import type { IdentityChange } from "../bridge/request-context.ts";
import { runDetached } from "../context-variable.ts";
import { ENDPOINTS } from "../protocol/endpoints.ts";
import { type Hello, PROTOCOL_VERSION, type WireError } from "../protocol/frames.ts";
import type { PageTable } from "../protocol/page.ts";
import { type PacketDecoder, UNREADABLE, type Unreadable, wireParser } from "../protocol/wire-parser.ts";
import { RateLimit } from "../rate-limit.ts";
import { resolveSettings } from "../setting.ts";
import type { Runner } from "../state/handlers/runner.ts";
import type { StateRegistry } from "../state/registry.ts";
import type { DisconnectReason } from "../state/state.ts";
import { within } from "../within.ts";
import { Arrivals } from "./arrivals.ts";
import { type Connection, SocketConnection } from "./connection.ts";
import { channelErrors } from "./errors.ts";
import { Gate, type GateOptions } from "./gate.ts";
import { type Admitted, localizeOpening } from "./handshake.ts";
import { Inflow } from "./inflow.ts";
import { InputBudget } from "./input-budget.ts";
import { Line } from "./line.ts";
import { Newcomers } from "./newcomers.ts";
import { type ChannelConfig, type ChannelLimits, channelOptions } from "./options.ts";
import { OutgoingBatch } from "./outgoing-batch.ts";
import { OutputBudget } from "./output-budget.ts";
import { parseHello } from "./parse-frame.ts";
import { StrippedUpgrades } from "./stripped-upgrades.ts";
import { runningGuard } from "./tab/guard-rounds.ts";
import { Tab } from "./tab/tab.ts";
import type { TabApp } from "./tab/tab-parts.ts";
import type { Bridge } from "./tab/tab-requests.ts";
import { type ChannelStats, type Held, type TabSummary, Tabs } from "./tab/tabs.ts";
import { type ChannelLogger, wireError } from "./wire-error.ts";

export type { ChannelStats, TabSummary } from "./tab/tabs.ts";

/** What the server hands to the channel. */
export interface ChannelOptions extends GateOptions {
  readonly states: StateRegistry;
  readonly pages: PageTable;
  /** Names the build; pages of another one learn of it. */
  readonly build: string;
  readonly limits?: ChannelConfig;
  readonly logger: ChannelLogger;
  readonly mode: "development" | "production" | "test";
}

/** Milliseconds that the tabs of a browser get to come with a new session key. */
const FOLLOW_WITHIN = 1_000;

/** Characters up to which a message is answered with an error, however little the app allows. */
const LEAST_READ = 1_000_000;

/** How a page comes to its tab. */
type Arrival = "fresh" | "reload" | "resume";

interface Found {
  readonly held: Held;
  readonly arrival: Arrival;
  /** The connection that the tab had when it was found. */
  readonly before: Connection | undefined;
}

/** The server end of the socket: accepts pages, finds their tabs, tells them that their user has changed. */
export class Channel {
  readonly #io: Server;
  readonly #tabs: Tabs;
  readonly #gate: Gate;
  readonly #limits: ChannelLimits;
  readonly #options: ChannelOptions;
  readonly #outgoing = new OutgoingBatch();
  readonly #output: OutputBudget;
  readonly #inflow: Inflow;
  readonly #input: InputBudget;
  readonly #newcomers: Newcomers;
  readonly #floodLog = new RateLimit(1, 10);
  readonly #lines = new WeakMap<Socket["conn"], Line>();
  #app: TabApp;
  #closing = false;
  #identityTimer: NodeJS.Timeout | undefined;

  constructor(httpServer: HttpServer, options: ChannelOptions) {
    const { states, pages, build, logger, mode } = options;
    const limits = resolveSettings(channelOptions, options.limits ?? {});
    this.#limits = limits;
    this.#options = options;
    this.#tabs = new Tabs(limits, logger);
    this.#gate = new Gate(options, limits);
    this.#newcomers = new Newcomers(options.bridge);
    this.#inflow = new Inflow(limits);
    this.#input = new InputBudget(Math.max(limits.queueBytes, limits.frameSize));
    this.#output = new OutputBudget(limits.unsentBytes, (connections, bytes) => {
      logger.warn({ connections, bytes }, "Pages left too many bytes unread: the worst connections were closed");
    });
    const { runIn, bridge } = options;
    const [output, strangeNames] = [this.#output, new RateLimit(1, 100)];
    this.#app = { states, pages, build, limits, mode, logger, output, strangeNames, runIn, bridge };
    this.#io = new Server(httpServer, {
      path: ENDPOINTS.channel,
      transports: ["websocket"],
      serveClient: false,
      destroyUpgrade: false,
      perMessageDeflate: false,
      // Above it the connection is closed; up to it the message is answered with an error.
      // A character takes up to three bytes.
      maxHttpBufferSize: Math.max(limits.frameSize, LEAST_READ) * 3 + 10_000,
      pingInterval: limits.pingInterval,
      pingTimeout: limits.pingTimeout,
      connectTimeout: 10_000,
      // Each tag of a value and each argument list takes a level of its own.
      parser: wireParser({ frame: limits.frameSize, depth: limits.depth * 3 + 10 }),
      allowRequest: (request, answer) => {
        const refusal = this.#gate.refusal(request);
        // The engine's own answer would be a 400.
        if (refusal) request.socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        answer(refusal, refusal === undefined);
      },
    });
    // A connection that names another one would be taken for a new way to that.
    this.#io.engine.use(
      ({ _query: query }: { _query: { sid?: string } }, _answer: unknown, next: (error?: Error) => void) => {
        next(query.sid === undefined ? undefined : channelErrors.CHANNEL_HELLO_INVALID("it names another connection"));
      },
    );
    this.#io.engine.on("connection", (conn: Socket["conn"]) => {
      this.#lines.set(conn, this.#newLine(conn));
    });
    this.#io.engine.on("connection_error", new StrippedUpgrades(logger).note);
    this.#io.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => next(refusal(this.#openingError(socket, error))),
      );
    });
    if (options.bridge) this.#followIdentity(options.bridge);
    this.#io.on("connection", (socket) => {
      this.#connect(socket, parseHello(socket.handshake.auth)).catch((error: unknown) => {
        const connection = new SocketConnection(socket, this.#lineOf(socket), this.#outgoing);
        connection.problem({ error: this.#openingError(socket, error) });
        connection.close();
      });
    });
  }

  #openingError(socket: Socket, error: unknown): WireError {
    const { mode, logger, bridge, sourceOf } = this.#options;
    const localize = localizeOpening(bridge, sourceOf?.(socket.request), socket.handshake.auth);
    return wireError(error, "Connecting", { mode, logger, localize });
  }

  async #admit(socket: Socket): Promise<void> {
    this.#lineOf(socket).countOpening();
    const hello = parseHello(socket.handshake.auth);
    if (this.#closing) throw channelErrors.CHANNEL_CLOSING();
    if (hello.protocol !== PROTOCOL_VERSION) {
      throw channelErrors.CHANNEL_PROTOCOL_MISMATCH(PROTOCOL_VERSION, hello.protocol);
    }
    if (hello.tab === undefined || !this.#tabs.get(hello.tab)) this.#tabs.assertRoom();
    socket.data = await this.#newcomers.admit(socket, () => this.#gate.admit(socket, hello));
  }

  /** Tabs learn at once that their session or user has changed, and of what no message tells after a while. */
  #followIdentity(bridge: Bridge): void {
    bridge.identity.onChange((change) => {
      this.#newcomers.note(change);
      const cause = runningGuard.getStore();
      runDetached(() => {
        // The browser's other tabs come with the new cookie by themselves; whoever stays has copied the old one.
        if (change.cycled) setTimeout(() => this.#checkTabs(change, cause), FOLLOW_WITHIN).unref();
        else this.#checkTabs(change, cause);
      });
    });
    this.#identityTimer = setInterval(() => {
      for (const tab of this.#tabs.all()) if (tab.requests.owner !== undefined) void tab.checkIdentity();
    }, this.#limits.identityCheck).unref();
  }

  #checkTabs({ sessionId, userId }: IdentityChange, cause: string | undefined): void {
    for (const tab of this.#tabs.all()) {
      const { requests } = tab;
      if (requests.owner === undefined) continue;
      if (sessionId === undefined ? requests.owner === userId : requests.sessionId === sessionId) {
        if (sessionId === undefined) void this.#checkUserOf(tab, cause);
        else void tab.checkIdentity(cause);
      }
    }
  }

  /** A new password ends the user's sessions but one, whose other tabs come with its new key in a moment. */
  async #checkUserOf(tab: Tab, cause: string | undefined): Promise<void> {
    if (await tab.requests.isTheirs().catch(() => true)) await tab.checkIdentity(cause);
    else setTimeout(() => void tab.checkIdentity(cause), FOLLOW_WITHIN).unref();
  }

  #newLine(conn: Socket["conn"]): Line {
    const address = this.#gate.addressOf(conn.request);
    const { logger } = this.#options;
    return new Line(conn, {
      budget: this.#output,
      inflow: (close) => this.#inflow.connection(address, close),
      pingTimeout: this.#limits.pingTimeout,
      onFlood: () => {
        if (this.#floodLog.take()) logger.warn({ address }, "A connection sent too much and was closed");
      },
    });
  }

  #lineOf({ conn }: Socket): Line {
    return this.#lines.get(conn) as Line;
  }

  async #connect(socket: Socket, hello: Hello): Promise<void> {
    const admitted = socket.data as Partial<Admitted>;
    const line = this.#lineOf(socket);
    const connection = new SocketConnection(socket, line, this.#outgoing, admitted);
    const found = await this.#find(hello, admitted);
    if (!(await this.#newcomers.isStill(socket, admitted))) {
      // The page connects again, with the cookies that its browser has by now.
      connection.close();
      return;
    }
    if (!socket.connected) return;
    const known = found && this.#isFree(found, hello, admitted) ? found : undefined;
    const { held, arrival } = known ?? this.#newTab(this.#gate.addressOf(socket.request), admitted.sessionId);
    const { tab } = held;
    this.#tabs.back(held);
    const arrivals = new Arrivals(line);
    const { decoder } = socket.client as unknown as { decoder: PacketDecoder };
    socket.on("disconnect", (reason) => {
      decoder.receiver = undefined;
      arrivals.add(() => {
        if (tab.connection !== connection) return;
        void tab.disconnect(reasonOf(reason, this.#closing));
        this.#tabs.away(held);
      });
    });
    // `number` is the length of a message, or the id of one that could not be read.
    const receive = (name: string, value: unknown, number: number) => {
      if (tab.connection !== connection || connection.isOver) return;
      if (name === "frame") tab.receive(value, number);
      else if (name === "probe") connection.answerProbe();
      else if (name === UNREADABLE) tab.unreadable(value as Unreadable, number);
    };
    decoder.receiver = (name, value, number) => {
      if (arrivals.hasRoom) arrivals.add(() => receive(name, value, number));
      else connection.cut();
    };
    if (arrival === "resume") await tab.resume(connection, hello);
    else await tab.begin(connection, hello, arrival === "fresh");
    this.#tabs.measure(held);
  }

  #newTab(address: string, session: string | undefined): Found {
    const tab = new Tab(randomBytes(24).toString("base64url"), this.#app, this.#input.tab(address));
    return { held: this.#tabs.add(tab, address, session), arrival: "fresh", before: undefined };
  }

  /**
   * How a page may come to a tab; undefined when it may not. To be asked again after everything that was waited for: the
   * tab may have passed to another user or page.
   */
  #arrivalOf(hello: Hello, { owner, sessionId, source }: Partial<Admitted>, held: Held): Arrival | undefined {
    const { requests, page } = held.tab;
    // Whose user is leaving has states that are no longer anybody's.
    if (!this.#tabs.has(held) || requests.isLeaving) return undefined;
    const isSame = page === hello.page;
    if (requests.owner !== undefined && requests.owner !== owner) {
      // Somebody else comes with the tab of a user: nothing of it is theirs.
      if (!isSame || !requests.awaits(sessionId, source, hello.claiming === true)) return undefined;
    }
    return isSame ? "resume" : "reload";
  }

  /** Whether nobody else has come to a tab, or has got it, while its page was waiting for it. */
  #isFree({ held, arrival, before }: Found, hello: Hello, admitted: Partial<Admitted>): boolean {
    const { connection } = held.tab;
    return this.#arrivalOf(hello, admitted, held) === arrival && (!connection || connection === before);
  }

  /** The tab that a page comes back to. A page that shows another page's tab id while that one lives is a duplicate. */
  async #find(hello: Hello, admitted: Partial<Admitted>): Promise<Found | undefined> {
    const held = hello.tab === undefined ? undefined : this.#tabs.get(hello.tab);
    const arrival = held && this.#arrivalOf(hello, admitted, held);
    if (!held || !arrival) return undefined;
    const { connection } = held.tab;
    if (arrival === "reload" && (await connection?.alive(this.#limits.aliveTimeout))) return undefined;
    if (this.#arrivalOf(hello, admitted, held) !== arrival || !(await this.#isUsable(held, arrival))) return undefined;
    return { held, arrival, before: connection };
  }

  /** A tab whose handler neither ends nor heeds that it was told to would answer nothing for ever: it is given up. */
  async #isUsable(held: Held, arrival: Arrival): Promise<boolean> {
    const { id, runner } = held.tab;
    // The page is gone that its `onLoad` runs for.
    if (arrival === "reload") held.tab.leavePage();
    const { holder } = runner;
    if (holder && (arrival === "reload" || holder.aborted)) {
      const hasEnded = await within(
        runner.idle().then(() => true),
        this.#limits.stuckAfter,
      );
      if (!hasEnded && this.#tabs.has(held)) {
        const handler = runner.holder?.label ?? holder.label;
        this.#options.logger.warn(
          { handler, tab: id.slice(0, 6) },
          "A handler does not end: its page gets fresh states",
        );
        this.#tabs.discard(held);
      }
    }
    return this.#tabs.has(held);
  }

  /** Moves every tab to newly loaded code; its vars keep their values where these still fit the class. */
  async replaceApp(states: StateRegistry, pages: PageTable): Promise<void> {
    this.#app = { ...this.#app, states, pages };
    const resets = await Promise.all(this.#tabs.all().map((tab) => tab.replaceApp(this.#app)));
    const reset = new Set(resets.flat());
    if (reset.size === 0) return;
    this.#options.logger.warn({}, `Reset ${[...reset].join(", ")}: what they held does not fit the changed code.`);
  }

  stats(): ChannelStats & { readonly unsent: number } {
    return { ...this.#tabs.stats(), unsent: this.#output.held };
  }

  #nameLeftBehind(tabs: readonly Tab[], bound: number): void {
    const handlers: Record<string, number> = {};
    for (const { runner } of tabs) for (const label of runner.running) handlers[label] = (handlers[label] ?? 0) + 1;
    const names = Object.keys(handlers);
    if (names.length === 0) return;
    const verb = names.length === 1 ? "is" : "are";
    const message = `Stopping: ${names.slice(0, 20).join(", ")} ${verb} still running after ${bound / 1000} s. The process does not wait longer.`;
    this.#options.logger.warn({ handlers }, message);
  }

  /** Every tab with the size of its states, measured now. */
  tabs(): TabSummary[] {
    return this.#tabs.summaries();
  }

  /**
   * Takes no page and no call any more, lets running handlers end (within the bound, milliseconds), then closes every
   * connection. Handlers that have not ended by then are named in the log.
   */
  async close(bound = 5_000): Promise<void> {
    this.#closing = true;
    clearInterval(this.#identityTimer);
    this.#inflow.close();
    const tabs = this.#tabs.all();
    for (const tab of tabs) tab.close();
    const end = performance.now() + bound;
    const inTime = (events: Promise<void>[]) => within(Promise.all(events), Math.max(0, end - performance.now()));
    const all = (wait: (runner: Runner) => Promise<void>) => inTime(tabs.map(({ runner }) => wait(runner)));
    await all((runner) => runner.answered());
    for (const tab of tabs) tab.refuseWaiting();
    // Some are refused in a microtask.
    await nextTurn();
    this.#outgoing.flush();
    const connections = Array.from(this.#io.sockets.sockets.values(), (socket) => socket.conn);
    this.#io.disconnectSockets(true);
    await nextTurn();
    // The hooks that learn of the end of the connections, and background work, whose signal has aborted.
    await all((runner) => runner.ended());
    // What the network has not taken yet may be the last answers; the engine's own close would throw them away.
    await inTime(connections.map(closed));
    this.#nameLeftBehind(tabs, bound);
    this.#tabs.close();
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
  return LOST.has(reason) ? "lost" : "closed";
}

/** How Socket.IO calls the end of a connection that nobody has closed; "forced close" is one that did not read. */
const LOST: ReadonlySet<string> = new Set(["ping timeout", "transport error", "forced close"]);
