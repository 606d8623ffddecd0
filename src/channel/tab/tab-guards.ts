import { classInfo, type StateClass } from "../../state/class-info.ts";
import type { Admitted, Runner } from "../../state/handlers/runner.ts";
import type { State } from "../../state/state.ts";
import type { StateTree } from "../../state/state-tree.ts";

/**
 * Records which guarded states the page of a tab may read. `onConnect` does not run for a state that the page may not
 * read.
 */
export class TabGuards {
  readonly #tree: StateTree;
  readonly #runner: Runner;
  readonly #admitted = new Set<string>();
  /** Instances whose `onConnect` has not run. */
  #waiting: State[] = [];
  /** Instances whose `onConnect` runs or is about to run. */
  readonly #connecting = new Set<State>();

  constructor(tree: StateTree, runner: Runner) {
    this.#tree = tree;
    this.#runner = runner;
  }

  /** Runs the guards of states that the page wants to read, then `onConnect` of the allowed ones. */
  async admit(ids: readonly string[], isAgain = false): Promise<Admitted> {
    const admitted = await this.#runner.admitted(ids, isAgain);
    for (const id of admitted.ids) this.#admitted.add(id);
    await this.runOnConnect();
    return admitted;
  }

  /** Returns whether the page may read a state, as its guard answered last. */
  mayRead(id: string): boolean {
    return this.#tree.info(id).guard === undefined || this.#admitted.has(id);
  }

  /** Records the result of a guard. */
  set(id: string, mayRead: boolean): void {
    if (mayRead) this.#admitted.add(id);
    else this.#admitted.delete(id);
  }

  /** Forgets all results: the tab's states were removed. */
  clear(): void {
    this.#admitted.clear();
    this.#waiting = [];
  }

  /** Runs `onConnect` of new instances. */
  async runOnConnect(): Promise<void> {
    for (
      let newInstances = this.#takeNewInstances();
      newInstances.length > 0;
      newInstances = this.#takeNewInstances()
    ) {
      for (const instance of newInstances) this.#connecting.add(instance);
      try {
        await this.#runner.hooks("onConnect", newInstances);
      } finally {
        for (const instance of newInstances) this.#connecting.delete(instance);
      }
    }
  }

  /** Returns whether `onConnect` of a state's instance is running or about to run. */
  isConnecting(id: string): boolean {
    return [...this.#connecting].some((instance) => classInfo(instance.constructor as StateClass).id === id);
  }

  /** Returns the instances whose `onConnect` may run. */
  connectable(): State[] {
    return this.#tree.instances().filter((instance) => this.#mayConnect(instance));
  }

  #takeNewInstances(): State[] {
    const all = [...this.#waiting, ...this.#tree.takeNewInstances()];
    this.#waiting = all.filter((instance) => !this.#mayConnect(instance));
    return all.filter((instance) => this.#mayConnect(instance));
  }

  #mayConnect(instance: State): boolean {
    const { id, guard } = classInfo(instance.constructor as StateClass);
    return guard === undefined || this.#admitted.has(id);
  }
}
