import {
  use,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { ClientView, StateClassShape } from "../../state/client-view.ts";
import type { StateSnapshot } from "../engine/engine-types.ts";
import { describeState, type PageRuntime, useRuntime } from "../pages/page-runtime.ts";
import { PlaceContext } from "../states/on-screen.tsx";
import type { StubInfo } from "../states/state-stub.ts";
import { stateView } from "../states/state-view.ts";

/**
 * Reads a state of the server in a component: its vars read-only, its events as functions.
 *
 * The component renders again only when a var that it read has changed. Until the state has arrived a page suspends: the
 * page before it stays, or the nearest `<Suspense>` shows its fallback. A part that is added to a page on screen does not
 * suspend: it shows the first values of the state's class until then, so that the rest of the page stays. When the server
 * cannot give the state, the nearest error boundary gets the error. An event function stays the same for the page's life; it resolves when the result of the event is shown, and
 * rejects with a `ClientError`. A rejection that nobody catches becomes a toast.
 *
 * With a second argument the component gets what the function picks, and renders again only when that differs by
 * `Object.is`, or, for arrays and plain objects, in any of its direct items.
 *
 * @throws CLIENT_NOT_A_STATE, CLIENT_VAR_UNKNOWN (development), CLIENT_VAR_READ_ONLY.
 * @example
 * const notes = useServerState(NotesState);
 * return <button onClick={() => notes.archive(3)}>{notes.archived}</button>;
 * @example
 * const open = useServerState(NotesState, (notes) => notes.items.filter((note) => !note.done));
 */
export function useServerState<C extends StateClassShape>(state: C): ClientView<C>;
export function useServerState<C extends StateClassShape, T>(state: C, select: (view: ClientView<C>) => T): T;
export function useServerState(state: object, select?: (view: never) => unknown): unknown {
  const runtime = useRuntime("useServerState");
  const info = describeState(runtime, "useServerState", state);
  const first = useArrivedState(runtime, info);
  const reader = useMemo(() => new StateReader(runtime, info), [runtime, info]);
  const woken = useSyncExternalStore(reader.subscribe, reader.current, reader.current) ?? first;
  // What woke the component may be older than what the engine holds by now in vars that were not read.
  const snapshot = runtime.engine.snapshot(info.id) ?? woken;
  const { view, reads } = useMemo(() => reader.view(snapshot), [reader, snapshot]);
  const selected = useRef<{ value: unknown } | undefined>(undefined);
  const picked = select ? keepIfSame(selected.current, select(view as never)) : undefined;
  useLayoutEffect(() => {
    reader.commit(reads, select as ((view: unknown) => unknown) | undefined, picked);
    selected.current = picked;
  });
  return picked ? picked.value : view;
}

/** A page that is about to be loaded again waits for that. */
const RELOADED = new Promise<never>(() => {});

/**
 * Suspends until a state has arrived, then keeps it watched while the component is mounted. In a place that is on screen
 * already it does not suspend where it is known what to show meanwhile: React would hide all that is around the component.
 */
export function useArrivedState(runtime: PageRuntime, info: StubInfo): StateSnapshot {
  const { states, engine } = runtime;
  const { id } = info;
  const arrival = states.arrival(id);
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const isHere = engine.snapshot(id) !== undefined;
  const presumed = !isHere && use(PlaceContext)?.isShown ? states.presume(info) : undefined;
  const [hasPresumed] = useState(presumed !== undefined);
  // React has not seen the promise of a state that was presumed: it would wait for one that has settled, too.
  if (!presumed && !(hasPresumed && isHere)) use(arrival);
  useEffect(() => engine.watch(id), [engine, id]);
  const isPresumed = presumed !== undefined;
  useEffect(() => {
    // The error boundary gets the error when the component renders again.
    if (isPresumed) arrival.catch(renderAgain);
  }, [isPresumed, arrival]);
  const snapshot = engine.snapshot(id);
  if (snapshot && runtime.outdated.lacks(info, snapshot)) use(RELOADED);
  return states.shown(id) ?? {};
}

interface Picked {
  readonly value: unknown;
}

/** Decides for one mounted component whether a change concerns it. */
class StateReader {
  readonly #runtime: PageRuntime;
  readonly #info: StubInfo;
  #last: StateSnapshot | undefined;
  #reads: ReadonlySet<string> = new Set();
  #select: ((view: unknown) => unknown) | undefined;
  #picked: Picked | undefined;

  constructor(runtime: PageRuntime, info: StubInfo) {
    this.#runtime = runtime;
    this.#info = info;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#runtime.engine.subscribe(this.#info.id, listener);

  /** The last snapshot that differs in what the component read; React renders again when this is another object. */
  readonly current = (): StateSnapshot | undefined => {
    const next = this.#runtime.engine.snapshot(this.#info.id);
    if (next === this.#last || next === undefined) return this.#last;
    if (this.#last !== undefined && !this.#concerns(this.#last, next)) return this.#last;
    this.#last = next;
    return next;
  };

  view(snapshot: StateSnapshot): { view: object; reads: Set<string> } {
    const reads = new Set<string>();
    const event = (name: string) => this.#runtime.states.event(this.#info, name);
    return { view: stateView({ info: this.#info, snapshot, reads, event }), reads };
  }

  commit(
    reads: ReadonlySet<string>,
    select: ((view: unknown) => unknown) | undefined,
    picked: Picked | undefined,
  ): void {
    this.#reads = reads;
    this.#select = select;
    this.#picked = picked;
  }

  #concerns(before: StateSnapshot, after: StateSnapshot): boolean {
    let differs = false;
    for (const name of this.#reads) differs ||= !Object.is(before[name], after[name]);
    if (!differs || !this.#select || !this.#picked) return differs;
    try {
      return !isSame(this.#picked.value, this.#select(this.view(after).view));
    } catch {
      // Rendering calls the function again and throws where an error boundary can catch it.
      return true;
    }
  }
}

function keepIfSame(before: Picked | undefined, value: unknown): Picked {
  return before && isSame(before.value, value) ? before : { value };
}

/** `Object.is`, or equal in every direct item of two arrays or two plain objects. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const prototype = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b) || (prototype !== Object.prototype && prototype !== Array.prototype))
    return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key as keyof typeof a], b[key as keyof typeof b]));
}

/** A function that stays the same and always calls the newest one; for event handlers, not for rendering. */
export function useNewest<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  const newest = useRef(work);
  useLayoutEffect(() => {
    newest.current = work;
  });
  return useCallback((...args: A) => newest.current(...args), []);
}
