import { ActiveRun, type RunOptions, type RunOwner } from "./active-run.ts";

/** The runs of one tab that have not ended, background work included. */
export class ActiveRuns implements RunOwner {
  readonly tree: object;
  readonly update: RunOwner["update"];
  visit = 0;
  page = 0;
  readonly #all: ActiveRun[] = [];
  /** Called at the end of the next run. */
  #waiting: (() => void)[] = [];
  #closed: Error | undefined;

  constructor(tree: object, update: RunOwner["update"]) {
    this.tree = tree;
    this.update = update;
  }

  /** Why no run begins any more. */
  get closed(): Error | undefined {
    return this.#closed;
  }

  begin(options: RunOptions): ActiveRun {
    const run = new ActiveRun(options, this);
    this.#all.push(run);
    if (this.#closed) run.abort(this.#closed);
    return run;
  }

  /** Ends a run and releases its turn. */
  end(run: ActiveRun): void {
    run.ended = true;
    // Mostly the newest one ends; `splice` would make a list of what it removes.
    if (this.#all.at(-1) === run) this.#all.pop();
    else this.#remove(run);
    run.release?.();
    if (this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #remove(run: ActiveRun): void {
    const index = this.#all.indexOf(run);
    if (index >= 0) this.#all.splice(index, 1);
  }

  /** Settles when no run is left that fits. */
  async none(fits: (run: ActiveRun) => boolean = () => true): Promise<void> {
    while (this.#all.some(fits)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Aborts every run that begins from now on. */
  close(reason: Error): void {
    this.#closed = reason;
  }

  /** Returns a copy, because runs may end while the caller iterates. */
  all(): ActiveRun[] {
    return [...this.#all];
  }

  /** Returns the runs of an event. */
  ofEvent(stateId: string, event: string): ActiveRun[] {
    return this.#all.filter((run) => run.stateId === stateId && run.event === event);
  }

  /** Number of background and parallel handlers. */
  get backgroundCount(): number {
    let count = 0;
    for (const run of this.#all) if (!run.mayWrite) count++;
    return count;
  }

  /** Number of runs that were superseded and have not ended. */
  get supersededCount(): number {
    let count = 0;
    for (const run of this.#all) if (run.superseded) count++;
    return count;
  }

  /** The run that has the turn. */
  get holder(): ActiveRun | undefined {
    return this.#all.find(({ release }) => release !== undefined);
  }
}
