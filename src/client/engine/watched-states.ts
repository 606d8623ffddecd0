import { asClientError } from "../client-error.ts";
import type { EngineParts } from "./engine-parts.ts";
import type { ClientError } from "./engine-types.ts";
import type { OutgoingRequests } from "./outgoing-requests.ts";

interface Waiting {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: ClientError): void;
}

/** The states that a page reads: requests them from the server, and releases those that no component reads any more. */
export class WatchedStates {
  readonly #parts: EngineParts;
  readonly #outgoing: OutgoingRequests;
  readonly #unwatchAfter: number;
  /** Number of readers by state. */
  readonly #watchers = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** States that the next microtask requests together. */
  #toWatch: Set<string> | undefined;

  /** `unwatchAfter` is the number of milliseconds for which a state without readers is kept up to date. */
  constructor(parts: EngineParts, outgoing: OutgoingRequests, unwatchAfter: number) {
    this.#parts = parts;
    this.#outgoing = outgoing;
    this.#unwatchAfter = unwatchAfter;
  }

  get names(): string[] {
    return [...this.#watchers.keys()];
  }

  /** True while a component waits for a state that has not arrived. */
  get isLoading(): boolean {
    return this.#waiting.size > 0;
  }

  watch(state: string): () => void {
    const count = this.#watchers.get(state) ?? 0;
    this.#watchers.set(state, count + 1);
    if (count === 0 && !this.#parts.mirror.get(state)) this.#request(state);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      // The next page may read it too.
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#release(state);
      }, this.#unwatchAfter);
      this.#timers.add(timer);
    };
  }

  #release(state: string): void {
    const left = (this.#watchers.get(state) ?? 1) - 1;
    if (left > 0) {
      this.#watchers.set(state, left);
      return;
    }
    this.#watchers.delete(state);
    this.#parts.mirror.delete(state);
    if (this.#parts.status.isOnline) void this.#outgoing.request({ kind: "unwatch", states: [state] }).catch(() => {});
  }

  /** Settles when the state has arrived. */
  ready(state: string): Promise<void> {
    const { mirror, status } = this.#parts;
    if (mirror.get(state)) return Promise.resolve();
    const known = this.#waiting.get(state);
    if (known) return known.promise;
    const waiting: Waiting = Promise.withResolvers<void>();
    this.#waiting.set(state, waiting);
    // Components call this while they render, when no other component may be notified.
    queueMicrotask(() => status.update());
    // A component that waits is not mounted yet and cannot watch.
    const isRequested = this.#watchers.has(state);
    const release = this.watch(state);
    // The server may have refused the state before: the user may be another one now.
    if (isRequested) this.#request(state);
    waiting.promise.then(release, release);
    if (status.now.status === "refused") waiting.reject(status.now.error as ClientError);
    return waiting.promise;
  }

  #request(state: string): void {
    // A page that is not connected yet names its states when it connects.
    if (!this.#parts.status.isOnline) return;
    if (this.#toWatch) {
      this.#toWatch.add(state);
      return;
    }
    const states = new Set([state]);
    this.#toWatch = states;
    queueMicrotask(() => {
      this.#toWatch = undefined;
      const watched = [...states].filter((name) => this.#watchers.has(name));
      if (watched.length > 0) this.#requestNow(watched);
    });
  }

  /** Requests the watched states that have not arrived. */
  requestMissing(): void {
    const missing = this.names.filter((state) => !this.#parts.mirror.get(state));
    if (missing.length > 0) this.#requestNow(missing);
  }

  #requestNow(states: readonly string[], isRetry = false): void {
    this.#outgoing.request({ kind: "watch", states }).then(
      () => {
        const missing = states.filter((state) => this.#watchers.has(state) && !this.#parts.mirror.get(state));
        if (isRetry || missing.length === 0) return;
        // The server does not know that the page released them, and does not send again what it assumes to be here.
        void this.#outgoing.request({ kind: "unwatch", states: missing }).catch(() => {});
        this.#requestNow(missing, true);
      },
      (error: unknown) => {
        // One of several states may have caused the error, so each is requested alone.
        if (states.length > 1) for (const state of states) this.#requestNow([state]);
        else for (const state of states) this.#fail(state, asClientError(error));
      },
    );
  }

  #fail(state: string, error: ClientError): void {
    const waiting = this.#waiting.get(state);
    this.#waiting.delete(state);
    this.#parts.status.update();
    if (waiting) waiting.reject(error);
    else this.#parts.report(error);
  }

  /** Rejects every component that waits. */
  failAll(error: ClientError): void {
    for (const state of [...this.#waiting.keys()]) this.#fail(state, error);
  }

  /** Resolves the components whose states have arrived. */
  arrived(): void {
    const before = this.#waiting.size;
    for (const [state, waiting] of this.#waiting) {
      if (!this.#parts.mirror.get(state)) continue;
      this.#waiting.delete(state);
      waiting.resolve();
    }
    if (this.#waiting.size !== before) this.#parts.status.update();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
