/** Tries in a row that must fail before the network is suspected: a server that restarts is back by then, or answers nothing. */
const SUSPECT_AFTER = 3;

/** Milliseconds after which a try that the network does not answer is suspected. */
const HANGS_AFTER = 2_000;

/**
 * Finds out why no connection opens: the server answers HTTP, so something on the way lets no WebSocket through. A browser
 * does not tell a page why a WebSocket failed.
 */
export class BlockedSocket {
  readonly #answersHttp: () => Promise<boolean>;
  readonly #report: (isBlocked: boolean) => void;
  #failures = 0;
  /** Counts tries, so that the answer to a question about an older one is ignored. */
  #try = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `report` is called with the outcome of each check. */
  constructor(answersHttp: () => Promise<boolean>, report: (isBlocked: boolean) => void) {
    this.#answersHttp = answersHttp;
    this.#report = report;
  }

  /** A try begins. */
  trying(): void {
    this.#end();
    this.#timer = setTimeout(() => void this.#check(), HANGS_AFTER);
  }

  /** The try failed, and the server did not say why. */
  failed(): void {
    this.#end();
    this.#failures++;
    if (this.#failures >= SUSPECT_AFTER) void this.#check();
  }

  /** The try reached the server, or there will be no other. */
  over(): void {
    this.#end();
    this.#failures = 0;
  }

  #end(): void {
    this.#try++;
    clearTimeout(this.#timer);
  }

  async #check(): Promise<void> {
    const current = this.#try;
    const answers = await this.#answersHttp();
    if (current === this.#try) this.#report(answers);
  }
}
