import { reportDiagnosticOnce } from "./diagnostics.ts";
import { clientErrors } from "./errors.ts";

/** What a form holds: text by name, a list for a name that ends in `[]` (the list goes by the rest) or has several values. */
export interface FormValues {
  readonly [name: string]: string | readonly string[];
}

/** How the name of an input ends whose values are always a list. */
const LIST = /\[\]$/;

/** The name by which an input's value and its messages go. */
export function valueName(inputName: string): string {
  return inputName.replace(LIST, "");
}

/**
 * Reads a form's named inputs. Files are left out, with CLIENT_FIELD_FILE in the console.
 *
 * `names` are those of all inputs: of one that has no value, such as a box without a tick, the data does not tell.
 *
 * @example
 * formValues(new FormData(form)); // { title: "Milk", tag: ["a", "b"] }
 */
export function formValues(data: FormData, names: readonly string[] = []): FormValues {
  const values = new Map<string, string | readonly string[]>();
  for (const name of [...names, ...data.keys()]) if (LIST.test(name)) values.set(valueName(name), []);
  for (const [name, value] of data) {
    if (typeof value !== "string") {
      // An empty file input is there as a file without a name: nothing is lost.
      if (value.name !== "" || value.size > 0) reportDiagnosticOnce(clientErrors.CLIENT_FIELD_FILE(name), "app");
      continue;
    }
    const key = valueName(name);
    const before = values.get(key);
    values.set(key, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}
