import { CONTAINER_BYTES, jsonSize } from "../state/tracking/json-size.ts";

/** Limits per address and process, as multiples of one tab. */
const TABS_OF_ADDRESS = 4;
const TABS_OF_PROCESS = 32;

/** For small messages these limits are higher by a fourth: large messages of other pages must not block a page. */
const RESERVE = 1.25;

/**
 * The largest size of a small message. Each tab may hold this much of them, however much other tabs hold.
 */
const SMALL = 4_096;

/** Bytes of memory for one character of the budget, and for a waiting call without its arguments. */
const BYTES_PER_CHARACTER = 10;
const CALL_BYTES = 2_000;

/** The messages of one tab that wait for their turn. */
export interface TabInput {
  /** Returns whether the tab, its address and the process may hold a message of this size besides the others. */
  hasRoom(size: number): boolean;
  /** Counts a message that waits. A message that is answered at once is not counted. */
  hold(size: number): void;
  /** Called when the message was answered. */
  release(size: number): void;
  /** Called when the tab is discarded: its messages no longer count, even if handlers still run. */
  end(): void;
}

/**
 * Returns the size of a message in characters. One that is parsed into more memory than its text lets expect, such as a
 * list of many empty lists, counts as a longer one.
 */
export function inputSize(parsed: unknown, length: number): number {
  const bytes = CALL_BYTES + jsonSize(parsed, Number.POSITIVE_INFINITY, CONTAINER_BYTES);
  return Math.max(length, Math.ceil(bytes / BYTES_PER_CHARACTER));
}

/**
 * Counts the text of messages that wait for their turn, behind a handler that takes long: what is parsed of them takes
 * about ten times as much memory until then. A limit on their number alone would let a few pages fill the process.
 */
export class InputBudget {
  readonly #limit: number;
  readonly #byAddress = new Map<string, number>();
  #held = 0;

  /** `limit` is the number of characters of one tab. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Begins to count a tab that a page of this address has opened. */
  tab(address: string): TabInput {
    let own = 0;
    let hasEnded = false;
    const add = (size: number) => {
      own += size;
      this.#held += size;
      const held = (this.#byAddress.get(address) ?? 0) + size;
      if (held > 0) this.#byAddress.set(address, held);
      else this.#byAddress.delete(address);
    };
    return {
      hasRoom: (size) => {
        if (own + size <= SMALL) return true;
        // One message of any size fits besides them.
        if (own > SMALL && own + size > this.#limit) return false;
        const limit = this.#limit * (size <= SMALL ? RESERVE : 1);
        if (this.#held + size > limit * TABS_OF_PROCESS) return false;
        // The same for all addresses while nothing waits.
        return this.#held === 0 || (this.#byAddress.get(address) ?? 0) + size <= limit * TABS_OF_ADDRESS;
      },
      hold: (size) => {
        if (!hasEnded) add(size);
      },
      release: (size) => {
        if (!hasEnded) add(-size);
      },
      end: () => {
        if (hasEnded) return;
        add(-own);
        hasEnded = true;
      },
    };
  }
}
