import type { ClientError, ConnectionState } from "./engine-types.ts";

/** The changed part of a `ConnectionState`. An `error` of undefined removes the last error. */
type StatusChange = Partial<Omit<ConnectionState, "error">> & { readonly error?: ClientError | undefined };

/** The state that `connection()` returns, and its listeners. */
export class EngineStatus {
  #now: ConnectionState = { status: "connecting", pending: 0, loading: false, outdated: false };
  readonly #listeners = new Set<() => void>();
  readonly #counts: () => Pick<ConnectionState, "pending" | "loading">;

  constructor(counts: () => Pick<ConnectionState, "pending" | "loading">) {
    this.#counts = counts;
  }

  get now(): ConnectionState {
    return this.#now;
  }

  get isOnline(): boolean {
    return this.#now.status === "online";
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Applies a change and the current counts. Notifies the listeners only if the result differs. */
  update(given: StatusChange = {}): void {
    const { retryAt: _, error: last, ...before } = this.#now;
    const { error = "error" in given || given.status === "online" ? undefined : last, ...change } = given;
    const next: ConnectionState = { ...before, ...(error && { error }), ...change, ...this.#counts() };
    const keys = ["status", "pending", "loading", "retryAt", "error", "outdated"] as const;
    if (keys.every((key) => next[key] === this.#now[key])) return;
    this.#now = next;
    for (const listener of this.#listeners) listener();
  }
}
