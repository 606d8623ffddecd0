import type { AuthState } from "antiphon/auth";
import { type App, type EventReference, on, type PageComponent, type PageTitle } from "antiphon/react";
import type { AuthPageName, AuthRoute } from "../../protocol/auth-pages.ts";
import type { GuardRule } from "../../protocol/page.ts";
import { authTitles } from "./auth-texts.ts";
import { type CannedPage, cannedPage } from "./canned-page.ts";
import { anonymousRequired, loginRequired } from "./guard-rules.ts";
import type { AnySlots, AuthStateClass, PageSlots } from "./slots.ts";

/**
 * Routes of the canned pages, for `app.addPage()`. The settings decide where they are and whether there is such a page.
 *
 * For links use `useAuthPages()` of `antiphon/react`.
 *
 * @example
 * app.addPage(LoginPage, { route: routes.login, title: "Sign in", onLoad: on(AuthState, "onLoadLogin") });
 */
export const routes: { readonly [name in AuthPageName]: AuthRoute } = {
  login: { kind: "auth-route", name: "login" },
  register: { kind: "auth-route", name: "register" },
  passwordReset: { kind: "auth-route", name: "passwordReset" },
  passwordResetConfirm: { kind: "auth-route", name: "passwordResetConfirm" },
  passwordChange: { kind: "auth-route", name: "passwordChange" },
  verifyEmail: { kind: "auth-route", name: "verifyEmail" },
};

/**
 * Makes a login page with texts and parts of your own, or with a state of your own.
 *
 * A text may be a function of the page, a part is a function that gets the page and the usual part. What is left out stays as
 * it is. A part runs in the browser; hooks belong into components of your own.
 *
 * @throws AUTH_PAGE_SLOT_UNKNOWN
 * @example
 * const Login = createLoginPage({
 *   headingText: "Welcome back",
 *   formFields: (auth, Default) => <><Default /><LabeledField name="tenant" label={auth.t("Company")} /></>,
 * });
 * registerLoginPage(app, { page: Login });
 */
export function createLoginPage<C extends AuthStateClass = AuthStateClass>(slots: PageSlots<"login", C>): CannedPage {
  return cannedPage({
    name: "login",
    call: "createLoginPage",
    slots: slots as AnySlots,
    load: () => import("./views/login-view.tsx"),
  });
}

/**
 * Makes a sign-up page with texts, parts or a state of your own, as `createLoginPage()` does.
 *
 * @throws AUTH_PAGE_SLOT_UNKNOWN
 * @example
 * registerRegisterPage(app, { page: createRegisterPage({ submitLabel: "Start" }) });
 */
export function createRegisterPage<C extends AuthStateClass = AuthStateClass>(
  slots: PageSlots<"register", C>,
): CannedPage {
  return cannedPage({
    name: "register",
    call: "createRegisterPage",
    slots: slots as AnySlots,
    load: () => import("./views/register-view.tsx"),
  });
}

/**
 * Makes a page to request a new password with texts, parts or a state of your own, as `createLoginPage()` does.
 *
 * @throws AUTH_PAGE_SLOT_UNKNOWN
 * @example
 * registerPasswordResetPage(app, { page: createPasswordResetPage({ headingText: "Lost your password?" }) });
 */
export function createPasswordResetPage<C extends AuthStateClass = AuthStateClass>(
  slots: PageSlots<"passwordReset", C>,
): CannedPage {
  return cannedPage({
    name: "passwordReset",
    call: "createPasswordResetPage",
    slots: slots as AnySlots,
    load: () => import("./views/reset-view.tsx"),
  });
}

/**
 * Makes a page to set a new password with texts, parts or a state of your own, as `createLoginPage()` does.
 *
 * @throws AUTH_PAGE_SLOT_UNKNOWN
 * @example
 * registerPasswordResetConfirmPage(app, { page: createPasswordResetConfirmPage({ submitLabel: "Save" }) });
 */
export function createPasswordResetConfirmPage<C extends AuthStateClass = AuthStateClass>(
  slots: PageSlots<"passwordResetConfirm", C>,
): CannedPage {
  return cannedPage({
    name: "passwordResetConfirm",
    call: "createPasswordResetConfirmPage",
    slots: slots as AnySlots,
    load: () => import("./views/confirm-view.tsx"),
  });
}

/**
 * Makes a page for the code that proves an address with texts, parts or a state of your own, as `createLoginPage()` does.
 *
 * @throws AUTH_PAGE_SLOT_UNKNOWN
 * @example
 * registerVerifyEmailPage(app, { page: createVerifyEmailPage({ headingText: "One more step" }) });
 */
export function createVerifyEmailPage<C extends AuthStateClass = AuthStateClass>(
  slots: PageSlots<"verifyEmail", C>,
): CannedPage {
  return cannedPage({
    name: "verifyEmail",
    call: "createVerifyEmailPage",
    slots: slots as AnySlots,
    load: () => import("./views/verify-view.tsx"),
  });
}

/**
 * Makes a page to change the password with texts, parts or a state of your own, as `createLoginPage()` does.
 *
 * @throws AUTH_PAGE_SLOT_UNKNOWN
 * @example
 * registerPasswordChangePage(app, { page: createPasswordChangePage({ submitLabel: "Save" }) });
 */
