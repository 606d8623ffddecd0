import { translateForReader } from "../i18n/current-language.ts";
import type { AuthPageName } from "../protocol/auth-pages.ts";
import { tagStates } from "../state/class-info.ts";
import { type HandlerEffect, redirect } from "../state/effects.ts";
import { event } from "../state/event.ts";
import { signIn } from "./account/authenticate.ts";
import {
  checkPasswordReset,
  confirmPasswordReset,
  KEPT_KEY,
  keepPasswordReset,
  requestPasswordReset,
} from "./account/forgotten-password.ts";
import { changePassword } from "./account/password-change.ts";
import { beginSignUp, finishSignUp, isSignUpLink, pendingSignUp, resendSignUpCode } from "./account/pending-sign-up.ts";
import { signUp } from "./account/sign-up.ts";
import { type FormRefusal, formRefusal, type SentForm, sentFormSchema } from "./auth-form.ts";
import { authErrors } from "./errors.ts";
import { onwardTarget } from "./guards/login-redirect.ts";
import { currentAuth } from "./identity/auth.ts";
import type { AuthMessages } from "./messages.ts";
import { isOffered } from "./page-settings.ts";
import { UserState } from "./user-state.ts";

// Without a request nobody could sign in, also where the app's events have none.
const step = { ...event(), bridge: "user" as const };
const submit = { ...event({ args: [sentFormSchema] }), bridge: "user" as const };

const NOTHING: FormRefusal = { message: "", field: "" };

/**
 * The flows of signing in, signing up and resetting a password, for the pages of `addAuthPages()` and for pages of your own.
 *
 * Settings and texts are those of `auth` in `antiphon.config.ts`. A flow that the settings switch off is refused, whatever
 * page asks for it. Passwords are never vars. To add a step, override a method and call `super`; to write a flow of your
 * own, extend `AppState` and call `signIn()`, `signUp()` or `requestPasswordReset()`.
 *
 * @throws AUTH_PAGES_DISABLED, AUTH_SIGNUP_DISABLED and AUTH_RESET_DISABLED (403), from the events of what is switched off
 * @example
 * export class AccountState extends AuthState {
 *   override async submitLoginForm(form: SentForm) {
 *     const effect = await super.submitLoginForm(form);
 *     if (this.user.isAuthenticated) this.session.set("tenant", String(form["tenant"] ?? ""));
 *     return effect;
 *   }
 * }
 */
export class AuthState extends UserState {
  static override events = {
    ...super.events,
    onLoadLogin: step,
    submitLoginForm: submit,
    logout: step,
    onLoadRegister: step,
    handleRegistration: submit,
    onLoadVerifyEmail: step,
    submitVerifyEmail: submit,
    resendVerifyEmail: step,
    onLoadPasswordChange: step,
    submitPasswordChange: submit,
    submitPasswordResetRequest: submit,
    onLoadPasswordResetConfirm: step,
    submitPasswordResetConfirm: submit,
  };

  /** Why the last try to sign in was refused; empty if it was not. */
  loginError = "";
  /** Why the last try to sign up was refused; empty if it was not. */
  registrationError = "";
  /** Name of the input that `registrationError` is about; empty if it is about none. */
  registrationErrorField = "";
  registrationSuccess = false;
  /** The address that a code was mailed to; empty if no sign-up of this session waits for one. */
  verifyEmail = "";
  /** Why a code or a link was refused; empty if it was not. */
  verifyError = "";
  /** Whether the key of the page's link counts in this session: then no code is needed. */
  verifyLinkValid = false;
  /** Whether another code was mailed. */
  verifyResent = false;
  /** Why a reset was refused, when it was requested or when the new password was sent; empty if it was not. */
  resetError = "";
  /** Name of the input that `resetError` is about; empty if it is about none. */
  resetErrorField = "";
  /** Whether a link was requested. True also for an address that no user has. */
  resetEmailSent = false;
  /** Whether the link of the page is valid. */
  resetLinkValid = false;
  /** Whether the link of the page was checked. */
  resetConfirmLoaded = false;
  resetSuccess = false;
  /** Why a change of the password was refused; empty if it was not. */
  passwordChangeError = "";
  /** Name of the input that `passwordChangeError` is about; empty if it is about none. */
  passwordChangeErrorField = "";
  passwordChangeSuccess = false;

  /** What was refused on one page is not shown when the visitor comes back to it. */
  protected override onLeave(): void {
    this.loginError = "";
    this.#refuseRegistration(NOTHING);
    this.#refuseReset(NOTHING);
    this.resetEmailSent = false;
    this.verifyError = "";
    this.verifyResent = false;
  }

  /** Runs when the login page opens: a signed-in user is sent on. */
  async onLoadLogin(): Promise<HandlerEffect | undefined> {
    assertOpen(this, "login");
    this.loginError = "";
    return this.#onward();
  }

