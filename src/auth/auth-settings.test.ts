import { expect, test } from "vitest";
import { type AuthSettings, resolveAuthSettings } from "./auth-settings.ts";
import { modelBackend } from "./identity/model-backend.ts";
import { authMessages } from "./messages.ts";
import { type AuthText, authTexts, textsOfPage } from "./pages/auth-texts.ts";

const read = (given: AuthSettings = {}) => resolveAuthSettings(given, modelBackend);

test("rows 59-64, 66: what is left out has the usual values", () => {
  expect(read()).toMatchObject({
    enabled: true,
    signupEnabled: true,
    passwordResetEnabled: true,
    loginFields: ["username"],
    emailRequired: false,
    usernameMinLength: 1,
    passwordMinLength: 8,
    loginUrl: "/login",
    signupUrl: "/register",
    passwordResetUrl: "/password-reset",
    passwordResetConfirmUrl: "/password-reset/confirm/[uid]/[key]",
    loginRedirectUrl: "/",
    logoutRedirectUrl: "/login",
    signupRedirectUrl: "/login",
    redirectAuthenticatedUser: "/",
    throttle: undefined,
    backends: [{ name: "model" }],
  });
  expect(read().passwordValidators).toHaveLength(4);
  expect(read().secrets[0]).not.toBe(read().secrets[0]);
});

test("rows 62-64: pages follow the login page and the page after it", () => {
  const settings = read({ loginUrl: "/in", loginRedirectUrl: "/home" });
  expect(settings).toMatchObject({
    logoutRedirectUrl: "/in",
    signupRedirectUrl: "/in",
    redirectAuthenticatedUser: "/home",
  });
});

test("row 65: the fields to sign in with are read in any case and in their order, each once, and at least one of the two must be there", () => {
  expect(read({ loginFields: "email" }).loginFields).toEqual(["email"]);
  expect(read({ loginFields: [" Email", "USERNAME ", "email", "phone"] as never }).loginFields).toEqual([
    "email",
    "username",
  ]);
  for (const wrong of [[], ["phone"], "", 5, [null]]) {
    expect(() => read({ loginFields: wrong as never })).toThrow(/must include at least one of "username" or "email"/);
  }
});

test("rows 67, 68: messages are replaced one by one; the one for wrong credentials names what one signs in with", () => {
  expect(read().messages.invalidCredentials).toBe("Invalid username or password.");
  expect(read({ loginFields: ["email"] }).messages.invalidCredentials).toBe("Invalid email or password.");
  expect(read({ loginFields: ["email", "username"] }).messages.invalidCredentials).toBe(
    "Invalid username, email, or password.",
  );
  const messages = authMessages({ usernameTaken: "Taken!", nothing: "x", inactive: 5 } as never);
  expect(messages).toMatchObject({
    usernameTaken: "Taken!",
    inactive: "This account is inactive.",
    loginHeading: "Sign in",
  });
  expect(messages).not.toHaveProperty("nothing");
  expect(authMessages({ invalidCredentials: "No." }, ["email"]).invalidCredentials).toBe("No.");
});

test("row 69: the texts of the pages have defaults, and each page names those that it shows", () => {
  expect(read().messages).toMatchObject({
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
  });
  const pages = [
    "login",
    "register",
    "passwordReset",
    "passwordResetConfirm",
    "passwordChange",
    "verifyEmail",
  ] as const;
  const shown = new Set(pages.flatMap((page) => textsOfPage(page)));
  expect(Object.keys(authTexts).filter((name) => !shown.has(name as AuthText))).toEqual([]);
});
