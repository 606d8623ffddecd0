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
    const { guards, output, runner, states, tree } = this.#tab;
    try {
      for (const id of ids) tree.byId(id);
      await guards.runOnConnect();
      const admitted = await guards.admit(ids);
      const show = () => {
        const failures: unknown[] = [];
        // A state that is sent already is not encoded again.
        const missing = admitted.ids.filter((id) => !tree.watched.has(id));
        const changes = states.watchEach(missing, (error) => failures.push(error));
        const isRepeating = Object.keys(changes).some((id) => this.#shown.has(id));
        for (const id in changes) this.#shown.add(id);
        const answer = () => {
          const refused = ids.find((id) => !admitted.ids.includes(id));
          if (refused !== undefined) failures.push(stateErrors.STATE_REFUSED(tree.info(refused).name));
          if (failures.length === 0) {
            settle({ changes });
            return;
          }
          output.send({ changes, effects: admitted.effects });
          settle({ error: failures[0] });
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

  unwatch(ids: readonly string[]): void {
    for (const id of ids) this.#tab.tree.unwatch(id);
  }
}
