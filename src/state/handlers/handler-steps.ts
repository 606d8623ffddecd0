import { setImmediate } from "node:timers/promises";
import { giveWay } from "../../loop-turn.ts";
import type { Effect, Json } from "../../protocol/frames.ts";
import type { EventReference } from "../../protocol/page.ts";
import { decodeValue } from "../../protocol/values.ts";
import { type StateClass, stateId } from "../class-info.ts";
import { stateErrors } from "../errors.ts";
import { timed } from "../loop-watch.ts";
import type { ActiveRun } from "./active-run.ts";
import { type AnyGenerator, isGenerator, refuse, sortResult } from "./handler-result.ts";
import { parseArguments } from "./parse-arguments.ts";
import type { EventFinder, PreparedEvent } from "./prepared-event.ts";
import { runs } from "./run.ts";
import { runGuard } from "./run-guard.ts";
import type { Settlement, TurnParts } from "./settlement.ts";
import { isPromise, type Soon } from "./soon.ts";
import type { TurnSink } from "./turn.ts";
import type { TurnLock } from "./turn-lock.ts";

type Effects = readonly Effect[];

/** The result of a handler that returns nothing. */
export const NO_EFFECTS: Effects = [];

const MAX_CHAIN = 100;

/** The stages of a runner that handler steps use. */
interface StepStages {
  readonly finder: EventFinder;
  readonly settlement: Settlement;
  /** Starts an event that the run `by` chains, in a turn of its own. */
  readonly startApart: (prepared: PreparedEvent, by: ActiveRun) => void;
}

/** Runs a handler within its turn: guards, arguments, the handler itself, and the events that it chains. */
export class HandlerSteps {
  readonly #sink: TurnSink;
  readonly #lock: TurnLock;
  readonly #finder: EventFinder;
  readonly #settlement: Settlement;
  readonly #startApart: StepStages["startApart"];

  constructor({ sink, lock }: TurnParts, stages: StepStages) {
    this.#sink = sink;
    this.#lock = lock;
    this.#finder = stages.finder;
    this.#settlement = stages.settlement;
    this.#startApart = stages.startApart;
  }

  /** Runs guards, arguments and handler. `link` is the number of events before it in its chain. */
  handle(prepared: PreparedEvent, run: ActiveRun, link: number): Soon<Effects> {
    return prepared.guard || prepared.definition.guard
      ? this.#handleGuarded(prepared, run, link)
      : this.#handleAllowed(prepared, run, link);
  }

  async #handleGuarded(prepared: PreparedEvent, run: ActiveRun, link: number): Promise<Effects> {
    const { definition, guard, instance, state, event } = prepared;
    this.#finder.assertCurrent(prepared);
    for (const each of [guard, definition.guard]) {
      const answer = await runGuard(run, each, { state: instance, event });
      if (answer !== true) return refuse(state, event, answer);
    }
    return await timed(run, () => this.#handleAllowed(prepared, run, link));
  }

  /** Returns whether the guards of a running event still allow it. */
  async isAllowed({ guard, definition, instance, event }: PreparedEvent, run: ActiveRun): Promise<boolean> {
    for (const each of [guard, definition.guard]) {
      if ((await runGuard(run, each, { state: instance, event })) !== true) return false;
    }
    return true;
  }

  #handleAllowed(prepared: PreparedEvent, run: ActiveRun, link: number): Soon<Effects> {
    this.#finder.assertCurrent(prepared);
    const { definition, depth } = prepared;
    const args = depth === undefined ? prepared.args : prepared.args.map((arg) => decodeValue(arg as Json, depth));
    const parsed = parseArguments(prepared, definition.args, args);
    if (isPromise(parsed)) return parsed.then((all) => this.#invoke(prepared, run, all, link));
    return this.#invoke(prepared, run, parsed, link);
  }

  #invoke(prepared: PreparedEvent, run: ActiveRun, args: readonly unknown[], link: number): Soon<Effects> {
    const { definition, instance, event } = prepared;
    if (run.superseded) throw run.superseded;
    if (definition.background) this.#settlement.settle(run, {});
    const method = (instance as unknown as Record<string, (...all: readonly unknown[]) => unknown>)[event];
    return this.drive(run, () => method?.call(instance, ...args), link);
  }

  /** Runs a handler or hook. The changes of each step of a generator are sent. */
  drive(run: ActiveRun, begin: () => unknown, link: number): Soon<Effects> {
    const started = timed(run, () => runs.run(run, begin));
    if (isPromise(started)) return started.then((result) => this.#sort(run, result, link));
    return this.#sort(run, started, link);
  }

  #sort(run: ActiveRun, result: unknown, link: number): Soon<Effects> {
    return isGenerator(result) ? this.#step(run, result, link) : this.#outcome(run, result, link);
  }

  async #step(run: ActiveRun, generator: AnyGenerator, link: number): Promise<Effects> {
    try {
      for (;;) {
        if (run.stopped && !run.superseded) this.#settlement.supersede(run, run.stopped);
        if (run.superseded) throw run.superseded;
        const next = timed(run, () => runs.run(run, () => generator.next()));
        const step = isPromise(next) ? await next : next;
        if (run.superseded) throw run.superseded;
        if (step.done) return await this.#outcome(run, step.value, link);
        this.#settlement.flush(run, await this.#outcome(run, step.value, link));
        // A page that opens asks for its states while its onLoad runs: by now it has, and gets what the first step made.
        if (run.isOfLoad) await setImmediate();
        if (run.release) await this.#lock.pass();
        const turn = run.superseded ? undefined : giveWay();
        if (turn) await turn;
      }
    } finally {
      // A generator that was given up still runs its `finally`, which may not write.
      if (run.superseded) void this.#returnEarly(run, generator);
    }
  }

  async #returnEarly(run: ActiveRun, generator: AnyGenerator): Promise<void> {
    try {
      await timed(run, () => runs.run(run, () => generator.return?.(undefined)));
    } catch (error) {
      if (error !== run.superseded) this.#sink.fail(error, run.label);
    }
  }

  /** Sorts what a handler returned or yielded, and runs the events in it now. */
  #outcome(run: ActiveRun, value: unknown, link: number): Soon<Effects> {
    if (value === undefined || value === null) return NO_EFFECTS;
    const { effects, references } = sortResult(run, value);
    if (references.length === 0) return effects;
    this.#settlement.flush(run, effects);
    return this.#chainAll(references, run, link + 1);
  }

  async #chainAll(references: readonly EventReference[], run: ActiveRun, link: number): Promise<Effects> {
    for (const reference of references) await this.chain(reference, run, link);
    return NO_EFFECTS;
  }

  /** Runs an event that a handler or a page's `onLoad` names, in the turn of that run. */
  async chain(reference: EventReference, run: ActiveRun, link: number): Promise<void> {
    const { name } = reference.state as StateClass;
    if (stateId(reference.state) === undefined) throw stateErrors.STATE_NOT_EXPORTED(name);
    if (link > MAX_CHAIN) throw stateErrors.EVENT_CHAIN_TOO_LONG(name, reference.event, MAX_CHAIN);
    const turn = giveWay();
    if (turn) await turn;
    if (run.superseded) throw run.superseded;
    const prepared = this.#finder.chained(reference);
    if (prepared.definition.background || !run.mayWrite) {
      // Background events that chain each other without an end stop like a loop.
      if (run.life && run.abortReason) throw run.abortReason;
      this.#startApart(prepared, run);
      return;
    }
    this.#settlement.flush(run, await this.handle(prepared, run, link));
  }
}
