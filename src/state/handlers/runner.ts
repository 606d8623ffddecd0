import type { Effect } from "../../protocol/frames.ts";
import { decodeValue } from "../../protocol/values.ts";
import { stateErrors } from "../errors.ts";
import type { GuardResult } from "../event.ts";
import { onFieldWrite, takesFields } from "../field-hook.ts";
import { timed, unwatchRun } from "../loop-watch.ts";
import type { State } from "../state.ts";
import type { StateTree } from "../state-tree.ts";
import type { ActiveRun } from "./active-run.ts";
import { ActiveRuns } from "./active-runs.ts";
import { refuse, sortResult } from "./handler-result.ts";
import { HandlerSteps } from "./handler-steps.ts";
import { type PageLoad, PageLoads } from "./page-load.ts";
import { parseField } from "./parse-arguments.ts";
import { type CallTarget, EventFinder, type PreparedEvent } from "./prepared-event.ts";
import { runGuard } from "./run-guard.ts";
import { Settlement } from "./settlement.ts";
import type { Soon } from "./soon.ts";
import { StateHooks, type TurnHook } from "./state-hooks.ts";
import { StateUpdates } from "./state-updates.ts";
import type { Call, ExclusiveTurn, FieldWrite, RunIn, Settle, TurnSink } from "./turn.ts";
import { type GiveUp, TurnLock } from "./turn-lock.ts";
import { TurnSchedule } from "./turn-schedule.ts";

/** The longest time that a timer takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Options of a `Runner`. */
export interface RunnerOptions {
  readonly runIn?: RunIn;
  /** Called before each `update()` of long work: the tab's user may have changed. */
  readonly refresh?: () => Soon<void>;
  /** Returns another number after the tab has passed to another user with its states. */
  readonly passed?: () => number;
  /** Most background and parallel handlers at once. */
  readonly maxBackground?: number;
  /** Milliseconds for which an `update()` outside handlers waits for one handler. */
  readonly stuckAfter?: number;
}

/**
 * Runs the handlers of one tab, without knowledge of sockets.
 *
 * READ THIS FIRST: `turn-schedule.ts` decides when an event runs, `handler-steps.ts` runs it, `settlement.ts` sends or
 * undoes what it changed. `page-load.ts`, `state-hooks.ts` and `state-updates.ts` use the same three for other work.
 */
export class Runner {
  readonly tree: StateTree;
  readonly #lock = new TurnLock();
  readonly #active: ActiveRuns;
  readonly #finder: EventFinder;
  readonly #settlement: Settlement;
  readonly #schedule: TurnSchedule;
  readonly #hooks: StateHooks;
  readonly #loads: PageLoads;
  readonly #updates: StateUpdates;
  /** Field writes that wait for their turn. */
  readonly #waitingWrites = new Set<GiveUp>();

  constructor(tree: StateTree, sink: TurnSink, options: RunnerOptions = {}) {
    const { runIn = (_, work) => work(), refresh = () => {}, passed = () => 0 } = options;
    const { maxBackground = Number.POSITIVE_INFINITY, stuckAfter = LONGEST } = options;
    const lock = this.#lock;
    const updates = new StateUpdates({ tree, sink, lock, refresh, stuckAfter });
    const active = new ActiveRuns(tree, (run, work) => updates.within(run, work));
    const parts = { tree, sink, lock, active };
    const finder = new EventFinder(tree, active, passed);
    const settlement = new Settlement(parts, runIn);
    const steps = new HandlerSteps(parts, {
      finder,
      settlement,
      startApart: (prepared, by) => void this.#schedule.start(prepared, undefined, by),
    });
    const schedule = new TurnSchedule(parts, { settlement, steps }, maxBackground);
    const hooks = new StateHooks(parts, { settlement, steps, schedule });
    this.tree = tree;
    this.#active = active;
    this.#finder = finder;
    this.#settlement = settlement;
    this.#updates = updates;
    this.#schedule = schedule;
    this.#hooks = hooks;
    this.#loads = new PageLoads(parts, { settlement, steps, hooks }, maxBackground);
    tree.onUpdateAlone((instance, work) => updates.alone(schedule, instance, work));
  }

