import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Writes what is to be said to all pages at one go, once everything that could answer at once has answered: a processor
 * that runs a hundred handlers and then writes a hundred answers is half as long about it as one that turns to the
 * network after each.
 */
export class Departures {
  /** What is written to one page belongs to no request of another. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: (() => void)[] = [];

  /** Takes what writes to one connection. */
  add(write: () => void): void {
    if (this.#waiting.push(write) === 1) setImmediate(this.#flush);
  }

  /** Writes now what waits. */
  flush(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    this.#outside(() => {
      for (const write of writes) write();
    });
  }

  readonly #flush = (): void => this.flush();
}
