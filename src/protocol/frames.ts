/** The whole wire: every message either end may send, one union per direction. Both ends switch over them exhaustively. */

/** Raised when a frame's shape or meaning changes; a browser that speaks another one is asked to reload. */
export const PROTOCOL_VERSION = 1;

/** A value as it stands in a frame: JSON, in which `values.ts` has put tags for what JSON lacks. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The Socket.IO `auth` payload of a connecting page. Nothing in it ever stands in a URL. */
export interface Hello {
  readonly protocol: number;
  /** The build the page was loaded from; a mismatch is answered by a reload notice. */
  readonly build: string;
  /** Random per page load; a duplicated tab has another one, a reconnecting page the same. */
  readonly page: string;
  /** The tab id that the server issued, if this page has one. */
  readonly tab?: string;
  /** Version of the last frame that this page applied; absent when it holds nothing. */
  readonly version?: number;
  /** True when the page could not apply a frame: it wants its states whole. */
  readonly damaged?: boolean;
  /** True while the page fetches cookies that an event has set: it may have missed the answer that brought them. */
  readonly claiming?: boolean;
  /** Path and query of the address bar. */
  readonly path: string;
  /** States that the page reads now. */
  readonly watch: readonly string[];
  /** Language of the document. It counts where the handshake has no `Accept-Language`. */
  readonly language?: string;
}

/**
 * The states of a tab, with their user. A call is bound to the epoch in which it was made. It is refused if the states were
 * reset since, or if the tab has passed to another user.
 */
export interface Epoch {
  /** Grows whenever one of the two below changes, and when a state is taken from the page. Calls name the one that they were made in. */
  readonly number: number;
  /** Number of the epoch in which the states were created: a call of an earlier epoch was made for states that were removed. */
  readonly begun: number;
  /**
   * Number of the epoch in which the tab passed to another user who had signed in elsewhere: a call of an earlier one was made as
   * somebody else. Who signs in by an event of the tab itself keeps its states, and what was called behind that event runs.
   */
  readonly passed: number;
  /** Stands for who is signed in: the same text for the same user in every tab and process, absent for nobody. */
  readonly owner?: string;
}

interface ClientFrameBase {
  /** Counts 1, 2, 3 … per page load. The server takes each number once. */
  readonly id: number;
  /** Version of the last frame applied, so that the server can forget older ones. */
  readonly seen: number;
}

/** Calls an event of a state. */
export interface EventFrame extends ClientFrameBase {
  readonly kind: "event";
  readonly state: string;
  readonly event: string;
  readonly args: readonly Json[];
  /** Number of the epoch that it was made for; absent when the page had seen no state yet. */
  readonly epoch?: number | undefined;
}

/** Writes one of a state's `static fields`. */
export interface FieldFrame extends ClientFrameBase {
  readonly kind: "field";
  readonly state: string;
  readonly field: string;
  readonly value: Json;
  /** As of an event. */
  readonly epoch?: number | undefined;
}

/** The page went to another URL inside the app. */
export interface NavigateFrame extends ClientFrameBase {
  readonly kind: "navigate";
  readonly path: string;
  /** True if the page said this path when it connected: a page that was opened then has been opened there. */
  readonly told?: true;
}

/** The page begins to read these states: the answer holds those whole that it did not read already. */
export interface WatchFrame extends ClientFrameBase {
  readonly kind: "watch";
  readonly states: readonly string[];
}

/** The page no longer reads these states. */
export interface UnwatchFrame extends ClientFrameBase {
  readonly kind: "unwatch";
  readonly states: readonly string[];
}

/** Nothing but `seen`: sent after a quiet moment so that the server can free its replay buffer. Carries id 0 and is not acked. */
export interface SeenFrame extends ClientFrameBase {
  readonly kind: "seen";
}

/** Everything a browser may send after the handshake. */
export type ClientFrame = EventFrame | FieldFrame | NavigateFrame | WatchFrame | UnwatchFrame | SeenFrame;

/** What a browser learns of an error: a stable code, a sentence, and in production an id to look up in the log. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  /** Reference that also stands in the server's log. */
  readonly ref?: string;
  /** Which argument was wrong and why, for a failed parse. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** Seconds after which another try may go well, where too many came. */
  readonly retryAfter?: number;
}

/** `[id]`: done. `[id, error]`: not done, and nothing has changed. */
export type Ack = readonly [id: number] | readonly [id: number, error: WireError];

/** A step from a container to what it holds: property name, array index or Map key. */
export type PathSegment = string | number;

