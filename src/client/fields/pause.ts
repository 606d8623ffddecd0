/** Waits for a pause of typing. */
export class Pause {
  #timer: ReturnType<typeof setTimeout> | undefined;

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Runs the work after so many milliseconds, unless it is stopped before. Without end for `Infinity`. */
  start(delay: number, work: () => void): void {
    this.stop();
    if (!Number.isFinite(delay)) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      work();
    }, delay);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
