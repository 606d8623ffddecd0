import { type Effect, type Hello, PROTOCOL_VERSION, type ServerFrame, type StateChange } from "../protocol/frames.ts";
import { encodeValue } from "../protocol/values.ts";
import { asClientError, fromWire } from "./client-error.ts";
import { Connection } from "./engine/connection.ts";
import type { EngineParts } from "./engine/engine-parts.ts";
import { EngineStatus } from "./engine/engine-status.ts";
import type { ClientError, ConnectionState, Engine, FreshStates, StateSnapshot } from "./engine/engine-types.ts";
import { browserEnvironment, type Environment } from "./engine/environment.ts";
import { IncomingFrames } from "./engine/incoming-frames.ts";
import { Mirror } from "./engine/mirror.ts";
import { OutgoingRequests } from "./engine/outgoing-requests.ts";
import { PageEpoch } from "./engine/page-epoch.ts";
import { Pending } from "./engine/pending.ts";
import { SocketIdentity } from "./engine/socket-identity.ts";
import { WatchedStates } from "./engine/watched-states.ts";
import { clientErrors } from "./errors.ts";

/** Options of `createEngine()`. */
export interface EngineOptions {
  /** Where the engine runs; the page of a browser when absent. */
  readonly environment?: Environment;
  /** Milliseconds for which a state without readers is kept up to date. */
  readonly unwatchAfter?: number;
  /** Milliseconds without a frame after which the server is told the last version. */
  readonly seenAfter?: number;
  /** Receives every frame as it arrives; for tests. */
  readonly onFrame?: (frame: ServerFrame) => void;
}

/**
 * The engine of a page.
 *
 * READ THIS FIRST: `outgoing-requests.ts` sends, `incoming-frames.ts` applies what comes back, `watched-states.ts` requests
 * the states that components read.
 */
class PageEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #connection: Connection;
  readonly #identity: SocketIdentity;
  readonly #outgoing: OutgoingRequests;
  readonly #watched: WatchedStates;
  readonly #incoming: IncomingFrames;
  readonly #page: string = randomId();
  readonly #problemListeners = new Set<(error: ClientError, page?: string) => void>();
  readonly #stops: readonly (() => void)[];
  #path: string;
  #isClosed = false;

  constructor(options: EngineOptions) {
    const { environment = browserEnvironment(), unwatchAfter = 30_000, seenAfter = 3_000, onFrame } = options;
    const pending = new Pending();
    const status = new EngineStatus(() => ({ pending: pending.size, loading: this.#watched.isLoading }));
    const parts: EngineParts = {
      environment,
      mirror: new Mirror(),
      pending,
      epoch: new PageEpoch(),
      status,
      connection: () => this.#connection,
      report: (error, page) => this.#report(error, page),
    };
    const identity = new SocketIdentity(parts);
    const outgoing = new OutgoingRequests(parts, identity, () => this.#incoming.version);
    const watched = new WatchedStates(parts, outgoing, unwatchAfter);
    this.#parts = parts;
    this.#identity = identity;
    this.#outgoing = outgoing;
    this.#watched = watched;
    this.#incoming = new IncomingFrames(parts, { identity, outgoing, watched }, { seenAfter, onFrame });
    this.#path = environment.path;
    this.#connection = this.#connect();
    this.#stops = [environment.onWake(() => this.#connection.wake()), environment.onIdentity(() => identity.follow())];
  }

  #connect(): Connection {
    const { environment, pending, status } = this.#parts;
    return new Connection(environment, {
      hello: () => this.#hello(),
      welcome: (message) => this.#incoming.welcome(message),
      frame: (frame) => this.#incoming.frame(frame),
      closing: ({ received }) => {
        this.#outgoing.isClosing = true;
        pending.rewind(received);
      },
      problem: ({ error, page }) => this.#report(fromWire(error), page),
      lost: (retryIn) => {
        const isFirst = status.now.status === "connecting";
        status.update({ status: isFirst ? "connecting" : "reconnecting", retryAt: Date.now() + retryIn });
      },
      silent: (isSilent) => this.#silent(isSilent),
      blocked: (isBlocked) => this.#blocked(isBlocked),
      isWaiting: () => pending.hasSent,
      refused: (error) => this.#refuse(fromWire(error)),
    });
  }

  // Called by the hooks.

  snapshot(state: string): StateSnapshot | undefined {
    return this.#parts.mirror.get(state);
  }

  subscribe(state: string, listener: (change?: StateChange) => void): () => void {
    return this.#parts.mirror.subscribe(state, listener);
  }

  watch(state: string): () => void {
    return this.#watched.watch(state);
  }

  ready(state: string): Promise<void> {
    return this.#watched.ready(state);
  }

  call(state: string, event: string, args: readonly unknown[]): Promise<void> {
    try {
      return this.#outgoing.request({ kind: "event", state, event, args: args.map((arg) => encodeValue(arg)) });
    } catch (error) {
      return Promise.reject(asClientError(error));
    }
  }

  write(state: string, field: string, value: unknown): Promise<void> {
    try {
      return this.#outgoing.request({ kind: "field", state, field, value: encodeValue(value) });
    } catch (error) {
      return Promise.reject(asClientError(error));
    }
  }

  navigate(path: string): Promise<void> {
    this.#path = path;
    // Only the last of several unsent navigations matters.
    this.#parts.pending.withdraw((request) => request.kind === "navigate");
    return this.#outgoing.request({ kind: "navigate", path });
  }

  owner(): string | undefined {
    return this.#parts.epoch.owner;
  }

  connection(): ConnectionState {
    return this.#parts.status.now;
  }

  onConnection(listener: () => void): () => void {
    return this.#parts.status.onChange(listener);
  }

  onEffects(listener: (effects: readonly Effect[]) => void): () => void {
    return this.#incoming.onEffects(listener);
  }

  onFresh(listener: (fresh: FreshStates) => void): () => void {
    return this.#parts.epoch.onFresh(listener);
  }

  onReopen(listener: () => void): () => void {
    return this.#incoming.onReopen(listener);
  }

  onProblem(listener: (error: ClientError, page?: string) => void): () => void {
    this.#problemListeners.add(listener);
    return () => this.#problemListeners.delete(listener);
  }

  reconnectNow(): void {
    this.#connection.tryNow();
  }

  cut(stay: boolean): void {
    if (stay) this.#connection.pause();
    else this.#connection.restart();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#outgoing.close();
    this.#watched.close();
    this.#incoming.close();
    this.#identity.close();
    this.#connection.close();
  }

  // Called by the connection.

  #hello(): Hello {
    this.#identity.open();
    const { environment, pending } = this.#parts;
    pending.tell(this.#path);
    const { version, isDamaged } = this.#incoming;
    const tab = environment.tab.get();
    const language = environment.language?.();
    return {
      protocol: PROTOCOL_VERSION,
      build: environment.build,
      page: this.#page,
      path: this.#path,
      watch: this.#watched.names,
      ...(tab === undefined ? {} : { tab }),
      ...(version === undefined ? {} : { version }),
      ...(isDamaged ? { damaged: true } : {}),
      ...(this.#identity.claims.busy ? { claiming: true } : {}),
      ...(language ? { language } : {}),
    };
  }

  /** The open connection does not answer, or answers again. */
  #silent(isSilent: boolean): void {
    const { status } = this.#parts;
    if (isSilent) {
      if (!status.isOnline) return;
      const error = asClientError(clientErrors.CLIENT_CONNECTION_SILENT(), "network");
      status.update({ status: "reconnecting", error });
    } else if (status.now.status === "reconnecting") {
      status.update({ status: "online" });
      if (!this.#identity.follow()) this.#incoming.catchUp();
    }
  }

  #blocked(isBlocked: boolean): void {
    const { status } = this.#parts;
    const isKnown = status.now.error?.code === "CLIENT_SOCKET_BLOCKED";
    if (isBlocked === isKnown) return;
    const found = isBlocked ? asClientError(clientErrors.CLIENT_SOCKET_BLOCKED(), "network") : undefined;
    status.update({ error: found });
    if (found) this.#report(found);
  }

  #refuse(error: ClientError): void {
    const { pending, status } = this.#parts;
    pending.rejectAll(error);
    status.update({ status: "refused", outdated: error.code === "CHANNEL_PROTOCOL_MISMATCH", error });
    this.#watched.failAll(error);
  }

  #report(error: ClientError, page?: string): void {
    for (const listener of this.#problemListeners) listener(error, page);
  }
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An engine that a test can cut off from the network. */
export interface TestableEngine extends Engine {
  /** Cuts the connection as a failing network does. With `stay` no new try is made before `reconnectNow()`. */
  cut(stay: boolean): void;
}

/** Connects a page with its server; the hooks use the returned engine. */
export function createEngine(options: EngineOptions = {}): TestableEngine {
  return new PageEngine(options);
}