  /** Runs an event that the browser calls. An event without any await is settled before this returns. */
  call(call: Call, depth: number, settle: Settle): Soon<void> {
    let prepared: PreparedEvent;
    try {
      prepared = this.#finder.called(call.state, call.event, call.args, depth);
    } catch (error) {
      settle({ error });
      return;
    }
    return this.#schedule.start(prepared, settle);
  }

  /** Writes one field of a state for the browser. */
  write({ state: id, field, value: json }: FieldWrite, depth: number, settle: Settle): Promise<void> {
    let target: CallTarget;
    try {
      // Found now: when its turn comes, the states may belong to another user.
      target = this.#finder.field(id, field);
    } catch (error) {
      settle({ error });
      return Promise.resolve();
    }
    const { state } = target;
    let waiting: GiveUp | undefined;
    const waits = (giveUp: GiveUp) => {
      waiting = giveUp;
      this.#waitingWrites.add(giveUp);
    };
    const written = this.exclusive({ state, event: field, settle, tier: this.tree.tier(id), waits }, async (run) => {
      if (waiting) this.#waitingWrites.delete(waiting);
      const info = this.tree.info(id);
      const instance = this.tree.byId(id);
      this.#finder.assertCurrent(target);
      const answer = await runGuard(run, info.guard, { state: instance, event: field });
      if (answer !== true) return refuse(info.name, field, answer);
      const schema = info.fields.get(field);
      if (!schema) throw stateErrors.EVENT_FIELD_UNKNOWN(info.name, field);
      const value = await timed(run, () => parseField(run, schema, decodeValue(json, depth)));
      if (takesFields(instance)) {
        const answer = await timed(run, () => instance[onFieldWrite](field, value));
        return sortResult(run, answer).effects;
      }
      (instance as unknown as Record<string, unknown>)[field] = value;
      return undefined;
    });
    return waiting ? written.catch((error: unknown) => settle({ error })) : written;
  }

  /** Runs a page's guard and its `onLoad` in one turn. */
  load(page: PageLoad, settle: Settle): Promise<void> {
    return this.#loads.load(page, settle);
  }

  /** Gives up the page load that waits or runs, because the page was left. */
  leavePage(reason: Error): void {
    this.#loads.leave(reason);
  }

  /** True while a page load waits or runs. */
  get isLoading(): boolean {
    return this.#loads.isLoading;
  }

