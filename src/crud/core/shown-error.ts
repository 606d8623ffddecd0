import { AntiphonError, hasCode } from "../../errors.ts";
import { errorForReader } from "../../i18n/reader-text.ts";
import { ConstraintError } from "../../models/database/database-errors.ts";

/** The messages of an error that a page shows. */
export interface ShownError {
  /** About the form as a whole; empty when all messages belong to fields. */
  readonly message: string;
  /** Messages by the names of fields. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A broken reference is about another table: its column is no input of this form. */
function isOfField(error: AntiphonError): error is ConstraintError {
  return error instanceof ConstraintError && error.kind !== "foreignKey" && error.fields.length === 1;
}

/** These are the event's own: they have to stop it. */
const OF_THE_EVENT = /^(?:EVENT|STATE|VALUE)_|^AUTH_REQUIRED$/;

/**
 * Returns what a page shows of an error that an action ended with; undefined for a fault of the app, which has to stop the
 * event and to be written to the log.
 */
export function shownError(error: unknown): ShownError | undefined {
  if (!(error instanceof AntiphonError) || !error.expose || OF_THE_EVENT.test(error.code)) return undefined;
  const { message, issues = [] } = errorForReader(error);
  if (hasCode(error, "FIELDS_INVALID")) {
    const fields: Record<string, string> = {};
    for (const issue of issues)
      fields[issue.path] = fields[issue.path] ? `${fields[issue.path]} ${issue.message}` : issue.message;
    const { "": form = "", ...rest } = fields;
    return { message: form, fields: rest };
  }
  if (isOfField(error)) {
    return { message: "", fields: { [error.fields[0] as string]: message } };
  }
  return { message, fields: {} };
}
