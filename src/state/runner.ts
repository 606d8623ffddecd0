import { setImmediate } from "node:timers/promises";
import { runDetached } from "../context-variable.ts";
import { asError } from "../errors.ts";
import { giveWay } from "../loop-turn.ts";
import type { Effect, Json } from "../protocol/frames.ts";
import type { EventReference } from "../protocol/page.ts";
import { decodeValue } from "../protocol/values.ts";
import { ActiveRun, type RunOptions, RunView } from "./active-run.ts";
import { classInfo, type StateClass, stateId } from "./class-info.ts";
import { isEffect } from "./effects.ts";
import { stateErrors } from "./errors.ts";
import type { AskedTier, EventDefinition, Guard, GuardResult } from "./event.ts";
import { type AnyGenerator, isGenerator, refuse, sortResult } from "./handler-result.ts";
import { timed, unwatchRun, watchRun } from "./loop-watch.ts";
import { isPromise, parseArguments, parseField } from "./parse-arguments.ts";
import { plain } from "./plain.ts";
import { runs } from "./run.ts";
import { type LeaveReason, State } from "./state.ts";
import type { StateTree } from "./state-tree.ts";
import { type EventTrace, trace } from "./trace.ts";
import type { Call, RequestOptions, RunIn, Settle, Soon, TurnInfo, TurnSink } from "./turn.ts";
import { type Release, TurnLock } from "./turn-lock.ts";

/** Opening one page: its guard, then its `onLoad`. */
export interface PageLoad {
  /** Path and query. */
  readonly url: string;
  /** Asks the page's guard; when it returns effects, these are all that happens. */
  readonly admit: () => Promise<readonly Effect[] | undefined>;
  /** Called when the guard has let the page through, before its events. */
  readonly enter: () => void;
  /** How the page that was shown before was left, for `onLeave`; undefined where none was. */
  readonly leave: LeaveReason | undefined;
  /** Why background work of pages before ends. */
  readonly left: Error;
  readonly events: readonly EventReference[];
}

type Hook = "onConnect" | "onLeave" | "onDisconnect" | "onExpire";

interface Prepared {
  /** Of the state. */
  readonly id: string;
  readonly instance: State;
  readonly key: string;
  readonly label: string;
  readonly event: string;
  readonly definition: EventDefinition;
  /** Of the state as a whole. */
  readonly guard: Guard | undefined;
  readonly tier: AskedTier | undefined;
  readonly args: readonly unknown[];
  /** How deep the arguments may be nested when the browser sent them; undefined for those of a chained event. */
  readonly depth: number | undefined;
  /** As the options' `passed` was when it was called. */
  readonly passed: number;
}

type Effects = readonly Effect[];

const NO_EFFECTS: Effects = [];
const MAX_CHAIN = 100;

/** What a runner may be given. */
export interface RunnerOptions {
  readonly runIn?: RunIn;
  /** Runs before each `update()` of work that goes on for long: who asked for it may be another by then. */
  readonly refresh?: () => Soon<void>;
  /** Another number whenever the tab has passed to another user, with its states: what waits was called before that. */
  readonly passed?: () => number;
  /** Most background and parallel handlers at once. */
  readonly maxBackground?: number;
}

/** Runs the handlers of one tab: guard, parse, run, flush, undo. It knows nothing of sockets. */
export class Runner {
  readonly tree: StateTree;
  readonly #sink: TurnSink;
  readonly #runIn: RunIn;
  readonly #refresh: () => Soon<void>;
  readonly #passed: () => number;
  readonly #maxBackground: number;
  readonly #lock = new TurnLock();
  readonly #active: ActiveRun[] = [];
  #ended: Error | undefined;
  /** Number of page loads that were asked for. */
  #visit = 0;
  /** The page load whose guard or events wait or run. */
  #loading: ActiveRun | undefined;

