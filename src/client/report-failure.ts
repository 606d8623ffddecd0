import { reportDiagnostic } from "./diagnostics.ts";
import type { ClientError } from "./engine-types.ts";
import type { ToastStore } from "./toast-store.ts";

/** Outcomes that the author asked for by an event's `concurrency`: nothing went wrong, so nobody is told. */
const INTENDED: ReadonlySet<string> = new Set(["EVENT_SUPERSEDED", "EVENT_DROPPED", "CLIENT_CLOSED"]);

/** Tells the user and the console of an error that no component shows. */
export function reportFailure(toasts: ToastStore, error: ClientError): void {
  if (INTENDED.has(error.code)) return;
  reportDiagnostic(error);
  const message = error.issues?.[0]?.message ?? error.message;
  toasts.add({ level: "error", message: error.ref === undefined ? message : `${message} (${error.ref})` });
}
