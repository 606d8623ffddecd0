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

  #fill(now: number): void {
    this.#permits = Math.min(this.#burst, this.#permits + ((now - this.#filled) / 1000) * this.#perSecond);
    this.#filled = now;
  }
}
