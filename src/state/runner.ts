import type { Effect, Json } from "../protocol/frames.ts";
import type { EventReference } from "../protocol/page.ts";
import { decodeValue, describe } from "../protocol/values.ts";
import { type StateClass, stateId } from "./class-info.ts";
import { isEffect } from "./effects.ts";
import { stateErrors } from "./errors.ts";
import { type EventDefinition, isEventReference } from "./event.ts";
import { timed, watchRun } from "./loop-watch.ts";
import { isPromise, parseArguments, parseField } from "./parse-arguments.ts";
import { type Run, runs } from "./run.ts";
import { State } from "./state.ts";
import type { Changes, StateTree } from "./state-tree.ts";
import { type EventTrace, trace } from "./trace.ts";
import { type Release, TurnLock } from "./turn-lock.ts";

/** What one step of a handler has to tell the page. */
export interface Turn {
  readonly changes?: Changes | undefined;
  readonly effects?: readonly Effect[];
}

/** Takes what must be sent now: between the steps of a generator, and from background work. */
export interface TurnSink {
  send(turn: Turn): void;
  /** A handler failed whose caller has already been answered. */
  fail(error: unknown, label: string): void;
}

/** Called exactly once, inside the turn: with its last step, or with the error after everything was undone. */
export type Settle = (outcome: Turn | { readonly error: unknown }) => void;

/** An event as the browser calls it. */
export interface Call {
  readonly state: string;
  readonly event: string;
  /** As they came; parsed in the event's turn. */
  readonly args: readonly Json[];
}

interface Prepared {
  readonly instance: State;
  readonly key: string;
  readonly label: string;
  readonly event: string;
  readonly definition: EventDefinition;
  parse(): unknown[] | Promise<unknown[]>;
}

interface Active extends Run {
  readonly key: string;
  readonly controller: AbortController;
  release: Release | undefined;
  settle: Settle | undefined;
}

const MAX_CHAIN = 100;

/** Runs the handlers of one tab: guard, parse, run, flush, undo. It knows nothing of sockets. */
export class Runner {
  readonly tree: StateTree;
  readonly #sink: TurnSink;
  readonly #lock = new TurnLock();
  readonly #active = new Set<Active>();
  #ended: Error | undefined;

  constructor(tree: StateTree, sink: TurnSink) {
    this.tree = tree;
    this.#sink = sink;
  }

