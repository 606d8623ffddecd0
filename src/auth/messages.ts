import type { LoginField } from "./options.ts";

const defaults = {
  inactive: "This account is inactive.",
  usernameTaken: "That username is already taken.",
  emailTaken: "That email is already registered.",
  passwordMismatch: "Passwords do not match.",
  passwordTooShort: "Password is too short.",
  usernameRequired: "Username is required.",
  usernameIsAddress: "A username that is an email address must be your own email address.",
  emailRequired: "Email is required.",
  resetEmailSent: "If an account exists for that address, you will receive reset instructions.",
  resetSuccess: "Your password has been set. You can sign in now.",
  resetInvalidLink: "This reset link is invalid or has expired.",
  registrationSuccess: "Account created successfully.",
  sessionUnavailable: "Session unavailable. Reload the page.",
  loginHeading: "Sign in",
  loginSubmit: "Sign in",
  loginSignupLink: "Create account",
  loginForgotLink: "Forgot password?",
  registerHeading: "Create an account",
  registerSubmit: "Sign up",
  registerSigninLink: "Sign in",
  registerUsernameLabel: "Username",
  registerEmailLabel: "Email",
  registerEmailOptionalLabel: "Email (optional)",
  registerPasswordLabel: "Password",
  registerConfirmPasswordLabel: "Confirm password",
  resetHeading: "Reset password",
  resetInstructions: "Enter your account email and we will send reset instructions.",
  resetSubmit: "Send reset link",
  resetBackLink: "Back to sign in",
  resetConfirmHeading: "Choose a new password",
  resetConfirmSubmit: "Update password",
  resetConfirmLoading: "Checking reset link…",
  resetConfirmPasswordLabel: "New password",
  resetConfirmConfirmLabel: "Confirm password",
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
