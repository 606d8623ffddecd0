import {
  type ClientFrame,
  type Effect,
  type Hello,
  PROTOCOL_VERSION,
  type ServerFrame,
  type StateChange,
  type Welcome,
  type WireError,
} from "../protocol/frames.ts";
import { encodeValue } from "../protocol/values.ts";
import { DEFAULT_FRAME_LIMIT } from "../protocol/wire-parser.ts";
import { asClientError, clientError } from "./client-error.ts";
import { Connection } from "./connection.ts";
import { type ClaimOutcome, CookieClaims } from "./cookie-claims.ts";
import type { Attribution, ClientError, ConnectionState, Engine, FreshStates, StateSnapshot } from "./engine-types.ts";
import { browserEnvironment, type Environment } from "./environment.ts";
import { clientErrors } from "./errors.ts";
import { Mirror } from "./mirror.ts";
import { PageLife } from "./page-life.ts";
import { type Numbered, nameOf, Pending, type Request } from "./pending.ts";

/** Options of `createEngine()`. */
export interface EngineOptions {
  /** Where it runs; a browser's page when absent. */
  readonly environment?: Environment;
  /** Milliseconds for which a state that nobody reads any more is kept up to date. */
  readonly unwatchAfter?: number;
  /** Milliseconds of quiet after which the server is told what has arrived. */
  readonly seenAfter?: number;
  /** Sees every frame as it arrives; for tests. */
  readonly onFrame?: (frame: ServerFrame) => void;
}

/** Most requests that wait; a page that makes more while it is offline gets CLIENT_QUEUE_FULL. */
const MAX_PENDING = 150;

interface Waiting {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: ClientError): void;
}