  /** Runs an event that the browser calls. */
  async call(call: Call, depth: number, settle: Settle): Promise<void> {
    let prepared: Prepared;
    try {
      prepared = this.#prepare(call.state, call.event, (definition, label) => () => {
        const args = call.args.map((arg) => decodeValue(arg, depth));
        return parseArguments(label, definition.args, args);
      });
    } catch (error) {
      settle({ error });
      return;
    }
    await this.#start(prepared, settle);
  }

  /** Writes one of a state's fields for the browser. */
  write(state: string, field: string, json: Json, depth: number, settle: Settle): Promise<void> {
    const label = `${state}.${field}`;
    return this.exclusive(label, settle, async () => {
      const info = this.tree.info(state);
      const schema = info.fields.get(field);
      if (!schema) throw stateErrors.EVENT_FIELD_UNKNOWN(info.name, field);
      const value = await parseField(info.name, field, schema, decodeValue(json, depth));
      (this.tree.byId(state) as unknown as Record<string, unknown>)[field] = value;
    });
  }

  /**
   * Runs events one after the other in one turn, for a page's `onLoad`. `before` runs first; when it answers with effects,
   * these are all that happens.
   */
  load(
    label: string,
    before: () => Promise<readonly Effect[] | undefined>,
    references: () => readonly EventReference[],
    settle: Settle,
  ): Promise<void> {
    return this.exclusive(label, settle, async (run) => {
      const instead = await before();
      if (instead) return instead;
      this.#flush(run, []);
      for (const reference of references()) await this.#chain(reference, run, 1);
      return [];
    });
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

  /** Runs a hook of every given instance, each on its own: one that throws leaves the others alone. */
  async hooks(name: "onConnect" | "onDisconnect" | "onExpire", instances: readonly State[], ...args: unknown[]) {
    for (const instance of instances) {
      const label = `${instance.constructor.name}.${name}`;
      const method = (instance as unknown as Record<string, (...all: unknown[]) => unknown>)[name];
      if (method === (State.prototype as unknown as Record<string, unknown>)[name]) continue;
      await this.exclusive(
        label,
        (outcome) => {
          if ("error" in outcome) this.#sink.fail(outcome.error, label);
          else this.#sink.send(outcome);
        },
        (run) => this.#drive(run, () => method?.apply(instance, args), 0),
      );
    }
  }

  /** Runs work of the framework in a turn of its own: nothing else writes meanwhile. */
  async exclusive(
    label: string,
    settle: Settle,
    work: (run: Active) => Promise<readonly Effect[] | undefined | void> | readonly Effect[] | undefined,
  ): Promise<void> {
    const waited = performance.now();
    const release = this.#lock.tryAcquire() ?? (await this.#lock.acquire("event"));
    const run = this.#run(label, label, true, settle, release);
    await this.#finish(run, waited, async () => (await runs.run(run, () => work(run))) ?? []);
  }

  /** Gives up all background work; its signals abort. */
  abort(reason: Error): void {
    for (const run of this.#active) run.controller.abort(reason);
  }

  /** The tab is gone: nothing runs any more. */
  end(reason: Error): void {
    this.#ended = reason;
    this.abort(reason);
  }

  /** Settles when no turn runs or waits. */
  idle(): Promise<void> {
    return this.#lock.idle();
  }

  #prepare(
    id: string,
    event: string,
    parserOf: (definition: EventDefinition, label: string) => () => unknown[] | Promise<unknown[]>,
  ): Prepared {
    if (this.#ended) throw this.#ended;
    const info = this.tree.info(id);
    const definition = info.events.get(event);
    if (!definition) throw stateErrors.EVENT_UNKNOWN(info.name, event);
    const label = `${info.name}.${event}`;
    return { instance: this.tree.byId(id), key: `${id}.${event}`, label, event, definition, parse: parserOf(definition, label) };
  }

  async #start(prepared: Prepared, settle: Settle): Promise<void> {
    const { definition, key, label } = prepared;
    const same = [...this.#active].filter((run) => run.key === key);
    if (definition.concurrency === "drop" && same.length > 0) {
      settle({ error: stateErrors.EVENT_DROPPED(prepared.instance.constructor.name, prepared.event) });
      return;
    }
    if (definition.concurrency === "latest") for (const run of same) this.#supersede(run, prepared);
    const free = definition.background || definition.concurrency === "parallel";
    const waited = performance.now();
    const run = this.#run(label, key, !free, settle, undefined);
    if (!free) {
      run.release = this.#lock.tryAcquire() ?? (await this.#lock.acquire("event"));
      if (run.superseded) {
        this.#close(run);
        return;
      }
    }
    await this.#finish(run, waited, () => this.#handle(prepared, run, 0));
  }

  #supersede(run: Active, by: Prepared): void {
    const error = stateErrors.EVENT_SUPERSEDED(by.instance.constructor.name, by.event);
    // While it has passed the lock on, an update of another handler writes: that one is left alone.
    const writing = run.release !== undefined && run.mayWrite && !this.#lock.passing;
    run.superseded = error;
    run.controller.abort(error);
    if (writing) {
      this.tree.rollback();
      run.release?.();
    }
    this.#settle(run, { error });
  }

  #run(label: string, key: string, mayWrite: boolean, settle: Settle, release: Release | undefined): Active {
    const controller = new AbortController();
    const run: Active = {
      tree: this.tree,
      label,
      key,
      controller,
      signal: controller.signal,
      mayWrite,
      ended: false,
      superseded: undefined,
      release,
      settle,
      update: (work) => this.#update(run, work),
    };
    this.#active.add(run);
    if (this.#ended) controller.abort(this.#ended);
    return run;
  }

  #settle(run: Active, outcome: Parameters<Settle>[0]): void {
    const { settle } = run;
    run.settle = undefined;
    if (settle) settle(outcome);
    else if ("error" in outcome) this.#sink.fail(outcome.error, run.label);
    else if (outcome.changes || outcome.effects?.length) this.#sink.send(outcome);
  }

  #close(run: Active): void {
    run.ended = true;
    this.#active.delete(run);
    run.release?.();
  }

  /** Runs a turn to its end: sends what it changed, or undoes it. */
  async #finish(run: Active, waited: number, work: () => Promise<readonly Effect[]>): Promise<void> {
    const begin = performance.now();
    const watched = watchRun(run.label);
    let failure: Error | undefined;
    try {
      const effects = await work();
      if (run.superseded) throw run.superseded;
      this.#settle(run, { changes: run.mayWrite ? this.tree.takeChanges() : undefined, effects });
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      if (run.mayWrite && !run.superseded) this.tree.rollback();
      const aborted = run.signal.aborted && (error === run.signal.reason || failure.name === "AbortError");
      if (!run.superseded && !(aborted && !run.settle)) this.#settle(run, { error });
    } finally {
      watched();
      this.#close(run);
      if (trace.event.hasSubscribers) {
        const message: EventTrace = {
          label: run.label,
          milliseconds: performance.now() - begin,
          waited: begin - waited,
          ...(failure ? { error: failure } : {}),
        };
        trace.event.publish(message);
      }
    }
  }

  /** Guard, arguments, handler. */
  async #handle(prepared: Prepared, run: Active, link: number): Promise<readonly Effect[]> {
    const { definition, instance, event } = prepared;
    if (definition.guard) {
      const guard = definition.guard;
      const answer = await runs.run({ ...run, mayWrite: false }, () => guard({ state: instance, event }));
      if (answer !== true) return refuse(instance.constructor.name, event, answer);
    }
    const parsed = prepared.parse();
    const args = Array.isArray(parsed) ? parsed : await parsed;
    if (definition.background) this.#settle(run, {});
    const method = (instance as unknown as Record<string, (...all: unknown[]) => unknown>)[event];
    return await this.#drive(run, () => method?.apply(instance, args), link);
  }

  /** Runs a handler; of a generator each step is flushed. */
  async #drive(run: Active, begin: () => unknown, link: number): Promise<readonly Effect[]> {
    const started = timed(run.label, () => runs.run(run, begin));
    const result = isPromise(started) ? await started : started;
    if (!isGenerator(result)) return await this.#outcome(run, result, link);
    try {
      for (;;) {
        const next = timed(run.label, () => runs.run(run, () => result.next()));
        const step = isPromise(next) ? await next : next;
        if (run.superseded) throw run.superseded;
        if (step.done) return await this.#outcome(run, step.value, link);
        this.#flush(run, await this.#outcome(run, step.value, link));
        if (run.release) await this.#lock.pass();
      }
    } finally {
      // A generator that is given up gets to run its own `finally`, with nothing left to write.
      if (run.superseded) void this.#giveUp(run, result);
    }
  }

  async #giveUp(run: Active, generator: AnyGenerator): Promise<void> {
    try {
      await generator.return?.(undefined);
    } catch (error) {
      this.#sink.fail(error, run.label);
    }
  }

  #flush(run: Active, effects: readonly Effect[]): void {
    const changes = run.mayWrite ? this.tree.takeChanges() : undefined;
    if (changes || effects.length > 0) this.#sink.send({ changes, effects });
  }

  /** Sorts what a handler returned or yielded; events that it names run now. */
  async #outcome(run: Active, value: unknown, link: number): Promise<readonly Effect[]> {
    if (value === undefined || value === null) return [];
    const effects: Effect[] = [];
    const references: EventReference[] = [];
    for (const item of Array.isArray(value) ? value : [value]) {
      if (isEffect(item)) effects.push(item);
      else if (isEventReference(item)) references.push(item);
      else if (item !== undefined && item !== null && item !== false) {
        const [state = "", event = ""] = run.label.split(".");
        throw stateErrors.EVENT_RETURN_INVALID(state, event, describe(item));
      }
    }
    if (references.length === 0) return effects;
    this.#flush(run, effects);
    for (const reference of references) await this.#chain(reference, run, link + 1);
    return [];
  }

  async #chain(reference: EventReference, run: Active, link: number): Promise<void> {
    const id = stateId(reference.state);
    const name = (reference.state as StateClass).name;
    if (id === undefined) throw stateErrors.STATE_NOT_EXPORTED(name);
    if (link > MAX_CHAIN) throw stateErrors.EVENT_CHAIN_TOO_LONG(name, reference.event, MAX_CHAIN);
    const prepared = this.#prepare(id, reference.event, () => () => [...reference.args]);
    if (prepared.definition.background || !run.mayWrite) {
      // Answered to nobody: what it has to say goes out when it comes.
      void this.#start(prepared, (outcome) => {
        if ("error" in outcome) this.#sink.fail(outcome.error, prepared.label);
        else if (outcome.changes || outcome.effects?.length) this.#sink.send(outcome);
      });
      return;
    }
    this.#flush(run, await this.#handle(prepared, run, link));
  }

  /** Work of a background handler that may write: in a turn of its own, atomic. */
  async #update<T>(run: Active, work: () => T | Promise<T>): Promise<T> {
    if (run.superseded) throw run.superseded;
    run.signal.throwIfAborted();
    if (run.ended) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(run.label);
    if (run.mayWrite) return await work();
    const release = await this.#lock.acquire("update");
    // Sees what becomes of the handler that it belongs to, but may write while that one may not.
    const inner: Active = Object.assign(Object.create(run) as Active, { mayWrite: true, ended: false });
    inner.update = async (more) => await more();
    try {
      run.signal.throwIfAborted();
      const started = timed(run.label, () => runs.run(inner, work));
      const result = isPromise(started) ? await started : started;
      this.#sink.send({ changes: this.tree.takeChanges() });
      return result as T;
    } catch (error) {
      this.tree.rollback();
      throw error;
    } finally {
      inner.ended = true;
      release();
    }
  }
}

function refuse(state: string, event: string, answer: unknown): readonly Effect[] {
  const effects = (Array.isArray(answer) ? answer : [answer]).filter(isEffect);
  if (effects.length > 0) return effects;
  throw stateErrors.EVENT_REFUSED(state, event);
}

interface AnyGenerator {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  return?(value: unknown): unknown;
}

function isGenerator(value: unknown): value is AnyGenerator {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AnyGenerator>).next === "function" &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}
