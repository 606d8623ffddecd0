/** A bucket of permits that fills steadily: lets bursts through, and no more than so many a second in the long run. */
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
    this.#permits = Math.min(this.#burst, this.#permits + ((now - this.#filled) / 1000) * this.#perSecond);
    this.#filled = now;
    if (this.#permits < 1) return false;
    this.#permits--;
    return true;
  }
}
