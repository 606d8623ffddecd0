import type { Line } from "./line.ts";

/** Most messages of one connection that are read before the first of them is taken: no page has so much to say at once. */
const MAX_ARRIVED = 10_000;

/** Most of them that are taken in one turn of the event loop: then the other connections are read. */
const AT_ONCE = 100;

/**
 * The messages of one page in the order in which they came. None is taken before every socket that has something to say
 * was read, and none while the page leaves unread what it was sent for the ones before.
 */
export class Arrivals {
  readonly #line: Line;
  #waiting: (() => void)[] = [];
  #scheduled = 0;
  #isHeld = false;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Whether the next message may be put with the others. */
  get hasRoom(): boolean {
    return this.#waiting.length < MAX_ARRIVED;
  }

  add(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  #schedule(): void {
    while (this.#scheduled < AT_ONCE && this.#scheduled < this.#waiting.length) {
      this.#scheduled++;
      setImmediate(this.#take);
    }
  }

  readonly #take = (): void => {
    this.#scheduled--;
    if (this.#line.isCongested) {
      this.#hold();
      return;
    }
    const work = this.#waiting.shift();
    this.#schedule();
    work?.();
  };

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#line.onDrained(() => {
      this.#isHeld = false;
      this.#schedule();
    });
  }
}
