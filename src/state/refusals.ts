import { AntiphonError } from "../errors.ts";
import { stateErrors } from "./errors.ts";

/** Messages by the name of an input or field: one text or several. A name without a message is left out. */
export interface FieldMessages {
  readonly [name: string]: string | readonly string[] | null | undefined | false;
}

/**
 * Makes an error with messages for the fields of a form. Throw it in an event or in an HTTP view.
 *
 * The page shows the messages by `useFormErrors().fields`; an HTTP view answers 422 with the messages in `error.issues`.
 * A name may be a path (`items.0.qty`) or the name of an input (`items[0].qty`). The empty name is for the form as a whole.
 *
 * @example
 * if (await objects(Note).filter({ title }).exists()) throw fieldErrors({ title: "There is a note of this title." });
 */
export function fieldErrors(messages: FieldMessages): AntiphonError {
  const issues = Object.entries(messages).flatMap(([name, given]) => {
    const texts = [given || []].flat();
    return texts.map((message) => ({ path: pathOf(name), message: String(message) }));
  });
  return stateErrors.FIELDS_INVALID.with({ details: { issues } }, issues.map(({ message }) => message).join(" "));
}

/**
 * Makes the error that says that something does not exist. Throw or return it in an event: nothing changes, and the page
 * shows the app's not-found page. In an HTTP view it answers 404.
 *
 * @example
 * const note = await objects(Note).filter({ id, user: this.user }).first();
 * if (!note) throw notFound();
 */
export function notFound(message?: string): AntiphonError {
  return stateErrors.NOT_FOUND(message || "This does not exist.");
}

/** Whether a handler answered with an error, which counts as if it had thrown it. */
export function isRefusal(value: unknown): value is AntiphonError {
  return value instanceof AntiphonError;
}

/** Issues name the path of a value: `items.0.qty` for the input `items[0].qty`, `tags` for `tags[]`. */
function pathOf(name: string): string {
  return name.replace(/\[\]$/, "").replace(/\[(\d+)\]/g, ".$1");
}
