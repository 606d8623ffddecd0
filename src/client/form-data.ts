import { reportDiagnosticOnce } from "./diagnostics.ts";
import { clientErrors } from "./errors.ts";

/** What a form holds: text by name, a list for a name that stands more than once. */
export interface FormValues {
  readonly [name: string]: string | readonly string[];
}

/**
 * Reads a form's named inputs. Files are left out, with CLIENT_FIELD_FILE in the console.
 *
 * @example
 * formValues(new FormData(form)); // { title: "Milk", tag: ["a", "b"] }
 */
export function formValues(data: FormData): FormValues {
  const values = new Map<string, string | readonly string[]>();
  for (const [name, value] of data) {
    if (typeof value !== "string") {
      // An empty file input is there as a file without a name: nothing is lost.
      if (value.name !== "" || value.size > 0) reportDiagnosticOnce(clientErrors.CLIENT_FIELD_FILE(name), "app");
      continue;
    }
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}
