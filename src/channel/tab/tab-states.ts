import type { StateChange } from "../../protocol/frames.ts";
import type { Runner } from "../../state/handlers/runner.ts";
import type { StateTree } from "../../state/state-tree.ts";
import type { TabGuards } from "./tab-guards.ts";
import type { TabOutput } from "./tab-output.ts";
import type { TabRequests } from "./tab-requests.ts";

/** The parts of a tab that its states use. */
interface StatesParts {
  readonly tree: StateTree;
  readonly runner: Runner;
  readonly guards: TabGuards;
  readonly output: TabOutput;
  readonly requests: TabRequests;
}

/** Sends the states of a tab to its page, each of them whole. */
export class TabStates {
  readonly #parts: StatesParts;
  /** Suspended states whose errors were not reported: what their getters need may still be loaded. */
  readonly #unreported = new Set<string>();
  #isRetrying = false;

  constructor(parts: StatesParts) {
    this.#parts = parts;
  }

  /**
   * Begins to send the states that the page may read now and returns them whole. A state whose getter throws does not
   * prevent the others. Its error is reported. If the page shows the state, it gets empty values in place of the previous
   * ones; otherwise it gets nothing.
   */
  watchEach(
    ids: readonly string[],
    report: (error: unknown, id: string) => void = (error, id) => this.#parts.output.fail(error, id),
  ): Record<string, StateChange> {
    const { guards, tree } = this.#parts;
    const changes: Record<string, StateChange> = {};
    const shown = new Set(tree.shown);
    for (const id of ids) {
      if (!guards.mayRead(id)) continue;
      try {
        changes[id] = tree.watch(id);
      } catch (error) {
        report(error, id);
        if (shown.has(id)) changes[id] = tree.suspend(id);
      }
    }
    return changes;
  }

  /**
   * Begins to send states of a new user, whose `onConnect` and `onLoad` have not run yet. A getter that throws is reported
   * if it still throws after them.
   */
  watchAnew(ids: readonly string[]): Record<string, StateChange> {
    return this.watchEach(ids, (_, id) => this.#unreported.add(id));
  }

  /** Removes the values of the states that the page shows and may not read now. Returns their replacements in the page. */
  refuseEach(ids: readonly string[]): Record<string, StateChange> {
    const { guards, requests, tree } = this.#parts;
    const changes: Record<string, StateChange> = {};
    const shown = new Set(tree.shown);
    for (const id of ids) {
      const answer = guards.answer(id);
      if (answer === "allowed" || !shown.has(id)) continue;
      // A guard that could not answer is asked again, so the server keeps the values.
      if (answer === "failed") changes[id] = tree.suspend(id);
      else {
        // The state is created again, without its values, when the page may read it again.
        if (!tree.withheld.has(id)) requests.epoch.take(id);
        changes[id] = tree.withhold(id);
      }
    }
    return changes;
  }

  /** The page may read a state again that it shows empty. The state is sent after its `onConnect`. */
  admit(id: string): void {
    this.#unreported.add(id);
    this.#parts.tree.admit(id);
  }

  /** Sends the suspended states whose getters no longer throw. */
  async retrySuspended(): Promise<void> {
    const { guards, output, requests, runner, tree } = this.#parts;
    if (this.#isRetrying || tree.suspended.size === 0) return;
    this.#isRetrying = true;
    try {
      const unanswered = [...tree.suspended].filter((id) => !guards.mayRead(id));
      if (unanswered.length > 0) await guards.admit(unanswered, true);
      await runner.between(() => {
        // What ends from here on may need another try. A check of the user that runs tries again at its end.
        this.#isRetrying = false;
        if (requests.isLeaving || guards.check) return;
        // The page shows them empty already.
        this.refuseEach([...tree.suspended].filter((id) => guards.answer(id) === "refused"));
        const sent = Object.entries(this.#retry()).filter(([id]) => tree.watched.has(id));
        if (sent.length > 0) output.send({ changes: Object.fromEntries(sent) });
      });
    } finally {
      this.#isRetrying = false;
    }
  }

  #retry(): Record<string, StateChange> {
    const { guards, output, requests, runner, tree } = this.#parts;
    const isPageDue = requests.isPageDue || runner.isLoading;
    const ids = [...tree.suspended].filter((id) => !guards.isConnecting(id));
    // The other errors were reported when the states were suspended.
    return this.watchEach(ids, (error, id) => {
      if (!isPageDue && this.#unreported.delete(id)) output.fail(error, id);
    });
  }
}
