import { asError } from "../../errors.ts";
import type { Effect } from "../../protocol/frames.ts";
import { timed, unwatchRun, watchRun } from "../loop-watch.ts";
import type { StateTree } from "../state-tree.ts";
import { type EventTrace, trace, traceTime } from "../trace.ts";
import type { ActiveRun } from "./active-run.ts";
import type { ActiveRuns } from "./active-runs.ts";
import { runs } from "./run.ts";
import { isPromise, type Soon } from "./soon.ts";
import type { RequestOptions, RunIn, Settle, TurnInfo, TurnSink } from "./turn.ts";
import type { TurnLock } from "./turn-lock.ts";

type Effects = readonly Effect[];

/** Effects that concern the page which is on screen. */
const OF_PAGE: ReadonlySet<Effect["effect"]> = new Set(["redirect", "back", "reload", "focus", "scrollTo", "setTitle"]);

/** The parts of a tab that its turns use. */
export interface TurnParts {
  readonly tree: StateTree;
  readonly sink: TurnSink;
  readonly lock: TurnLock;
  readonly active: ActiveRuns;
}

/** Runs turns to their end: sends what a turn changed, or undoes it. */
export class Settlement {
  readonly #tree: StateTree;
  readonly #sink: TurnSink;
  readonly #lock: TurnLock;
  readonly #active: ActiveRuns;
  readonly #runIn: RunIn;

  constructor({ tree, sink, lock, active }: TurnParts, runIn: RunIn) {
    this.#tree = tree;
    this.#sink = sink;
    this.#lock = lock;
    this.#active = active;
    this.#runIn = runIn;
  }

  /** Runs the work of a turn, then settles the turn. */
  finish(run: ActiveRun, request: RequestOptions, work: () => Soon<Effects>): Soon<void> {
    return timed(run, () => this.#perform(run, request, work));
  }

  #perform(run: ActiveRun, request: RequestOptions, work: () => Soon<Effects>): Soon<void> {
    run.begunAt = traceTime();
    try {
      const effects = this.#runIn(this.#turnOf(run, request), work);
      if (isPromise(effects)) return this.#finishLater(run, effects);
      this.#succeed(run, effects);
    } catch (error) {
      this.#fail(run, error);
      return;
    }
    this.#end(run);
  }

  #turnOf(run: ActiveRun, request: RequestOptions): TurnInfo {
    const { tier, isPassive = false, isInternal = false, url } = request;
    const { mayWrite } = run;
    const verify = () => {
      if (mayWrite) this.#tree.verify();
    };
    const within = <T>(work: () => T): T => runs.run(run, work);
    const onUndone = (listener: () => void) => {
      const { undone } = run;
      run.undone = () => {
        listener();
        undone?.();
      };
    };
    return { isInternal, tier, isPassive, url, mayWrite, within, onUndone, verify };
  }

  async #finishLater(run: ActiveRun, effects: Promise<Effects>): Promise<void> {
    // Nothing would unwatch a run that begins after the end of its tab and never ends.
    if (!this.#active.closed) watchRun(run);
    try {
      const last = await effects;
      timed(run, () => this.#succeed(run, last));
    } catch (error) {
      timed(run, () => this.#fail(run, error));
      return;
    } finally {
      unwatchRun(run);
    }
    this.#end(run);
  }

  #succeed(run: ActiveRun, effects: Effects): void {
    if (run.superseded) throw run.superseded;
    this.settle(run, { changes: run.mayWrite ? this.#tree.takeChanges() : undefined, effects });
  }

  #fail(run: ActiveRun, error: unknown): void {
    const failure = asError(error);
    try {
      if (run.mayWrite && !run.superseded) this.undo(run);
      const { abortReason } = run;
      const aborted = abortReason !== undefined && (error === abortReason || failure.name === "AbortError");
      if (!run.superseded && !(aborted && !run.settle)) this.settle(run, { error: failure });
    } finally {
      this.#end(run, failure);
    }
  }

  #end(run: ActiveRun, error?: Error): void {
    this.#active.end(run);
    const { begunAt, requestedAt = begunAt } = run;
    if (!trace.event.hasSubscribers || begunAt === undefined) return;
    const message: EventTrace = {
      label: run.label,
      milliseconds: performance.now() - begunAt,
      waited: begunAt - (requestedAt as number),
      ...(error ? { error } : {}),
    };
    trace.event.publish(message);
  }

  /** Undoes the writes of a run since its last step. */
  undo(run: ActiveRun): void {
    this.#tree.rollback();
    run.undone?.();
    run.undone = undefined;
  }

  /** Answers the caller of a run. If no caller waits, sends the outcome or reports the error. */
  settle(run: ActiveRun, given: Parameters<Settle>[0]): void {
    const { settle } = run;
    const outcome =
      "error" in given || !given.effects?.length ? given : { ...given, effects: effectsOf(run, given.effects) };
    run.settle = undefined;
    if (settle) settle(outcome);
    else if ("error" in outcome) this.#sink.fail(outcome.error, run.label, run.visit === this.#active.visit);
    else if (outcome.changes || outcome.effects?.length) this.#sink.send(outcome);
  }

  /** Sends the changes so far and effects, in the middle of a run. */
  flush(run: ActiveRun, given: Effects): void {
    // Later writes belong to the call that superseded this run.
    if (run.superseded) throw run.superseded;
    const changes = run.mayWrite ? timed(run, () => this.#tree.takeChanges()) : undefined;
    run.undone = undefined;
    const effects = effectsOf(run, given);
    if (changes || effects.length > 0) this.#sink.send({ changes, effects });
  }

  /** Gives up a run: undoes its writes, releases its turn and answers its caller with the error. */
  supersede(run: ActiveRun, error: Error): void {
    // While the lock is passed on, an update of another handler writes. That update must not be undone.
    const writing = run.release !== undefined && run.mayWrite && !this.#lock.passing;
    run.superseded = error;
    run.abort(error);
    if (writing) {
      this.undo(run);
      run.release?.();
      run.release = undefined;
    }
    // Background work was answered already, so a restart of it is not reported as an error.
    if (run.settle) this.settle(run, { error });
  }
}

/** Drops page effects if the page was left. */
function effectsOf(run: ActiveRun, effects: Effects): Effects {
  return effects.length > 0 && run.isOfLeftPage ? effects.filter(({ effect }) => !OF_PAGE.has(effect)) : effects;
}
