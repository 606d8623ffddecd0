/**
 * Limits how often something may be done: a bucket of permits that fills steadily. It allows bursts, and no more than
 * `perSecond` in the long run.
 *
 * Each method takes the time in milliseconds, of one clock per limit.
 *
 * @example
 * const limit = new RateLimit(1, 10);
 * if (limit.take()) logger.warn("…");
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #permits: number;
  #filled: number;

  constructor(perSecond: number, burst: number, now: number = performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#permits = burst;
    this.#filled = now;
  }

  /** Takes a permit if there is one. */
  take(now: number = performance.now()): boolean {
    this.#fill(now);
    if (this.#permits < 1) return false;
    this.#permits--;
    return true;
  }

  /** Takes so many permits, if there are that many. */
  takeAll(permits: number, now: number): boolean {
    this.#fill(now);
    if (this.#permits < permits) return false;
    this.#permits -= permits;
    return true;
  }

  /** Whether nothing was taken for long. */
  isFull(now: number = performance.now()): boolean {
    this.#fill(now);
    return this.#permits >= this.#burst;
  }

  /** Takes permits for work whose cost was not known before; those that there are not are owed, up to a whole burst. */
  charge(permits: number, now: number = performance.now()): void {
    this.#fill(now);
    this.#permits = Math.max(-this.#burst, this.#permits - permits);
  }

  /** Returns the seconds until there is a permit; 0 if there is one. */
  secondsToNext(now: number = performance.now()): number {
    this.#fill(now);
    return Math.max(0, (1 - this.#permits) / this.#perSecond);
  }

  #fill(now: number): void {
    if (now === this.#filled) return;
    // A clock that was set back fills nothing.
    const seconds = Math.max(0, now - this.#filled) / 1000;
    this.#permits = Math.min(this.#burst, this.#permits + seconds * this.#perSecond);
    this.#filled = now;
  }
}
