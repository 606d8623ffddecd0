import { channelErrors } from "./errors.ts";
import type { ChannelLimits } from "./limits.ts";
import type { Tab } from "./tab.ts";
import type { ChannelLogger } from "./wire-error.ts";

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
  /** Whose page opened it. */
  readonly address: string;
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

/** A tab is measured again after so many times as long as measuring it took. */
const MEASURE_PAUSE = 200;

/** Keeps the tabs of all pages within bounds: those that do not come back, or that there is no room for, are discarded. */
export class Tabs {
  readonly #limits: ChannelLimits;
  readonly #logger: ChannelLogger;
  /** The tab that has been away longest stands first. */
  readonly #held = new Map<string, Held>();
  readonly #byAddress = new Map<string, Set<Held>>();
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
  add(tab: Tab, address: string): Held {
    // Pages that come together have all passed an earlier look.
    this.assertRoom();
    const held: Held = { tab, address, isAway: false, measureFrom: 0 };
    const same = this.#byAddress.get(address) ?? new Set();
    // Whoever opens pages again and again pushes out what is their own, not what is other people's.
    if (same.size >= this.#limits.socketsPerAddress) this.#evict(same);
    this.#byAddress.set(address, same.add(held));
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
    const same = this.#byAddress.get(held.address);
    if (same?.delete(held)) same.add(held);
    this.measure(held);
    this.#makeRoom();
    if (!this.has(held)) return;
    const { leaveAfter, expireAfter } = this.#limits;
    held.leaveTimer = setTimeout(() => runner.abort(channelErrors.CHANNEL_TAB_LEFT()), leaveAfter).unref();
    held.expireTimer = setTimeout(() => this.discard(held), expireAfter).unref();
  }

  discard(held: Held): void {
    this.back(held);
    if (!this.#held.delete(held.tab.id)) return;
    this.#bytes -= held.tab.bytes;
    const same = this.#byAddress.get(held.address);
    same?.delete(held);
    if (same?.size === 0) this.#byAddress.delete(held.address);
    void held.tab.expire();
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

  /** Whether the states take no more than they may, after tabs that are away have been discarded for it. */
  #makeRoom(): boolean {
    while (this.#bytes > this.#limits.stateBytes && this.#evict(this.#held.values()));
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
      else if (value.tab.isStale && value.measureFrom <= performance.now()) this.measure(value);
    } while (this.#next && performance.now() < end);
    this.#makeRoom();
  }

  /** Measures the states of a tab now. */
  measure(held: Held): void {
    if (!this.has(held)) return;
    const before = held.tab.bytes;
    const begin = performance.now();
    this.#bytes += held.tab.measure() - before;
    const end = performance.now();
    held.measureFrom = end + (end - begin) * MEASURE_PAUSE;
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
      this.measure(held);
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
