import type { Json, Operation, PathSegment, StateChange } from "../protocol/frames.ts";
import type { RouterLocation } from "../protocol/page.ts";
import { encodeValue } from "../protocol/values.ts";
import { fateOf, type ReplacedClasses } from "./carry-over.ts";
import { type ClassInfo, classInfo, type StateClass } from "./class-info.ts";
import { Computed } from "./computed.ts";
import { emptied } from "./emptied.ts";
import { stateErrors } from "./errors.ts";
import type { AskedTier } from "./event.ts";
import { hiddenSize } from "./hidden-size.ts";
import { jsonSize } from "./json-size.ts";
import { timed } from "./loop-watch.ts";
import { OperationFinder } from "./operations.ts";
import { mayReadPrivate } from "./private-reads.ts";
import { Recorder, type RecorderHooks } from "./recorder.ts";
import type { StateRegistry } from "./registry.ts";
import { runs } from "./run.ts";
import { construct, type State } from "./state.ts";
import type { InstanceHost, InstanceNode } from "./tracked-instance.ts";
import { isHidden, nodeOfProxy, type TrackedNode } from "./tracked-node.ts";
import { activeReader, trackRead, withReader } from "./tracking.ts";

/** Changes of a tab's states by state id. */
export type Changes = { readonly [state: string]: StateChange };

/** Runs work that may write, in a turn of its own that belongs to nobody's handler. */
type UpdateAlone = <T>(instance: State, work: () => T | Promise<T>) => Promise<T>;

interface Member {
  readonly stateClass: StateClass;
  readonly info: ClassInfo;
  readonly instance: State;
  readonly node: InstanceNode;
  readonly computed: ReadonlyMap<string, Computed>;
  /** Computed values as the browser has them. */
  sent: ReadonlyMap<string, unknown>;
}

const NOWHERE: RouterLocation = { path: "/", route: "", params: {}, query: {} };

/** The state instances of one tab: made when they are first needed, and seen by the browser when it watches them. */
export class StateTree implements InstanceHost, RecorderHooks {
  readonly #recorder = new Recorder(this);
  readonly #members = new Map<string, Member>();
  readonly #byNode = new Map<object, Member>();
  readonly #watched = new Set<string>();
  readonly #withheld = new Set<string>();
  #updateAlone: UpdateAlone | undefined;
  #registry: StateRegistry;
  #router: RouterLocation = NOWHERE;
  /** Instances that were made since somebody asked: their `onConnect` is still due. */
  #newborn: State[] = [];

  constructor(registry: StateRegistry) {
    this.#registry = registry;
  }

  /** The instance of an id that came from the browser. @throws STATE_UNKNOWN */
  byId(id: string): State {
    return this.#member(id).instance;
  }

  /** What is known of the class of an id that came from the browser. @throws STATE_UNKNOWN */
  info(id: string): ClassInfo {
    const info = this.#registry.info(id);
    if (!info) throw stateErrors.STATE_UNKNOWN(id);
    return info;
  }

  /** How much of a request the events of a state are; undefined where the state does not say. */
  tier(id: string): AskedTier | undefined {
    return this.#registry.info(id)?.bridge;
  }

  /** The same of an instance. */
  tierOf(instance: State): AskedTier | undefined {
    return classInfo(instance.constructor as StateClass).bridge;
  }

  /** All instances that there are now. */
  instances(): State[] {
    return Array.from(this.#members.values(), (member) => member.instance);
  }

  get hasNewborn(): boolean {
    return this.#newborn.length > 0;
  }

  /** Instances made since the last call. */
  takeNewborn(): State[] {
    const newborn = this.#newborn;
    this.#newborn = [];
    return newborn;
  }

  #member(id: string): Member {
    const known = this.#members.get(id);
    if (known) return known;
    const stateClass = this.#registry.get(id);
    if (!stateClass) throw stateErrors.STATE_UNKNOWN(id);
    return this.#create(stateClass);
  }