  /** Ends the background work of a page that was reloaded or replaced by another one. */
  endPage(reason: Error): void {
    for (const run of this.#active.all()) if (run.life === "page") run.giveUp(reason);
  }

  /** Runs synchronous work between two turns, or between two steps of a generator, when no write is incomplete. */
  async between<T>(work: () => T): Promise<T> {
    const release = this.#lock.tryAcquire() ?? (await this.#lock.acquire("update"));
    try {
      return work();
    } finally {
      release();
    }
  }

  /** Runs synchronous work that reads these states: at once if the handler that has the turn has not written to them. */
  async reading<T>(ids: readonly string[], work: () => T): Promise<T> {
    return ids.every((id) => this.tree.isSettled(id)) ? work() : await this.between(work);
  }

  /** Runs a hook of each instance in a turn of its own: one that throws does not stop the others. */
  hooks(name: Exclude<TurnHook, "onConnect">, instances: readonly State[], ...args: unknown[]): Promise<void> {
    return this.#hooks.run(name, instances, args);
  }

  /** Runs `onConnect` of each instance in a turn of its own, if the page may read its state then. */
  connect(instances: readonly State[], mayConnect: (instance: State) => boolean): Promise<void> {
    return this.#hooks.run("onConnect", instances, [], mayConnect);
  }

  /** Runs work of the framework in a turn in which nothing else writes. */
  exclusive(turn: ExclusiveTurn, work: (run: ActiveRun) => Soon<readonly Effect[] | undefined | void>): Promise<void> {
    return this.#schedule.exclusive(turn, work);
  }

  /**
   * Returns the result of a state's guard, in a turn of its own: whether the page may read the state. `begun` is called right
   * before the guard runs, when the turn has its user. Rejects with the error of a guard that throws.
   */
  async ask(id: string, begun: () => void = () => {}): Promise<GuardResult> {
    const { name: state, bridge: tier, guard } = this.tree.info(id);
    let result: GuardResult = false;
    let failure: { readonly error: unknown } | undefined;
    const settle: Settle = (outcome) => {
      if ("error" in outcome) failure = outcome;
    };
    await this.exclusive({ state, settle, tier, isPassive: true }, async (run) => {
      begun();
      result = await runGuard(run, guard, { state: this.tree.byId(id), event: "" });
    });
    if (failure) throw failure.error;
    return result;
  }

  /** Gives up all background work, and the page load that waits or runs: the signals abort. */
  abort(reason: Error): void {
    this.#loads.giveUp(reason);
    for (const run of this.#active.all()) run.giveUp(reason);
  }

  /** Gives up the runs of a user who has left the tab; none of their later output is sent. */
  disown(reason: Error): void {
    for (const run of this.#active.all()) {
      if (run.mayWrite) run.abort(reason);
      else this.#settlement.supersede(run, reason);
    }
  }

  /** Aborts all signals; a generator ends at its next `yield`. Nothing outside of the tab waits for it any more. */
  stop(reason: Error): void {
    this.#updates.close();
    for (const run of this.#active.all()) {
      run.stopped = reason;
      run.abort(reason);
    }
  }

  /**
   * Takes the turn from whatever has it and does not end. Its writes since its last `yield` are undone, and neither it nor
   * what waits can write any more. Returns its label.
   */
  takeTurn(reason: Error): string | undefined {
    const { turn, holder } = this.#lock;
    const label = holder?.label;
    for (const run of this.#active.all()) this.#settlement.supersede(run, reason);
    // An `update()` of background work has a turn that its run does not know.
    this.tree.rollback();
    turn?.();
    return label;
  }

  /** Refuses the calls that still wait for their turn. None of them has run, and none will. */
  refuseWaiting(error: Error): void {
    for (const run of this.#active.all()) {
      if (run.isWaiting) this.#settlement.supersede(run, error);
    }
    for (const giveUp of this.#waitingWrites) giveUp(error);
    this.#waitingWrites.clear();
  }

  /** Stops everything for good. */
  end(reason: Error): void {
    this.#active.close(reason);
    this.stop(reason);
    // The process must not hold the states of a tab for a handler that never ends.
    for (const run of this.#active.all()) unwatchRun(run);
  }

  /** Settles when no turn runs or waits. */
  idle(): Promise<void> {
    return this.#lock.idle();
  }

  /** Settles when every call is answered, and no turn runs or waits. */
  async answered(): Promise<void> {
    // A parallel handler answers at its end and has no turn of its own.
    await this.#active.none(({ settle }) => settle !== undefined);
    await this.#lock.idle();
  }

  /** Settles when no turn runs or waits, and no background work runs. */
  async ended(): Promise<void> {
    await this.#lock.idle();
    await this.#active.none();
  }

  /** Labels of the handlers that have not ended, including background ones. */
  get running(): readonly string[] {
    return this.#active.all().map(({ label }) => label);
  }

  /** The handler that has the turn; undefined if there is none. */
  get holder(): { readonly label: string; readonly aborted: boolean } | undefined {
    const run = this.#active.holder;
    return run && { label: run.label, aborted: run.abortReason !== undefined };
  }
}
