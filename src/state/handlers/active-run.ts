import type { BackgroundLife } from "../event.ts";
import { type EventName, labelOf } from "../event-name.ts";
import type { Run } from "./run.ts";
import type { Settle } from "./turn.ts";
import type { Release } from "./turn-lock.ts";

/** Options of one run. */
export interface RunOptions extends EventName {
  /** State id of an event, for `concurrency`; undefined for other work. */
  readonly stateId?: string;
  /** When the run was requested, by `traceTime()`. */
  readonly requestedAt: number | undefined;
  readonly mayWrite: boolean;
  /** Undefined if no caller waits for an answer. */
  readonly settle: Settle | undefined;
  readonly release?: Release | undefined;
}

/** The tab that a run belongs to. */
export interface RunOwner {
  readonly tree: object;
  /** Number of page loads so far. */
  readonly visit: number;
  /** Number of pages that the tab has shown before this one. */
  readonly page: number;
  /** Runs work that may write, in a turn of its own. */
  update<T>(run: ActiveRun, work: () => T | Promise<T>): Promise<T>;
}

/** A run with its scheduling state. One is created per event, so it creates nothing that only some events need. */
export class ActiveRun implements Run, EventName {
  readonly tree: object;
  readonly state: string;
  readonly event: string;
  readonly stateId: string | undefined;
  readonly requestedAt: number | undefined;
  /** When its turn began, by `traceTime()`. */
  begunAt: number | undefined;
  mayWrite: boolean;
  ended = false;
  superseded: Error | undefined;
  /** How long the background work may run; undefined for other runs. */
  life: BackgroundLife | undefined;
  /** Number of the page load after which the run began. */
  visit: number;
  /** Number of the page that the run began for. */
  page: number;
  /** True for what an `onLoad` began: it begins again when the page is loaded again. */
  isOfLoad: boolean;
  /** The instance whose `onConnect` began the run. Such a run belongs to the connection, not to a page. */
  onConnectOf: object | undefined;
  /** Why a generator ends at its next `yield`. */
  stopped: Error | undefined;
  release: Release | undefined;
  /** Runs the guards again, for long work; undefined if they ran just before. */
  guards: (() => Promise<boolean>) | undefined;
  settle: Settle | undefined;
  /** Called if the changes since the last step are undone. */
  undone: (() => void) | undefined;
  readonly #owner: RunOwner;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;

  constructor(options: RunOptions, owner: RunOwner) {
    this.tree = owner.tree;
    this.state = options.state;
    this.event = options.event;
    this.stateId = options.stateId;
    this.requestedAt = options.requestedAt;
    this.mayWrite = options.mayWrite;
    this.visit = owner.visit;
    this.page = owner.page;
    this.isOfLoad = false;
    this.release = options.release;
    this.settle = options.settle;
    this.#owner = owner;
  }

  get label(): string {
    return labelOf(this);
  }

  get turn(): Run {
    return this;
  }

  /** True for a call that waits for its turn: nothing of it has run. */
  get isWaiting(): boolean {
    return this.stateId !== undefined && this.mayWrite && !this.release && !this.superseded && !!this.settle;
  }

  /** Why the run's work is no longer needed. */
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

  /** True if the page that it began for is not shown any more, and it was not begun for the whole tab. */
  get isOfLeftPage(): boolean {
    return this.page !== this.#owner.page && this.life !== "tab" && !this.onConnectOf;
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
    return this.#owner.update(this, work);
  }
}

/** The same run with another permission to write. */
export class RunView implements Run {
  readonly mayWrite: boolean;
  /** True once the work of the view has ended. */
  done = false;
  readonly #run: ActiveRun;
  readonly #update: Run["update"] | undefined;

  /** Without an `update` of its own the view uses the run's. */
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

  get turn(): Run {
    return this.#update ? this : this.#run;
  }

  get ended(): boolean {
    return this.done;
  }

  update<T>(work: () => T | Promise<T>): Promise<T> {
    // Work that outlives the view, such as a timer, continues in the run.
    return this.#update && !this.done ? this.#update(work) : this.#run.update(work);
  }
}
