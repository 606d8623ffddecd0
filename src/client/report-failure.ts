import { reportDiagnostic } from "./diagnostics.ts";
import type { ClientError } from "./engine-types.ts";
import type { ToastStore } from "./toast-store.ts";

/** Tells the user and the console of an error that no component shows. */
export function reportFailure(toasts: ToastStore, error: ClientError): void {
  reportDiagnostic(error);
  const message = error.issues?.[0]?.message ?? error.message;
  toasts.add({ level: "error", message: error.ref === undefined ? message : `${message} (${error.ref})` });
}
