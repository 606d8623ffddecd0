import { DEFAULT_FRAME_LIMIT } from "../protocol/wire-parser.ts";

/** Bounds of the socket; each is answered with a coded error, never with silence. */
export interface ChannelLimits {
  /** Most characters of one message from a browser. */
  readonly frameSize: number;
  /** Deepest nesting of a value from a browser. */
  readonly depth: number;
  /** Most calls of one tab that wait for an answer. */
  readonly queue: number;
  /** Most characters of the messages of one tab that wait for an answer. */
  readonly queueBytes: number;
  /** Calls of one tab per second, lasting. */
  readonly eventsPerSecond: number;
  /** Calls of one tab that may come at once. */
  readonly burst: number;
  /** Most background and parallel handlers of one tab at once. */
  readonly background: number;
  /** Most tabs in the process. When it is reached one that is away makes room: an unused one first, then who has been away longest. */
  readonly tabs: number;
  /**
   * Most sockets of one address at once; of IPv6 the first half of an address counts. When as many of its tabs are kept, the
   * one of them that has been away longest makes room.
   */
  readonly socketsPerAddress: number;
  /** Most sockets of one session at once. */
  readonly socketsPerSession: number;
  /**
   * Most bytes (about) that the states of all tabs may take. Beyond it tabs that are away are discarded, then those larger
   * than `tabBytes` are ended; when that is not enough no new page is let in.
   */
  readonly stateBytes: number;
  /**
   * Most bytes (about) that the states of all tabs of one address may take. Beyond it those of its tabs that are away are
   * discarded, then its largest ones are ended. Half of `stateBytes` when absent.
   */
  readonly addressStateBytes: number;
  /** A tab whose states take more bytes (about) than this is named in a warning. */
  readonly tabBytes: number;
  /** A tab whose states take more bytes (about) than this is ended with CHANNEL_TAB_TOO_LARGE. */
  readonly tabBytesMax: number;
  /** Bytes (about) and frames kept per tab, so that a page that comes back gets just what it missed. */
  readonly replayBytes: number;
  readonly replayFrames: number;
  /**
   * Most bytes that the whole process holds for pages that have not read them yet, including what it keeps for pages that
   * reconnect. Beyond it that is dropped, then the connections that read nothing and hold most are closed.
   */
  readonly unsentBytes: number;
  /** Milliseconds after which background work of a tab that is away ends. */
  readonly leaveAfter: number;
  /** Milliseconds after which the states of a tab that is away are discarded. */
  readonly expireAfter: number;
  /**
   * Milliseconds that a page which is loaded anew, or comes back after `leaveAfter`, waits for a handler of before that does
   * not end; then its states are made anew. Also how long an `update()` from outside of the tab, and
   * `onExpire`, wait for one handler.
   */
  readonly stuckAfter: number;
  /** Milliseconds that an older page of the same tab gets to say that it is still there. */
  readonly aliveTimeout: number;
  /** Milliseconds between two looks at whether the users of idle tabs are still signed in. */
  readonly identityCheck: number;
  /** Milliseconds between two signs of life of a connection, and until a silent one counts as lost. */
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** What holds where the app says nothing. */
export const DEFAULT_LIMITS: ChannelLimits = {
  frameSize: DEFAULT_FRAME_LIMIT,
  depth: 32,
  queue: 200,
  queueBytes: 2_000_000,
  eventsPerSecond: 100,
  burst: 400,
  background: 50,
  tabs: 10_000,
  socketsPerAddress: 1_000,
  socketsPerSession: 100,
  stateBytes: 1_000_000_000,
  addressStateBytes: 500_000_000,
  tabBytes: 5_000_000,
  tabBytesMax: 50_000_000,
  replayBytes: 256_000,
  replayFrames: 500,
  unsentBytes: 256_000_000,
  leaveAfter: 60_000,
  expireAfter: 3_600_000,
  stuckAfter: 10_000,
  aliveTimeout: 1_000,
  identityCheck: 30_000,
  pingInterval: 25_000,
  pingTimeout: 20_000,
};

/** Returns the limits of an app: what it says, and the defaults for the rest. */
export function limitsOf(given: Partial<ChannelLimits> = {}): ChannelLimits {
  const { stateBytes = DEFAULT_LIMITS.stateBytes } = given;
  return { ...DEFAULT_LIMITS, addressStateBytes: stateBytes / 2, ...given };
}
