import type { Effect } from "../../protocol/frames.ts";
import { classInfo, type StateClass } from "../../state/class-info.ts";
import { isEffect } from "../../state/effects.ts";
import { stateErrors } from "../../state/errors.ts";
import type { State } from "../../state/state.ts";
import { runningGuard } from "./guard-rounds.ts";
import type { TabParts } from "./tab-parts.ts";

/** Whether the page may read a state; "failed" if its guard threw. */
export type GuardAnswer = "allowed" | "refused" | "failed";

/**
 * Records which guarded states the page of a tab may read. An answer counts only for the user, with their rights, that the
 * guard ran for. `onConnect` does not run for a state that the page may not read.
 */
export class TabGuards {
  readonly #tab: TabParts;
  readonly #answers = new Map<string, { readonly answer: GuardAnswer; readonly identity: number }>();
  /** States whose guards were given up. */
  readonly #givenUp = new Set<string>();
  /** States whose `onConnect` has not run. */
  readonly #waiting = new Set<string>();
  /** Instances whose `onConnect` runs or is about to run. */
  readonly #connecting = new Set<State>();
  /** Settles when the tab has followed a change of user or rights that was announced; undefined if none was. */
  check: Promise<void> | undefined;

  constructor(tab: TabParts) {
    this.#tab = tab;
  }

  /**
   * Runs the guards of states that the page wants to read, then `onConnect` of the allowed ones. Returns the effects of the
   * guards that refused. The error of a guard that runs again was reported before.
   */
  async admit(ids: readonly string[], isAgain = false): Promise<readonly Effect[]> {
    const { output, requests, runner, tree } = this.#tab;
    const effects: Effect[] = [];
    for (const id of ids) {
      const { guard, name } = tree.info(id);
      if (!guard) continue;
      let identity: number | undefined;
      try {
        const begun = () => {
          identity = requests.epoch.identity;
        };
        const result = await runningGuard.run(id, () => runner.ask(id, begun));
        this.record(id, result === true ? "allowed" : "refused", identity);
        if (result !== true) effects.push(...[result].flat().filter(isEffect));
      } catch (error) {
        this.record(id, "failed", identity);
        if (!isAgain) output.fail(error, name);
      }
    }
    await this.runOnConnect();
    return effects;
  }

  /** Records the answer of a guard that ran for an identity. */
  record(id: string, answer: GuardAnswer, identity = this.#tab.requests.epoch.identity): void {
    this.#answers.set(id, { answer, identity });
  }

  /** Returns the answer for the current user; undefined if the guard has not run for them with their current rights. */
  answer(id: string): GuardAnswer | undefined {
    const { requests, tree } = this.#tab;
    if (tree.info(id).guard === undefined) return "allowed";
    const known = this.#answers.get(id);
    return known?.identity === requests.epoch.identity ? known.answer : undefined;
  }

  /** Called when a state is refused because its user changes as often as its guard runs. Logs that once for each state. */
  giveUp(id: string): void {
    if (this.#givenUp.has(id)) return;
    this.#givenUp.add(id);
    const { app, tree } = this.#tab;
    const { name } = tree.info(id);
    app.logger.error(
      { err: stateErrors.STATE_GUARD_UNSETTLED(name) },
      `${name} is refused: its user changes all the time`,
    );
  }

  /** Returns whether the page may read a state now. */
  mayRead(id: string): boolean {
    return this.answer(id) === "allowed";
  }

  /** Runs `onConnect` of new instances, and of those that the page may read since the last call. */
  async runOnConnect(): Promise<void> {
    for (let ready = this.#takeReady(); ready.length > 0; ready = this.#takeReady()) await this.connect(ready);
  }

  /** Runs `onConnect` of instances. One that the page may not read when its turn comes waits until it may. */
  async connect(instances: readonly State[]): Promise<void> {
    const { runner, tree } = this.#tab;
    const mayConnect = (instance: State) => {
      if (!tree.holds(instance)) return false;
      const id = idOf(instance);
      if (!this.mayRead(id)) this.#waiting.add(id);
      return this.mayRead(id);
    };
    for (const instance of instances) this.#connecting.add(instance);
    try {
      await runner.connect(instances, mayConnect);
    } finally {
      for (const instance of instances) this.#connecting.delete(instance);
    }
  }

  /** Returns whether `onConnect` of a state's instance is running or about to run. */
  isConnecting(id: string): boolean {
    return [...this.#connecting].some((instance) => idOf(instance) === id);
  }

  /** True if `onConnect` of a state may run now and has not. */
  get isBehind(): boolean {
    if (this.#tab.tree.hasNewInstances) return true;
    return this.#waiting.size > 0 && this.#ready().length > 0;
  }

  /** Returns the instances whose `onConnect` has begun. */
  connected(): State[] {
    this.#noteNewInstances();
    return this.#tab.tree.instances().filter((instance) => !this.#waiting.has(idOf(instance)));
  }

  #takeReady(): State[] {
    this.#noteNewInstances();
    const ready = this.#ready();
    for (const instance of ready) this.#waiting.delete(idOf(instance));
    return ready;
  }

  #ready(): State[] {
    const isReady = (id: string) => this.#waiting.has(id) && this.mayRead(id);
    return this.#tab.tree.instances().filter((instance) => isReady(idOf(instance)));
  }

  #noteNewInstances(): void {
    for (const instance of this.#tab.tree.takeNewInstances()) this.#waiting.add(idOf(instance));
  }
}

function idOf(instance: State): string {
  return classInfo(instance.constructor as StateClass).id;
}
