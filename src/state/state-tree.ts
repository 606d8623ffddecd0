import { activeReader, trackRead } from "../getter-reads.ts";
import type { StateChange } from "../protocol/frames.ts";
import type { RouterLocation } from "../protocol/page.ts";
import { type ClassInfo, classInfo, type StateClass } from "./class-info.ts";
import { stateErrors } from "./errors.ts";
import type { AskedTier } from "./event.ts";
import { runs } from "./handlers/run.ts";
import type { StateRegistry } from "./registry.ts";
import type { State } from "./state.ts";
import { StateMembers } from "./state-members.ts";
import type { ReplacedClasses } from "./tracking/carry-over.ts";
import type { Computed } from "./tracking/computed.ts";
import { hiddenSize } from "./tracking/hidden-size.ts";
import { CONTAINER_BYTES, jsonSize } from "./tracking/json-size.ts";
import { Recorder, type RecorderHooks } from "./tracking/recorder.ts";
import type { InstanceHost, InstanceNode } from "./tracking/tracked-instance.ts";
import { isHidden, nodeOfProxy, type TrackedNode } from "./tracking/tracked-node.ts";
import { type Changes, WatchedChanges } from "./watched-changes.ts";

/** Runs work that may write, in a turn of its own, outside of all handlers. */
type UpdateAlone = <T>(instance: State, work: () => T | Promise<T>) => Promise<T>;

const NOWHERE: RouterLocation = { path: "/", route: "", params: {}, query: {} };

/** The states of one tab: their instances, who may write to them, and what the browser sees of them. */
export class StateTree implements InstanceHost, RecorderHooks {
  readonly #recorder = new Recorder(this);
  readonly #members: StateMembers;
  readonly #changes: WatchedChanges;
  #updateAlone: UpdateAlone | undefined;
  #router: RouterLocation = NOWHERE;