export function createPasswordChangePage<C extends AuthStateClass = AuthStateClass>(
  slots: PageSlots<"passwordChange", C>,
): CannedPage {
  return cannedPage({
    name: "passwordChange",
    call: "createPasswordChangePage",
    slots: slots as AnySlots,
    load: () => import("./views/change-view.tsx"),
  });
}

/** The usual login page. */
export const LoginPage: CannedPage = /* @__PURE__ */ createLoginPage({});
/** The usual sign-up page. */
export const RegisterPage: CannedPage = /* @__PURE__ */ createRegisterPage({});
/** The usual page to request a new password. */
export const PasswordResetPage: CannedPage = /* @__PURE__ */ createPasswordResetPage({});
/** The usual page behind the link of a reset mail. */
export const PasswordResetConfirmPage: CannedPage = /* @__PURE__ */ createPasswordResetConfirmPage({});

/** The usual page to change the password. */
export const PasswordChangePage: CannedPage = /* @__PURE__ */ createPasswordChangePage({});
/** The usual page for the code that proves an address. */
export const VerifyEmailPage: CannedPage = /* @__PURE__ */ createVerifyEmailPage({});

/** Options of `registerLoginPage()` and its siblings. */
export interface AuthPageOptions {
  /** In place of the usual page. One that `createLoginPage()` and its siblings have not made gets no `onLoad` by itself. */
  readonly page?: PageComponent | CannedPage;
  /** In place of the path of the settings. Set the setting too, if guards and mails are to lead there. */
  readonly route?: string;
  /** Text of the browser's tab. */
  readonly title?: PageTitle;
  /** In place of the page's own events. */
  readonly onLoad?: EventReference | readonly EventReference[];
}

/** Adds the login page to an app, unless `auth.enabled` is false. @example registerLoginPage(app, { route: "/enter" }); */
export function registerLoginPage(app: App, options: AuthPageOptions = {}): App {
  return register(app, { name: "login", usual: LoginPage, event: "onLoadLogin", options });
}

/** Adds the sign-up page, unless `auth.signupEnabled` is false. @example registerRegisterPage(app, { title: "Join" }); */
export function registerRegisterPage(app: App, options: AuthPageOptions = {}): App {
  return register(app, { name: "register", usual: RegisterPage, event: "onLoadRegister", options });
}

/** Adds the page to request a new password, unless `auth.passwordResetEnabled` is false. @example registerPasswordResetPage(app); */
export function registerPasswordResetPage(app: App, options: AuthPageOptions = {}): App {
  return register(app, { name: "passwordReset", usual: PasswordResetPage, event: undefined, options });
}

/** Adds the page behind the link of a reset mail, unless `auth.passwordResetEnabled` is false. @example registerPasswordResetConfirmPage(app); */
export function registerPasswordResetConfirmPage(app: App, options: AuthPageOptions = {}): App {
  const usual = PasswordResetConfirmPage;
  return register(app, { name: "passwordResetConfirm", usual, event: "onLoadPasswordResetConfirm", options });
}

/** Adds the page to change the password, for signed-in users, unless `auth.enabled` is false. @example registerPasswordChangePage(app); */
export function registerPasswordChangePage(app: App, options: AuthPageOptions = {}): App {
  return register(app, { name: "passwordChange", usual: PasswordChangePage, event: "onLoadPasswordChange", options });
}

/** Adds the page for the code that proves an address, if `auth.emailVerification` is on. @example registerVerifyEmailPage(app); */
export function registerVerifyEmailPage(app: App, options: AuthPageOptions = {}): App {
  return register(app, { name: "verifyEmail", usual: VerifyEmailPage, event: "onLoadVerifyEmail", options });
}

/**
 * Adds the pages to sign in, to sign up, and to reset and change a password, as far as the settings of `auth` switch them on.
 *
 * @example
 * const app = createApp();
 * addAuthPages(app);
 */
export function addAuthPages(app: App): App {
  registerLoginPage(app);
  registerRegisterPage(app);
  registerVerifyEmailPage(app);
  registerPasswordChangePage(app);
  registerPasswordResetPage(app);
  return registerPasswordResetConfirmPage(app);
}

/** Who may see a page; the others are for everybody. */
const GUARDS: { readonly [name in AuthPageName]?: () => GuardRule } = {
  login: anonymousRequired,
  register: anonymousRequired,
  verifyEmail: anonymousRequired,
  passwordChange: loginRequired,
};

interface Registration {
  readonly name: AuthPageName;
  readonly usual: CannedPage;
  readonly event:
    | "onLoadLogin"
    | "onLoadRegister"
    | "onLoadVerifyEmail"
    | "onLoadPasswordChange"
    | "onLoadPasswordResetConfirm"
    | undefined;
  readonly options: AuthPageOptions;
}

function register(app: App, { name, usual, event, options }: Registration): App {
  const { page = usual, route, title = authTitles[name] } = options;
  const onLoad = options.onLoad ?? (event && "authState" in page ? on(page.authState as typeof AuthState, event) : []);
  return app.addPage(page, {
    route: { ...routes[name], ...(route === undefined ? {} : { path: route }) },
    title,
    onLoad,
    // In place of the app's own guard: who is not signed in must see these pages.
    guard: GUARDS[name]?.() ?? false,
  });
}
