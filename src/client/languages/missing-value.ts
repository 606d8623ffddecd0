import type { NoteMissing } from "../../protocol/messages.ts";
import { isDevelopment } from "../development.ts";
import { reportDiagnosticOnce } from "../diagnostics.ts";
import { clientErrors } from "../errors.ts";

/** Returns what reports the placeholders of a message that got no value; undefined in production. */
export function missingValue(key: string): NoteMissing | undefined {
  if (!isDevelopment()) return undefined;
  return (name) => reportDiagnosticOnce(clientErrors.CLIENT_VALUE_MISSING(key, name), "app");
}