/** From the state's root to the value; the first segment is the var's name. */
export type Path = readonly PathSegment[];

/**
 * One change of one state, in the order in which they must be applied.
 *
 * - `set` replaces or adds a property, an array item or a Map entry; `delete` removes a property or a Map entry
 * - `append` adds to the end of a string; `splice` works like Array's; `move` takes one item elsewhere
 * - `order` puts an array in a new order: item i of the new one was item `order[i]` of the old
 * - `add` and `remove` change a Set; `clear` empties a Map or Set
 */
export type Operation =
  | readonly ["set", Path, Json]
  | readonly ["delete", Path]
  | readonly ["append", Path, string]
  | readonly ["splice", Path, index: number, removed: number, ...items: Json[]]
  | readonly ["move", Path, from: number, to: number]
  | readonly ["order", Path, order: readonly number[]]
  | readonly ["add", Path, Json]
  | readonly ["remove", Path, Json]
  | readonly ["clear", Path];

/** A state whole (every visible var), or the operations that lead from the last version to this one. */
export type StateChange = { readonly full: { readonly [name: string]: Json } } | readonly Operation[];

/** What the page is asked to do beside showing the vars. */
export type Effect =
  | { readonly effect: "redirect"; readonly to: string; readonly replace: boolean; readonly external: boolean }
  | { readonly effect: "reload" }
  | { readonly effect: "back" }
  | {
      readonly effect: "toast";
      readonly level: "info" | "success" | "warning" | "error";
      readonly message: string;
      readonly title?: string;
      /** Milliseconds on screen; 0 stays until closed. */
      readonly duration?: number;
    }
  | { readonly effect: "alert"; readonly message: string }
  | { readonly effect: "download"; readonly url: string; readonly filename?: string }
  | {
      readonly effect: "download";
      readonly filename: string;
      readonly mimeType: string;
      /** Base64 of the bytes. */
      readonly content: string;
    }
  | { readonly effect: "focus"; readonly target: string }
  | { readonly effect: "scrollTo"; readonly target: string; readonly align: "start" | "center" | "end" }
  | { readonly effect: "copyToClipboard"; readonly text: string }
  | { readonly effect: "setTitle"; readonly title: string }
  /**
   * Cookies wait for the browser: posting the ticket brings them. Comes before all other effects, which wait for it.
   * `identity` is that of the socket from here on: `identityOf()` gives the same in a browser that has the cookies.
   */
  | { readonly effect: "cookies"; readonly ticket: string; readonly identity: string }
  | { readonly effect: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string };

/**
 * All that one turn of the server sends. Versions are contiguous: a frame applies to exactly `version - 1`.
 * It is applied wholly or not at all; effects are performed after the changes.
 */
export interface ServerFrame {
  readonly version: number;
  readonly changes?: { readonly [state: string]: StateChange };
  readonly effects?: readonly Effect[];
  readonly acks?: readonly Ack[];
  /** The tab's epoch, if it is another one from this frame on. */
  readonly epoch?: Epoch;
}

/** The server's first message on every connection. */
export interface Welcome {
  readonly tab: string;
  /**
   * True when the tab is new, or another page has had it meanwhile: messages are counted from 1 again, and what became of
   * those that were sent and not answered is not known.
   */
  readonly fresh: boolean;
  readonly epoch: Epoch;
  /** Highest frame id that the server took from this page load: later ones must be sent again, earlier ones must not. */
  readonly received: number;
  /** Of those, the ids that are not answered yet. One that is neither here nor among the acks of `resume` was lost. */
  readonly open: readonly number[];
  /**
   * `replay`: frames after the page's version, to be applied in order.
   * `snapshot`: one frame with every watched state whole, which stands for all that was missed
   * (its `acks` and `effects` are the missed ones) and sets the page's version.
   */
  readonly resume: { readonly replay: readonly ServerFrame[] } | { readonly snapshot: ServerFrame };
  /** Most characters of one message that the server takes. */
  readonly frameSize: number;
  /** The server's build. When it differs from the page's, the page tells the user that a new version is there. */
  readonly build: string;
}

/**
 * The server is about to stop: it takes nothing more from this page. Later calls, and those that it has not taken, have not
 * run and will not; the page sends them to the next server. What runs may still be answered.
 */
export interface ClosingMessage {
  /** Highest frame id that the server took. */
  readonly received: number;
}

/** An error that belongs to no event: a frame nobody could read, or a tab that was taken over. */
export interface ProblemMessage {
  readonly error: WireError;
  /** Path and query of the page that could not be opened because of it. */
  readonly page?: string;
}
