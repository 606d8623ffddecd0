import type { AuthPageMark } from "./auth-pages.ts";
import { protocolErrors } from "./errors.ts";
import type { Effect } from "./frames.ts";
import type { Translate } from "./messages.ts";
import { type CompiledRoute, compileRoute, type MatchedRoute, matchRoute } from "./routes.ts";
import { isUnsafeKey } from "./values.ts";

/** An event of a state class with arguments bound to it; `on()` makes it, a page's `onLoad` and a handler's `return` take it. */
export interface EventReference {
  readonly kind: "event-reference";
  /** The state class on the server, its stub in the browser. */
  readonly state: object;
  readonly event: string;
  readonly args: readonly unknown[];
}

/** Where a page is: what `useRouter()` and `this.router` hold. Never a header, never a cookie. */
export interface RouterLocation {
  /** Path of the address bar without the query, for example `/notes/3`. */
  readonly path: string;
  /** The page's route pattern, for example `/notes/[id]`; empty when no page matches. */
  readonly route: string;
  /** Values of the pattern's parameters, decoded; a rest parameter is an array. */
  readonly params: { readonly [name: string]: string | readonly string[] };
  /** The query; of a name that stands twice the last value. */
  readonly query: { readonly [name: string]: string };
}

/** What a guard answers: `true` lets through, `false` refuses, a redirect effect sends elsewhere. */
export type PageGuardResult = boolean | Extract<Effect, { effect: "redirect" }>;

/** Decides whether a page may be shown. Runs on the server, on the page's GET and on each navigation, before any `onLoad`. */
export type PageGuard = (location: RouterLocation) => PageGuardResult | Promise<PageGuardResult>;

/**
 * Who may see a page, as plain data: `antiphon/auth/pages` makes it for both ends, and the server, which alone knows the
 * user, judges by it.
 */
export interface GuardRule {
  readonly kind: "guard-rule";
  /** `anonymous`: that nobody is signed in. */
  readonly needs: "login" | "permission" | "group" | "staff" | "superuser" | "anonymous";
  /** Permissions, of which one needs all, or names of groups, of which one needs any. */
  readonly names: readonly string[];
  /** In place of the app's own page to sign in. */
  readonly loginUrl?: string;
  /** Where `anonymous` sends who is signed in, in place of the app's own address for that. */
  readonly redirectUrl?: string;
}

/** True for a rule, whichever copy of the module made it. */
export function isGuardRule(value: unknown): value is GuardRule {
  return typeof value === "object" && value !== null && (value as Partial<GuardRule>).kind === "guard-rule";
}

/** Marks functions that make a guard, such as `loginRequired`. */
const GUARD_FACTORY = Symbol.for("antiphon.guard-factory");

/** Marks functions that make a guard: one that is given in place of its result is refused. */
export function markGuardFactories(...factories: readonly object[]): void {
  for (const factory of factories) Object.defineProperty(factory, GUARD_FACTORY, { value: true });
}

/** Returns whether a value is a function that makes a guard, and has not been called. */
export function isGuardFactory(value: unknown): boolean {
  return typeof value === "function" && Object.hasOwn(value, GUARD_FACTORY);
}

/** One `<meta>` tag of a page. */
export interface MetaTag {
  readonly name?: string;
  readonly property?: string;
  readonly content: string;
}

/**
 * Text of the browser's tab: a key of the app's messages, which is translated, or a function that may translate it itself.
 *
 * @example
 * title: ({ params }, t) => t("Note {{id}}", { id: params.id })
 */
export type PageTitle = string | ((location: RouterLocation, t: Translate) => string);

/** What the server needs to know of a page; the browser's definition adds the component. */
export interface PageDefinition {
  readonly route: string;
  readonly title?: PageTitle;
  readonly meta?: readonly MetaTag[];
  readonly onLoad?: EventReference | readonly EventReference[];
  readonly guard?: PageGuard;
  /** Tells whether the page's row exists. Runs after the guard; false answers 404. */
  readonly exists?: EventReference;
  /** What a page of `antiphon/auth/pages` is. */
  readonly auth?: AuthPageMark;
}

/** A page as an app declares it: where it has a rule, the server puts a function in its place. */
export interface DeclaredPage extends Omit<PageDefinition, "guard"> {
  readonly guard?: PageGuard | GuardRule;
}

/** All pages of an app, most specific route first. */
export interface PageTable<P extends DeclaredPage = PageDefinition> {
  readonly entries: readonly { readonly route: CompiledRoute; readonly page: P }[];
  /** Codes in lower case that `[language]` at the beginning of a route matches; undefined if it matches any text. */
  readonly languages?: ReadonlySet<string>;
}

/**
 * Returns a text by which routes are sorted, the most specific first; equal for two that match the same paths. Where paths may
 * name the language, `[language]` at the beginning of a route matches fewer paths than another parameter there.
 */
export function routeOrder(route: CompiledRoute, mayNameLanguage: boolean): string {
  const [first] = route.segments;
  if (!mayNameLanguage || first?.kind !== "param" || isLanguageRoute(route)) return route.order;
  return route.order.replace(/^\/1/, "/1~");
}

function isLanguageRoute({ segments: [first] }: CompiledRoute): boolean {
  return first?.kind === "param" && first.name === "language";
}

/**
 * Compiles the pages' routes and puts them in the order in which they are tried. `languages` are the codes with which a path
 * may begin, in an app whose paths may name the language.
 *
 * @throws ROUTE_INVALID for a malformed pattern, ROUTE_DUPLICATE for two patterns that match the same paths.
 */
export function pageTable<P extends DeclaredPage>(pages: readonly P[], languages?: readonly string[]): PageTable<P> {
  const sorted = pages.map((page) => {
    const route = compileRoute(page.route);
    return { route, page, order: routeOrder(route, languages !== undefined) };
  });
  sorted.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  for (const [index, { order, route }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next?.order === order) throw protocolErrors.ROUTE_DUPLICATE(route.pattern, next.route.pattern);
  }
  const entries = sorted.map(({ route, page }) => ({ route, page }));
  return languages === undefined
    ? { entries }
    : { entries, languages: new Set(languages.map((code) => code.toLowerCase())) };
}

/**
 * Returns the query of a URL, the last value of each name. Names that reach an object's prototype are left out, and the
 * object has none: a visitor chooses the names, and the query may become part of a var.
 *
 * @example
 * queryOf(new URL("http://localhost/notes?tab=2&constructor=1")); // { tab: "2" }
 */
export function queryOf(url: URL): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of url.searchParams) if (!isUnsafeKey(name)) query[name] = value;
  return query;
}

/** Finds the page of a path such as `/notes/3?tab=history`; without one the location has an empty route. */
export function matchPage<P extends DeclaredPage>(
  table: PageTable<P>,
  url: string,
): { readonly page: P | undefined; readonly location: RouterLocation } {
  const parsed = new URL(url, "http://localhost");
  const path = parsed.pathname;
  const query = queryOf(parsed);
  for (const entry of table.entries) {
    const match: MatchedRoute | undefined = matchRoute(entry.route, path);
    if (match && isOfLanguage(table, entry.route, match)) {
      return { page: entry.page, location: { path, route: entry.route.pattern, params: match.params, query } };
    }
  }
  return { page: undefined, location: { path, route: "", params: {}, query } };
}

/** False for a path whose `[language]` is not a language of the app. */
function isOfLanguage({ languages }: PageTable<DeclaredPage>, route: CompiledRoute, { params }: MatchedRoute) {
  if (languages === undefined || !isLanguageRoute(route)) return true;
  return languages.has(String(params["language"]).toLowerCase());
}
