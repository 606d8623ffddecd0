import { DEFAULT_FRAME_LIMIT } from "../protocol/wire-parser.ts";
import { type Resolved, type RulesOf, withDefault, withDefaultFrom } from "../setting.ts";
import { milliseconds, wholeNumber } from "../setting-rules.ts";

/** Limits of the socket. Each has a default that suits most apps, and is answered with a coded error, never with silence. */
export interface ChannelConfig {
  /** Most characters of one message from a browser. */
  readonly frameSize?: number;
  /** Deepest nesting of a value from a browser. */
  readonly depth?: number;
  /** Most calls of one tab that wait for an answer. */
  readonly queue?: number;
  /** Most characters of the messages of one tab that wait for an answer. */
  readonly queueBytes?: number;
  /** Calls of one tab per second, lasting. */
  readonly eventsPerSecond?: number;
  /** Calls of one tab that may come at once. */
  readonly burst?: number;
  /** Most background and parallel handlers of one tab at once. */
  readonly background?: number;
  /** Most tabs in the process. When it is reached one that is away makes room: an unused one first, then the one away longest. */
  readonly tabs?: number;
  /**
   * Most sockets of one address at once; of IPv6 the first half of an address counts. When as many of its tabs are kept, the
   * one of them that has been away longest makes room.
   */
  readonly socketsPerAddress?: number;
  /** Most sockets of one session at once. */
  readonly socketsPerSession?: number;
  /**
   * Most bytes (about) that the states of all tabs may take. Beyond it tabs that are away are discarded, then those larger
   * than `tabBytes` are ended; when that is not enough no new page is let in.
   */
  readonly stateBytes?: number;
  /**
   * Most bytes (about) that the states of all tabs of one address may take. Beyond it those of its tabs that are away are
   * discarded, then its largest ones are ended. Half of `stateBytes` when absent.
   */
  readonly addressStateBytes?: number;
  /** A tab whose states take more bytes (about) than this is named in a warning. */
  readonly tabBytes?: number;
  /** A tab whose states take more bytes (about) than this is ended with CHANNEL_TAB_TOO_LARGE. */
  readonly tabBytesMax?: number;
  /** Bytes (about) kept per tab, so that a page that comes back gets just what it missed. */
  readonly replayBytes?: number;
  /** Frames kept per tab for the same purpose. */
  readonly replayFrames?: number;
  /**
   * Most bytes that the whole process holds for pages that have not read them yet, including what it keeps for pages that
   * reconnect. Beyond it that is dropped, then the connections that read nothing and hold most are closed.
   */
  readonly unsentBytes?: number;
  /** Milliseconds after which background work of a tab that is away ends. */
  readonly leaveAfter?: number;
  /** Milliseconds after which the states of a tab that is away are discarded. */
  readonly expireAfter?: number;
  /**
   * Milliseconds that a page which is loaded anew, or comes back after `leaveAfter`, waits for a handler of before that does
   * not end; then its states are made anew. Also how long an `update()` from outside of the tab, and
   * `onExpire`, wait for one handler.
   */
  readonly stuckAfter?: number;
  /** Milliseconds that an older page of the same tab gets to say that it is still there. */
  readonly aliveTimeout?: number;
  /** Milliseconds between two looks at whether the users of idle tabs are still signed in. */
  readonly identityCheck?: number;
  /** Milliseconds between two signs of life of a connection. */
  readonly pingInterval?: number;
  /** Milliseconds after which a silent connection counts as lost. */
  readonly pingTimeout?: number;
}

/** Longest ping interval or time-out: the sum of two of them is timed as well. */
const DAY = 86_400_000;

/** Rules and defaults of {@link ChannelConfig}. */
export const channelOptions = {
  frameSize: withDefault(wholeNumber(1), DEFAULT_FRAME_LIMIT),
  depth: withDefault(wholeNumber(1), 32),
  queue: withDefault(wholeNumber(1), 200),
  queueBytes: withDefault(wholeNumber(1), 2_000_000),
  eventsPerSecond: withDefault(wholeNumber(1), 100),
  burst: withDefault(wholeNumber(1), 400),
  background: withDefault(wholeNumber(1), 50),
  tabs: withDefault(wholeNumber(1), 10_000),
  socketsPerAddress: withDefault(wholeNumber(1), 1_000),
  socketsPerSession: withDefault(wholeNumber(1), 100),
  stateBytes: withDefault(wholeNumber(1), 1_000_000_000),
  addressStateBytes: withDefaultFrom(wholeNumber(1), ({ stateBytes = 0 }: ChannelConfig) => stateBytes / 2),
  tabBytes: withDefault(wholeNumber(1), 5_000_000),
  tabBytesMax: withDefault(wholeNumber(1), 50_000_000),
  replayBytes: withDefault(wholeNumber(1), 256_000),
  replayFrames: withDefault(wholeNumber(1), 500),
  unsentBytes: withDefault(wholeNumber(1), 256_000_000),
  leaveAfter: withDefault(milliseconds(), 60_000),
  expireAfter: withDefault(milliseconds(), 3_600_000),
  stuckAfter: withDefault(milliseconds(), 10_000),
  aliveTimeout: withDefault(milliseconds(), 1_000),
  identityCheck: withDefault(milliseconds(), 30_000),
  pingInterval: withDefault(milliseconds(DAY), 25_000),
  pingTimeout: withDefault(milliseconds(DAY), 20_000),
} satisfies RulesOf<ChannelConfig>;

/** Limits of the socket with their defaults. */
export type ChannelLimits = Resolved<ChannelConfig, typeof channelOptions>;
