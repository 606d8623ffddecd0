import { RateLimit } from "../../rate-limit.ts";
import { channelErrors } from "../errors.ts";
import type { ChannelLimits } from "../options.ts";
import type { ChannelLogger } from "../wire-error.ts";
import type { Tab } from "./tab.ts";

/** One tab as the server's operator sees it. */
export interface TabSummary {
  /** First characters of the tab's id: enough to tell tabs apart, too little to take one over. */
  readonly tab: string;
  readonly connected: boolean;
  readonly states: readonly string[];
  /** About how many bytes its states take. */
  readonly bytes: number;
}

/** Numbers about all tabs. */
export interface ChannelStats {
  readonly tabs: number;
  readonly connected: number;
  /** About how many bytes all states take. */
  readonly bytes: number;
}

/** A tab that is kept. */
export interface Held {
  readonly tab: Tab;
  /** The address and the session of the page that opened it. */
  readonly address: string;
  readonly session: string | undefined;
  /** Whether its page has gone: only then others may need its room. */
  isAway: boolean;
  /** Before that it is not measured again: a large tab takes its time. */
  measureFrom: number;
  leaveTimer?: NodeJS.Timeout;
  expireTimer?: NodeJS.Timeout;
}

/** Milliseconds between two looks at how much room the states take, and how many such a look may take. */
const MEASURE_EVERY = 1_000;
const MEASURE_FOR = 5;

/** The tabs of one address or session, the one that has been away longest first, and the bytes of their states. */
interface Share {
  readonly tabs: Set<Held>;
  bytes: number;
}

/**
 * A tab is measured again after so many times as long as measuring it took: the first if it is empty, the second if it is
 * nearly as large as a tab may be. It does not wait if what its page has sent may have filled it.
 */
const MEASURE_PAUSE = 200;
const LEAST_PAUSE = 10;

/** Keeps the tabs of all pages within bounds: those that do not come back, or that there is no room for, are discarded. */
export class Tabs {
  readonly #limits: ChannelLimits;
  readonly #logger: ChannelLogger;
  /** The tab that has been away longest stands first. */
  readonly #held = new Map<string, Held>();
  readonly #shares = new Map<string, Share>();
  readonly #endLog = new RateLimit(1, 10);
  readonly #timer: NodeJS.Timeout;
  /** Where the measuring goes on. */
  #next: Iterator<Held> | undefined;
  /** About how many bytes all states took when they were last measured. */
  #bytes = 0;
  #isFull = false;

  constructor(limits: ChannelLimits, logger: ChannelLogger) {
    this.#limits = limits;
    this.#logger = logger;
    this.#timer = setInterval(() => this.#measure(), MEASURE_EVERY).unref();
  }

  get(id: string): Held | undefined {
    return this.#held.get(id);
  }

  has(held: Held): boolean {
    return this.#held.get(held.tab.id) === held;
  }

