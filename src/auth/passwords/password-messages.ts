import { textForReader } from "../../i18n/keyed-text.ts";

/** What can be wrong with a password. */
export type PasswordProblemCode =
  | "password_too_short"
  | "password_too_long"
  | "password_too_similar"
  | "password_too_common"
  | "password_entirely_numeric";

/** Numbers and names that a sentence about a password needs. */
export interface PasswordMessageValues {
  readonly shortest?: number;
  readonly longest?: number;
  /** What the password is too similar to, as a person reads it. */
  readonly attribute?: string;
}

/** The sentences about passwords: what is wrong, and what is expected. Another language is another such table. */
export interface PasswordMessages {
  readonly problems: { readonly [code in PasswordProblemCode]: (values: PasswordMessageValues) => string };
  readonly help: { readonly [code in PasswordProblemCode]: (values: PasswordMessageValues) => string };
  /** What a person calls the fields of a user. */
  readonly attributes: { readonly [name: string]: string };
}

/** The sentences, in the language of the running request. */
export const passwordMessages: PasswordMessages = {
  problems: {
    password_too_short: ({ shortest = 0 }) =>
      t("This password is too short: it needs at least {{count}} characters.", { count: shortest }),
    password_too_long: ({ longest }) =>
      t("This password is too long: it may have at most {{0}} bytes.", { 0: longest }),
    password_too_similar: ({ attribute = "" }) => t("The password is too similar to the {{0}}.", { 0: t(attribute) }),
    password_too_common: () => t("This password is too common."),
    password_entirely_numeric: () => t("This password is entirely numeric."),
  },
  help: {
    password_too_short: ({ shortest = 0 }) =>
      t("Your password must have at least {{count}} characters.", { count: shortest }),
    password_too_long: ({ longest }) => t("Your password may have at most {{0}} bytes.", { 0: longest }),
    password_too_similar: () => t("Your password must not be similar to your name, username or e-mail address."),
    password_too_common: () => t("Your password must not be one that many people use."),
    password_entirely_numeric: () => t("Your password must not consist of digits only."),
  },
  attributes: {
    username: "username",
    firstName: "first name",
    lastName: "last name",
    email: "e-mail address",
  },
};

function t(key: string, values: { readonly [name: string]: unknown } = {}): string {
  return textForReader({ key, values });
}