  constructor(registry: StateRegistry) {
    this.#members = new StateMembers(registry, this.#recorder, this);
    // In a tree of its own: the getter must neither read nor create states of the tab.
    const firstComputed = (id: string, name: string) =>
      new StateTree(this.#members.registry).#members.get(id).computed.get(name)?.snapshot();
    this.#changes = new WatchedChanges(this.#members, this.#recorder, firstComputed);
  }

  /** Returns the instance of an id from the browser. @throws STATE_UNKNOWN */
  byId(id: string): State {
    return this.#members.get(id).instance;
  }

  /** Returns the class information of an id from the browser. @throws STATE_UNKNOWN */
  info(id: string): ClassInfo {
    const info = this.#members.registry.info(id);
    if (!info) throw stateErrors.STATE_UNKNOWN(id);
    return info;
  }

  /** Returns the tier of a state's events; undefined if the state sets none. */
  tier(id: string): AskedTier | undefined {
    return this.#members.registry.info(id)?.bridge;
  }

  /** Returns the tier of an instance. */
  tierOf(instance: State): AskedTier | undefined {
    return classInfo(instance.constructor as StateClass).bridge;
  }

  instances(): State[] {
    return Array.from(this.#members.all(), (member) => member.instance);
  }

  get hasNewInstances(): boolean {
    return this.#members.hasNewInstances;
  }

  /** Returns the instances created since the last call. */
  takeNewInstances(): State[] {
    return this.#members.takeNewInstances();
  }

  // Called by instances.

  readComputed(node: InstanceNode, name: string): (() => unknown) | undefined {
    const computed = this.#members.ofNode(node)?.computed.get(name);
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
    return this.#members.ofClass(stateClass as StateClass).instance;
  }

  update<T>(node: InstanceNode, work: () => T | Promise<T>): Promise<T> {
    const run = runs.getStore();
    if (run?.tree === this) return run.update(work);
    // Called from outside of the tab's handlers, perhaps from a handler of another tab: the state alone tells the tab.
    const member = this.#members.ofNode(node);
    if (!member || !this.#updateAlone) return Promise.reject(stateErrors.STATE_GONE(node.className));
    return this.#updateAlone(member.instance, work);
  }

  /** Returns whether this is still the instance of its class. */
  holds(instance: State): boolean {
    return this.#members.ofNode(nodeOfProxy(instance) as object)?.instance === instance;
  }

  /** Sets the function for updates outside of the tab's handlers. */
  onUpdateAlone(update: UpdateAlone): void {
    this.#updateAlone = update;
  }

  reset(node: InstanceNode): void {
    const member = this.#members.ofNode(node);
    if (!member) return;
    const fresh = this.#members.detached(member.stateClass);
    const target = member.instance as unknown as Record<string, unknown>;
    for (const name of fresh.keyList()) target[String(name)] = fresh.valueAt(name);
  }

  // Called by the recorder.

  assertWritable(describe: () => string): void {
    const run = runs.getStore();
    if (run?.tree !== this) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(describe());
    if (run.superseded) throw run.superseded;
    if (run.ended) throw stateErrors.STATE_WRITE_OUTSIDE_EVENT(describe());
    if (!run.mayWrite) throw stateErrors.STATE_WRITE_OUTSIDE_UPDATE(describe());
  }

  changed(node: TrackedNode | StateTree, key: unknown): void {
    for (const member of this.#members.all()) {
      for (const computed of member.computed.values()) if (computed.invalidate(node, key)) this.#suspect(computed);
    }
  }

  #suspect(other: Computed): void {
    for (const member of this.#members.all()) {
      for (const computed of member.computed.values()) if (computed.suspect(other)) this.#suspect(computed);
    }
  }

  // Called by the tab and its runner.

  /** Returns whether a state is as the last turn left it. */
  isSettled(id: string): boolean {
    return this.#changes.isSettled(id);
  }

  /** Sets the location of the page. */
  setRouter(location: RouterLocation): void {
    this.#router = location;
    this.changed(this, "router");
  }

  /** Begins to send a state to the browser and returns it whole. @throws STATE_UNKNOWN, STATE_COMPUTED_FAILED */
  watch(id: string): StateChange {
    return this.#changes.watch(id);
  }

  unwatch(id: string): void {
    this.#changes.unwatch(id);
  }

  /** Removes a state that the browser may no longer read; returns its replacement there. */
  withhold(id: string): StateChange {
    return this.#changes.withhold(id);
  }

  /** Removes the values of a state that cannot be sent from the browser; returns its replacement there. */
  suspend(id: string): StateChange {
    return this.#changes.suspend(id);
  }

  /** The browser may read a state that it shows without its values; it gets them with `watch()`. */
  admit(id: string): void {
    this.#changes.admit(id);
  }

  /** States that the browser shows without their values, because it may not read them. */
  get withheld(): ReadonlySet<string> {
    return this.#changes.withheld;
  }

  /** States that the browser may read, but shows without their values, because they cannot be sent yet. */
  get suspended(): ReadonlySet<string> {
    return this.#changes.suspended;
  }

  get watched(): ReadonlySet<string> {
    return this.#changes.watched;
  }

  /** States that the browser shows, with or without their values. */
  get shown(): readonly string[] {
    return [...this.watched, ...this.suspended, ...this.withheld];
  }

  /** Returns the changes since the last call, which cannot be undone afterwards. @throws STATE_COMPUTED_FAILED */
  takeChanges(): Changes | undefined {
    return this.#changes.take();
  }

  /** Throws if a getter of a watched state throws. @throws STATE_COMPUTED_FAILED */
  verify(): void {
    this.#changes.verify();
  }

  /** Undoes every write since the last `takeChanges()`. */
  rollback(): void {
    this.#recorder.rollback();
  }

  /** Removes every instance; the browser still watches the same states. Nothing may run meanwhile. */
  clear(): void {
    this.#recorder.settle();
    this.#members.clear();
  }

  /** Returns the approximate size of all vars of the tab in bytes. */
  size(): number {
    let size = 0;
    for (const { node } of this.#members.all()) size += this.#sizeOf(node);
    return size;
  }

  /** Returns the name of the state class whose instance takes the most bytes, and approximately how many. */
  largest(): { readonly name: string; readonly bytes: number } {
    let largest = { name: "", bytes: 0 };
    for (const { node, stateClass } of this.#members.all()) {
      const bytes = this.#sizeOf(node);
      if (bytes > largest.bytes) largest = { name: stateClass.name, bytes };
    }
    return largest;
  }

  #sizeOf(node: InstanceNode): number {
    let size = 2;
    for (const key of node.keyList()) {
      const value = node.valueAt(key);
      size += String(key).length + 4;
      size += isHidden(key) ? hiddenSize(value, this) : jsonSize(value, Number.POSITIVE_INFINITY, CONTAINER_BYTES);
    }
    return size;
  }

  /** Moves the instances to reloaded classes. Nothing may run meanwhile. */
  replaceClasses(registry: StateRegistry): ReplacedClasses {
    const { removed, ...rest } = this.#members.replaceClasses(registry);
    for (const id of removed) this.#changes.unwatch(id);
    return rest;
  }
}
