import { classInfo, type StateClass } from "../state/class-info.ts";
import type { Admitted, Runner } from "../state/runner.ts";
import type { State } from "../state/state.ts";
import type { StateTree } from "../state/state-tree.ts";

/**
 * Knows which guarded states the page of a tab may read. A state that it may not read does not learn of the connection
 * either: its `onConnect` is for somebody whom its guard has let in.
 */
export class TabGuards {
  readonly #tree: StateTree;
  readonly #runner: Runner;
  readonly #admitted = new Set<string>();
  /** Instances that have not been told that they are connected. */
  #ungreeted: State[] = [];

  constructor(tree: StateTree, runner: Runner) {
    this.#tree = tree;
    this.#runner = runner;
  }

  /** Asks the guards of states that the page wants to read; those that it may read learn that they are connected. */
  async admit(ids: readonly string[]): Promise<Admitted> {
    const admitted = await this.#runner.admitted(ids);
    for (const id of admitted.ids) this.#admitted.add(id);
    await this.greet();
    return admitted;
  }

  /** Takes note of what a guard has said of a state. */
  set(id: string, mayRead: boolean): void {
    if (mayRead) this.#admitted.add(id);
    else this.#admitted.delete(id);
  }

  /** The tab's states are made anew. */
  clear(): void {
    this.#admitted.clear();
    this.#ungreeted = [];
  }

  /** Instances that were made meanwhile learn that they are connected. */
  async greet(): Promise<void> {
    for (let newborn = this.#takeNewborn(); newborn.length > 0; newborn = this.#takeNewborn()) {
      await this.#runner.hooks("onConnect", newborn);
    }
  }

  /** The instances that may learn of a connection. */
  greetable(): State[] {
    return this.#tree.instances().filter((instance) => this.#isGreetable(instance));
  }

  #takeNewborn(): State[] {
    const all = [...this.#ungreeted, ...this.#tree.takeNewborn()];
    this.#ungreeted = all.filter((instance) => !this.#isGreetable(instance));
    return all.filter((instance) => this.#isGreetable(instance));
  }

  #isGreetable(instance: State): boolean {
    const { id, guard } = classInfo(instance.constructor as StateClass);
    return guard === undefined || this.#admitted.has(id);
  }
}
