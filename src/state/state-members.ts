import { withReader } from "../getter-reads.ts";
import type { PathSegment } from "../protocol/frames.ts";
import { type ClassInfo, classInfo, type StateClass } from "./class-info.ts";
import { stateErrors } from "./errors.ts";
import type { StateRegistry } from "./registry.ts";
import { construct, type State } from "./state.ts";
import { fateOf, type ReplacedClasses } from "./tracking/carry-over.ts";
import { Computed } from "./tracking/computed.ts";
import { mayReadPrivate } from "./tracking/private-reads.ts";
import { Recorder } from "./tracking/recorder.ts";
import type { InstanceHost, InstanceNode } from "./tracking/tracked-instance.ts";

/** One state instance of a tab. */
export interface Member {
  readonly stateClass: StateClass;
  readonly info: ClassInfo;
  readonly instance: State;
  readonly node: InstanceNode;
  readonly computed: ReadonlyMap<string, Computed>;
  /** Computed values as the browser has them. */
  sent: ReadonlyMap<string, unknown>;
}

/** The state instances of one tab. Each is created when it is first needed. */
export class StateMembers {
  readonly #recorder: Recorder;
  readonly #host: InstanceHost;
  readonly #byId = new Map<string, Member>();
  readonly #byNode = new Map<object, Member>();
  #registry: StateRegistry;
  /** Instances created since the last `takeNewInstances()`: their `onConnect` has not run. */
  #newInstances: State[] = [];

  constructor(registry: StateRegistry, recorder: Recorder, host: InstanceHost) {
    this.#registry = registry;
    this.#recorder = recorder;
    this.#host = host;
  }

  get registry(): StateRegistry {
    return this.#registry;
  }

  all(): Iterable<Member> {
    return this.#byId.values();
  }

  /** Returns the instance of an id if it was created. */
  known(id: string): Member | undefined {
    return this.#byId.get(id);
  }

  ofNode(node: object): Member | undefined {
    return this.#byNode.get(node);
  }

  /** Returns the instance of an id from the browser. @throws STATE_UNKNOWN */
  get(id: string): Member {
    return this.#byId.get(id) ?? this.#create(this.classOf(id));
  }

  /** Returns the instance of a class, whether or not the registry has it. */
  ofClass(stateClass: StateClass): Member {
    const { id } = classInfo(stateClass);
    return this.#byId.get(id) ?? this.#create(this.#registry.get(id) ?? stateClass);
  }

  /** Returns the class of an id from the browser. @throws STATE_UNKNOWN */
  classOf(id: string): StateClass {
    const stateClass = this.#registry.get(id);
    if (!stateClass) throw stateErrors.STATE_UNKNOWN(id);
    return stateClass;
  }

  #create(stateClass: StateClass): Member {
    const info = classInfo(stateClass);
    const { instance, node } = withReader(undefined, () => construct(stateClass, this.#recorder, this.#host));
    const computed = new Map<string, Computed>();
    for (const [name, getter] of info.getters) {
      const readsPrivate = mayReadPrivate(getter, instance);
      computed.set(name, new Computed(info.name, name, () => getter.call(instance), readsPrivate));
    }
    const member: Member = { stateClass, info, instance, node, computed, sent: new Map() };
    this.#byId.set(info.id, member);
    this.#byNode.set(node, member);
    this.#newInstances.push(instance);
    return member;
  }

  /** Creates an instance that belongs to no tab, for the first values of its vars. */
  detached(stateClass: StateClass): InstanceNode {
    return construct(stateClass, new Recorder(), this.#host).node;
  }

  get hasNewInstances(): boolean {
    return this.#newInstances.length > 0;
  }

  /** Returns the instances created since the last call. */
  takeNewInstances(): State[] {
    const newInstances = this.#newInstances;
    this.#newInstances = [];
    return newInstances;
  }

  /** Removes the instance of an id. Getters that read it run again. */
  delete(id: string): Member | undefined {
    const known = this.#byId.get(id);
    if (!known) return undefined;
    this.#byId.delete(id);
    this.#byNode.delete(known.node);
    this.#forgetReads();
    return known;
  }

  /** Removes every instance. */
  clear(): void {
    this.#byId.clear();
    this.#byNode.clear();
    this.#newInstances = [];
  }

  #forgetReads(): void {
    for (const { computed } of this.#byId.values()) for (const each of computed.values()) each.forget();
  }

  /**
   * Moves the instances to reloaded classes. A var keeps a written value that fits the new class; the others get the first
   * values of the new class. The ids without a class any more are returned as `removed`.
   */
  replaceClasses(registry: StateRegistry): ReplacedClasses & { readonly removed: readonly string[] } {
    this.#registry = registry;
    const replaced: string[] = [];
    const reset: string[] = [];
    const removed: string[] = [];
    for (const [id, old] of [...this.#byId]) {
      const stateClass = registry.get(id);
      if (stateClass === old.stateClass) continue;
      this.#byId.delete(id);
      this.#byNode.delete(old.node);
      if (!stateClass) {
        removed.push(id);
        continue;
      }
      const member = this.#create(stateClass);
      this.#newInstances = this.#newInstances.filter((instance) => instance !== member.instance);
      reset.push(...this.#carryOver(old, member));
      replaced.push(id);
    }
    this.#forgetReads();
    return { replaced, reset, removed };
  }

  /** Returns the names of the vars whose written values do not fit the new class. */
  #carryOver(old: Member, member: Member): string[] {
    const reset: string[] = [];
    const first = this.detached(old.stateClass);
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
