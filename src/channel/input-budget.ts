/** One address may hold as much as so many tabs, and all addresses together as much as so many. */
const TABS_OF_ADDRESS = 4;
const TABS_OF_PROCESS = 32;

/** What one tab holds of messages that wait for their turn. */
export interface TabInput {
  /** Counts a message of so many characters. Returns false if the tab, its address or the process holds too much already. */
  take(size: number): boolean;
  /** Called when the message was answered. */
  release(size: number): void;
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
    const add = (size: number) => {
      own += size;
      this.#held += size;
      const held = (this.#byAddress.get(address) ?? 0) + size;
      if (held > 0) this.#byAddress.set(address, held);
      else this.#byAddress.delete(address);
    };
    return {
      take: (size) => {
        const fits =
          own + size <= this.#limit &&
          (this.#byAddress.get(address) ?? 0) + size <= this.#limit * TABS_OF_ADDRESS &&
          this.#held + size <= this.#limit * TABS_OF_PROCESS;
        if (fits) add(size);
        return fits;
      },
      release: (size) => add(-size),
    };
  }
}
