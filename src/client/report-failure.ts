import { reportDiagnostic } from "./diagnostics.ts";
import type { ClientError } from "./engine/engine-types.ts";
import type { ToastStore } from "./toast-store.ts";

/** Outcomes that need no message: the author asked for them by an event's `concurrency`, or the page shows them itself. */
const INTENDED: ReadonlySet<string> = new Set([
  "EVENT_SUPERSEDED",
  "EVENT_DROPPED",
  "PAGE_LEFT",
  "CLIENT_CLOSED",
  "NOT_FOUND",
]);

/** What a user is told of an error; undefined when nothing went wrong. */
export function failureText(error: ClientError): string | undefined {
  if (INTENDED.has(error.code)) return undefined;
  const message = error.issues?.[0]?.message ?? error.message;
  return error.ref === undefined ? message : `${message} (${error.ref})`;
}

/** How a failure is shown. */
export interface FailureOptions {
  /** What the user reads; by default the text of the error. */
  readonly text?: string | undefined;
  /** The form or event that failed: its success removes the notice. */
  readonly source?: string | undefined;
}

/** Tells the user and the console of an error that no component shows. */
export function reportFailure(toasts: ToastStore, error: ClientError, options: FailureOptions = {}): void {
  const { text = failureText(error), source } = options;
  if (text === undefined) return;
  reportDiagnostic(error);
  // A later success says nothing about a call of which it is not known whether it ran.
  toasts.add({ level: "error", message: text }, error.attribution === "network" ? undefined : source);
}
