import { type ClassInfo, classInfo, isStateClass, type StateClass } from "./class-info.ts";
import { stateErrors } from "./errors.ts";

/** The state classes of an app by id. */
export class StateRegistry {
  readonly #classes = new Map<string, StateClass>();

  /**
   * Reads every state class that the modules export.
   *
   * @throws a STATE_… error for the first class that is not well formed, STATE_DUPLICATE for two of one id.
   */
  constructor(modules: Iterable<Readonly<Record<string, unknown>>>) {
    for (const exports of modules) {
      for (const value of Object.values(exports)) {
        if (!isStateClass(value)) continue;
        const { id } = classInfo(value);
        const known = this.#classes.get(id);
        if (known && known !== value) throw stateErrors.STATE_DUPLICATE(id);
        this.#classes.set(id, value);
      }
    }
  }

  /** The class of an id that came from the browser. */
  get(id: string): StateClass | undefined {
    return this.#classes.get(id);
  }

  /** What is known of a class, by id. */
  info(id: string): ClassInfo | undefined {
    const found = this.#classes.get(id);
    return found && classInfo(found);
  }

  ids(): string[] {
    return [...this.#classes.keys()];
  }
}
