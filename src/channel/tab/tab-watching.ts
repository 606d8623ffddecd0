import type { StateChange } from "../../protocol/frames.ts";
import { stateErrors } from "../../state/errors.ts";
import type { Settle } from "../../state/handlers/turn.ts";
import type { TabOpening } from "./tab-opening.ts";
import type { TabParts } from "./tab-parts.ts";

/** Sends the states that a page requests after it was opened. */
export class TabWatching {
  readonly #tab: TabParts;
  readonly #opening: TabOpening;
  /** States that the page has been sent whole before. */
  readonly #shown = new Set<string>();

  constructor(tab: TabParts, opening: TabOpening) {
    this.#tab = tab;
    this.#opening = opening;
  }

  async watch(ids: readonly string[], settle: Settle): Promise<void> {
    const { guards, output, runner, tree } = this.#tab;
    try {
      for (const id of ids) tree.byId(id);
      await guards.greet();
      const admitted = await guards.admit(ids);
      const show = () => {
        const changes = this.#begin(admitted.ids);
        const isRepeating = Object.keys(changes).some((id) => this.#shown.has(id));
        for (const id in changes) this.#shown.add(id);
        const answer = () => {
          if (admitted.ids.length === ids.length) {
            settle({ changes });
            return;
          }
          output.send({ changes, effects: admitted.effects });
          const refused = ids.find((id) => !admitted.ids.includes(id)) as string;
          settle({ error: stateErrors.STATE_REFUSED(tree.info(refused).name) });
        };
        if (isRepeating) output.repeating(answer);
        else answer();
      };
      // A page that is being opened gets its states as its `onLoad` leaves them.
      await (this.#opening.isOpening ? runner.between(show) : runner.reading(admitted.ids, show));
    } catch (error) {
      settle({ error });
    }
  }

  /** Begins to send states, each of them whole. A state that is sent already is not encoded again. */
  #begin(ids: readonly string[]): Record<string, StateChange> {
    const { tree } = this.#tab;
    const changes: Record<string, StateChange> = {};
    try {
      for (const id of ids) if (!tree.watched.has(id)) changes[id] = tree.watch(id);
    } catch (error) {
      // None of them is sent: the page must be able to request each again.
      for (const id in changes) tree.unwatch(id);
      throw error;
    }
    return changes;
  }

  unwatch(ids: readonly string[]): void {
    for (const id of ids) this.#tab.tree.unwatch(id);
  }
}
