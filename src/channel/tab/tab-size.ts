import type { StateTree } from "../../state/state-tree.ts";
import type { TabApp } from "./tab-parts.ts";

/** The estimated size of a tab's states. */
export class TabSize {
  /** True if the states may have changed since they were measured. */
  isStale = true;
  readonly #tree: StateTree;
  #bytes = 0;
  #isLarge = false;

  constructor(tree: StateTree) {
    this.#tree = tree;
  }

  /** The number of bytes of the last measurement. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Measures the states again, and logs a warning when they become too large. */
  measure({ limits, logger }: TabApp): number {
    this.#bytes = this.#tree.size();
    this.isStale = false;
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
