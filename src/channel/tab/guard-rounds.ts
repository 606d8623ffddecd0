import { ContextVariable } from "../../context-variable.ts";
import type { Effect } from "../../protocol/frames.ts";
import type { TabParts } from "./tab-parts.ts";

/** The most times that a guard runs in a row because the user has changed since its last answer. */
export const MOST_ROUNDS = 5;

/** Id of the state whose guard runs: code that finds it was called by that guard. */
export const runningGuard = new ContextVariable<string>();

/** Runs the guards of the states of one request of the page, and runs them again if the user changes meanwhile. */
export class GuardRounds {
  readonly ids: readonly string[];
  readonly #tab: TabParts;
  #rounds = 0;
  #effects: readonly Effect[] = [];

  constructor(tab: TabParts, ids: readonly string[]) {
    this.#tab = tab;
    this.ids = ids;
  }

  /** Runs the guards unless their answers are for the current user. Returns the effects of those that refused. */
  async run(): Promise<readonly Effect[]> {
    const { guards } = this.#tab;
    await guards.runOnConnect();
    if (this.#rounds > 0 && this.isOver) return this.#effects;
    this.#rounds++;
    this.#effects = await guards.admit(this.ids);
    return this.#effects;
  }

  /** True if the guards do not run again: they have answered for the current user, or the user has changed too often. */
  get isOver(): boolean {
    return this.#rounds >= MOST_ROUNDS || this.#unanswered().length === 0;
  }

  /** Called when the states are sent or refused: logs those that are refused because the user has changed too often. */
  end(): void {
    for (const id of this.#unanswered()) this.#tab.guards.giveUp(id);
  }

  #unanswered(): readonly string[] {
    return this.ids.filter((id) => !this.#tab.guards.answer(id));
  }
}
