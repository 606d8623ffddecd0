import type { StateTree } from "../../state/state-tree.ts";
import type { TabApp } from "./tab-parts.ts";

/** Bytes of memory that one character of a message may take in a state: a list of empty lists takes most. */
const BYTES_PER_CHARACTER = 24;

/** The estimated size of a tab's states. */
export class TabSize {
  /** True if the states may have changed since they were measured. */
  isStale = true;
  readonly #tree: StateTree;
  #bytes = 0;
  #received = 0;
  #isLarge = false;

  constructor(tree: StateTree) {
    this.#tree = tree;
  }

  /** The number of bytes of the last measurement. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the text of a message that may have made the states larger. */
  received(length: number): void {
    this.isStale = true;
    this.#received += length;
  }

  /** Returns whether what was received since the last measurement may have brought the states above a number of bytes. */
  mayExceed(limit: number): boolean {
    return this.#received > 0 && this.#bytes + this.#received * BYTES_PER_CHARACTER > limit;
  }

  /** Measures the states again, and logs a warning when they become too large. */
  measure({ limits, logger }: TabApp): number {
    this.#bytes = this.#tree.size();
    this.isStale = false;
    this.#received = 0;
    const wasLarge = this.#isLarge;
    this.#isLarge = this.#bytes > limits.tabBytes;
    if (this.#isLarge && !wasLarge) {
      const states = this.#tree.instances().map((instance) => instance.constructor.name);
      logger.warn(
        { bytes: this.#bytes, states },
        "The states of one tab are large: keep rows in the database, not in vars",
      );
    }
    return this.#bytes;
  }
}
