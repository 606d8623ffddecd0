import { currentRequest } from "../bridge/current-request.ts";
import type { DatabaseCaller } from "../models/database/open-transactions.ts";
import { type Run, runs } from "../state/handlers/run.ts";

/** Reasons for an abort after which a handler may still finish what it has begun. */
const MAY_FINISH = new Set(["CHANNEL_CLOSING", "CHANNEL_APP_RELOADED"]);

/** Returns the handler or view that the running code belongs to, for the database's log and its limits. */
export function databaseCaller(): DatabaseCaller | undefined {
  const run = runs.getStore();
  if (run) return { label: run.label, onGone: (listener) => onGone(run, listener) };
  const request = currentRequest();
  return request && { label: `${request.method} ${request.path}` };
}

/** Calls the listener when the tab of a handler is left, or its user has gone. */
function onGone(run: Run, listener: (reason: Error) => void): () => void {
  const { signal } = run;
  const aborted = () => {
    const reason = signal.reason as Error & { readonly code?: string };
    if (!run.superseded && !MAY_FINISH.has(reason.code ?? "")) listener(reason);
  };
  // A signal that has aborted does not call its listeners any more.
  if (signal.aborted) aborted();
  else signal.addEventListener("abort", aborted, { once: true });
  return () => signal.removeEventListener("abort", aborted);
}
