import { asClientError } from "../client-error.ts";
import type { PageRuntime } from "../pages/page-runtime.ts";
import { reportFailure } from "../report-failure.ts";
import { type StubInfo, stateName } from "../states/state-stub.ts";

/** A search for the rows that a relation may name. */
interface OptionSearch {
  readonly info: StubInfo;
  readonly field: string;
  readonly text: string;
}

/**
 * Loads the choices of relations, one search after the other: a state takes one at a time, and of the searches of a field
 * the newest counts.
 */
export class OptionLoads {
  readonly #runtime: PageRuntime;
  readonly #wanted = new Map<string, OptionSearch>();
  #running: Promise<void> | undefined;

  constructor(runtime: PageRuntime) {
    this.#runtime = runtime;
  }

  /** Searches; resolves when no search waits any more. */
  search(wanted: OptionSearch): Promise<void> {
    this.#wanted.set(`${wanted.info.id} ${wanted.field}`, wanted);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    for (const [key, { info, field, text }] of this.#wanted) {
      this.#wanted.delete(key);
      try {
        await this.#runtime.states.event(info, "searchOptions")(field, text);
      } catch (thrown) {
        reportFailure(this.#runtime.toasts, asClientError(thrown), { source: `${stateName(info)}.${field}` });
      }
    }
  }
}

const loads = new WeakMap<PageRuntime, OptionLoads>();

/** The searches of a page. */
export function optionLoads(runtime: PageRuntime): OptionLoads {
  const known = loads.get(runtime) ?? new OptionLoads(runtime);
  loads.set(runtime, known);
  return known;
}
