import type { Json, StateChange } from "../../protocol/frames.ts";
import { applyChange } from "../../protocol/patches.ts";
import { asClientError } from "../client-error.ts";
import type { ClientError, Engine, StateSnapshot } from "../engine/engine-types.ts";
import { withoutDomEvent } from "../fields/dom-event.ts";
import { type StubInfo, stateName } from "../states/state-stub.ts";

/** How long a state that was asked for while rendering is kept without a mounted component, in milliseconds. */
const HOLD_AFTER_ARRIVAL = 5_000;

/** A promise that React reads without waiting, because it carries its own result. */
const ARRIVED: Promise<void> = Object.assign(Promise.resolve(), { status: "fulfilled", value: undefined });

/** An event as a component gets it. */
export type EventFunction = (...args: readonly unknown[]) => Promise<void>;

/** Callbacks of the page for calls of its components. */
export interface CallWatcher {
  /** Runs before each event, so that what bound inputs show is sent first. Returns what is called if the call fails. */
  beforeCall(): (error: ClientError) => void;
  /** Runs when an event has succeeded. */
  succeeded(event: string): void;
}

/** The link between the hooks and the engine for one page: what is awaited, and one function per event. */
export class PageStates {
  readonly #engine: Engine;
  readonly #watcher: CallWatcher;
  readonly #events = new Map<string, EventFunction>();
  readonly #arrivals = new Map<string, Promise<void>>();
  /** States whose promise has been kept; it stands for them until they are gone again. */
  readonly #arrived = new Set<string>();
  readonly #failed = new Set<string>();
  /** Every state that a component has asked for. */
  readonly #asked = new Set<string>();
  /** What is shown of states that have not arrived. */
  readonly #presumed = new Map<string, StateSnapshot>();
  /** The event that an error came from. */
  readonly #rejections = new WeakMap<ClientError, string>();

  constructor(engine: Engine, watcher: CallWatcher) {
    this.#engine = engine;
    this.#watcher = watcher;
  }

  /**
   * The promise on which a component suspends until a state has arrived. The same one until it has settled, and the
   * rejected one until `forgetFailures()`: React asks again on every try.
   */
  arrival(state: string): Promise<void> {
    this.#asked.add(state);
    const isHere = this.#engine.snapshot(state) !== undefined;
    const known = this.#arrivals.get(state);
    // Its own promise also when it has arrived: React compares those of two tries, and warns of another one.
    if (isHere) return known && !this.#failed.has(state) ? known : ARRIVED;
    if (known && !this.#arrived.has(state)) return known;
    this.#arrived.delete(state);
    // A component that suspends on its first render never mounts, so nobody else would watch for it.
    const release = this.#engine.watch(state);
    const arrival = this.#engine.ready(state);
    this.#arrivals.set(state, arrival);
    const settle = (failed: boolean) => {
      if (failed) this.#failed.add(state);
      else this.#arrived.add(state);
      setTimeout(release, HOLD_AFTER_ARRIVAL);
    };
    arrival.then(
      () => settle(false),
      () => settle(true),
    );
    return arrival;
  }

  /** Calls the listener when any state changes that a component has asked for. Returns what ends that. */
  onAnyChange(listener: (change?: StateChange) => void): () => void {
    const stops = Array.from(this.#asked, (state) => this.#engine.subscribe(state, listener));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /**
   * Returns what a part of a page that is on screen shows of a state until it arrives: its first values. Undefined where
   * the part has to wait, and where the server cannot give the state.
   */
  presume({ id, first }: StubInfo): StateSnapshot | undefined {
    if (this.#failed.has(id)) return undefined;
    const known = this.#presumed.get(id);
    if (known || !first) return known;
    const presumed = applyChange(undefined, { full: first as { readonly [name: string]: Json } });
    this.#presumed.set(id, presumed);
    return presumed;
  }

  /** The vars of a state as they are shown. */
  shown(state: string): StateSnapshot | undefined {
    return this.#engine.snapshot(state) ?? this.#presumed.get(state);
  }

  /** Lets the next render ask the server again for states that it could not give. */
  forgetFailures(): void {
    for (const state of this.#failed) this.#arrivals.delete(state);
    this.#failed.clear();
  }

  /** The function of an event: one per event for the page's life, so that it may stand in a dependency list. */
  event(info: StubInfo, event: string): EventFunction {
    const key = `${info.id} ${event}`;
    let call = this.#events.get(key);
    if (!call) {
      call = (...args) => this.#call(info, event, args);
      this.#events.set(key, call);
    }
    return call;
  }

  /** Whether an error came from a call of an event: nobody's catch means the page must tell the user. */
  isRejection(error: unknown): error is ClientError {
    return typeof error === "object" && error !== null && this.#rejections.has(error as ClientError);
  }

  /** The event that an error came from, as a name for its notices. */
  eventOf(error: ClientError): string | undefined {
    return this.#rejections.get(error);
  }

  async #call(info: StubInfo, event: string, args: readonly unknown[]): Promise<void> {
    const key = `${info.id} ${event}`;
    let onFailure: ((error: ClientError) => void) | undefined;
    try {
      const sent = withoutDomEvent(stateName(info), event, args);
      onFailure = this.#watcher.beforeCall();
      await this.#engine.call(info.id, event, sent);
      this.#watcher.succeeded(key);
    } catch (thrown) {
      const error = asClientError(thrown);
      this.#rejections.set(error, key);
      onFailure?.(error);
      throw error;
    }
  }
}
