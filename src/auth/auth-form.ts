import type { StandardSchemaV1 } from "@standard-schema/spec";
import { AntiphonError, hasCode } from "../errors.ts";
import { translateForReader } from "../i18n/current-language.ts";
import { errorForReader } from "../i18n/reader-text.ts";
import { isPlainObject } from "../protocol/values.ts";
import type { AuthMessages } from "./messages.ts";

/** Values of a form by the names of its inputs. They come from a browser: anything may stand in them. */
export interface SentForm {
  readonly [name: string]: unknown;
}

/** Accepts the values of a form, whatever they are: the functions that use them check each one. */
export const sentFormSchema: StandardSchemaV1<SentForm> = {
  "~standard": {
    version: 1,
    vendor: "antiphon",
    validate: (value) =>
      isPlainObject(value) ? { value } : { issues: [{ message: "Expected the values of a form." }] },
  },
};

/** A refused form: the sentence for the visitor, and the input that it is about; an empty name if it is about none. */
export interface FormRefusal {
  readonly message: string;
  readonly field: string;
}

/** Texts of `auth.messages` for errors that have a fixed text of their own. */
const OWN_TEXTS: { readonly [code: string]: keyof AuthMessages } = {
  AUTH_NO_REQUEST: "sessionUnavailable",
  PASSWORD_MISMATCH: "passwordMismatch",
  RESET_LINK_INVALID: "resetInvalidLink",
};

/** Inputs that errors without a `details.field` are about. */
const FIELDS: { readonly [code: string]: string } = {
  PASSWORD_INVALID: "new_password",
  PASSWORD_MISMATCH: "confirm_password",
  PASSWORD_OLD_WRONG: "old_password",
  PASSWORD_TOO_LONG: "new_password",
};

/** A feature that is switched off is refused as an event: no form of the app asks for it. */
const DISABLED: ReadonlySet<string> = new Set(["AUTH_PAGES_DISABLED", "AUTH_SIGNUP_DISABLED", "AUTH_RESET_DISABLED"]);

/** Returns what a form shows of an error, in the language of the visitor. Throws an error that the visitor cannot act on. */
export function formRefusal(error: unknown, messages: AuthMessages): FormRefusal {
  const isShown = error instanceof AntiphonError && error.expose && !DISABLED.has(error.code);
  if (!isShown && !hasCode(error, "AUTH_NO_REQUEST")) throw error;
  const { code, details } = error as AntiphonError;
  const text = OWN_TEXTS[code];
  const { field = FIELDS[code] ?? "" } = (details ?? {}) as { readonly field?: string };
  return {
    message: text === undefined ? errorForReader(error as Error).message : translateForReader(messages[text]),
    // The names of inputs are written with an underscore.
    field: field === "confirmPassword" ? "confirm_password" : field,
  };
}
