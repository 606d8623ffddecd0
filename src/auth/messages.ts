import type { LoginField } from "./options.ts";
import { authTexts } from "./pages/auth-texts.ts";

const defaults = {
  ...authTexts,
  inactive: "This account is inactive.",
  usernameTaken: "That username is already taken.",
  emailTaken: "That email is already registered.",
  passwordMismatch: "Passwords do not match.",
  passwordTooShort: "Password is too short.",
  usernameRequired: "Username is required.",
  usernameIsAddress: "A username that is an email address must be your own email address.",
  emailRequired: "Email is required.",
  registrationSuccess: "Account created successfully.",
  verifyCodeInvalid: "This code is wrong or has expired.",
  verifyLinkInvalid: "This link is invalid or has expired, or you signed up in another browser. Enter the code there.",
  sessionUnavailable: "Session unavailable. Reload the page.",
};

/** What a person reads while signing in and up, by key; `auth.messages` replaces any of them. */
export type AuthMessages = { readonly [K in keyof typeof defaults | "invalidCredentials"]: string };

/** All messages: the given ones, and the usual ones for the rest. What is no text is passed over. */
export function authMessages(
  given: { readonly [K in keyof AuthMessages]?: string } = {},
  loginFields: readonly LoginField[] = ["username"],
): AuthMessages {
  const usual: AuthMessages = {
    ...defaults,
    invalidCredentials: `Invalid ${identifierNames(loginFields)} or password.`,
  };
  const own = Object.entries(given).filter(([key, text]) => Object.hasOwn(usual, key) && typeof text === "string");
  return Object.freeze({ ...usual, ...Object.fromEntries(own) });
}

function identifierNames(fields: readonly LoginField[]): string {
  // "username, email, or password" with both, "username or password" with one.
  return fields.length > 1 ? "username, email," : (fields[0] ?? "username");
}
