/** A page of `antiphon/auth/pages` whose route is a setting. */
export type AuthPageName =
  | "login"
  | "register"
  | "passwordReset"
  | "passwordResetConfirm"
  | "passwordChange"
  | "verifyEmail";

/** Stands in place of a page's route: the route is known once the settings are, and the page may be switched off. */
export interface AuthRoute {
  readonly kind: "auth-route";
  readonly name: AuthPageName;
  /** In place of the path of the settings. */
  readonly path?: string;
}

/** True for a route of the settings, whichever copy of the module made it. */
export function isAuthRoute(value: unknown): value is AuthRoute {
  return typeof value === "object" && value !== null && (value as Partial<AuthRoute>).kind === "auth-route";
}

/** A page of the settings, as the page table knows it. */
export interface AuthPageMark {
  readonly name: AuthPageName;
  /** The state class of the page, in the browser its stub; undefined for the framework's own. */
  readonly state?: object;
}

/** Settings of `auth` that pages need. They hold nothing that a visitor may not know. */
export interface AuthPageSettings {
  /** Paths of the pages; a page that is switched off has none. */
  readonly routes: { readonly [name in AuthPageName]?: string };
  readonly loginFields: readonly ("username" | "email")[];
  /** Whether the form to sign up needs an address. */
  readonly emailRequired: boolean;
  readonly usernameMinLength: number;
  readonly passwordMinLength: number;
  /** Texts in place of the usual ones. */
  readonly messages: { readonly [name: string]: string };
  readonly brandText?: string;
  readonly brandIcon?: string;
  /** Further classes of the pages' outermost elements. */
  readonly pageClasses: { readonly [name in AuthPageName]?: string };
}

/** Id of the document's element that holds {@link AuthPageSettings} as JSON. */
export const AUTH_ELEMENT = "antiphon-auth";

/** What pages have without settings, for example in a test without a document. */
const USUAL: AuthPageSettings = {
  routes: {
    login: "/login",
    register: "/register",
    passwordReset: "/password-reset",
    passwordResetConfirm: "/password-reset/confirm/[uid]/[key]",
    passwordChange: "/password-change",
  },
  loginFields: ["username"],
  emailRequired: false,
  usernameMinLength: 1,
  passwordMinLength: 8,
  messages: {},
  pageClasses: {},
};

/** Reads the settings of the document; the usual ones where it holds none. */
export function authPageSettings(): AuthPageSettings {
  const text = typeof document === "undefined" ? undefined : document.getElementById(AUTH_ELEMENT)?.textContent;
  return text ? (JSON.parse(text) as AuthPageSettings) : USUAL;
}

/** A page whose route may be one of the settings. */
export interface UnplacedPage {
  readonly route: string | AuthRoute;
  readonly auth?: AuthPageMark;
}

/**
 * Gives pages their routes by the settings, and leaves out those that are switched off.
 *
 * @example
 * placePages(app.pages, { ...settings, routes: { login: "/enter" } }); // no page to sign up
 */
export function placePages<P extends UnplacedPage>(
  pages: readonly P[],
  { routes }: Pick<AuthPageSettings, "routes">,
): (Omit<P, "route"> & { readonly route: string })[] {
  return pages.flatMap((page) => {
    const { route } = page;
    if (typeof route === "string") return { ...page, route };
    const usual = routes[route.name];
    return usual === undefined ? [] : { ...page, route: route.path ?? usual };
  });
}
