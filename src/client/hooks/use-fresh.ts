import { useEffect } from "react";
import type { Engine } from "../engine/engine-types.ts";
import { useRuntime } from "../pages/page-runtime.ts";
import { useNewest } from "./use-server-state.ts";

/** Passed to `onFresh` and `useFresh()` listeners when the page on screen was reset. */
export interface FreshPage {
  /** Whether the same user is still signed in, or still no user. */
  readonly sameOwner: boolean;
}

/**
 * Calls the listener when the states of the page on screen were reset: the server was started again, it has discarded
 * them while the page was away for long, or their user has gone. The vars are the fresh ones by then, `onLoad` has run
 * for them, and calls that were made for the ones before have not run. It is not called when the page is loaded.
 *
 * For what the page itself remembers and the fresh states know nothing of. `createApp({ onFresh })` does the same for the
 * whole app.
 *
 * @example
 * const [step, setStep] = useState(1);
 * useFresh(() => setStep(1));
 */
export function useFresh(listener: (fresh: FreshPage) => void): void {
  const { engine } = useRuntime("useFresh");
  const newest = useNewest(listener);
  useEffect(() => listenFresh(engine, newest), [engine, newest]);
}

/** Tells an app's listener when the page is in order again: what it throws is no matter of the connection. */
export function listenFresh(engine: Engine, listener: (fresh: FreshPage) => void): () => void {
  return engine.onFresh(({ sameOwner }) => queueMicrotask(() => listener({ sameOwner })));
}
