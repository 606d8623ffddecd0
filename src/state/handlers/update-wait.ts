import { stateErrors } from "../errors.ts";
import type { Run } from "./run.ts";
import type { GiveUp, TurnLock } from "./turn-lock.ts";

/**
 * Milliseconds after which an `update()` that waits looks whether it waits in a circle. Not at once: a handler that does not
 * await its `update()` makes a circle too, and ends it by going on.
 */
const LOOK_AFTER = 1_000;

/** What each handler waits for in other tabs. */
const awaited = new Map<Run, Set<UpdateWait>>();

/** An `update()` of one tab that code outside of that tab's handlers waits for. */
export class UpdateWait {
  readonly #state: string;
  readonly #lock: TurnLock;
  readonly #caller: Run | undefined;
  #circleTimer: NodeJS.Timeout | undefined;
  #stuckTimer: NodeJS.Timeout | undefined;

  constructor(state: string, lock: TurnLock, caller: Run | undefined) {
    this.#state = state;
    this.#lock = lock;
    this.#caller = caller;
    if (!caller) return;
    const waits = awaited.get(caller) ?? new Set();
    awaited.set(caller, waits.add(this));
  }

  /** The tab's turn is not free. */
  begin(giveUp: GiveUp, stuckAfter: number): void {
    if (this.#caller) {
      this.#circleTimer = setTimeout(() => {
        const circle = this.#circle();
        if (circle) giveUp(stateErrors.STATE_UPDATE_CIRCLE(this.#state, circle));
      }, LOOK_AFTER).unref();
    }
    this.#watchHolder(giveUp, stuckAfter);
  }

  /** It has the turn. */
  begun(): void {
    clearTimeout(this.#circleTimer);
    clearTimeout(this.#stuckTimer);
  }

  /** It has ended. */
  end(): void {
    const waits = this.#caller && awaited.get(this.#caller);
    if (!waits) return;
    waits.delete(this);
    if (waits.size === 0) awaited.delete(this.#caller as Run);
  }

  /** Whoever calls from outside of all handlers cannot be told from what the holder awaits: only time shows it. */
  #watchHolder(giveUp: GiveUp, stuckAfter: number): void {
    const { holder } = this.#lock;
    this.#stuckTimer = setTimeout(() => {
      if (holder && holder === this.#lock.holder) giveUp(stateErrors.STATE_UPDATE_STUCK(this.#state, holder.label));
      else this.#watchHolder(giveUp, stuckAfter);
    }, stuckAfter).unref();
  }

  /** The handlers that wait for each other, if the caller has the turn of its tab and this waits for the caller. */
  #circle(): readonly string[] | undefined {
    const caller = this.#caller as Run;
    if (caller.ended) return undefined;
    const cameFrom = new Map<TurnLock, TurnLock | undefined>([[this.#lock, undefined]]);
    // What is added on the way is visited too.
    for (const lock of cameFrom.keys()) {
      const { holder } = lock;
      if (holder === caller) return labels(lock, cameFrom);
      for (const wait of (holder && awaited.get(holder)) ?? []) {
        if (!cameFrom.has(wait.#lock)) cameFrom.set(wait.#lock, lock);
      }
    }
    return undefined;
  }
}

function labels(last: TurnLock, cameFrom: ReadonlyMap<TurnLock, TurnLock | undefined>): readonly string[] {
  const found: string[] = [];
  for (let at: TurnLock | undefined = last; at; at = cameFrom.get(at)) found.unshift(at.holder?.label ?? "");
  const caller = found.at(-1) as string;
  return [caller, ...found];
}
