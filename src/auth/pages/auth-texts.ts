import type { AuthPageName } from "../../protocol/auth-pages.ts";

/** Texts of the canned pages; `auth.messages` replaces any of them. */
export const authTexts = {
  loginHeading: "Sign in",
  loginSubmit: "Sign in",
  loginSignupPrompt: "New here?",
  loginSignupLink: "Create account",
  loginForgotLink: "Forgot password?",
  loginUsernameLabel: "Username",
  loginEmailLabel: "Email",
  loginEitherLabel: "Username or email",
  loginPasswordLabel: "Password",
  loginRememberLabel: "Keep me signed in",
  registerHeading: "Create an account",
  registerSubmit: "Sign up",
  registerSigninPrompt: "Already have an account?",
  registerSigninLink: "Sign in",
  registerUsernameLabel: "Username",
  registerEmailLabel: "Email",
  registerEmailOptionalLabel: "Email (optional)",
  registerPasswordLabel: "Password",
  registerConfirmPasswordLabel: "Confirm password",
  resetHeading: "Reset password",
  resetInstructions: "Enter your account email and we will send reset instructions.",
  resetEmailLabel: "Email",
  resetSubmit: "Send reset link",
  resetBackLink: "Back to sign in",
  resetEmailSent: "If an account exists for that address, you will receive reset instructions.",
  resetConfirmHeading: "Choose a new password",
  resetConfirmSubmit: "Update password",
  resetConfirmLoading: "Checking reset link…",
  resetConfirmPasswordLabel: "New password",
  resetConfirmConfirmLabel: "Confirm password",
  resetSuccess: "Your password has been set. You can sign in now.",
  resetInvalidLink: "This reset link is invalid or has expired.",
  passwordChangeHeading: "Change password",
  passwordChangeOldLabel: "Current password",
  passwordChangeNewLabel: "New password",
  passwordChangeConfirmLabel: "Confirm password",
  passwordChangeSubmit: "Change password",
  passwordChangeSuccess: "Your password was changed. You were signed out everywhere else.",
  verifyHeading: "Confirm your email address",
  verifyInstructions: "We sent a code of six digits to {{email}}. Enter it here, or open the link of the mail.",
  verifyCodeLabel: "Code",
  verifySubmit: "Confirm",
  verifyLinkInstructions: "Confirm that {{email}} is your email address.",
  verifyResend: "Send another code",
  verifyResent: "We sent another code.",
  verifyNothing: "There is nothing to confirm. Sign up first.",
  verifyBackLink: "Back to sign up",
  showPassword: "Show password",
} as const;

/** Name of a text of the canned pages. */
export type AuthText = keyof typeof authTexts;

/** Titles of the pages in the browser's tab. */
export const authTitles: { readonly [name in AuthPageName]: string } = {
  login: "Sign in",
  register: "Create account",
  passwordReset: "Reset password",
  passwordResetConfirm: "Choose a new password",
  passwordChange: "Change password",
  verifyEmail: "Confirm your email address",
};

const PREFIXES: { readonly [name in AuthPageName]: RegExp } = {
  login: /^(?:login|showP)/,
  register: /^(?:register|showP)/,
  passwordReset: /^reset(?!Confirm|Success|Invalid)/,
  passwordResetConfirm: /^(?:resetConfirm|resetSuccess|resetInvalid|resetBack|showP)/,
  passwordChange: /^(?:passwordChange|showP)/,
  verifyEmail: /^verify/,
};

/** Returns the names of the texts that a page may show. */
export function textsOfPage(page: AuthPageName): AuthText[] {
  return (Object.keys(authTexts) as AuthText[]).filter((name) => PREFIXES[page].test(name));
}