  /**
   * Signs in with the form's `username` (or `email`) and `password`. A refusal is written to `loginError`.
   *
   * A form with an input `remember` decides how long the session lasts: until it expires, or until the browser is closed.
   */
  async submitLoginForm(form: SentForm): Promise<HandlerEffect | undefined> {
    assertOpen(this, "login");
    this.loginError = "";
    try {
      await signIn({ username: form["username"] ?? form["email"], password: form["password"] });
    } catch (error) {
      this.loginError = refusalOf(error).message;
      return undefined;
    }
    const remember = rememberOf(form);
    if (remember !== undefined) this.session.setExpiry(remember ? null : 0);
    await this.refreshUser();
    return this.#target(currentAuth().settings.loginRedirectUrl);
  }

  /** Signs the user out and goes to `auth.logoutRedirectUrl`. */
  override async logout(): Promise<HandlerEffect> {
    await super.logout();
    return redirect(currentAuth().settings.logoutRedirectUrl);
  }

  /** Runs when the sign-up page opens: a signed-in user is sent on. */
  async onLoadRegister(): Promise<HandlerEffect | undefined> {
    assertOpen(this, "register");
    if (!currentAuth().settings.signupEnabled) throw authErrors.AUTH_SIGNUP_DISABLED();
    this.#refuseRegistration(NOTHING);
    this.registrationSuccess = false;
    return this.#onward();
  }

  /**
   * Creates an account from the form's `username`, `email`, `password`, `confirm_password` and `auth.signupFields`, and
   * signs the new user in. A refusal is written to `registrationError` and `registrationErrorField`.
   */
  async handleRegistration(form: SentForm): Promise<HandlerEffect | undefined> {
    assertOpen(this, "register");
    this.#refuseRegistration(NOTHING);
    const { emailVerification, verifyEmailUrl } = currentAuth().settings;
    const data = { ...form, confirmPassword: form["confirm_password"] ?? form["confirmPassword"] };
    try {
      await (emailVerification ? beginSignUp(data) : signUp(data));
    } catch (error) {
      this.#refuseRegistration(refusalOf(error));
      return undefined;
    }
    if (emailVerification) return redirect(this.#withNext(verifyEmailUrl));
    return this.#registered();
  }

  /** Runs when the page for the code opens. Opening the link of the mail does not use it up. */
  async onLoadVerifyEmail(): Promise<void> {
    assertOpen(this, "verifyEmail");
    const { key } = this.router.query;
    this.verifyEmail = pendingSignUp() ?? "";
    this.verifyLinkValid = isSignUpLink(key);
    this.verifyError = key === undefined || this.verifyLinkValid ? "" : this.#text("verifyLinkInvalid");
    this.verifyResent = false;
  }

  /**
   * Makes the account and signs in, if the form's `code` is right, or the key of the page's link. A refusal is written to
   * `verifyError`.
   */
  async submitVerifyEmail(form: SentForm): Promise<HandlerEffect | undefined> {
    assertOpen(this, "verifyEmail");
    this.verifyError = "";
    this.verifyResent = false;
    const { code } = form;
    try {
      await finishSignUp(code === undefined ? { key: this.router.query["key"] } : { code });
    } catch (error) {
      this.verifyError = refusalOf(error).message;
      return undefined;
    }
    this.verifyEmail = "";
    return this.#registered();
  }

  /** Mails another code. */
  async resendVerifyEmail(): Promise<void> {
    assertOpen(this, "verifyEmail");
    this.verifyError = "";
    this.verifyLinkValid = false;
    this.verifyResent = false;
    try {
      await resendSignUpCode();
      this.verifyResent = true;
    } catch (error) {
      this.verifyError = refusalOf(error).message;
    }
  }

  async #registered(): Promise<HandlerEffect | undefined> {
    this.registrationSuccess = true;
    this.#announce("registrationSuccess");
    await this.refreshUser();
    return this.#target(currentAuth().settings.signupRedirectUrl);
  }

  /** Runs when the page to change the password opens. */
  onLoadPasswordChange(): void {
    assertOpen(this, "passwordChange");
    this.#refusePasswordChange(NOTHING);
    this.passwordChangeSuccess = false;
  }

  /**
   * Changes the password of the signed-in user by the form's `old_password`, `new_password` and `confirm_password`. All
   * other sessions of the user end. A refusal is written to `passwordChangeError` and `passwordChangeErrorField`.
   */
  async submitPasswordChange(form: SentForm): Promise<void> {
    assertOpen(this, "passwordChange");
    this.onLoadPasswordChange();
    const { old_password: oldPassword, new_password: newPassword, confirm_password: repeated } = form;
    try {
      await changePassword({ oldPassword, newPassword, repeated });
      this.passwordChangeSuccess = true;
    } catch (error) {
      this.#refusePasswordChange(refusalOf(error));
    }
  }

  /** Mails a link to the address of the form's `email`. The answer is the same for an address that no user has. */
  async submitPasswordResetRequest(form: SentForm): Promise<void> {
    assertOpen(this, "passwordReset");
    this.#refuseReset(NOTHING);
    this.resetEmailSent = false;
    try {
      await requestPasswordReset(form["email"]);
      this.resetEmailSent = true;
    } catch (error) {
      this.#refuseReset(refusalOf(error));
    }
  }