class PageEngine implements Engine {
  readonly #mirror = new Mirror();
  readonly #pending = new Pending();
  readonly #connection: Connection;
  readonly #environment: Environment;
  readonly #options: EngineOptions;
  readonly #page: string = randomId();
  readonly #watchers = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #connectionListeners = new Set<() => void>();
  readonly #effectListeners = new Set<(effects: readonly Effect[]) => void>();
  readonly #problemListeners = new Set<(error: ClientError, page?: string) => void>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #claims: CookieClaims;
  readonly #stops: readonly (() => void)[];
  /** Whose cookies the open socket was made with. */
  #identity = "";
  readonly #life = new PageLife();
  #earlyEffects: Effect[] = [];
  #state: ConnectionState = { status: "connecting", pending: 0, loading: false, outdated: false };
  #version: number | undefined;
  #damaged = false;
  /** The server stops, and takes nothing more: calls wait for the next one. */
  #isClosing = false;
  /** Most characters of a message; the server says how many when it welcomes the page. */
  #frameSize = DEFAULT_FRAME_LIMIT;
  #path: string;
  /** States asked for in the next moment, together. */
  #toWatch: Set<string> | undefined;
  #seenTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#environment = options.environment ?? browserEnvironment();
    this.#path = this.#environment.path;
    this.#claims = new CookieClaims(this.#environment, (outcome) => this.#claimed(outcome));
    this.#connection = new Connection(this.#environment, {
      hello: () => this.#hello(),
      welcome: (message) => this.#welcome(message),
      frame: (frame) => this.#frame(frame),
      closing: ({ received }) => {
        this.#isClosing = true;
        this.#pending.rewind(received);
      },
      problem: ({ error, page }) => this.#report(fromWire(error), page),
      lost: (retryIn) => {
        const status = this.#state.status === "connecting" ? "connecting" : "reconnecting";
        this.#update({ status, retryAt: Date.now() + retryIn });
      },
      silent: (isSilent) => this.#silent(isSilent),
      blocked: (isBlocked) => this.#blocked(isBlocked),
      isWaiting: () => this.#pending.hasSent,
      refused: (error) => this.#refuse(fromWire(error)),
    });
    this.#stops = [
      this.#environment.onWake(() => this.#connection.wake()),
      this.#environment.onIdentity(() => this.#followIdentity()),
    ];
  }

  // What the hooks ask.

  snapshot(state: string): StateSnapshot | undefined {
    return this.#mirror.get(state);
  }

  subscribe(state: string, listener: (change?: StateChange) => void): () => void {
    return this.#mirror.subscribe(state, listener);
  }

  watch(state: string): () => void {
    const count = this.#watchers.get(state) ?? 0;
    this.#watchers.set(state, count + 1);
    if (count === 0 && !this.#mirror.get(state)) this.#ask(state);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      // A page that comes soon may read it too.
      this.#later(this.#options.unwatchAfter ?? 30_000, () => this.#release(state));
    };
  }

  #release(state: string): void {
    const left = (this.#watchers.get(state) ?? 1) - 1;
    if (left > 0) {
      this.#watchers.set(state, left);
      return;
    }
    this.#watchers.delete(state);
    this.#mirror.delete(state);
    if (this.#state.status === "online") void this.#request({ kind: "unwatch", states: [state] }).catch(() => {});
  }

  ready(state: string): Promise<void> {
    if (this.#mirror.get(state)) return Promise.resolve();
    const known = this.#waiting.get(state);
    if (known) return known.promise;
    const waiting: Waiting = Promise.withResolvers<void>();
    this.#waiting.set(state, waiting);
    // Components ask while they render, when no other may be told.
    queueMicrotask(() => this.#update({}));
    // A component that waits is not mounted yet and cannot watch.
    const asked = this.#watchers.has(state);
    const release = this.watch(state);
    // Whoever was refused it a moment ago may be somebody else by now.
    if (asked) this.#ask(state);
    waiting.promise.then(release, release);
    if (this.#state.status === "refused") waiting.reject(this.#state.error as ClientError);
    return waiting.promise;
  }

  call(state: string, event: string, args: readonly unknown[]): Promise<void> {
    try {
      return this.#request({ kind: "event", state, event, args: args.map((arg) => encodeValue(arg)) });
    } catch (error) {
      return Promise.reject(asClientError(error));
    }
  }

  write(state: string, field: string, value: unknown): Promise<void> {
    try {
      return this.#request({ kind: "field", state, field, value: encodeValue(value) });
    } catch (error) {
      return Promise.reject(asClientError(error));
    }
  }

  navigate(path: string): Promise<void> {
    this.#path = path;
    // Only the last of several places that nobody was told of matters.
    this.#pending.withdraw((request) => request.kind === "navigate");
    return this.#request({ kind: "navigate", path });
  }

  connection(): ConnectionState {
    return this.#state;
  }

  onConnection(listener: () => void): () => void {
    this.#connectionListeners.add(listener);
    return () => this.#connectionListeners.delete(listener);
  }

  onEffects(listener: (effects: readonly Effect[]) => void): () => void {
    this.#effectListeners.add(listener);
    const early = this.#earlyEffects;
    this.#earlyEffects = [];
    if (early.length > 0) listener(early);
    return () => this.#effectListeners.delete(listener);
  }

  onFresh(listener: (fresh: FreshStates) => void): () => void {
    return this.#life.onFresh(listener);
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
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#stops) stop();
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#seenTimer);
    this.#claims.close();
    this.#connection.close();
    this.#pending.rejectAll(fault(clientErrors.CLIENT_CLOSED(), "app"));
  }

  // What goes out.

  #hello(): Hello {
    this.#identity = this.#environment.identity();
    const tab = this.#environment.tab.get();
    return {
      protocol: PROTOCOL_VERSION,
      build: this.#environment.build,
      page: this.#page,
      path: this.#path,
      watch: [...this.#watchers.keys()],
      ...(tab === undefined ? {} : { tab }),
      ...(this.#version === undefined ? {} : { version: this.#version }),
      ...(this.#damaged ? { damaged: true } : {}),
    };
  }

  #ask(state: string): void {
    // A page that is not connected yet names its states when it connects.
    if (this.#state.status !== "online") return;
    if (this.#toWatch) {
      this.#toWatch.add(state);
      return;
    }
    const states = new Set([state]);
    this.#toWatch = states;
    queueMicrotask(() => {
      this.#toWatch = undefined;
      const asked = [...states].filter((name) => this.#watchers.has(name));
      if (asked.length > 0) this.#watchNow(asked);
    });
  }

  #watchNow(states: readonly string[], isRetry = false): void {
    this.#request({ kind: "watch", states }).then(
      () => {
        const missing = states.filter((state) => this.#watchers.has(state) && !this.#mirror.get(state));
        if (isRetry || missing.length === 0) return;
        // The server did not learn that the page let go of them, and does not send again what it believes to be here.
        void this.#request({ kind: "unwatch", states: missing }).catch(() => {});
        this.#watchNow(missing, true);
      },
      (error: unknown) => {
        // Of several states one may be the culprit: each is asked for alone.
        if (states.length > 1) for (const state of states) this.#watchNow([state]);
        else for (const state of states) this.#fail(state, asClientError(error));
      },
    );
  }

  #fail(state: string, error: ClientError): void {
    const waiting = this.#waiting.get(state);
    this.#waiting.delete(state);
    this.#update({});
    if (waiting) waiting.reject(error);
    else this.#report(error);
  }

  #request(request: Request): Promise<void> {
    if (this.#closed) {
      return Promise.reject(fault(clientErrors.CLIENT_CLOSED(), "app"));
    }
    if (this.#state.status === "refused" && this.#state.error) return Promise.reject(this.#state.error);
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(fault(clientErrors.CLIENT_QUEUE_FULL(MAX_PENDING), "network"));
    }
    const size = JSON.stringify(request).length + 200;
    if (size > this.#frameSize) {
      return Promise.reject(fault(clientErrors.CLIENT_FRAME_TOO_LARGE(size, this.#frameSize), "app"));
    }
    const identity = this.#environment.identity();
    const answered = this.#pending.add(request, this.#life.bond(request, identity));
    if (this.#state.status === "online" && !this.#isClosing && !this.#followIdentity(identity)) this.#sendUnsent();
    this.#update({});
    return answered;
  }

  /** Connects anew when the browser has got other cookies meanwhile: what waits is sent under these. */
  #followIdentity(identity = this.#environment.identity()): boolean {
    if (this.#state.status !== "online" || this.#claims.busy) return false;
    if (identity === this.#identity) return false;
    this.#connection.restart();
    return true;
  }

  #claimed({ kind, status }: ClaimOutcome): void {
    const before = this.#identity;
    const now = this.#environment.identity();
    if (kind === "done") {
      // The server gave this tab's socket the new identity before the browser had the cookies.
      this.#identity = now;
      return;
    }
    // A browser that got another session meanwhile, from another tab, was right to be refused those of the older one.
    if (now === before) this.#report(fault(clientErrors.CLIENT_COOKIES_REFUSED(status), "framework"));
    // A refused browser has another identity than the socket: the socket is opened again with the browser's cookies.
    // When the network lost the claim, the socket keeps its identity.
    if (kind === "refused") this.#connection.restart();
  }

  #sendUnsent(): void {
    for (const numbered of this.#pending.takeUnsent()) this.#send(numbered);
  }

  #send({ id, request, bond }: Numbered): void {
    // One that is undefined does not travel.
    this.#connection.send({ ...request, id, seen: this.#version ?? 0, epoch: bond?.life?.epoch } as ClientFrame);
  }

  // What comes in.

  #welcome(message: Welcome): void {
    const first = this.#version === undefined;
    this.#isClosing = false;
    this.#environment.tab.set(message.tab);
    this.#frameSize = message.frameSize;
    if (message.fresh || first) this.#pending.restart(lost);
    this.#damaged = false;
    const { resume, received } = message;
    const frames = "replay" in resume ? resume.replay : [resume.snapshot];
    if ("snapshot" in resume) {
      this.#options.onFrame?.(resume.snapshot);
      const before = this.#mirror.all();
      this.#mirror.replace(resume.snapshot.changes ?? {}, () => {
        this.#pending.rewind(received);
        this.#life.enter({ ...message.life, tab: message.tab }, this.#identity, this.#pending, before);
      });
      this.#version = resume.snapshot.version;
      this.#arrived();
      this.#conclude(resume.snapshot);
    } else {
      for (const frame of resume.replay) {
        this.#frame(frame);
        // The connection is made anew: what is not answered is sent then.
        if (this.#damaged) return;
      }
      this.#pending.rewind(received);
      this.#life.enter({ ...message.life, tab: message.tab }, this.#identity, this.#pending, this.#mirror.all());
    }
    const answered = new Set(frames.flatMap((frame) => frame.acks ?? []).map(([id]) => id));
    const open = new Set(message.open);
    this.#pending.rejectSent((id) => !open.has(id) && !answered.has(id), lost);
    this.#update({ status: "online", outdated: message.build !== this.#environment.build });
    this.#catchUp();
  }

  /** Sends what was asked for while no connection was open. */
  #catchUp(): void {
    const missing = [...this.#watchers.keys()].filter((state) => !this.#mirror.get(state));
    if (missing.length > 0) this.#watchNow(missing);
    this.#sendUnsent();
    this.#update({});
  }

  /** The open connection does not answer, or answers again after all. */
  #silent(isSilent: boolean): void {
    if (isSilent) {
      if (this.#state.status !== "online") return;
      this.#update({ status: "reconnecting", error: fault(clientErrors.CLIENT_CONNECTION_SILENT(), "network") });
    } else if (this.#state.status === "reconnecting") {
      this.#update({ status: "online" });
      if (!this.#followIdentity()) this.#catchUp();
    }
  }

  #blocked(isBlocked: boolean): void {
    const { error } = this.#state;
    const isKnown = error?.code === "CLIENT_SOCKET_BLOCKED";
    if (isBlocked === isKnown) return;
    const found = isBlocked ? fault(clientErrors.CLIENT_SOCKET_BLOCKED(), "network") : undefined;
    this.#update({ error: found });
    if (found) this.#report(found);
  }

  #frame(frame: ServerFrame): void {
    this.#options.onFrame?.(frame);
    if (this.#version === undefined || frame.version <= this.#version) return;
    try {
      if (frame.version !== this.#version + 1) {
        throw clientErrors.CLIENT_FRAME_MISSING(this.#version + 1, frame.version);
      }
      const { life, changes = {} } = frame;
      if (life) {
        const [before, tab] = [this.#mirror.all(), this.#life.tab];
        const enter = () => this.#life.enter({ ...life, tab }, this.#identity, this.#pending, before);
        this.#mirror.apply(this.#wanted(changes), enter);
      } else if (frame.changes) {
        this.#mirror.apply(this.#wanted(changes));
      }
    } catch (error) {
      // Nothing of the frame was applied; the states are asked for whole.
      this.#damaged = true;
      this.#report(asClientError(error, "framework"));
      this.#connection.restart();
      return;
    }
    this.#version = frame.version;
    this.#arrived();
    this.#conclude(frame);
    clearTimeout(this.#seenTimer);
    this.#seenTimer = setTimeout(() => {
      if (this.#state.status === "online") this.#connection.send({ kind: "seen", id: 0, seen: this.#version ?? 0 });
    }, this.#options.seenAfter ?? 3_000);
  }

  /** Changes of states that the page has stopped reading may still be on their way. */
  #wanted(changes: NonNullable<ServerFrame["changes"]>): NonNullable<ServerFrame["changes"]> {
    const entries = Object.entries(changes);
    const wanted = entries.filter(([state, change]) => "full" in change || this.#mirror.get(state));
    return wanted.length === entries.length ? changes : Object.fromEntries(wanted);
  }

  #arrived(): void {
    const before = this.#waiting.size;
    for (const [state, waiting] of this.#waiting) {
      if (!this.#mirror.get(state)) continue;
      this.#waiting.delete(state);
      waiting.resolve();
    }
    if (this.#waiting.size !== before) this.#update({});
  }

  /** What follows the changes: effects, then the answers. */
  #conclude(frame: ServerFrame): void {
    const settles = (frame.acks ?? []).map(([id, error]) => this.#pending.answered(id, error && fromWire(error)));
    this.#claims.conclude(frame, ({ effects }) => {
      if (effects?.length) {
        if (this.#effectListeners.size === 0) this.#earlyEffects.push(...effects);
        for (const listener of this.#effectListeners) listener(effects);
      }
      for (const settle of settles) settle();
      if (settles.length > 0) this.#update({});
    });
  }

  #refuse(error: ClientError): void {
    this.#pending.rejectAll(error);
    this.#update({ status: "refused", outdated: error.code === "CHANNEL_PROTOCOL_MISMATCH", error });
    for (const state of [...this.#waiting.keys()]) this.#fail(state, error);
  }

  #report(error: ClientError, page?: string): void {
    for (const listener of this.#problemListeners) listener(error, page);
  }

  /** Changes what `connection()` shows, and tells the listeners if it is another now. */
  #update(given: Partial<Omit<ConnectionState, "error">> & { readonly error?: ClientError | undefined }): void {
    const { retryAt: _, error: last, ...before } = this.#state;
    const { error = "error" in given || given.status === "online" ? undefined : last, ...change } = given;
    const [pending, loading] = [this.#pending.size, this.#waiting.size > 0];
    const next: ConnectionState = { ...before, ...(error && { error }), ...change, pending, loading };
    const keys = ["status", "pending", "loading", "retryAt", "error", "outdated"] as const;
    if (keys.every((key) => next[key] === this.#state[key])) return;
    this.#state = next;
    for (const listener of this.#connectionListeners) listener();
  }

  #later(milliseconds: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

function lost(request: Request): ClientError {
  return fault(clientErrors.CLIENT_OUTCOME_UNKNOWN(nameOf(request)), "network");
}

function fault(error: Error, attribution: Attribution): ClientError {
  return asClientError(error, attribution);
}

function fromWire(error: WireError): ClientError {
  const attribution = error.code.startsWith("CHANNEL_") ? "framework" : "app";
  const { ref, issues, retryAfter } = error;
  return clientError(error.code, error.message, { attribution, ref, issues, retryAfter });
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An engine that a test can also cut off from the network. */
export interface TestableEngine extends Engine {
  /** Cuts the connection, as a network does that fails; with `stay` there is no new try before `reconnectNow()`. */
  cut(stay: boolean): void;
}

/** Connects a page with its server; the hooks work on what this returns. */
export function createEngine(options: EngineOptions = {}): TestableEngine {
  return new PageEngine(options);
}
