import type { BackgroundLife } from "./event.ts";
import type { Run } from "./run.ts";
import type { Settle } from "./turn.ts";
import type { Release } from "./turn-lock.ts";

/** What a run is made of. */
export interface RunOptions {
  readonly tree: object;
  readonly label: string;
  /** Names the event among those of its tab, for `concurrency`. */
  readonly key: string;
  readonly mayWrite: boolean;
  /** Absent where nobody waits for an answer. */
  readonly settle: Settle | undefined;
  readonly release: Release | undefined;
  readonly visit: number;
  /** Runs work that may write, in a turn of its own. */
  readonly update: <T>(run: ActiveRun, work: () => T | Promise<T>) => Promise<T>;
}

/** A run as the runner keeps it. One is made per event, so it makes nothing that only some events need. */
export class ActiveRun implements Run {
  readonly tree: object;
  readonly label: string;
  readonly key: string;
  mayWrite: boolean;
  ended = false;
  superseded: Error | undefined;
  /** How long its background work lasts; undefined where it is none. */
  life: BackgroundLife | undefined;
  /** Number of the page load after which it was begun. */
  visit: number;
  /** The instance whose `onConnect` has begun it: it belongs to the connection, whatever page is shown. */
  greeting: object | undefined;
  /** Why a generator ends at its next `yield`. */
  stopped: Error | undefined;
  release: Release | undefined;
  /** Asks the guards again, for work that goes on for long; undefined where they were asked just now. */
  guards: (() => Promise<boolean>) | undefined;
  settle: Settle | undefined;
  readonly #update: RunOptions["update"];
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;

  constructor(options: RunOptions) {
    this.tree = options.tree;
    this.label = options.label;
    this.key = options.key;
    this.mayWrite = options.mayWrite;
    this.superseded = undefined;
    this.stopped = undefined;
    this.life = undefined;
    this.visit = options.visit;
    this.greeting = undefined;
    this.guards = undefined;
    this.release = options.release;
    this.settle = options.settle;
    this.#update = options.update;
  }

  /** Why the run's work is no longer wanted. */
  get abortReason(): Error | undefined {
    return this.#abortReason;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Aborts the signal; the first reason counts. */
  abort(reason: Error): void {
    if (this.#abortReason) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  /** Aborts the signal; background work that is a generator ends at its next `yield`. */
  giveUp(reason: Error): void {
    if (this.life) this.stopped ??= reason;
    this.abort(reason);
  }

  update<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#update(this, work);
  }
}

/** The same run with another right to write: sees what becomes of the run that it belongs to. */
export class RunView implements Run {
  readonly mayWrite: boolean;
  /** True once the work that the view was made for has ended. */
  done = false;
  readonly #run: ActiveRun;
  readonly #update: Run["update"] | undefined;

  /** Without an `update` of its own the view has the run's. */
  constructor(run: ActiveRun, mayWrite: boolean, update?: Run["update"]) {
    this.#run = run;
    this.mayWrite = mayWrite;
    this.#update = update;
  }

  get tree(): object {
    return this.#run.tree;
  }

  get label(): string {
    return this.#run.label;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  get superseded(): Error | undefined {
    return this.#run.superseded;
  }

  get ended(): boolean {
    return this.done;
  }

  update<T>(work: () => T | Promise<T>): Promise<T> {
    // What the work left behind, such as a timer, goes on in the run.
    return this.#update && !this.done ? this.#update(work) : this.#run.update(work);
  }
}
