import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Wire } from "../../state/client-view.ts";
import { useRuntime } from "../pages/page-runtime.ts";
import { builtInState } from "../states/built-in-states.ts";
import { stubInfo } from "../states/state-stub.ts";
import { useServerState } from "./use-server-state.ts";

/** The vars of the server's class, by shape: its module is server code. */
declare class ContextVars {
  static readonly events: { readonly load: { readonly kind: "event" } };
  static readonly fields: object;
  context: Record<string, unknown>;
  contextJson: string;
  load(): Promise<void>;
}

/**
 * Reads the values of the app's context processors. They follow the signed-in user and the language.
 *
 * Each value may be undefined: one whose processor fails is left out.
 *
 * @example
 * const { user, theme = "light" } = useContextValues<PageContext>();
 */
export function useContextValues<T extends object = { readonly [name: string]: unknown }>(): Partial<Wire<T>> {
  const { builtIn, engine, language } = useRuntime("useContextValues");
  const state = builtInState(builtIn, "ContextState", "useContextValues()") as unknown as typeof ContextVars;
  const vars = useServerState(state);
  const { context } = vars;
  const shown = useSyncExternalStore(language.subscribe, language.current, language.current);
  const collectedIn = useRef(shown);
  useEffect(() => {
    if (collectedIn.current === shown) return;
    collectedIn.current = shown;
    const id = stubInfo(state)?.id;
    if (id !== undefined) void engine.call(id, "load", []).catch(() => undefined);
  }, [engine, shown, state]);
  return context as Partial<Wire<T>>;
}
