import type { StateChange } from "../../protocol/frames.ts";
import type { Runner } from "../../state/handlers/runner.ts";
import type { StateTree } from "../../state/state-tree.ts";
import type { TabOutput } from "./tab-output.ts";
import type { TabRequests } from "./tab-requests.ts";

/** The parts of a tab that its states use. */
interface StatesParts {
  readonly tree: StateTree;
  readonly runner: Runner;
  readonly output: TabOutput;
  readonly requests: TabRequests;
}

/** Sends the states of a tab to its page, each of them whole. */
export class TabStates {
  readonly #parts: StatesParts;
  #isRetrying = false;

  constructor(parts: StatesParts) {
    this.#parts = parts;
  }

  /**
   * Begins to send states and returns them whole. A state whose getter throws does not prevent the others. Its error is
   * reported. If the page shows the state, it gets empty values in place of the previous ones; otherwise it gets nothing.
   */
  watchEach(
    ids: readonly string[],
    report: (error: unknown, id: string) => void = (error, id) => this.#parts.output.fail(error, id),
  ): Record<string, StateChange> {
    const { tree } = this.#parts;
    const changes: Record<string, StateChange> = {};
    for (const id of ids) {
      const isShown = tree.watched.has(id) || tree.withheld.has(id);
      try {
        changes[id] = tree.watch(id);
      } catch (error) {
        report(error, id);
        if (isShown) changes[id] = tree.suspend(id);
      }
    }
    return changes;
  }

  /** States that the page shows empty because their getters throw. */
  get suspended(): readonly string[] {
    const { tree } = this.#parts;
    // The page may not read the guarded ones: their guards run again when the user changes.
    return [...tree.withheld].filter((id) => !tree.info(id).guard);
  }

  /** Sends the suspended states whose getters no longer throw. */
  async retrySuspended(): Promise<void> {
    const { output, requests, runner, tree } = this.#parts;
    if (this.#isRetrying || this.suspended.length === 0) return;
    this.#isRetrying = true;
    try {
      await runner.between(() => {
        if (requests.isLeaving) return;
        // The errors were reported when the states were suspended.
        const tried = Object.entries(this.watchEach(this.suspended, () => {}));
        const sent = tried.filter(([id]) => tree.watched.has(id));
        if (sent.length > 0) output.send({ changes: Object.fromEntries(sent) });
      });
    } finally {
      this.#isRetrying = false;
    }
  }
}
