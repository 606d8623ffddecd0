/** Gives the lock to the next one. May be called more than once. */
export type Release = () => void;

/** Lets one writer of a tab work at a time: events in the order in which they came, updates of background work between them. */
export class TurnLock {
  #held = false;
  readonly #events: (() => void)[] = [];
  readonly #updates: (() => void)[] = [];
  #idle: (() => void)[] = [];

  /** Takes the lock at once if it is free and nobody waits. */
  tryAcquire(): Release | undefined {
    if (this.#held) return undefined;
    this.#held = true;
    return this.#releaser();
  }

  /** Waits for the lock. Updates go before events, because they are short and events may be many. */
  acquire(kind: "event" | "update"): Promise<Release> {
    const free = this.tryAcquire();
    if (free) return Promise.resolve(free);
    return new Promise((resolve) => {
      (kind === "event" ? this.#events : this.#updates).push(() => resolve(this.#releaser()));
    });
  }

  /** Lets the updates that wait now go first; for a holder between two steps of its own. */
  async pass(): Promise<void> {
    for (let left = this.#updates.length; left > 0; left--) {
      const next = this.#updates.shift();
      if (!next) return;
      this.#passing = true;
      await new Promise<void>((resolve) => {
        this.#afterNext = resolve;
        next();
      });
      this.#passing = false;
    }
  }

  #afterNext: (() => void) | undefined;
  #passing = false;

  /** True while the holder has let an update go first. */
  get passing(): boolean {
    return this.#passing;
  }

  /** Settles when nobody holds the lock or waits for it. */
  idle(): Promise<void> {
    return this.#held ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #releaser(): Release {
    let released = false;
    // A holder that passed the lock on gets it back when the other is done.
    const giveBack = this.#afterNext;
    this.#afterNext = undefined;
    return () => {
      if (released) return;
      released = true;
      if (giveBack) giveBack();
      else this.#next();
    };
  }

  #next(): void {
    const next = this.#updates.shift() ?? this.#events.shift();
    if (next) {
      next();
      return;
    }
    this.#held = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