  constructor(tree: StateTree, sink: TurnSink, options: RunnerOptions = {}) {
    const { runIn = (_, work) => work(), refresh = () => {}, passed = () => 0 } = options;
    this.tree = tree;
    this.#sink = sink;
    this.#runIn = runIn;
    this.#refresh = refresh;
    this.#passed = passed;
    this.#maxBackground = options.maxBackground ?? Number.POSITIVE_INFINITY;
    tree.onUpdateAlone((instance, work) => this.#updateAlone(instance, work));
  }

  /** Runs an event that the browser calls. One that awaits nothing has been settled when this returns. */
  call(call: Call, depth: number, settle: Settle): Soon<void> {
    let prepared: Prepared;
    try {
      prepared = this.#prepare(call.state, call.event, call.args, depth);
    } catch (error) {
      settle({ error });
      return;
    }
    return this.#start(prepared, settle);
  }

  /** Writes one of a state's fields for the browser. */
  write(state: string, field: string, json: Json, depth: number, settle: Settle): Promise<void> {
    let label: string;
    let instance: State;
    try {
      label = `${this.tree.info(state).name}.${field}`;
      // Of now: when its turn comes, the states may be those of somebody else.
      instance = this.tree.byId(state);
    } catch (error) {
      settle({ error });
      return Promise.resolve();
    }
    const passed = this.#passed();
    return this.exclusive(label, settle, { tier: this.tree.tier(state) }, async (run) => {
      const info = this.tree.info(state);
      const current = this.tree.byId(state);
      this.#assertCurrent({ id: state, instance, event: field, passed });
      const answer = await this.#ask(run, info.guard, current, field);
      if (answer !== true) return refuse(info.name, field, answer);
      const schema = info.fields.get(field);
      if (!schema) throw stateErrors.EVENT_FIELD_UNKNOWN(info.name, field);
      const value = await timed(run, () => parseField(info.name, field, schema, decodeValue(json, depth)));
      (current as unknown as Record<string, unknown>)[field] = value;
      return undefined;
    });
  }

  /** Runs a page's guard and its `onLoad`, one event after the other, in one turn. `leavePage()` gives it up. */
  async load(page: PageLoad, settle: Settle): Promise<void> {
    const { url } = page;
    const label = `Loading ${url.split("?", 1)[0]}`;
    // Loads that were given up and ignore their signal still use memory and the database.
    if (this.#active.filter(({ superseded }) => superseded).length >= this.#maxBackground) {
      settle({ error: stateErrors.EVENT_TOO_MANY(label, this.#maxBackground) });
      return;
    }
    const waited = now();
    this.#visit++;
    const run = this.#run(label, label, true, settle, this.#lock.tryAcquire());
    this.#loading = run;
    run.release ??= await this.#lock.acquire("event");
    if (run.superseded) this.#close(run);
    else await this.#finish(run, { url }, waited, async () => await runs.run(run, () => this.#open(run, page)));
  }

  async #open(run: ActiveRun, { admit, enter, events, leave, left }: PageLoad): Promise<Effects> {
    if (run.superseded) throw run.superseded;
    const instead = await admit();
    if (run.superseded) throw run.superseded;
    if (!instead) {
      // What was begun since the load was asked for belongs to the new page already.
      for (const each of [...this.#active]) {
        if (each.life === "page" && !each.greeting && each.visit < run.visit) each.giveUp(left);
      }
      if (leave) await this.#tellLeft(run, leave);
      enter();
      this.#flush(run, []);
      for (const reference of events) await this.#chain(reference, run, 1);
    }
    // From here on only the session is saved: what was saved cannot be undone.
    if (this.#loading === run) this.#loading = undefined;
    return instead ?? NO_EFFECTS;
  }

  async #tellLeft(run: ActiveRun, reason: LeaveReason): Promise<void> {
    for (const instance of this.tree.instances()) {
      const hook = hookOf(instance, "onLeave");
      if (!hook) continue;
      try {
        this.#flush(run, await this.#drive(run, () => hook.call(instance, reason), 0));
      } catch (error) {
        if (run.superseded) throw run.superseded;
        this.tree.rollback();
        this.#sink.fail(error, `${instance.constructor.name}.onLeave`);
      }
    }
  }

  /** The page was loaded again, or is another one's: background work that was begun for it ends. */
  endPage(reason: Error): void {
    for (const run of [...this.#active]) if (run.life === "page") run.giveUp(reason);
  }

  /**
   * Gives up the page load that waits or runs, because the page is left: its signal aborts, it can write no more, what it
   * wrote since its last `yield` is undone, and the turn is free.
   */
  leavePage(reason: Error): void {
    const run = this.#loading;
    this.#loading = undefined;
    if (run && !run.ended) this.#replace(run, reason);
  }

  /** Runs synchronous work between two turns, or between two steps of a generator: nothing is half written then. */
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

  /** Runs a hook of every given instance, each on its own: one that throws leaves the others alone. */
  async hooks(name: Exclude<Hook, "onLeave">, instances: readonly State[], ...args: unknown[]) {
    for (const instance of instances) {
      const hook = hookOf(instance, name);
      if (!hook) continue;
      const label = `${instance.constructor.name}.${name}`;
      await this.exclusive(
        label,
        (outcome) => {
          if ("error" in outcome) this.#sink.fail(outcome.error, label);
          else this.#sink.send(outcome);
        },
        // The app's hooks are for what a person does.
        { tier: this.tree.tierOf(instance) === "none" ? "none" : "session", isPassive: true },
        (run) => {
          if (name === "onConnect") this.#greet(run, instance);
          return this.#drive(run, () => hook.apply(instance, args), 0);
        },
      );
    }
  }

  /** What the hook has begun at an earlier connection would go on beside what it begins now. */
  #greet(run: ActiveRun, instance: State): void {
    for (const each of [...this.#active]) {
      if (each.life !== "page" || each.greeting !== instance) continue;
      const [state = "", event = ""] = each.label.split(".");
      each.giveUp(stateErrors.EVENT_SUPERSEDED(state, event));
    }
    run.greeting = instance;
  }

  /** Runs work of the framework in a turn of its own: nothing else writes meanwhile. */
  async exclusive(
    label: string,
    settle: Settle,
    request: RequestOptions,
    work: (run: ActiveRun) => Soon<Effects | undefined | void>,
  ): Promise<void> {
    const waited = now();
    const release = this.#lock.tryAcquire() ?? (await this.#lock.acquire(request.isUpdate ? "update" : "event"));
    const run = this.#run(label, label, true, settle, release);
    await this.#finish(run, request, waited, async () => (await runs.run(run, () => work(run))) ?? NO_EFFECTS);
  }

  /**
   * Asks the guards of states that the page wants to read: those that it may read are answered, and whatever the guards
   * of the others want to happen.
   */
  async admitted(ids: readonly string[]): Promise<{ readonly ids: readonly string[]; readonly effects: Effects }> {
    const guarded = ids.filter((id) => this.tree.info(id).guard);
    if (guarded.length === 0) return { ids, effects: NO_EFFECTS };
    const refused = new Set<string>();
    const effects: Effect[] = [];
    for (const id of guarded) {
      const info = this.tree.info(id);
      await this.exclusive(
        info.name,
        (outcome) => {
          if (!("error" in outcome)) return;
          refused.add(id);
          this.#sink.fail(outcome.error, info.name);
        },
        { tier: info.bridge, isPassive: true },
        async (run) => {
          const answer = await this.#ask(run, info.guard, this.tree.byId(id), "");
          if (answer === true) return;
          refused.add(id);
          effects.push(...[answer].flat().filter(isEffect));
        },
      );
    }
    return { ids: ids.filter((id) => !refused.has(id)), effects };
  }

  /** Gives up all background work; its signals abort. */
  abort(reason: Error): void {
    for (const run of [...this.#active]) run.giveUp(reason);
  }

  /** What runs belongs to somebody who has gone: it is given up, and nothing of what it still says or does counts. */
  disown(reason: Error): void {
    for (const run of [...this.#active]) {
      if (run.mayWrite) run.abort(reason);
      else this.#replace(run, reason);
    }
  }

  /** Nobody waits for anything any more: signals abort, and a generator ends at its next `yield`. */
  stop(reason: Error): void {
    for (const run of [...this.#active]) {
      run.stopped = reason;
      run.abort(reason);
    }
  }

  /** The tab is gone: nothing runs any more. */
  end(reason: Error): void {
    this.#ended = reason;
    this.stop(reason);
  }

  /** Settles when no turn runs or waits. */
  idle(): Promise<void> {
    return this.#lock.idle();
  }

  /** The handlers that have not ended, background ones too. */
  get running(): readonly string[] {
    return this.#active.map(({ label }) => label);
  }

  /** The handler that has the turn now; undefined when there is none. */
  get holder(): { readonly label: string; readonly aborted: boolean } | undefined {
    const run = this.#active.find(({ release }) => release !== undefined);
    return run && { label: run.label, aborted: run.abortReason !== undefined };
  }

  #prepare(id: string, event: string, args: readonly unknown[], depth?: number): Prepared {
    if (this.#ended) throw this.#ended;
    const info = this.tree.info(id);
    const definition = info.events.get(event);
    if (!definition) throw stateErrors.EVENT_UNKNOWN(info.name, event);
    const label = `${info.name}.${event}`;
    return {
      id,
      instance: this.tree.byId(id),
      key: `${id}.${event}`,
      label,
      event,
      definition,
      guard: info.guard,
      tier: definition.bridge ?? info.bridge,
      args,
      depth,
      passed: this.#passed(),
    };
  }

  /**
   * Without a `settle` it is an event that another one, `by`, names: answered to nobody, what it has to say goes out when it
   * comes.
   */
  #start(prepared: Prepared, settle: Settle | undefined, by?: ActiveRun): Soon<void> {
    const { definition, key, label } = prepared;
    const { concurrency } = definition;
    if (concurrency === "drop" || concurrency === "latest") {
      // One that was told to end makes room: the page that it was begun for may have been left.
      const same = this.#active.filter((run) => run.key === key && (concurrency === "latest" || !run.abortReason));
      if (concurrency === "drop" && same.length > 0) {
        // Nobody waits for an answer, and that it runs already is just what was asked for.
        if (!settle) return;
        const error = stateErrors.EVENT_DROPPED(prepared.instance.constructor.name, prepared.event);
        return this.#refuse(label, settle, error);
      }
      if (concurrency === "latest") for (const run of same) this.#supersede(run, prepared);
    }
    const free = definition.background || concurrency === "parallel";
    if (free && this.#backgroundCount() >= this.#maxBackground) {
      return this.#refuse(label, settle, stateErrors.EVENT_TOO_MANY(label, this.#maxBackground));
    }
    const waited = now();
    const run = this.#run(label, key, !free, settle, undefined);
    if (definition.background) run.life = definition.background;
    if (by) {
      run.visit = by.visit;
      run.greeting = by.greeting;
    }
    if (free) run.guards = () => this.#passes(prepared, run);
    if (!settle) return this.#startChained(prepared, run, waited);
    if (!free) {
      run.release = this.#lock.tryAcquire();
      if (!run.release) return this.#startLater(prepared, run, waited);
    }
    return this.#finish(run, prepared, waited, () => this.#handle(prepared, run, 0));
  }

  #refuse(label: string, settle: Settle | undefined, error: Error): void {
    if (settle) settle({ error });
    else this.#sink.fail(error, label);
  }

  /** Events that name each other may go on for ever: in between everybody else gets their turn. */
  async #startChained(prepared: Prepared, run: ActiveRun, waited: number): Promise<void> {
    await setImmediate();
    if (run.abortReason) this.#close(run);
    else if (run.mayWrite) await this.#startLater(prepared, run, waited);
    else await this.#finish(run, prepared, waited, () => this.#handle(prepared, run, 0));
  }

  #backgroundCount(): number {
    let count = 0;
    for (const run of this.#active) if (!run.mayWrite) count++;
    return count;
  }

  async #startLater(prepared: Prepared, run: ActiveRun, waited: number): Promise<void> {
    run.release = await this.#lock.acquire("event");
    // Handlers that have waited for each other would all run in one turn of the event loop.
    const turn = giveWay();
    if (turn) await turn;
    if (run.superseded) this.#close(run);
    else await this.#finish(run, prepared, waited, () => this.#handle(prepared, run, 0));
  }

  #supersede(run: ActiveRun, by: Prepared): void {
    this.#replace(run, stateErrors.EVENT_SUPERSEDED(by.instance.constructor.name, by.event));
  }

  #replace(run: ActiveRun, error: Error): void {
    // While it has passed the lock on, an update of another handler writes: that one is left alone.
    const writing = run.release !== undefined && run.mayWrite && !this.#lock.passing;
    run.superseded = error;
    run.abort(error);
    if (writing) {
      this.tree.rollback();
      run.release?.();
      run.release = undefined;
    }
    // Background work has been answered already: that it is begun anew is nobody's failure.
    if (run.settle) this.#settle(run, { error });
  }

  #run(
    label: string,
    key: string,
    mayWrite: boolean,
    settle: Settle | undefined,
    release: Release | undefined,
  ): ActiveRun {
    const { tree } = this;
    const update = this.#updater;
    const run = new ActiveRun({ tree, label, key, mayWrite, settle, release, visit: this.#visit, update });
    this.#active.push(run);
    if (this.#ended) run.abort(this.#ended);
    return run;
  }

  readonly #updater: RunOptions["update"] = (run, work) => this.#update(run, work);

  #settle(run: ActiveRun, outcome: Parameters<Settle>[0]): void {
    const { settle } = run;
    run.settle = undefined;
    if (settle) settle(outcome);
    else if ("error" in outcome) this.#sink.fail(outcome.error, run.label, run.visit === this.#visit);
    else if (outcome.changes || outcome.effects?.length) this.#sink.send(outcome);
  }

  #close(run: ActiveRun): void {
    run.ended = true;
    const index = this.#active.indexOf(run);
    if (index >= 0) this.#active.splice(index, 1);
    run.release?.();
  }

  /** Runs a turn to its end: sends what it changed, or undoes it. */
  #finish(run: ActiveRun, request: RequestOptions, waited: number, work: () => Soon<Effects>): Soon<void> {
    return timed(run, () => this.#perform(run, request, waited, work));
  }

  #perform(run: ActiveRun, request: RequestOptions, waited: number, work: () => Soon<Effects>): Soon<void> {
    const begin = now();
    try {
      const effects = this.#runIn(this.#turnOf(run, request), work);
      if (isPromise(effects)) return this.#finishLater(run, waited, begin, effects);
      this.#succeed(run, effects);
    } catch (error) {
      this.#fail(run, waited, begin, error);
      return;
    }
    this.#end(run, waited, begin);
  }

  #turnOf(run: ActiveRun, { tier, isPassive = false, url }: RequestOptions): TurnInfo {
    const { label, mayWrite } = run;
    const verify = () => {
      if (mayWrite) this.tree.verify();
    };
    return { label, tier, isPassive, url, mayWrite, within: (work) => runs.run(run, work), verify };
  }

  async #finishLater(run: ActiveRun, waited: number, begin: number, effects: Promise<Effects>): Promise<void> {
    watchRun(run);
    try {
      const last = await effects;
      timed(run, () => this.#succeed(run, last));
    } catch (error) {
      timed(run, () => this.#fail(run, waited, begin, error));
      return;
    } finally {
      unwatchRun(run);
    }
    this.#end(run, waited, begin);
  }

  #succeed(run: ActiveRun, effects: Effects): void {
    if (run.superseded) throw run.superseded;
    this.#settle(run, { changes: run.mayWrite ? this.tree.takeChanges() : undefined, effects });
  }

  #fail(run: ActiveRun, waited: number, begin: number, error: unknown): void {
    const failure = asError(error);
    try {
      if (run.mayWrite && !run.superseded) this.tree.rollback();
      const { abortReason } = run;
      const aborted = abortReason !== undefined && (error === abortReason || failure.name === "AbortError");
      if (!run.superseded && !(aborted && !run.settle)) this.#settle(run, { error: failure });
    } finally {
      this.#end(run, waited, begin, failure);
    }
  }

  #end(run: ActiveRun, waited: number, begin: number, error?: Error): void {
    this.#close(run);
    if (!trace.event.hasSubscribers || Number.isNaN(begin)) return;
    const message: EventTrace = {
      label: run.label,
      milliseconds: performance.now() - begin,
      waited: Number.isNaN(waited) ? 0 : begin - waited,
      ...(error ? { error } : {}),
    };
    trace.event.publish(message);
  }

