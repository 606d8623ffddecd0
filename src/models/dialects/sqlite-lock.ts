/** Lets one user at a time have the writing connection, in the order in which they asked, and nobody wait for ever. */
export class SqliteLock {
  readonly #timeoutError: () => Error;
  readonly #timeout: number;
  #held = false;
  #waiting: ((refusal?: Error) => void)[] = [];

  /** `timeout` is in milliseconds; `timeoutError` makes the error for those who waited longer. */
  constructor(timeout: number, timeoutError: () => Error) {
    this.#timeout = timeout;
    this.#timeoutError = timeoutError;
  }

  /** Whether somebody has it now. */
  get held(): boolean {
    return this.#held;
  }

  /** Takes it if it is free. Returns false if it is not. */
  take(): boolean {
    if (this.#held) return false;
    this.#held = true;
    return true;
  }

  /** Waits for it. */
  acquire(): Promise<void> {
    if (this.take()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== turn);
        reject(this.#timeoutError());
      }, this.#timeout);
      const turn = (refusal?: Error) => {
        clearTimeout(timer);
        if (refusal) reject(refusal);
        else resolve();
      };
      this.#waiting.push(turn);
    });
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#held = false;
  }

  /** Refuses all who still wait. */
  refuse(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const turn of waiting) turn(error);
  }
}
