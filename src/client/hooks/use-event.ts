import { useRef, useState } from "react";
import type { EventArgs, EventName, StateClassShape } from "../../state/client-view.ts";
import { asClientError } from "../client-error.ts";
import type { ClientError } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import { describeState, useRuntime } from "../pages/page-runtime.ts";
import { nearNames } from "../states/near-names.ts";
import { stateName } from "../states/state-stub.ts";
import { useNewest } from "./use-server-state.ts";

/** What `useEvent()` gives. */
export interface EventHandle<A extends unknown[]> {
  /** Calls the event. Resolves to whether it succeeded and never rejects: the error stands in `error`. Always the same function. */
  readonly call: (...args: A) => Promise<boolean>;
  /** Whether a call made through this handle is not answered yet. */
  readonly pending: boolean;
  /** Why the last call failed; cleared by the next call. */
  readonly error: ClientError | undefined;
  /** Clears `error`. */
  readonly reset: () => void;
}

/** Options of `useEvent()`. */
export interface UseEventOptions {
  /** Ignores a call while one is pending: for a button that must not act twice. */
  readonly once?: boolean;
}

/**
 * Calls an event and tells how it goes: for a button that shows its own waiting and its own error.
 *
 * Where neither is shown, `useServerState(State).event()` is shorter and turns an error into a toast.
 *
 * @throws CLIENT_EVENT_UNKNOWN, CLIENT_NOT_A_STATE.
 * @example
 * const save = useEvent(NotesState, "save", { once: true });
 * return <button onClick={() => save.call()} disabled={save.pending}>{save.error?.message ?? "Save"}</button>;
 */
export function useEvent<C extends StateClassShape, E extends EventName<C>>(
  state: C,
  event: E,
  options: UseEventOptions = {},
): EventHandle<EventArgs<C, E>> {
  const runtime = useRuntime("useEvent");
  const info = describeState(runtime, "useEvent", state);
  if (!info.events.includes(event)) {
    throw clientErrors.CLIENT_EVENT_UNKNOWN(stateName(info), event, nearNames(event, info.events));
  }
  const [waiting, setWaiting] = useState(0);
  const [error, setError] = useState<ClientError | undefined>(undefined);
  const running = useRef<Promise<boolean> | undefined>(undefined);
  const calls = useRef(0);
  const call = useNewest((...args: EventArgs<C, E>): Promise<boolean> => {
    if (options.once && running.current) return running.current;
    const turn = ++calls.current;
    setError(undefined);
    setWaiting((count) => count + 1);
    const done = (failure: ClientError | undefined): boolean => {
      if (running.current === own) running.current = undefined;
      setWaiting((count) => count - 1);
      // An older call's error must not stand beside a newer call's success.
      if (turn === calls.current) setError(failure);
      return failure === undefined;
    };
    const own: Promise<boolean> = runtime.states
      .event(
        info,
        event,
      )(...args)
      .then(
        () => done(undefined),
        (thrown: unknown) => done(asClientError(thrown)),
      );
    running.current = own;
    return own;
  });
  const reset = useNewest(() => setError(undefined));
  return { call, pending: waiting > 0, error, reset };
}
