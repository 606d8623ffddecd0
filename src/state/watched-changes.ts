import { withReader } from "../getter-reads.ts";
import type { Json, Operation, StateChange } from "../protocol/frames.ts";
import { encodeValue } from "../protocol/values.ts";
import { classInfo, type StateClass } from "./class-info.ts";
import { timed } from "./loop-watch.ts";
import type { Member, StateMembers } from "./state-members.ts";
import { emptied } from "./tracking/emptied.ts";
import { OperationFinder } from "./tracking/operations.ts";
import type { Recorder } from "./tracking/recorder.ts";
import type { InstanceNode } from "./tracking/tracked-instance.ts";
import type { TrackedNode } from "./tracking/tracked-node.ts";

/** Changes of a tab's states by state id. */
export type Changes = { readonly [state: string]: StateChange };

/** Returns the value of one getter of a state whose vars are as its class sets them. */
type FirstComputed = (id: string, name: string) => unknown;

/** The states that the browser watches: sends each whole once, then its changes. */
export class WatchedChanges {
  readonly #members: StateMembers;
  readonly #recorder: Recorder;
  readonly #watched = new Set<string>();
  readonly #withheld = new Set<string>();
  readonly #suspended = new Set<string>();
  readonly #firstComputed: FirstComputed;

  constructor(members: StateMembers, recorder: Recorder, firstComputed: FirstComputed) {
    this.#members = members;
    this.#recorder = recorder;
    this.#firstComputed = firstComputed;
  }

  get watched(): ReadonlySet<string> {
    return this.#watched;
  }

  /** States that the browser shows without their values, because it may not read them. */
  get withheld(): ReadonlySet<string> {
    return this.#withheld;
  }

  /** States that the browser may read, but shows without their values, because they cannot be sent yet. */
  get suspended(): ReadonlySet<string> {
    return this.#suspended;
  }

  /** Begins to watch a state and returns it whole. @throws STATE_UNKNOWN, STATE_COMPUTED_FAILED */
  watch(id: string): StateChange {
    const member = this.#members.get(id);
    const whole = timed({ label: member.info.name }, () => this.#whole(member));
    this.#watched.add(id);
    this.#withheld.delete(id);
    this.#suspended.delete(id);
    return whole;
  }

  unwatch(id: string): void {
    for (const states of [this.#watched, this.#withheld, this.#suspended]) states.delete(id);
  }

  /**
   * Removes a state that the browser may no longer read. Returns its replacement in the browser: the same vars without
   * their values. Must not be called while a handler of the state runs.
   */
  withhold(id: string): StateChange {
    this.unwatch(id);
    this.#withheld.add(id);
    return this.#blank(id, this.#members.delete(id));
  }

  /** Removes the values of a state that cannot be sent from the browser. On the server the state keeps them. */
  suspend(id: string): StateChange {
    this.admit(id);
    return this.#blank(id, this.#members.known(id));
  }

  /** The browser may read a state that it shows without its values; it gets them with `watch()`. */
  admit(id: string): void {
    this.unwatch(id);
    this.#suspended.add(id);
  }

  /** Returns empty values of the right kinds, so that a page still renders. */
  #blank(id: string, known: Member | undefined): StateChange {
    const stateClass = this.#members.classOf(id);
    const info = classInfo(stateClass);
    const node = this.#firstNode(stateClass);
    const full: Record<string, Json> = {};
    for (const name of info.vars) full[name] = encodeValue(emptied(node?.valueAt(name)));
    for (const name of info.computed) full[name] = this.#blankComputed(id, name, known);
    return { full };
  }

  /** Returns an instance with its first values; undefined if its class cannot create one now. */
  #firstNode(stateClass: StateClass): InstanceNode | undefined {
    try {
      return withReader(undefined, () => this.#members.detached(stateClass));
    } catch {
      return undefined;
    }
  }

  /** Returns what a getter gives for a new instance, emptied. If it fails there: the value that the page has, emptied. */
  #blankComputed(id: string, name: string, known: Member | undefined): Json {
    try {
      return encodeValue(emptied(withReader(undefined, () => this.#firstComputed(id, name))));
    } catch {
      return encodeValue(emptied(known?.sent.get(name)));
    }
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

  /** Returns whether a state is as the last turn left it. A getter may read any state, so one with getters needs all. */
  isSettled(id: string): boolean {
    const { dirty } = this.#recorder;
    if (dirty.size === 0) return true;
    if (classInfo(this.#members.classOf(id)).computed.length > 0) return false;
    const node = this.#members.known(id)?.node;
    for (const each of dirty) {
      let top: TrackedNode = each;
      while (top.parent) top = top.parent;
      if (top === node) return false;
    }
    return true;
  }

  /**
   * Returns the changes of the watched states since the last call. They cannot be undone afterwards.
   *
   * @throws STATE_COMPUTED_FAILED if a getter throws. Then nothing was taken, and everything can be undone.
   */
  take(): Changes | undefined {
    let changes: Record<string, StateChange> | undefined;
    const sent: [Member, ReadonlyMap<string, unknown>][] = [];
    const finder = new OperationFinder(this.#recorder);
    for (const id of this.#watched) {
      const member = this.#members.known(id);
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

  /** Runs the getters of the watched states. @throws STATE_COMPUTED_FAILED */
  verify(): void {
    for (const id of this.#watched)
      for (const computed of this.#members.known(id)?.computed.values() ?? []) computed.snapshot();
  }
}
