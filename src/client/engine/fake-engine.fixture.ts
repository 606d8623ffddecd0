import type { Effect, Json, StateChange } from "../../protocol/frames.ts";
import { clientError } from "../client-error.ts";
import type { ClientError, ConnectionState, Engine, FreshStates, StateSnapshot } from "./engine-types.ts";

/** Codes with which the engine blames the network. */
const NETWORK_FAILURES: ReadonlySet<string> = new Set([
  "CLIENT_QUEUE_FULL",
  "CLIENT_OUTCOME_UNKNOWN",
  "CLIENT_USER_CHANGED",
]);

/** One thing that the page asked of the fake server and that is not answered yet. */
export interface FakeRequest {
  readonly kind: "call" | "write" | "navigate";
  readonly state: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** Changes vars, tells listeners, then resolves the page's promise. */
  answer(changes?: StateSnapshot): void;
  fail(code: string, message: string, issues?: ClientError["issues"]): void;
}

/** An engine without a network: the test plays the server. Requests wait in `requests` unless `onRequest` answers them. */
export class FakeEngine implements Engine {
  readonly states = new Map<string, StateSnapshot>();
  readonly requests: FakeRequest[] = [];
  /** All that was ever asked, as `write title Milk`. */
  readonly log: string[] = [];
  readonly watched = new Map<string, number>();
  onRequest: ((request: FakeRequest) => void) | undefined;
  closed = false;
  retries = 0;
  readonly #listeners = new Map<string, Set<(change?: StateChange) => void>>();
  readonly #arrivals = new Map<string, { promise: Promise<void>; resolve(): void; reject(error: ClientError): void }>();
  readonly #effectListeners = new Set<(effects: readonly Effect[]) => void>();
  readonly #problemListeners = new Set<(error: ClientError, page?: string) => void>();
  readonly #freshListeners = new Set<(fresh: FreshStates) => void>();
  readonly #connectionListeners = new Set<() => void>();
  #connection: ConnectionState = { status: "online", pending: 0, loading: false, outdated: false };

  /** Changes vars as a frame of the server would. */
  change(state: string, changes: StateSnapshot): void {
    this.states.set(state, { ...this.states.get(state), ...changes });
    const arrival = this.#arrivals.get(state);
    this.#arrivals.delete(state);
    const change = Object.entries(changes).map(([name, value]) => ["set", [name], value as Json] as const);
    for (const listener of [...(this.#listeners.get(state) ?? [])]) listener(change);
    arrival?.resolve();
  }

  refuse(state: string, code: string, message: string): void {
    const arrival = this.#arrivals.get(state);
    this.#arrivals.delete(state);
    arrival?.reject(clientError(code, message, { attribution: "app", ref: "e-1" }));
  }

  effects(...effects: readonly Effect[]): void {
    for (const listener of this.#effectListeners) listener(effects);
  }

  problem(error: ClientError): void {
    for (const listener of this.#problemListeners) listener(error);
  }

  setConnection(changes: Partial<ConnectionState>): void {
    this.#connection = { ...this.#connection, ...changes };
    for (const listener of this.#connectionListeners) listener();
  }

  /** Puts these states in the place of all, as a server does that no longer has those before. */
  fresh(states: { readonly [state: string]: StateSnapshot }, sameOwner = true): void {
    const before = new Map(this.states);
    this.states.clear();
    for (const [state, vars] of Object.entries(states)) this.states.set(state, vars);
    for (const listener of [...this.#freshListeners]) listener({ sameOwner, before: (state) => before.get(state) });
    for (const state of this.states.keys()) for (const listener of [...(this.#listeners.get(state) ?? [])]) listener();
  }

  snapshot(state: string): StateSnapshot | undefined {
    return this.states.get(state);
  }

  subscribe(state: string, listener: (change?: StateChange) => void): () => void {
    const listeners = this.#listeners.get(state) ?? new Set();
    this.#listeners.set(state, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  watch(state: string): () => void {
    this.watched.set(state, (this.watched.get(state) ?? 0) + 1);
    return () => this.watched.set(state, (this.watched.get(state) ?? 0) - 1);
  }

  ready(state: string): Promise<void> {
    if (this.states.has(state)) return Promise.resolve();
    const known = this.#arrivals.get(state);
    if (known) return known.promise;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#arrivals.set(state, { promise, resolve, reject });
    return promise;
  }

  call(state: string, event: string, args: readonly unknown[]): Promise<void> {
    return this.#request("call", state, event, args);
  }

  write(state: string, field: string, value: unknown): Promise<void> {
    return this.#request("write", state, field, [value]);
  }

  navigate(path: string): Promise<void> {
    return this.#request("navigate", "", path, []);
  }

  /** Who the states belong to. */
  user: string | undefined;

  owner(): string | undefined {
    return this.user;
  }

  connection(): ConnectionState {
    return this.#connection;
  }

  onConnection(listener: () => void): () => void {
    this.#connectionListeners.add(listener);
    return () => this.#connectionListeners.delete(listener);
  }

  onEffects(listener: (effects: readonly Effect[]) => void): () => void {
    this.#effectListeners.add(listener);
    return () => this.#effectListeners.delete(listener);
  }

  onFresh(listener: (fresh: FreshStates) => void): () => void {
    this.#freshListeners.add(listener);
    return () => this.#freshListeners.delete(listener);
  }

  onReopen(): () => void {
    return () => {};
  }

  onProblem(listener: (error: ClientError, page?: string) => void): () => void {
    this.#problemListeners.add(listener);
    return () => this.#problemListeners.delete(listener);
  }

  reconnectNow(): void {
    this.retries++;
  }

  close(): void {
    this.closed = true;
  }

  #request(kind: FakeRequest["kind"], state: string, name: string, args: readonly unknown[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const forget = () => {
      const index = this.requests.indexOf(request);
      if (index >= 0) this.requests.splice(index, 1);
    };
    const request: FakeRequest = {
      kind,
      state,
      name,
      args,
      answer: (changes) => {
        forget();
        if (changes) this.change(state, changes);
        resolve();
      },
      fail: (code, message, issues) => {
        forget();
        const attribution = NETWORK_FAILURES.has(code) ? "network" : "app";
        reject(clientError(code, message, { attribution, issues }));
      },
    };
    this.requests.push(request);
    this.log.push([kind, name, ...args.map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg)))].join(" "));
    this.onRequest?.(request);
    return promise;
  }
}
