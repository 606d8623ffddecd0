import { useMemo, useSyncExternalStore } from "react";
import type { ConnectionState } from "../engine/engine-types.ts";
import { useRuntime } from "../pages/page-runtime.ts";

/** What `useConnection()` gives. */
export interface ConnectionView extends ConnectionState {
  /** Tries at once instead of waiting for the next retry. */
  readonly reconnectNow: () => void;
}

/**
 * Tells how the page stands with its server: for a sign of your own beside the banner that the app shows anyway.
 *
 * @example
 * const connection = useConnection();
 * return <span>{connection.status === "online" ? "Saved" : `${connection.pending} changes wait`}</span>;
 */
export function useConnection(): ConnectionView {
  const { engine } = useRuntime("useConnection");
  const [subscribe, read] = useMemo(() => connectionReader(engine), [engine]);
  const state = useSyncExternalStore(subscribe, read, read);
  return useMemo(() => ({ ...state, reconnectNow: () => engine.reconnectNow() }), [state, engine]);
}

function connectionReader(engine: ReturnType<typeof useRuntime>["engine"]) {
  let last = engine.connection();
  const read = (): ConnectionState => {
    const next = engine.connection();
    // An engine may make a new object for each question; React needs the same one while nothing changed.
    const isSame =
      next.status === last.status &&
      next.pending === last.pending &&
      next.loading === last.loading &&
      next.retryAt === last.retryAt &&
      next.error === last.error &&
      next.outdated === last.outdated;
    if (!isSame) last = next;
    return last;
  };
  return [(listener: () => void) => engine.onConnection(listener), read] as const;
}