  /**
   * Checks the link of the page. Its key moves from the address to the session: an address stays in the browser's history.
   * Opening a link does not use it up, so software that follows the links of a mail does no harm.
   */
  async onLoadPasswordResetConfirm(): Promise<HandlerEffect | undefined> {
    assertOpen(this, "passwordResetConfirm");
    const { uid, key } = this.#link();
    this.#refuseReset(NOTHING);
    this.resetSuccess = false;
    this.resetLinkValid = await (key === KEPT_KEY ? checkPasswordReset(uid, key) : keepPasswordReset(uid, key));
    this.resetConfirmLoaded = true;
    if (!this.resetLinkValid) this.#refuseReset(invalidLink());
    const path = pathWithoutKey(this.router.path, key);
    return this.resetLinkValid && path !== undefined ? redirect(path, { replace: true }) : undefined;
  }

  /**
   * Sets the form's `new_password`, after the link was checked again. Every session of the user ends, and nobody is signed
   * in. A refusal is written to `resetError` and `resetErrorField`.
   */
  async submitPasswordResetConfirm(form: SentForm): Promise<HandlerEffect | undefined> {
    assertOpen(this, "passwordResetConfirm");
    this.#refuseReset(NOTHING);
    const { new_password: password, confirm_password: repeated } = form;
    try {
      await confirmPasswordReset({ ...this.#link(), password, repeated });
    } catch (error) {
      this.#refuseReset(refusalOf(error));
      return undefined;
    }
    this.resetLinkValid = false;
    this.resetSuccess = true;
    this.#announce("resetSuccess");
    return redirect(currentAuth().settings.loginUrl);
  }

  /** The parts of a reset link: from the path, or else from the query. */
  #link(): { readonly uid: unknown; readonly key: unknown } {
    const { params, query } = this.router;
    const parts = { ...query, ...params };
    return { uid: parts["uid"], key: parts["key"] ?? parts["token"] ?? parts["reset_token"] };
  }

  #onward(): HandlerEffect | undefined {
    return this.user.isAuthenticated ? this.#target(undefined) : undefined;
  }

  /** Where a signed-in user goes: to the `next` of the address if it stays with this app, else to a page of the settings. */
  #target(page: string | undefined): HandlerEffect | undefined {
    const { path, query } = this.router;
    const target = onwardTarget(page, path, query["next"]);
    return target && redirect(target.to, { external: target.external });
  }

  /** Tells it on the next page: this one is left. */
  #announce(name: "registrationSuccess" | "resetSuccess"): void {
    this.messages.success(this.#text(name));
  }

  #text(name: keyof AuthMessages): string {
    return translateForReader(currentAuth().settings.messages[name]);
  }

  /** Keeps the page that the visitor asked for, for the page after this one. */
  #withNext(path: string): string {
    const { next } = this.router.query;
    return next === undefined ? path : `${path}?next=${encodeURIComponent(next)}`;
  }

  #refuseRegistration({ message, field }: FormRefusal): void {
    this.registrationError = message;
    this.registrationErrorField = field;
  }

  #refusePasswordChange({ message, field }: FormRefusal): void {
    this.passwordChangeError = message;
    this.passwordChangeErrorField = field;
  }

  #refuseReset({ message, field }: FormRefusal): void {
    this.resetError = message;
    this.resetErrorField = field;
  }
}

// An app has it if one of its pages uses it.
tagStates("antiphon", { AuthState });

/**
 * The framework's own class serves the pages that the app shows with it, and no others: an app that signs up by a class of
 * its own must not have a second way in.
 */
function assertOpen(state: AuthState, page: AuthPageName): void {
  const isOpen = state.constructor !== AuthState || isOffered(page);
  if (!isOpen || !currentAuth().settings.enabled) throw authErrors.AUTH_PAGES_DISABLED();
}

function refusalOf(error: unknown): FormRefusal {
  return formRefusal(error, currentAuth().settings.messages);
}

function invalidLink(): FormRefusal {
  const { messages } = currentAuth().settings;
  return { message: translateForReader(messages.resetInvalidLink), field: "" };
}

/** Whether the session is to outlive the browser; undefined for a form without an input that asks. */
function rememberOf(form: SentForm): boolean | undefined {
  const { remember } = form;
  if (remember === undefined) return undefined;
  return remember === true || (typeof remember === "string" && !["", "false", "off", "0"].includes(remember));
}

/** The path of the page with a placeholder for the key; undefined if the key is not in the path. */
function pathWithoutKey(path: string, key: unknown): string | undefined {
  if (typeof key !== "string" || key === KEPT_KEY) return undefined;
  const segments = path.split("/");
  const at = segments.lastIndexOf(encodeURIComponent(key));
  if (at < 0) return undefined;
  segments[at] = KEPT_KEY;
  return segments.join("/");
}
