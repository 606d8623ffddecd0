import { AsyncLocalStorage } from "node:async_hooks";

type Work = () => void;

/**
 * Does later, and at one go, what was asked for one by one: a processor that reads ten sockets, then runs ten handlers,
 * then writes ten answers is half as long about it as one that turns from each to the next.
 */
export class Batch {
  readonly #schedule: (run: Work) => void;
  /** What is done for one tab belongs to no request of another. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: Work[] = [];

  /** `schedule` says when: it is called for the first work of each batch. */
  constructor(schedule: (run: Work) => void) {
    this.#schedule = schedule;
  }

  add(work: Work): void {
    if (this.#waiting.push(work) === 1) this.#schedule(this.#run);
  }

  /** Does now what waits. */
  flush(): void {
    if (this.#waiting.length > 0) this.#outside(this.#work);
  }

  readonly #run = (): void => this.flush();

  readonly #work = (): void => {
    const works = this.#waiting;
    this.#waiting = [];
    let begun = 0;
    try {
      while (begun < works.length) works[begun++]?.();
    } finally {
      // One that fails takes none of the others with it.
      for (const left of works.slice(begun)) this.add(left);
    }
  };
}
