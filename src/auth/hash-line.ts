import { passwordErrors } from "./password-errors.ts";

/** Seconds after which a caller that found the line full may come again. */
const RETRY_AFTER = 2;

/**
 * Lets so many pieces of work run at once, and so many wait; what comes beyond that is refused at once.
 *
 * Hashing runs on the four threads that Node also reads files and looks up names on: all of them busy with a flood of
 * sign-ins would stop the rest of the server.
 */
export class HashLine {
  readonly #places: number;
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(places: number, most: number) {
    this.#places = places;
    this.#most = most;
  }

  /** Runs work when its turn has come. @throws AUTH_BUSY */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#places) this.#running++;
    else await this.#turn();
    try {
      return await work();
    } finally {
      // The place goes from hand to hand, so that nobody who comes in between takes it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#most) {
      throw passwordErrors.AUTH_BUSY.with({ details: { retryAfter: RETRY_AFTER } });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
