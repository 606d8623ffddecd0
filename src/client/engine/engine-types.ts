import type { Effect, StateChange } from "../../protocol/frames.ts";

/**
 * How the page stands with its server.
 *
 * `connecting` before the first welcome, `online`, `reconnecting` while a lost connection is retried,
 * `refused` when the server will not have this page (the error says why).
 */
export type ConnectionStatus = "connecting" | "online" | "reconnecting" | "refused";

/** All that `useConnection()` shows. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Events and edits that have not been answered yet. */
  readonly pending: number;
  /** When the next try is made (milliseconds since 1970), while reconnecting. */
  readonly retryAt?: number;
  /** Why the server refused, or why there is no connection: `CLIENT_CONNECTION_SILENT`, `CLIENT_SOCKET_BLOCKED`. */
  readonly error?: ClientError;
  /** True while components wait for states that have not arrived, because an `onLoad`, a handler or a guard takes long. */
  readonly loading: boolean;
  /** True when the server runs another build than the page was loaded from. */
  readonly outdated: boolean;
}

/** Whose fault an error is: the app's own code, the network, or the framework. */
export type Attribution = "app" | "network" | "framework";

/** An error as a page sees it: `code` to tell it apart, `ref` to find it in the server's log. */
export interface ClientError extends Error {
  readonly code: string;
  readonly attribution: Attribution;
  readonly ref?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** Seconds after which another try may go well. */
  readonly retryAfter?: number;
}

/** One state's visible vars. Replaced, never changed in place; parts that did not change keep their identity. */
export type StateSnapshot = { readonly [name: string]: unknown };

/** Reports that the states of a page were reset. */
export interface FreshStates {
  /**
   * Whether they are still the same user's, or still nobody's. Then what the page shows may be written into them; what
   * somebody else has left must not be.
   */
  readonly sameOwner: boolean;
  /** Vars of a state as the page held them before. */
  before(state: string): StateSnapshot | undefined;
}

/** The engine behind the hooks: the connection, the copy of the vars, and what waits for an answer. It knows no React and no DOM. */
export interface Engine {
  /** Vars of a state as last received; undefined until the state has arrived. Stable between changes. */
  snapshot(state: string): StateSnapshot | undefined;
  /** Calls the listener after each frame that changed this state, with what the frame said of it. */
  subscribe(state: string, listener: (change?: StateChange) => void): () => void;
  /** Says that the page reads a state; counted, so each call needs its answer called once. */
  watch(state: string): () => void;
  /** Settles when the state has arrived; rejects with a ClientError when the server cannot give it. The same promise while pending. */
  ready(state: string): Promise<void>;
  /** Calls an event; resolves when the frame that holds its result was applied, rejects with a ClientError. Waits while offline. */
  call(state: string, event: string, args: readonly unknown[]): Promise<void>;
  /** Writes one of the state's `static fields`; resolves and rejects like `call`. */
  write(state: string, field: string, value: unknown): Promise<void>;
  /** Tells the server that the page is now at this path and query; the page's guard and `onLoad` run there. */
  navigate(path: string): Promise<void>;
  /** A name of the states' owner that tells nothing of them, the same in every tab; undefined for a visitor. */
  owner(): string | undefined;
  connection(): ConnectionState;
  onConnection(listener: () => void): () => void;
  /** Effects of each frame, after its changes were applied. Effects that arrive before the first listener wait for it. */
  onEffects(listener: (effects: readonly Effect[]) => void): () => void;
  /**
   * Reports that the states were reset: the server was started again, or it has discarded them while the page was away, or
   * their user has gone. Not when the page is loaded: then it has held none.
   *
   * The listener runs when `snapshot()` gives the fresh vars already, before anybody who has subscribed is told of them,
   * and before anything waits to be sent or is sent to them. What it writes or calls is the first that they get. Calls and
   * writes that were made for the states before do not run: those that were not sent are rejected with CLIENT_STATE_GONE,
   * or CLIENT_USER_CHANGED when the user is another, those that were with CLIENT_OUTCOME_UNKNOWN, and their promises
   * settle after the listeners have run.
   */
  onFresh(listener: (fresh: FreshStates) => void): () => void;
  /**
   * Reports that another server, or another tab of it, opens the page again: its guard and `onLoad` run, and what they failed
   * with before no longer counts. An error of this run follows as a problem.
   */
  onReopen(listener: () => void): () => void;
  /** Errors that belong to no call (a damaged frame, a superseded tab). */
  onProblem(listener: (error: ClientError, page?: string) => void): () => void;
  /** Tries at once instead of waiting for the next retry. */
  reconnectNow(): void;
  close(): void;
}
