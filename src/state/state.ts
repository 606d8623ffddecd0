import type { FormInfo } from "../protocol/form-fields.ts";
import type { RouterLocation } from "../protocol/page.ts";
import type { StateClass } from "./class-info.ts";
import { stateErrors } from "./errors.ts";
import type { BridgeTier, Guard } from "./event.ts";
import { Recorder } from "./tracking/recorder.ts";
import { type InstanceHost, InstanceNode } from "./tracking/tracked-instance.ts";
import { nodeOfProxy } from "./tracking/tracked-node.ts";

/** Where the instance that is being made belongs; set around `new` by `construct`. */
let birthplace: { readonly recorder: Recorder; readonly host: InstanceHost } | undefined;

/** Makes an instance that belongs to a tab. */
export function construct(
  stateClass: StateClass,
  recorder: Recorder,
  host: InstanceHost,
): { readonly instance: State; readonly node: InstanceNode } {
  const before = birthplace;
  birthplace = { recorder, host };
  recorder.muted++;
  try {
    const instance = new stateClass();
    const node = nodeOfProxy(instance) as InstanceNode;
    node.sealed = true;
    return { instance, node };
  } finally {
    recorder.muted--;
    birthplace = before;
  }
}

/**
 * Why a tab's connection ended. A page that is loaded again mostly closes its connection first: then it is "closed", and
 * `onLeave` says the rest.
 */
export type DisconnectReason = "closed" | "lost" | "reloaded" | "shutdown";

/** How a page was left: for another page of the app, or because it was loaded again. */
export type LeaveReason = "left" | "reloaded";

/**
 * The base of every state class: its fields are the vars that the page shows, its getters are computed vars, its
 * listed methods are the events that the page may call. One instance lives on the server per browser tab.
 *
 * A handler is atomic: when it throws, nothing has changed and nothing was sent since its last `yield`. A name with a
 * leading underscore, or a `#private` one, stays on the server. Of a var with an underscore only the assignment is undone,
 * of a `#private` field nothing.
 *
 * Values are copied in: after `this.rows.push(row)` the list holds a copy, reach it by `this.rows.at(-1)`.
 *
 * @example
 * export class CounterState extends State {
 *   static override events = { add: event({ args: [z.number().int()] }) };
 *   count = 0;
 *   get double() { return this.count * 2; }
 *   add(by: number) { this.count += by; }
 * }
 */
export abstract class State {
  /** Methods that the browser may call; nothing else can be called. */
  static events: object = {};
  /** Vars that the browser may write, each with the schema that parses what it sends; nothing else can be written. */
  static fields: object = {};
  /**
   * Vars or getters that say what the fields are for, such as the id of the row that is edited. When the states begin anew
   * (the server was restarted), typed text is written into them only if these are as they were.
   *
   * @example
   * static override fieldsBelongTo = ["editingId"];
   */
  static fieldsBelongTo: readonly string[] = [];
  /**
   * Decides about the whole state: without its `true` no var of it is sent to the page, no event of it runs and no field
   * is written. An event's own guard is asked after it.
   */
  static guard?: Guard;
  /** What pages know of the state's form. Data states make it from their model. */
  static form?: FormInfo;
  /** How much of a request the state's events are; the app's `eventBridge` setting when absent. */
  static bridge?: BridgeTier;

  constructor() {
    const { recorder, host } = birthplace ?? { recorder: new Recorder(), host: undefined };
    const node = new InstanceNode(recorder, this, new.target, host);
    // Subclasses put their fields, private ones too, on what the base constructor returns.
    // biome-ignore lint/correctness/noConstructorReturn: the recording proxy has to take the place of `this`
    return node.proxy as this;
  }

  /** Where the tab is: path, route pattern, parameters and query. Never headers or cookies. */
  get router(): RouterLocation {
    return hostOf(this, "router").router();
  }

  /**
   * Aborts when the work of the handler that reads it is no longer wanted: its tab has gone, the page of its background
   * work was left, or a later call of a `latest` event took its place. The code of `signal.reason` says which. Hand it to `fetch`, timers and queries.
   *
   * @throws STATE_NO_RUN outside of a handler.
   */
  get signal(): AbortSignal {
    return hostOf(this, "signal").signal(this.constructor.name);
  }

  /**
   * The same tab's instance of another state class, made if it is not there yet.
   *
   * @example
   * const cart = this.state(CartState);
   */
  protected state<C extends StateClass>(stateClass: C): InstanceType<C> {
    return hostOf(this, "state()").sibling(stateClass) as InstanceType<C>;
  }

  /**
   * Lets a `background` or `parallel` event write: the work runs when no other handler of the tab writes, its changes
   * are sent at its end, and undone if it throws. Keep it short: the tab's other events wait.
   *
   * It may be called from a timer, a socket or an event emitter too, whoever emits: the work runs for the tab of this state
   * and as its user, after the guard of the state. It never throws, it rejects.
   *
   * @throws STATE_GONE (by rejecting) when the tab, its user or the class has gone; EVENT_REFUSED by the guard.
   * @example
   * while (!this.signal.aborted) { await this.update(() => { this.seconds++; }); await setTimeout(1000, undefined, { signal: this.signal }); }
   */
  protected update<T>(work: () => T | Promise<T>): Promise<T> {
    const node = nodeOfProxy(this) as InstanceNode | undefined;
    if (node?.host) return node.host.update(node, work);
    return Promise.reject(stateErrors.STATE_NOT_ATTACHED(this.constructor.name, "update()"));
  }

  /** Gives every var of this state, the hidden ones too, the value that it has in a new instance. */
  protected reset(): void {
    const node = nodeOfProxy(this) as InstanceNode;
    hostOf(this, "reset()").reset(node);
  }

  /**
   * Runs when a tab that uses this state connects, for the first time and after each lost connection; in development
   * also after the app's code was loaded again, which ends background work.
   */
  protected onConnect(): unknown {
    return undefined;
  }

  /**
   * Runs when the page that the tab shows is left, before the `onLoad` of the next one: `this.router` still tells the page
   * that is left. The state stays.
   */
  protected onLeave(_reason: LeaveReason): unknown {
    return undefined;
  }

  /** Runs when the tab's connection has ended; the state stays for the time in which the tab may come back. */
  protected onDisconnect(_reason: DisconnectReason): unknown {
    return undefined;
  }

  /**
   * Runs when something about the tab's user has changed: somebody signed in, got another name or other permissions. It
   * runs before the event that finds it out, and again after one that changed it.
   *
   * Not when a user leaves: then every state of the tab is made anew. An error is logged with the name of the state. It stops
   * neither the event nor the hooks of other states.
   */
  protected onIdentityChange(): unknown {
    return undefined;
  }

  /**
   * Runs once, when the state is about to be discarded because its tab did not come back. A handler that does not end delays
   * it for `limits.stuckAfter`; then the handler's writes since its last `yield` are undone.
   */
  protected onExpire(): unknown {
    return undefined;
  }
}

function hostOf(state: State, member: string): InstanceHost {
  const host = (nodeOfProxy(state) as InstanceNode | undefined)?.host;
  if (!host) throw stateErrors.STATE_NOT_ATTACHED(state.constructor.name, member);
  return host;
}
