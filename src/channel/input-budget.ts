/** One address may hold as much as so many tabs, and all addresses together as much as so many. */
const TABS_OF_ADDRESS = 4;
const TABS_OF_PROCESS = 32;

/**
 * Messages up to this length are taken however much others hold: their number has a limit of its own, and a page must not
 * fall silent because of what other pages have sent.
 */
const SMALL = 4_096;

/** What one tab holds of messages that wait for their turn. */
export interface TabInput {
  /** Whether the tab, its address and the process may hold so many more characters. */
  hasRoom(size: number): boolean;
  /** Counts a message that waits. One that was answered at once is never counted. */
  hold(size: number): void;
  /** Called when the message was answered. */
  release(size: number): void;
  /** The tab is discarded: it holds nothing any more, whatever still runs. */
  end(): void;
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
      hasRoom: (size) =>
        size <= SMALL ||
        (own + size <= this.#limit &&
          this.#held + size <= this.#limit * TABS_OF_PROCESS &&
          // The same for all addresses while nothing waits.
          (this.#held === 0 || (this.#byAddress.get(address) ?? 0) + size <= this.#limit * TABS_OF_ADDRESS)),
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
