import { runDetached } from "../context-variable.ts";
import { unblamed } from "../state/loop-watch.ts";

/** Milliseconds after which the end of the next handler has all that waits written. */
const HELD = 5;

/**
 * Writes the answers to many pages at one go, once everything that could answer at once has answered: a processor that
 * runs a hundred handlers and then writes a hundred answers is half as long about it as one that turns to the network
 * after each.
 */
export class OutgoingBatch {
  #waiting: (() => void)[] = [];
  #since = 0;

  /** Takes what writes to one connection. Of handlers that take long it waits for one at most. */
  add(write: () => void): void {
    const now = performance.now();
    if (this.#waiting.push(write) === 1) {
      this.#since = now;
      setImmediate(this.flush);
    } else if (now - this.#since > HELD) {
      this.flush();
    }
  }

  /** Writes now what waits. */
  readonly flush = (): void => {
    const writes = this.#waiting;
    if (writes.length === 0) return;
    this.#waiting = [];
    // The answer to one page belongs to no request of another.
    runDetached(() =>
      unblamed(() => {
        for (const write of writes) write();
      }),
    );
  };
}
