import type { Run } from "./run.ts";

/** Gives the lock to the next one. May be called more than once. */
export type Release = () => void;

/** Ends a wait for the lock: what waits for it gets the error. */
export type GiveUp = (error: Error) => void;

/** Lets one writer of a tab work at a time: events in the order in which they came, updates of background work between them. */
export class TurnLock {
  #held = false;
  #turn: Release | undefined;
  readonly #events: (() => void)[] = [];
  readonly #updates: (() => void)[] = [];
  #idle: (() => void)[] = [];
  /** The run that has the lock, set by whoever takes it; undefined for work that ends by itself at once. */
  holder: Run | undefined;

  /** Ends the turn that was given last, for whoever has it; without effect if it has ended. */
  get turn(): Release | undefined {
    return this.#turn;
  }

  /** Takes the lock at once if it is free and nobody waits. */
  tryAcquire(): Release | undefined {
    if (this.#held) return undefined;
    this.#held = true;
    return this.#releaser();
  }

  /**
   * Waits for the lock. Updates go before events, because they are short and events may be many. `waits` is called if the
   * lock is not free.
   */
  acquire(kind: "event" | "update", waits?: (giveUp: GiveUp) => void): Promise<Release> {
    const free = this.tryAcquire();
    if (free) return Promise.resolve(free);
    const queue = kind === "event" ? this.#events : this.#updates;
    return new Promise((resolve, reject) => {
      const take = () => resolve(this.#releaser());
      queue.push(take);
      waits?.((error) => {
        const place = queue.indexOf(take);
        if (place < 0) return;
        queue.splice(place, 1);
        reject(error);
      });
    });
  }

  /** Lets the updates that wait now go first; for a holder between two steps of its own. */
  async pass(): Promise<void> {
    const { holder } = this;
    for (let left = this.#updates.length; left > 0; left--) {
      const next = this.#updates.shift();
      if (!next) return;
      this.#passing = true;
      await new Promise<void>((resolve) => {
        this.#afterNext = resolve;
        next();
      });
      this.#passing = false;
      this.holder = holder;
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
    this.#turn = () => {
      if (released) return;
      released = true;
      if (giveBack) giveBack();
      else this.#next();
    };
    return this.#turn;
  }

  #next(): void {
    this.holder = undefined;
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
