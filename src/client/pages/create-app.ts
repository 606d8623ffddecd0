import type { ComponentType } from "react";
import { reasonOf } from "../../errors.ts";
import { type AuthRoute, isAuthRoute } from "../../protocol/auth-pages.ts";
import {
  type DeclaredPage,
  type EventReference,
  type GuardRule,
  isGuardFactory,
  isGuardRule,
  type MetaTag,
  type PageGuard,
  type PageTitle,
  routeOrder,
} from "../../protocol/page.ts";
import { compileRoute } from "../../protocol/routes.ts";
import type { ClientError } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import type { FreshPage } from "../hooks/use-fresh.ts";
import { nearNames } from "../states/near-names.ts";
import { describeValue } from "../states/state-stub.ts";
import type { LazyPage } from "./lazy-page.ts";

/** A component that needs no props: pages read their parameters from `useRouter()`. */
export type PageComponent = ComponentType | LazyPage;

/** A page above another one. */
export interface Breadcrumb {
  /** A text of the app, which is translated, or a function as a page's title is. */
  readonly title: PageTitle;
  /** Path of the page; `[id]` stands for the parameter of the page that is shown. */
  readonly href: string;
}

/** What `app.addPage()` takes beside the component. */
export interface PageOptions {
  /** Path pattern: `/notes`, `/notes/[id]`, `/files/[...rest]`; or a route of the settings, such as `routes.login` of `antiphon/auth/pages`. */
  readonly route: string | AuthRoute;
  /** Text of the browser's tab, or a function of where the page is. Without it the title of index.html stays. */
  readonly title?: PageTitle;
  readonly meta?: readonly MetaTag[];
  /** Events that the server runs when the page is opened; `on()` makes them. */
  readonly onLoad?: EventReference | readonly EventReference[];
  /**
   * Decides on the server whether the page may be shown: a function, or a rule of `antiphon/auth/pages`. It stands in place
   * of the app's own, and `false` lets everybody in.
   */
  readonly guard?: PageGuard | GuardRule | false;
  /**
   * An event that tells whether the page's row exists: the server runs it on an instance of its own, after the guard. False
   * shows the app's not-found page, with status 404.
   */
  readonly exists?: EventReference;
  /** The pages above this one, the topmost first; `useBreadcrumbs()` returns them. */
  readonly breadcrumbs?: readonly Breadcrumb[];
}

/** What `createApp()` may be told. */
export interface AppOptions {
  /** Decides who may see the pages that say nothing of it themselves. */
  readonly guard?: PageGuard | GuardRule;
  /**
   * Runs in the browser when the states of the page on screen were reset: the server was started again, it has discarded
   * them while the page was away for long, or their user has gone. In a component it is `useFresh()`.
   */
  readonly onFresh?: (fresh: FreshPage) => void;
}

/** A page with its component. */
export interface ClientPage extends DeclaredPage {
  readonly breadcrumbs?: readonly Breadcrumb[];
  readonly component: PageComponent;
}

/** A page as it was added: its route may depend on the settings. */
export interface AddedPage extends Omit<ClientPage, "route"> {
  readonly route: string | AuthRoute;
}

/** Props of the component that is shown in place of a page that failed. */
export interface ErrorPageProps {
  readonly error: ClientError;
  /** Renders the page again, and asks the server again for what it could not give. */
  readonly retry: () => void;
}

/** All pages of an app and what is shown when there is none. */
export interface App {
  readonly kind: "app";
  readonly pages: readonly AddedPage[];
  readonly notFound: { readonly component: ComponentType; readonly title?: string } | undefined;
  readonly errorPage: ComponentType<ErrorPageProps> | undefined;
  readonly layout: ComponentType<{ children: React.ReactNode }> | undefined;
  /** The option of `createApp()`. */
  readonly onFresh: AppOptions["onFresh"];
  /** Adds a page. Throws CLIENT_PAGE_INVALID and CLIENT_PAGE_DUPLICATE. */
  addPage(component: PageComponent, options: PageOptions): App;
  /** Sets what is shown for a path that no page has. */
  setNotFound(component: ComponentType, options?: { readonly title?: string }): App;
  /** Sets what is shown in place of a page that failed. */
  setErrorPage(component: ComponentType<ErrorPageProps>): App;
  /** Sets what surrounds every page; it stays mounted when the page changes. */
  setLayout(component: ComponentType<{ children: React.ReactNode }>): App;
}

const APP_OPTIONS = ["guard", "onFresh"] as const;
const OPTIONS = ["route", "title", "meta", "onLoad", "guard", "exists", "breadcrumbs"] as const;

/**
 * Makes an app without pages; `src/app.tsx` fills it and exports it as its default.
 *
 * It runs on both ends: the server reads routes, guards and `onLoad`, the browser renders the components.
 *
 * @example
 * const app = createApp();
 * app.addPage(Notes, { route: "/notes", title: "Notes", onLoad: on(NotesState, "refresh") });
 * export default app;
 * @example
 * // Pages for who is signed in, but for those that say otherwise.
 * const app = createApp({ guard: loginRequired() });
 * app.addPage(Login, { route: "/login", guard: false });
 */
