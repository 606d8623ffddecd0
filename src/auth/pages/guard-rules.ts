import { type GuardRule, markGuardFactories } from "../../protocol/page.ts";
import { namesAndOptions } from "./names-and-options.ts";

/** What every rule of a page may be told. */
export interface PageRuleOptions {
  /** Where a visitor who is not signed in is sent, in place of the app's own `auth.loginUrl`. */
  readonly loginUrl?: string;
}

function rule(needs: GuardRule["needs"], names: readonly string[], { loginUrl }: PageRuleOptions = {}): GuardRule {
  return Object.freeze({ kind: "guard-rule", needs, names, ...(loginUrl === undefined ? {} : { loginUrl }) });
}

/**
 * Lets only signed-in visitors see a page; the others are sent to sign in, and come back after it.
 *
 * This is the form for `src/app.tsx`, which runs in the browser as well: plain data that the server judges by, before
 * anything of the page is sent. Events and HTTP views take the function of the same name from `antiphon/auth`.
 *
 * @example
 * app.addPage(Notes, { route: "/notes", guard: loginRequired() });
 */
export function loginRequired(options?: PageRuleOptions): GuardRule {
  return rule("login", [], options);
}

/**
 * Lets only visitors with a permission, or with all of several, see a page. Who is signed in without it gets 403.
 *
 * @example
 * app.addPage(Audit, { route: "/audit", guard: permissionRequired("notes.view_note") });
 */
export function permissionRequired(permissions: string | readonly string[], options?: PageRuleOptions): GuardRule {
  return rule("permission", [permissions].flat(), options);
}

/**
 * Lets only members of a group, or of any of several, see a page. Superusers need to be members as well.
 *
 * @example
 * app.addPage(Desk, { route: "/desk", guard: groupRequired("Editors", "Chiefs") });
 * @example
 * app.addPage(Desk, { route: "/desk", guard: groupRequired(["Editors", "Chiefs"], { loginUrl: "/staff/login" }) });
 */
export function groupRequired(...names: readonly string[]): GuardRule;
export function groupRequired(names: string | readonly string[], options: PageRuleOptions): GuardRule;
export function groupRequired(...given: readonly (string | readonly string[] | PageRuleOptions)[]): GuardRule {
  const { names, options } = namesAndOptions<PageRuleOptions>(given);
  return rule("group", names, options);
}

/**
 * Lets only staff see a page. A superuser who is not of the staff gets 403.
 *
 * @example
 * app.addPage(Reports, { route: "/reports", guard: staffRequired() });
 */
export function staffRequired(options?: PageRuleOptions): GuardRule {
  return rule("staff", [], options);
}

/**
 * Lets only superusers see a page.
 *
 * @example
 * app.addPage(Danger, { route: "/danger", guard: superuserRequired() });
 */
export function superuserRequired(options?: PageRuleOptions): GuardRule {
  return rule("superuser", [], options);
}

/** What `anonymousRequired()` may be told. */
export interface AnonymousRuleOptions {
  /** Where who is signed in is sent, in place of `auth.redirectAuthenticatedUser`. */
  readonly redirectUrl?: string;
}

/**
 * Shows a page only to visitors who are not signed in, as pages to sign in and up are; the others are sent on: to the
 * `next` of the address if it stays with this app, else to `auth.redirectAuthenticatedUser`.
 *
 * @example
 * app.addPage(SignIn, { route: "/login", guard: anonymousRequired() });
 */
export function anonymousRequired({ redirectUrl }: AnonymousRuleOptions = {}): GuardRule {
  return Object.freeze({ ...rule("anonymous", []), ...(redirectUrl === undefined ? {} : { redirectUrl }) });
}

markGuardFactories(
  loginRequired,
  permissionRequired,
  groupRequired,
  staffRequired,
  superuserRequired,
  anonymousRequired,
);
