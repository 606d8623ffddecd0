import { setImmediate } from "node:timers/promises";
import { giveWay } from "../../loop-turn.ts";
import type { Effect } from "../../protocol/frames.ts";
import { stateErrors } from "../errors.ts";
import { labelOf } from "../event-name.ts";
import { traceTime } from "../trace.ts";
import type { ActiveRun } from "./active-run.ts";
import type { ActiveRuns } from "./active-runs.ts";
import { type HandlerSteps, NO_EFFECTS } from "./handler-steps.ts";
import type { PreparedEvent } from "./prepared-event.ts";
import { runs } from "./run.ts";
import type { Settlement, TurnParts } from "./settlement.ts";
import type { Soon } from "./soon.ts";
import type { ExclusiveTurn, Settle, TurnSink } from "./turn.ts";
import type { TurnLock } from "./turn-lock.ts";

/** The stages of a runner that its schedule uses. */
interface ScheduleStages {
  readonly settlement: Settlement;
  readonly steps: HandlerSteps;
}

/** Decides when an event runs: at once, in its turn, beside others, or not at all. */
export class TurnSchedule {
  readonly #sink: TurnSink;
  readonly #lock: TurnLock;
  readonly #active: ActiveRuns;
  readonly #settlement: Settlement;
  readonly #steps: HandlerSteps;
  readonly #maxBackground: number;

  constructor({ sink, lock, active }: TurnParts, stages: ScheduleStages, maxBackground: number) {
    this.#sink = sink;
    this.#lock = lock;
    this.#active = active;
    this.#settlement = stages.settlement;
    this.#steps = stages.steps;
    this.#maxBackground = maxBackground;
  }

  /** Starts an event. Without a `settle` it is a chained event of the run `by`: no caller waits for its answer. */
  start(prepared: PreparedEvent, settle: Settle | undefined, by?: ActiveRun): Soon<void> {
    const { definition, stateId, state, event } = prepared;
    const { concurrency } = definition;
    if (concurrency === "drop" || concurrency === "latest") {
      const same = this.#active.ofEvent(stateId, event);
      // An aborted run does not count for "drop": its page may have been left.
      if (concurrency === "drop" && same.some(({ abortReason }) => !abortReason)) {
        // No caller waits for an answer, and the event is running already.
        if (!settle) return;
        return settle({ error: stateErrors.EVENT_DROPPED(state, event) });
      }
      if (concurrency === "latest") {
        for (const run of same) this.#settlement.supersede(run, stateErrors.EVENT_SUPERSEDED(state, event));
      }
    }
    const free = definition.background || concurrency === "parallel";
    if (free && this.#active.backgroundCount >= this.#maxBackground) {
      return this.#refuse(prepared, settle);
    }
    const requestedAt = traceTime();
    const run = this.#active.begin({ state, event, stateId, requestedAt, mayWrite: !free, settle });
    if (definition.background) run.life = definition.background;
    if (by) {
      run.visit = by.visit;
      run.page = by.page;
      run.isOfLoad = by.isOfLoad;
      run.onConnectOf = by.onConnectOf;
    }
    if (free) run.guards = () => this.#steps.isAllowed(prepared, run);
    if (!settle) return this.#startChained(prepared, run);
    if (!free) {
      run.release = this.#lock.tryAcquire();
      if (!run.release) return this.#startLater(prepared, run);
      this.#lock.holder = run;
    }
    return this.#settlement.finish(run, prepared, () => this.#steps.handle(prepared, run, 0));
  }

  #refuse(prepared: PreparedEvent, settle: Settle | undefined): void {
    const label = labelOf(prepared);
    const error = stateErrors.EVENT_TOO_MANY(label, this.#maxBackground);
    if (settle) settle({ error });
    else this.#sink.fail(error, label);
  }

  /** Yields to the event loop first: events may chain each other without an end. */
  async #startChained(prepared: PreparedEvent, run: ActiveRun): Promise<void> {
    await setImmediate();
    if (run.abortReason) this.#active.end(run);
    else if (run.mayWrite) await this.#startLater(prepared, run);
    else await this.#settlement.finish(run, prepared, () => this.#steps.handle(prepared, run, 0));
  }

  async #startLater(prepared: PreparedEvent, run: ActiveRun): Promise<void> {
    run.release = await this.#lock.acquire("event");
    this.#lock.holder = run;
    // Without this, handlers that waited for each other would all run in one turn of the event loop.
    const turn = giveWay();
    if (turn) await turn;
    if (run.superseded) this.#active.end(run);
    else await this.#settlement.finish(run, prepared, () => this.#steps.handle(prepared, run, 0));
  }

  /** Runs work in a turn in which nothing else writes. */
  async exclusive(
    turn: ExclusiveTurn,
    work: (run: ActiveRun) => Soon<readonly Effect[] | undefined | void>,
  ): Promise<void> {
    const { state, event = "", settle } = turn;
    const requestedAt = traceTime();
    const release =
      this.#lock.tryAcquire() ?? (await this.#lock.acquire(turn.isUpdate ? "update" : "event", turn.waits));
    const run = this.#active.begin({ state, event, requestedAt, mayWrite: true, settle, release });
    this.#lock.holder = run;
    await this.#settlement.finish(run, turn, async () => (await runs.run(run, () => work(run))) ?? NO_EFFECTS);
  }
}