  /** Guard, arguments, handler. */
  #handle(prepared: Prepared, run: ActiveRun, link: number): Soon<Effects> {
    return prepared.guard || prepared.definition.guard
      ? this.#handleGuarded(prepared, run, link)
      : this.#handleAllowed(prepared, run, link);
  }

  async #handleGuarded(prepared: Prepared, run: ActiveRun, link: number): Promise<Effects> {
    const { definition, guard, instance, event } = prepared;
    this.#assertCurrent(prepared);
    for (const each of [guard, definition.guard]) {
      const answer = await this.#ask(run, each, instance, event);
      if (answer !== true) return refuse(instance.constructor.name, event, answer);
    }
    return await timed(run, () => this.#handleAllowed(prepared, run, link));
  }

  /** Whether the guards would let a call pass that is running already. */
  async #passes({ guard, definition, instance, event }: Prepared, run: ActiveRun): Promise<boolean> {
    for (const each of [guard, definition.guard]) {
      if ((await this.#ask(run, each, instance, event)) !== true) return false;
    }
    return true;
  }

  async #ask(run: ActiveRun, guard: Guard | undefined, state: State, event: string): Promise<GuardResult> {
    if (!guard) return true;
    return await timed(run, () => runs.run(new RunView(run, false), () => guard({ state, event })));
  }

  /** A call that waited while the tab's states were made anew, or passed to somebody else, must not run on what there is now. */
  #assertCurrent({ id, instance, event, passed }: Pick<Prepared, "id" | "instance" | "event" | "passed">): void {
    const { name } = instance.constructor;
    if (this.tree.byId(id) !== instance) throw stateErrors.EVENT_STATE_GONE(name, event);
    if (this.#passed() !== passed) throw stateErrors.EVENT_USER_CHANGED(name, event);
  }

  #handleAllowed(prepared: Prepared, run: ActiveRun, link: number): Soon<Effects> {
    this.#assertCurrent(prepared);
    const { label, definition, depth } = prepared;
    const args = depth === undefined ? prepared.args : prepared.args.map((arg) => decodeValue(arg as Json, depth));
    const parsed = parseArguments(label, definition.args, args);
    if (isPromise(parsed)) return parsed.then((all) => this.#invoke(prepared, run, all, link));
    return this.#invoke(prepared, run, parsed, link);
  }

  #invoke(prepared: Prepared, run: ActiveRun, args: readonly unknown[], link: number): Soon<Effects> {
    const { definition, instance, event } = prepared;
    if (run.superseded) throw run.superseded;
    if (definition.background) this.#settle(run, {});
    const method = (instance as unknown as Record<string, (...all: readonly unknown[]) => unknown>)[event];
    return this.#drive(run, () => method?.call(instance, ...args), link);
  }

  /** Runs a handler; of a generator each step is flushed. */
  #drive(run: ActiveRun, begin: () => unknown, link: number): Soon<Effects> {
    const started = timed(run, () => runs.run(run, begin));
    if (isPromise(started)) return started.then((result) => this.#sort(run, result, link));
    return this.#sort(run, started, link);
  }

  #sort(run: ActiveRun, result: unknown, link: number): Soon<Effects> {
    return isGenerator(result) ? this.#step(run, result, link) : this.#outcome(run, result, link);
  }

  async #step(run: ActiveRun, result: AnyGenerator, link: number): Promise<Effects> {
    try {
      for (;;) {
        if (run.stopped && !run.superseded) this.#replace(run, run.stopped);
        if (run.superseded) throw run.superseded;
        const next = timed(run, () => runs.run(run, () => result.next()));
        const step = isPromise(next) ? await next : next;
        if (run.superseded) throw run.superseded;
        if (step.done) return await this.#outcome(run, step.value, link);
        this.#flush(run, await this.#outcome(run, step.value, link));
        if (run.release) await this.#lock.pass();
        const turn = run.superseded ? undefined : giveWay();
        if (turn) await turn;
      }
    } finally {
      // A generator that is given up gets to run its own `finally`, and may not write in it.
      if (run.superseded) void this.#giveUp(run, result);
    }
  }

  async #giveUp(run: ActiveRun, generator: AnyGenerator): Promise<void> {
    try {
      await timed(run, () => runs.run(run, () => generator.return?.(undefined)));
    } catch (error) {
      if (error !== run.superseded) this.#sink.fail(error, run.label);
    }
  }

  #flush(run: ActiveRun, effects: readonly Effect[]): void {
    // What is written now belongs to the call that took its place.
    if (run.superseded) throw run.superseded;
    const changes = run.mayWrite ? timed(run, () => this.tree.takeChanges()) : undefined;
    if (changes || effects.length > 0) this.#sink.send({ changes, effects });
  }

  /** Performs what a handler returned or yielded; events that it names run now. */
  #outcome(run: ActiveRun, value: unknown, link: number): Soon<Effects> {
    if (value === undefined || value === null) return NO_EFFECTS;
    const { effects, references } = sortResult(run.label, value);
    if (references.length === 0) return effects;
    this.#flush(run, effects);
    return this.#chainAll(references, run, link + 1);
  }

  async #chainAll(references: readonly EventReference[], run: ActiveRun, link: number): Promise<Effects> {
    for (const reference of references) await this.#chain(reference, run, link);
    return NO_EFFECTS;
  }

  async #chain(reference: EventReference, run: ActiveRun, link: number): Promise<void> {
    const id = stateId(reference.state);
    const name = (reference.state as StateClass).name;
    if (id === undefined) throw stateErrors.STATE_NOT_EXPORTED(name);
    if (link > MAX_CHAIN) throw stateErrors.EVENT_CHAIN_TOO_LONG(name, reference.event, MAX_CHAIN);
    const turn = giveWay();
    if (turn) await turn;
    if (run.superseded) throw run.superseded;
    // Copies: a part of a var would still be one in the event that gets it.
    const args = reference.args.map((arg, index) => plain(arg, `${name}.${reference.event}, argument ${index + 1}`));
    const prepared = this.#prepare(id, reference.event, args);
    if (prepared.definition.background || !run.mayWrite) {
      // Events that name each other for ever end like a loop.
      if (run.life && run.abortReason) throw run.abortReason;
      void this.#start(prepared, undefined, run);
      return;
    }
    this.#flush(run, await this.#handle(prepared, run, link));
  }

  /** An `update()` that no handler of this tab makes: a turn of the tab's user of now, in nobody else's context. */
  #updateAlone<T>(instance: State, work: () => T | Promise<T>): Promise<T> {
    const { name } = instance.constructor;
    const tier = this.tree.tierOf(instance) === "none" ? "none" : "session";
    return new Promise((resolve, reject) => {
      let value: T;
      const settle: Settle = (outcome) => {
        if ("error" in outcome) return reject(outcome.error);
        if (outcome.changes) this.#sink.send(outcome);
        resolve(value);
      };
      const guarded = async (run: ActiveRun): Promise<void> => {
        const turn = giveWay();
        if (turn) await turn;
        if (run.abortReason || !this.tree.holds(instance)) throw stateErrors.STATE_GONE(name);
        const { guard } = classInfo(instance.constructor as StateClass);
        if ((await this.#ask(run, guard, instance, "")) !== true) throw stateErrors.EVENT_REFUSED(name, "update()");
        value = await timed(run, work);
      };
      void runDetached(() =>
        this.exclusive(`${name}.update()`, settle, { tier, isPassive: true, isUpdate: true }, guarded),
      );
    });
  }

  /** Work of a background handler that may write: in a turn of its own, atomic. */
  async #update<T>(run: ActiveRun, work: () => T | Promise<T>): Promise<T> {
    // Also for work that is no longer wanted: a loop that takes every refusal for a passing one goes on asking.
    const turn = giveWay();
    if (turn) await turn;
    if (run.superseded) throw run.superseded;
    if (run.abortReason) throw run.abortReason;
    if (run.ended) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(run.label);
    if (run.mayWrite) return await work();
    const release = await this.#lock.acquire("update");
    const inner = new RunView(run, true, nested);
    try {
      if (run.abortReason) throw run.abortReason;
      await this.#refresh();
      if (run.guards && !(await run.guards())) {
        const [state = "", event = ""] = run.label.split(".");
        run.abort(stateErrors.EVENT_REFUSED(state, event));
      }
      if (run.abortReason) throw run.abortReason;
      const started = timed(run, () => runs.run(inner, work));
      const result = isPromise(started) ? await started : started;
      // A later call took its place while the work waited: the work is undone as if it had written once more.
      if (run.superseded) throw run.superseded;
      timed(run, () => this.#sink.send({ changes: this.tree.takeChanges() }));
      return result as T;
    } catch (error) {
      this.tree.rollback();
      throw error;
    } finally {
      inner.done = true;
      release();
    }
  }
}

/** A hook of an instance, if its class has one of its own. */
function hookOf(instance: State, name: Hook): ((...args: readonly unknown[]) => unknown) | undefined {
  const method = (instance as unknown as Record<Hook, (...args: readonly unknown[]) => unknown>)[name];
  return method === (State.prototype as unknown as Record<Hook, unknown>)[name] ? undefined : method;
}

/** An `update()` within an `update()` is a part of it. */
async function nested<T>(work: () => T | Promise<T>): Promise<T> {
  const turn = giveWay();
  if (turn) await turn;
  return await work();
}

/** The time, when somebody wants to be told how long events take. */
function now(): number {
  return trace.event.hasSubscribers ? performance.now() : Number.NaN;
}