  #create(stateClass: StateClass): Member {
    const info = classInfo(stateClass);
    const { instance, node } = withReader(undefined, () => construct(stateClass, this.#recorder, this));
    const computed = new Map<string, Computed>();
    for (const [name, getter] of info.getters) {
      const readsPrivate = mayReadPrivate(getter, instance);
      computed.set(name, new Computed(info.name, name, () => getter.call(instance), readsPrivate));
    }
    const member: Member = { stateClass, info, instance, node, computed, sent: new Map() };
    this.#members.set(info.id, member);
    this.#byNode.set(node, member);
    this.#newborn.push(instance);
    return member;
  }

  // What instances ask of their tab.

  readComputed(node: InstanceNode, name: string): (() => unknown) | undefined {
    const computed = this.#byNode.get(node)?.computed.get(name);
    if (!computed) return undefined;
    return () => {
      try {
        return computed.get();
      } finally {
        activeReader()?.read(computed, undefined);
      }
    };
  }

  router(): RouterLocation {
    trackRead(this, "router");
    return this.#router;
  }

  signal(state: string): AbortSignal {
    const run = runs.getStore();
    if (run?.tree !== this) throw stateErrors.STATE_NO_RUN(state, "signal");
    return run.signal;
  }

  sibling(stateClass: object): State {
    const { id } = classInfo(stateClass as StateClass);
    return (this.#members.get(id) ?? this.#create(this.#registry.get(id) ?? (stateClass as StateClass))).instance;
  }

  update<T>(node: InstanceNode, work: () => T | Promise<T>): Promise<T> {
    const run = runs.getStore();
    if (run?.tree === this) return run.update(work);
    // Called back by whoever emits, perhaps a handler of another tab: the state alone says whose tab it is for.
    const member = this.#byNode.get(node);
    if (!member || !this.#updateAlone) return Promise.reject(stateErrors.STATE_GONE(node.className));
    return this.#updateAlone(member.instance, work);
  }

  /** Whether this is still the instance of its class. */
  holds(instance: State): boolean {
    return this.#byNode.get(nodeOfProxy(instance) as object)?.instance === instance;
  }

  /** Sets what runs the updates that no handler of this tab makes. */
  onUpdateAlone(update: UpdateAlone): void {
    this.#updateAlone = update;
  }

  reset(node: InstanceNode): void {
    const member = this.#byNode.get(node);
    if (!member) return;
    const fresh = construct(member.stateClass, new Recorder({ assertWritable: () => {}, changed: () => {} }), this);
    const target = member.instance as unknown as Record<string, unknown>;
    for (const name of fresh.node.keyList()) target[String(name)] = fresh.node.valueAt(name);
  }

  // What the recorder asks.

  assertWritable(describe: () => string): void {
    const run = runs.getStore();
    if (run?.tree !== this) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(describe());
    if (run.superseded) throw run.superseded;
    if (run.ended) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(describe());
    if (!run.mayWrite) throw stateErrors.STATE_WRITE_OUTSIDE_UPDATE(describe());
  }

  changed(node: TrackedNode | StateTree, key: unknown): void {
    for (const member of this.#members.values()) {
      for (const computed of member.computed.values()) if (computed.invalidate(node, key)) this.#suspect(computed);
    }
  }

  #suspect(other: Computed): void {
    for (const member of this.#members.values()) {
      for (const computed of member.computed.values()) if (computed.suspect(other)) this.#suspect(computed);
    }
  }

  // What the browser sees.

  /** Whether a state is as the last turn left it. Getters may read any state, so one with getters needs all to be so. */
  isSettled(id: string): boolean {
    const { dirty } = this.#recorder;
    if (dirty.size === 0) return true;
    if (this.info(id).computed.length > 0) return false;
    const node = this.#members.get(id)?.node;
    for (const each of dirty) {
      let top: TrackedNode = each;
      while (top.parent) top = top.parent;
      if (top === node) return false;
    }
    return true;
  }

  /** The tab went somewhere. */
  setRouter(location: RouterLocation): void {
    this.#router = location;
    this.changed(this, "router");
  }

  /** The browser begins to read a state: returns it whole. @throws STATE_UNKNOWN, STATE_COMPUTED_FAILED */
  watch(id: string): StateChange {
    const member = this.#member(id);
    const whole = timed({ label: member.info.name }, () => this.#whole(member));
    this.#watched.add(id);
    this.#withheld.delete(id);
    return whole;
  }

  unwatch(id: string): void {
    this.#watched.delete(id);
    this.#withheld.delete(id);
  }

  /**
   * Takes a state from the browser that it may not read any more: forgets the instance, and answers what the browser is to
   * hold instead: the same vars with nothing in them. Not while a handler of the state runs.
   */
  withhold(id: string): StateChange {
    const known = this.#members.get(id);
    if (known) {
      this.#members.delete(id);
      this.#byNode.delete(known.node);
      this.#forgetReads();
    }
    this.#watched.delete(id);
    this.#withheld.add(id);
    return this.#blank(id, known);
  }

  /** An instance is no more: no getter keeps what it read of it, and each reads of the next one. */
  #forgetReads(): void {
    for (const { computed } of this.#members.values()) for (const each of computed.values()) each.forget();
  }

  /** Vars of the right kinds, so that a page still renders, of which none says anything. */
  #blank(id: string, known: Member | undefined): StateChange {
    const stateClass = this.#registry.get(id);
    if (!stateClass) throw stateErrors.STATE_UNKNOWN(id);
    const info = classInfo(stateClass);
    const detached = new Recorder({ assertWritable: () => {}, changed: () => {} });
    const { node } = withReader(undefined, () => construct(stateClass, detached, this));
    const full: Record<string, Json> = {};
    for (const name of info.vars) full[name] = encodeValue(emptied(node.valueAt(name)));
    for (const name of info.computed) full[name] = encodeValue(emptied(known?.sent.get(name)));
    return { full };
  }

  /** States that the browser would read if it might. */
  get withheld(): ReadonlySet<string> {
    return this.#withheld;
  }

  get watched(): ReadonlySet<string> {
    return this.#watched;
  }

  #whole(member: Member): StateChange {
    const full: Record<string, Json> = {};
    const sent = new Map<string, unknown>();
    for (const name of member.info.vars) full[name] = encodeValue(member.node.valueAt(name));
    for (const name of member.info.computed) {
      const value = member.computed.get(name)?.snapshot();
      sent.set(name, value);
      full[name] = encodeValue(value);
    }
    member.sent = sent;
    return { full };
  }

  /**
   * The changes since the last call, of the watched states; afterwards they cannot be undone any more.
   *
   * @throws STATE_COMPUTED_FAILED when a getter throws; then nothing was taken and everything can be undone.
   */
  takeChanges(): Changes | undefined {
    let changes: Record<string, StateChange> | undefined;
    const sent: [Member, ReadonlyMap<string, unknown>][] = [];
    const finder = new OperationFinder(this.#recorder);
    for (const id of this.#watched) {
      const member = this.#members.get(id);
      if (!member) continue;
      const operations = finder.instance(member.node);
      const computed = member.info.computed.length > 0 ? this.#computedChanges(member, finder, operations) : undefined;
      if (computed) sent.push([member, computed]);
      if (operations.length === 0) continue;
      changes ??= {};
      changes[id] = operations;
    }
    for (const [member, values] of sent) member.sent = values;
    this.#recorder.settle();
    return changes;
  }

  /** Computes what the browser is to see of the getters. @throws STATE_COMPUTED_FAILED */
  verify(): void {
    for (const id of this.#watched)
      for (const computed of this.#members.get(id)?.computed.values() ?? []) computed.snapshot();
  }

  #computedChanges(
    member: Member,
    finder: OperationFinder,
    out: Operation[],
  ): ReadonlyMap<string, unknown> | undefined {
    let values: Map<string, unknown> | undefined;
    for (const name of member.info.computed) {
      const value = member.computed.get(name)?.snapshot();
      const before = member.sent.get(name);
      if (Object.is(value, before)) continue;
      finder.change(before, value, [name], out);
      values ??= new Map(member.sent);
      values.set(name, value);
    }
    return values;
  }

  /** Undoes every write since the last `takeChanges`. */
  rollback(): void {
    this.#recorder.rollback();
  }

  /** Forgets every instance; the browser goes on watching what it watches. Nothing may run meanwhile. */
  clear(): void {
    this.#recorder.settle();
    this.#members.clear();
    this.#byNode.clear();
    this.#newborn = [];
  }

  /** About how many bytes all vars of the tab take. */
  size(): number {
    let size = 0;
    for (const { node } of this.#members.values()) {
      size += 2;
      for (const key of node.keyList()) {
        const value = node.valueAt(key);
        size += String(key).length + 4;
        size += isHidden(key) ? hiddenSize(value, this) : jsonSize(value, Number.POSITIVE_INFINITY);
      }
    }
    return size;
  }

  /**
   * Moves the instances to newly loaded classes. Vars keep what was written to them, as long as it fits the new class; the
   * others get the new class's first values. Nothing may run meanwhile.
   */
  replaceClasses(registry: StateRegistry): ReplacedClasses {
    this.#registry = registry;
    const replaced: string[] = [];
    const reset: string[] = [];
    for (const [id, old] of [...this.#members]) {
      const stateClass = registry.get(id);
      if (stateClass === old.stateClass) continue;
      this.#members.delete(id);
      this.#byNode.delete(old.node);
      if (!stateClass) {
        this.#watched.delete(id);
        continue;
      }
      const member = this.#create(stateClass);
      this.#newborn = this.#newborn.filter((instance) => instance !== member.instance);
      reset.push(...this.#carryOver(old, member));
      replaced.push(id);
    }
    this.#forgetReads();
    return { replaced, reset };
  }

  /** Returns the names of the vars whose written values do not fit the new class. */
  #carryOver(old: Member, member: Member): string[] {
    const reset: string[] = [];
    const { node: first } = construct(
      old.stateClass,
      new Recorder({ assertWritable: () => {}, changed: () => {} }),
      this,
    );
    const target = member.instance as unknown as Record<PathSegment, unknown>;
    this.#recorder.muted++;
    for (const name of member.node.keyList()) {
      if (!old.node.hasKey(name)) continue;
      const value = old.node.valueAt(name);
      const fate = fateOf(value, first.valueAt(name), member.node.valueAt(name));
      if (fate === "keep") target[name] = value;
      if (fate === "reset") reset.push(member.node.describe(name));
    }
    this.#recorder.muted--;
    return reset;
  }
}