export function createApp(options: AppOptions = {}): App {
  const { guard: appGuard, onFresh } = checkApp(options);
  const pages: { page: AddedPage; order: string }[] = [];
  let notFound: App["notFound"];
  let errorPage: App["errorPage"];
  let layout: App["layout"];
  const app: App = {
    kind: "app",
    onFresh,
    get pages() {
      return pages.map((entry) => entry.page);
    },
    get notFound() {
      return notFound;
    },
    get errorPage() {
      return errorPage;
    },
    get layout() {
      return layout;
    },
    addPage(component, options) {
      const { page, order } = checkPage(component, options, appGuard);
      const twin = pages.find((entry) => entry.order === order);
      if (twin) {
        const other = twin.page;
        throw clientErrors.CLIENT_PAGE_DUPLICATE(
          nameOf(component),
          routeName(page.route),
          nameOf(other.component),
          routeName(other.route),
        );
      }
      pages.push({ page, order });
      return app;
    },
    setNotFound(component, options = {}) {
      requireComponent(component, "of setNotFound()");
      notFound = { component, ...options };
      return app;
    },
    setErrorPage(component) {
      requireComponent(component, "of setErrorPage()");
      errorPage = component;
      return app;
    },
    setLayout(component) {
      requireComponent(component, "of setLayout()");
      layout = component;
      return app;
    },
  };
  return app;
}

/** Whether a value came from `createApp()`, of this or another copy of the module. */
export function isApp(value: unknown): value is App {
  return typeof value === "object" && value !== null && (value as Partial<App>).kind === "app";
}

function checkApp(options: AppOptions): AppOptions {
  for (const key of Object.keys(options)) {
    if ((APP_OPTIONS as readonly string[]).includes(key)) continue;
    throw clientErrors.CLIENT_APP_INVALID(`there is no option "${key}", only ${nearNames(key, APP_OPTIONS)}`);
  }
  const { guard, onFresh } = options;
  if (guard !== undefined && !isGuard(guard)) {
    throw clientErrors.CLIENT_APP_INVALID(guardProblem(guard));
  }
  if (onFresh !== undefined && typeof onFresh !== "function") {
    throw clientErrors.CLIENT_APP_INVALID(`its onFresh is ${describeValue(onFresh)}, not a function`);
  }
  return options;
}

function guardProblem(guard: unknown): string {
  if (!isGuardFactory(guard)) return `its guard is ${describeValue(guard)}, not a function or a rule`;
  const { name } = guard as { readonly name: string };
  return `its guard is the function ${name}, which makes a guard; call it: ${name}()`;
}

function isGuard(guard: unknown): boolean {
  if (isGuardFactory(guard)) return false;
  return typeof guard === "function" || isGuardRule(guard);
}

function checkPage(
  component: PageComponent,
  options: PageOptions,
  appGuard: AppOptions["guard"],
): { page: AddedPage; order: string } {
  const name = nameOf(component);
  const route = typeof options === "object" && options !== null ? options.route : undefined;
  if (typeof route !== "string" && !isAuthRoute(route)) {
    throw clientErrors.CLIENT_PAGE_INVALID(name, "its options name no route");
  }
  requireComponent(component, `at "${routeName(route)}"`);
  for (const key of Object.keys(options)) {
    if (!(OPTIONS as readonly string[]).includes(key)) {
      throw clientErrors.CLIENT_PAGE_INVALID(name, `there is no option "${key}", only ${nearNames(key, OPTIONS)}`);
    }
  }
  for (const reference of [options.onLoad ?? []].flat()) requireEvent(name, "onLoad", reference);
  if (options.exists !== undefined) requireEvent(name, "exists", options.exists);
  const { guard: own, ...others } = options;
  const guard = own === undefined ? (appGuard ?? false) : own;
  if (guard !== false && !isGuard(guard)) {
    throw clientErrors.CLIENT_PAGE_INVALID(name, guardProblem(guard));
  }
  try {
    const page = { ...others, ...(guard === false ? {} : { guard }), ...markOf(component, route), component };
    return { page: Object.freeze(page), order: orderOf(route) };
  } catch (cause) {
    const reason = reasonOf(cause);
    throw clientErrors.CLIENT_PAGE_INVALID.with({ cause }, name, reason);
  }
}

/** Of a route of the settings it is decided when they are known whether another page has its path. */
function orderOf(route: string | AuthRoute): string {
  const path = typeof route === "string" ? route : route.path;
  // Whether paths name a language is known where the app starts: there two of these routes may match the same paths.
  return path === undefined ? `auth ${routeName(route)}` : routeOrder(compileRoute(path), true);
}

function routeName(route: string | AuthRoute): string {
  return typeof route === "string" ? route : (route.path ?? `routes.${route.name}`);
}

/** Tells the server which flows of `AuthState` the page needs. */
function markOf(component: object, route: string | AuthRoute): Pick<ClientPage, "auth"> {
  if (typeof route === "string") return {};
  const { authState: state } = component as { readonly authState?: object };
  return { auth: { name: route.name, ...(state === undefined ? {} : { state }) } };
}

function requireEvent(name: string, option: string, reference: unknown): void {
  if ((reference as Partial<EventReference> | null)?.kind === "event-reference") return;
  const got = describeValue(reference);
  throw clientErrors.CLIENT_PAGE_INVALID(name, `its ${option} is ${got}, not on(State, "event")`);
}

function requireComponent(component: unknown, where: string): void {
  const isComponent =
    typeof component === "function" || (typeof component === "object" && component !== null && "$$typeof" in component);
  if (!isComponent || (component as { props?: unknown }).props !== undefined) {
    const got = isComponent ? "an element such as <Notes />: leave out the angle brackets" : describeValue(component);
    throw clientErrors.CLIENT_PAGE_INVALID(where, `it is no component but ${got}`);
  }
}

function nameOf(component: unknown): string {
  const { displayName, name } = (component ?? {}) as { displayName?: string; name?: string };
  return displayName || name || "(without a name)";
}
