import type { Effect } from "../../protocol/frames.ts";
import { stateErrors } from "../../state/errors.ts";
import type { Settle } from "../../state/handlers/turn.ts";
import { GuardRounds } from "./guard-rounds.ts";
import type { TabIdentity } from "./tab-identity.ts";
import type { TabOpening } from "./tab-opening.ts";
import type { TabParts } from "./tab-parts.ts";

/** Sends the states that a page requests after it was opened. */
export class TabWatching {
  readonly #tab: TabParts;
  readonly #opening: TabOpening;
  readonly #identity: TabIdentity;
  /** States that the page has been sent whole before. */
  readonly #shown = new Set<string>();

  constructor(tab: TabParts, opening: TabOpening, identity: TabIdentity) {
    this.#tab = tab;
    this.#opening = opening;
    this.#identity = identity;
  }

  async watch(ids: readonly string[], settle: Settle): Promise<void> {
    const { guards, runner, tree } = this.#tab;
    try {
      const rounds = new GuardRounds(this.#tab, ids);
      for (;;) {
        for (const id of ids) tree.byId(id);
        const effects = await rounds.run();
        const isGuarded = ids.some((id) => tree.info(id).guard);
        const show = () => (isGuarded && this.#identity.obstacle(rounds)) || this.#show(rounds, effects, settle);
        const allowed = ids.filter((id) => guards.mayRead(id));
        const isRemoving = ids.some((id) => tree.watched.has(id) && !guards.mayRead(id));
        // A page that is being opened gets its states as its `onLoad` leaves them.
        const waits = this.#opening.isOpening || isRemoving;
        const obstacle = await (waits ? runner.between(show) : runner.reading(allowed, show));
        if (!obstacle) return;
        await obstacle();
      }
    } catch (error) {
      settle({ error });
    }
  }

  #show(rounds: GuardRounds, effects: readonly Effect[], settle: Settle): undefined {
    const { ids } = rounds;
    const { guards, output, states, tree } = this.#tab;
    const failures: unknown[] = [];
    rounds.end();
    const refused = ids.find((id) => !guards.mayRead(id));
    // A state that is sent already is not encoded again.
    const missing = ids.filter((id) => !tree.watched.has(id));
    const sent = states.watchEach(missing, (error) => failures.push(error));
    const isRepeating = Object.keys(sent).some((id) => this.#shown.has(id));
    for (const id in sent) this.#shown.add(id);
    const changes = { ...sent, ...states.refuseEach(ids) };
    if (refused !== undefined) failures.push(stateErrors.STATE_REFUSED(tree.info(refused).name));
    const answer = () => {
      if (failures.length === 0) {
        settle({ changes });
        return;
      }
      output.send({ changes, effects });
      settle({ error: failures[0] });
    };
    if (isRepeating) output.repeating(answer);
    else answer();
  }

  unwatch(ids: readonly string[]): void {
    for (const id of ids) this.#tab.tree.unwatch(id);
  }
}