  /** The tabs that there are now. */
  all(): Tab[] {
    return Array.from(this.#held.values(), ({ tab }) => tab);
  }

  /** Makes room for one more. @throws CHANNEL_FULL */
  assertRoom(): void {
    const hasPlace = this.#held.size < this.#limits.tabs || this.#evict(this.#held.values());
    if (!hasPlace || !this.#makeRoom()) throw channelErrors.CHANNEL_FULL();
  }

  /** Keeps one more. @throws CHANNEL_FULL */
  add(tab: Tab, address: string, session: string | undefined): Held {
    // Pages that come together have all passed an earlier look.
    this.assertRoom();
    const held: Held = { tab, address, session, isAway: false, measureFrom: 0 };
    const { socketsPerAddress, socketsPerSession } = this.#limits;
    for (const key of keysOf(held)) {
      const share = this.#shares.get(key) ?? { tabs: new Set(), bytes: 0 };
      // Whoever opens pages again and again pushes out what is their own, not what is other people's.
      const most = key === address ? socketsPerAddress : socketsPerSession;
      if (share.tabs.size >= most) this.#evict(share.tabs);
      share.tabs.add(held);
      this.#shares.set(key, share);
    }
    this.#held.set(tab.id, held);
    return held;
  }

  /** The tab's page is there again. */
  back(held: Held): void {
    held.isAway = false;
    clearTimeout(held.leaveTimer);
    clearTimeout(held.expireTimer);
  }

  /** The tab's page is away, and gets a while to come back. */
  away(held: Held): void {
    const { id, runner } = held.tab;
    if (!this.#held.delete(id)) return;
    this.#held.set(id, held);
    held.isAway = true;
    for (const { tabs } of this.#sharesOf(held)) if (tabs.delete(held)) tabs.add(held);
    this.measure(held);
    this.#makeRoom();
    if (!this.has(held)) return;
    const { leaveAfter, expireAfter } = this.#limits;
    held.leaveTimer = setTimeout(() => runner.abort(channelErrors.CHANNEL_TAB_LEFT()), leaveAfter).unref();
    held.expireTimer = setTimeout(() => this.discard(held), expireAfter).unref();
  }

  /** Discards a tab. Its page is told the reason, if there is one. */
  discard(held: Held, reason?: Error): void {
    this.back(held);
    if (!this.#held.delete(held.tab.id)) return;
    this.#count(held, -held.tab.bytes);
    for (const key of keysOf(held)) {
      const share = this.#shares.get(key);
      share?.tabs.delete(held);
      if (share?.tabs.size === 0) this.#shares.delete(key);
    }
    void held.tab.expire(reason);
  }

  #sharesOf(held: Held): Share[] {
    return keysOf(held).flatMap((key) => this.#shares.get(key) ?? []);
  }

  #count(held: Held, bytes: number): void {
    this.#bytes += bytes;
    for (const share of this.#sharesOf(held)) share.bytes += bytes;
  }

  /** Discards a tab whose page may be there, because its states take too much room. */
  #end(held: Held, reason: Error): void {
    const { tab } = held;
    const { name, bytes } = tab.tree.largest();
    if (this.#endLog.take()) {
      const details = {
        state: name,
        stateBytes: bytes,
        bytes: tab.bytes,
        tab: tab.id.slice(0, 6),
        address: held.address,
      };
      this.#logger.warn(details, `A tab was ended, because its states took too much room: most of it ${name}`);
    }
    this.discard(held, reason);
  }

  /** Discards the first of these that is away, or rather the first in which nobody has ever done anything. */
  #evict(among: Iterable<Held>): boolean {
    let first: Held | undefined;
    for (const held of among) {
      if (!held.isAway) continue;
      first ??= held;
      if (held.tab.isTouched) continue;
      first = held;
      break;
    }
    if (first) this.discard(first);
    return first !== undefined;
  }

  /** Ends a tab that exceeds its own limit, then tabs of its address until that is within its limit. */
  #limit(held: Held): void {
    const { tabBytesMax, addressStateBytes } = this.#limits;
    if (held.tab.bytes > tabBytesMax) {
      this.#end(held, channelErrors.CHANNEL_TAB_TOO_LARGE(tabBytesMax));
      return;
    }
    const share = this.#shares.get(held.address);
    while (share && share.bytes > addressStateBytes) {
      if (this.#evict(share.tabs)) continue;
      const largest = largestOf(share.tabs);
      if (!largest) break;
      this.#end(largest, channelErrors.CHANNEL_STATES_FULL());
    }
  }

  /**
   * Makes the states take no more than they may: discards tabs that are away, then ends large ones. Returns false if the
   * tabs that are left are not large: then no new page is let in.
   */
  #makeRoom(): boolean {
    const { stateBytes, tabBytes } = this.#limits;
    while (this.#bytes > stateBytes) {
      if (this.#evict(this.#held.values())) continue;
      const largest = largestOf(this.#held.values());
      if (!largest || largest.tab.bytes <= tabBytes) break;
      this.#end(largest, channelErrors.CHANNEL_STATES_FULL());
    }
    const isFull = this.#bytes > this.#limits.stateBytes;
    if (isFull && !this.#isFull) {
      this.#logger.warn(this.stats(), "The states of connected tabs take all the room: no new page is let in");
    }
    this.#isFull = isFull;
    return !isFull;
  }

  /** Measures what has changed, a few tabs at a time. */
  #measure(): void {
    const end = performance.now() + MEASURE_FOR;
    this.#next ??= this.#held.values();
    do {
      const { done, value } = this.#next.next();
      if (done) this.#next = undefined;
      else if (value.tab.isStale && this.#isDue(value)) this.measure(value);
    } while (this.#next && performance.now() < end);
    this.#makeRoom();
  }

  #isDue({ tab, measureFrom }: Held): boolean {
    return measureFrom <= performance.now() || tab.mayExceed(this.#limits.tabBytesMax);
  }

  /** Measures the states of a tab now, and ends it if they take too much room. */
  measure(held: Held): void {
    if (!this.has(held)) return;
    this.#weigh(held);
    this.#limit(held);
  }

  #weigh(held: Held): void {
    const before = held.tab.bytes;
    const begin = performance.now();
    this.#count(held, held.tab.measure() - before);
    const end = performance.now();
    const room = Math.max(0, 1 - held.tab.bytes / this.#limits.tabBytesMax);
    held.measureFrom = end + (end - begin) * (LEAST_PAUSE + (MEASURE_PAUSE - LEAST_PAUSE) * room);
  }

  stats(): ChannelStats {
    let connected = 0;
    for (const { tab } of this.#held.values()) if (tab.connection) connected++;
    return { tabs: this.#held.size, connected, bytes: this.#bytes };
  }

  /** Every tab with the size of its states, measured now. */
  summaries(): TabSummary[] {
    return Array.from(this.#held.values(), (held) => {
      const { tab } = held;
      this.#weigh(held);
      const states = tab.tree.instances().map((instance) => instance.constructor.name);
      return { tab: tab.id.slice(0, 6), connected: tab.connection !== undefined, states, bytes: tab.bytes };
    });
  }

  /** The server has stopped: nothing waits any more, and what yields for ever would keep the process alive. */
  close(): void {
    clearInterval(this.#timer);
    for (const held of this.#held.values()) {
      this.back(held);
      held.tab.runner.end(channelErrors.CHANNEL_CLOSING());
    }
  }
}

/** Names what a tab counts for. No address looks like the key of a session. */
function keysOf({ address, session }: Held): readonly string[] {
  return session === undefined ? [address] : [address, `session ${session}`];
}

function largestOf(among: Iterable<Held>): Held | undefined {
  let largest: Held | undefined;
  for (const held of among) if (!largest || held.tab.bytes > largest.tab.bytes) largest = held;
  return largest;
}
