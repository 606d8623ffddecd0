import { runDetached } from "../../context-variable.ts";
import { giveWay } from "../../loop-turn.ts";
import { classInfo, type StateClass } from "../class-info.ts";
import { stateErrors } from "../errors.ts";
import { timed } from "../loop-watch.ts";
import type { State } from "../state.ts";
import type { StateTree } from "../state-tree.ts";
import { type ActiveRun, RunView } from "./active-run.ts";
import { runs } from "./run.ts";
import { runGuard } from "./run-guard.ts";
import { isPromise, type Soon } from "./soon.ts";
import type { Settle, TurnSink } from "./turn.ts";
import type { GiveUp, Release, TurnLock } from "./turn-lock.ts";
import type { TurnSchedule } from "./turn-schedule.ts";
import { UpdateWait } from "./update-wait.ts";

/** The parts of a tab that `update()` uses. */
interface UpdateParts {
  readonly tree: StateTree;
  readonly sink: TurnSink;
  readonly lock: TurnLock;
  readonly refresh: () => Soon<void>;
  /** Milliseconds for which an `update()` outside handlers waits for one handler. */
  readonly stuckAfter: number;
}

/** An `update()` outside of the tab's handlers. */
interface LoneUpdate<T> {
  readonly instance: State;
  readonly work: () => T | Promise<T>;
  /** Called if it has to wait. */
  readonly waits: (giveUp: GiveUp) => void;
  /** Called when it has the turn. */
  readonly begun: () => void;
}

/** Runs `update()`: of a background or parallel handler, and of code outside of all handlers. */
export class StateUpdates {
  readonly #tree: StateTree;
  readonly #sink: TurnSink;
  readonly #lock: TurnLock;
  readonly #refresh: () => Soon<void>;
  readonly #stuckAfter: number;
  /** Ends the waits for this tab that no handler of it waits in. */
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(parts: UpdateParts) {
    this.#tree = parts.tree;
    this.#sink = parts.sink;
    this.#lock = parts.lock;
    this.#refresh = parts.refresh;
    this.#stuckAfter = parts.stuckAfter;
  }

  /** Runs work of a handler that may write, in a turn of its own, as one step. */
  async within<T>(run: ActiveRun, work: () => T | Promise<T>): Promise<T> {
    const { ended } = run;
    if (run.mayWrite && !ended && !run.superseded && !run.abortReason) return await asPart(work);
    // Also for an aborted run: a loop that retries after every error must not block the event loop.
    const turn = giveWay();
    if (turn) await turn;
    if (run.superseded) throw run.superseded;
    if (run.abortReason) throw run.abortReason;
    // Of the time of the call: whether the handler ends while the update waits depends on how busy the process is.
    if (ended) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(run.label);
    const release = await this.#enter(run);
    const inner = new RunView(run, true, asPart);
    this.#lock.holder = inner;
    try {
      if (run.abortReason) throw run.abortReason;
      await this.#refresh();
      if (run.guards && !(await run.guards())) run.abort(stateErrors.EVENT_REFUSED(run.state, run.event));
      if (run.abortReason) throw run.abortReason;
      const started = timed(run, () => runs.run(inner, work));
      const result = isPromise(started) ? await started : started;
      // If a later call superseded the run meanwhile, this work is undone like any other write of the run.
      if (run.superseded) throw run.superseded;
      timed(run, () => this.#sink.send({ changes: this.#tree.takeChanges() }));
      return result as T;
    } catch (error) {
      this.#tree.rollback();
      throw error;
    } finally {
      inner.done = true;
      release();
    }
  }

  /** Waits for the turn until the run is aborted. */
  async #enter(run: ActiveRun): Promise<Release> {
    let forget = () => {};
    try {
      return await this.#lock.acquire("update", (giveUp) => {
        const { signal } = run;
        const aborted = () => giveUp(signal.reason as Error);
        signal.addEventListener("abort", aborted);
        forget = () => signal.removeEventListener("abort", aborted);
      });
    } finally {
      forget();
    }
  }

  /** The tab has ended: nothing waits for it any more. */
  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#waiting) giveUp();
  }

  /** Runs an `update()` outside of the tab's handlers: a turn of the tab's current user, in a context of its own. */
  async alone<T>(schedule: TurnSchedule, instance: State, work: () => T | Promise<T>): Promise<T> {
    const { name } = instance.constructor;
    if (this.#isClosed) throw stateErrors.STATE_GONE(name);
    const wait = new UpdateWait(name, this.#lock, runs.getStore()?.turn);
    let ended = () => {};
    const waits = (giveUp: GiveUp) => {
      ended = () => giveUp(stateErrors.STATE_GONE(name));
      this.#waiting.add(ended);
      wait.begin(giveUp, this.#stuckAfter);
    };
    const begun = () => {
      this.#waiting.delete(ended);
      wait.begun();
    };
    try {
      return await this.#alone(schedule, { instance, work, waits, begun });
    } finally {
      begun();
      wait.end();
    }
  }

  #alone<T>(schedule: TurnSchedule, { instance, work, waits, begun }: LoneUpdate<T>): Promise<T> {
    const { name } = instance.constructor;
    const tier = this.#tree.tierOf(instance) === "none" ? "none" : "session";
    return new Promise((resolve, reject) => {
      let value: T;
      const settle: Settle = (outcome) => {
        if ("error" in outcome) return reject(outcome.error);
        if (outcome.changes) this.#sink.send(outcome);
        resolve(value);
      };
      const guarded = async (run: ActiveRun): Promise<void> => {
        begun();
        const turn = giveWay();
        if (turn) await turn;
        if (run.abortReason || !this.#tree.holds(instance)) throw stateErrors.STATE_GONE(name);
        const { guard } = classInfo(instance.constructor as StateClass);
        if ((await runGuard(run, guard, { state: instance, event: "" })) !== true) {
          throw stateErrors.EVENT_REFUSED(name, "update()");
        }
        value = await timed(run, work);
      };
      const request = { state: name, event: "update()", settle, tier, isPassive: true, isUpdate: true, waits } as const;
      runDetached(() => schedule.exclusive(request, guarded)).catch(reject);
    });
  }
}

/**
 * Runs an `update()` that a handler which may write, or another `update()`, calls: as a part of it, at once. It gives way
 * afterwards, because the caller may have ended by the time that it gets its turn again.
 */
async function asPart<T>(work: () => T | Promise<T>): Promise<T> {
  const done = (async () => work())();
  // The rejection is passed on below, after the turn.
  done.catch(() => {});
  const turn = giveWay();
  if (turn) await turn;
  return await done;
}
