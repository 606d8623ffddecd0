// Who may see a page.
export type { GuardRule } from "../../protocol/page.ts";
// Pages to sign in, to sign up and to reset a password.
export type { AuthText } from "./auth-texts.ts";
export type { CannedPage } from "./canned-page.ts";
export {
  type AuthPageOptions,
  addAuthPages,
  createLoginPage,
  createPasswordChangePage,
  createPasswordResetConfirmPage,
  createPasswordResetPage,
  createRegisterPage,
  createVerifyEmailPage,
  LoginPage,
  PasswordChangePage,
  PasswordResetConfirmPage,
  PasswordResetPage,
  RegisterPage,
  registerLoginPage,
  registerPasswordChangePage,
  registerPasswordResetConfirmPage,
  registerPasswordResetPage,
  registerRegisterPage,
  registerVerifyEmailPage,
  routes,
  VerifyEmailPage,
} from "./canned-pages.ts";
export {
  type AnonymousRuleOptions,
  anonymousRequired,
  groupRequired,
  loginRequired,
  type PageRuleOptions,
  permissionRequired,
  staffRequired,
  superuserRequired,
} from "./guard-rules.ts";
export {
  AuthCard,
  AuthForm,
  AuthPageShell,
  BrandIcon,
  ErrorCallout,
  LabeledField,
  PasswordField,
  SubmitButton,
  SuccessCallout,
  TextLink,
} from "./parts.ts";
export type { AuthPageContext, AuthStateClass, PageSlots, PartSlot, TextSlot } from "./slots.ts";
