import { currentRequest, currentUser } from "../../bridge/current-request.ts";
import { type GuardRule, markGuardFactories, type PageGuardResult, type RouterLocation } from "../../protocol/page.ts";
import { type HandlerEffect, isEffect, redirect } from "../../state/effects.ts";
import { type GuardContext, type GuardResult, markUserGuard } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { AppState } from "../app-state.ts";
import { authErrors } from "../errors.ts";
import { guardErrors } from "../guard-errors.ts";
import { namesAndOptions } from "../pages/names-and-options.ts";
import { checkedRule, judge, ruleName } from "./guard-rule.ts";
import { currentOrigin, type LoginTarget, loginTarget, loginUrlOf, onwardTarget } from "./login-redirect.ts";

/** What a guard reads of a request to an HTTP view; Fastify's fits. */
export interface GuardedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: {
    readonly accept?: string | undefined;
    readonly "sec-fetch-mode"?: string | string[] | undefined;
  };
  /** What the route of the view says of itself. */
  readonly routeOptions?: { readonly config?: { readonly loginRequired?: boolean | undefined } };
}

/** How a guard answers in place of an HTTP view; Fastify's fits. */
export interface GuardedReply {
  redirect(url: string, status?: number): unknown;
}

/**
 * One value that guards an event (`event({ guard })`), a whole state (`static guard`), a page (`app.addPage(Page, {
 * guard })`) and an HTTP view (Fastify's `preHandler`).
 *
 * It asks about the user of the moment each time, never about what a page was told earlier.
 */
export interface AuthGuard {
  (context: GuardContext): Promise<GuardResult>;
  (location: RouterLocation): Promise<PageGuardResult>;
  (request: GuardedRequest, reply: GuardedReply): Promise<unknown>;
}

/** What every guard may be told. */
export interface GuardOptions {
  /** Where somebody who is not signed in is sent, in place of the app's own `auth.loginUrl`; a path or a whole URL. */
  readonly loginUrl?: string;
}

/** What a guard of permissions may be told. */
export interface PermissionGuardOptions extends GuardOptions {
  /**
   * Answers, with effects, an event of somebody who is signed in without the permission; in place of the state's
   * `onPermissionDenied()`. It may not write vars. Whatever it answers, the event does not run.
   */
  readonly onDenied?: (context: GuardContext) => unknown;
}

/**
 * Lets only signed-in users pass; the others are sent to sign in, and come back after it.
 *
 * An event answers with a redirect, a page and an HTTP view that a browser navigates to with 302, any other request to an
 * HTTP view with 401. On the page to sign in itself it sends nobody anywhere and refuses.
 *
 * In `src/app.tsx`, which runs in the browser too, import it from `antiphon/auth/pages`.
 *
 * @throws AUTH_GUARD_INVALID; in an HTTP view AUTH_REQUIRED
 * @example
 * export class NotesState extends AppState {
 *   static override events = { save: event({ guard: loginRequired() }) };
 *   save() {}
 * }
 * @example
 * app.get("/export", { preHandler: loginRequired() }, async (request) => rowsOf(request.user.id));
 * @example
 * // All views of a plugin, but for those that say otherwise. Events pass the same hook; they have guards of their own.
 * const guard = loginRequired();
 * app.addHook("preHandler", async (request, reply) => (request.kind === "view" ? guard(request, reply) : undefined));
 * app.get("/status", { config: { loginRequired: false } }, async () => ({ ok: true }));
 */
export function loginRequired(options: GuardOptions = {}): AuthGuard {
  return guardOf({ ...withUrl(options), needs: "login", names: [] });
}

/**
 * Lets only users with a permission, or with all of several, pass. A superuser has every one.
 *
 * Who is not signed in is treated as by `loginRequired()`. Who is signed in without the permission is never sent to sign
 * in again: an event answers what the state's `onPermissionDenied()` (of an `AppState`) or `onDenied` gives, or
 * EVENT_REFUSED; a page and an HTTP view answer 403.
 *
 * @throws AUTH_GUARD_INVALID; in an HTTP view AUTH_REQUIRED, AUTH_FORBIDDEN
 * @example
 * static override events = { archive: event({ args: [z.number()], guard: permissionRequired("notes.change_note") }) };
 */
export function permissionRequired(
  permissions: string | readonly string[],
  options: PermissionGuardOptions = {},
): AuthGuard {
  return guardOf({ ...withUrl(options), needs: "permission", names: [permissions].flat() }, options.onDenied);
}

/**
 * Lets only members of a group, or of any of several, pass. A superuser needs to be a member too.
 *
 * @throws AUTH_GUARD_INVALID; in an HTTP view AUTH_REQUIRED, AUTH_FORBIDDEN
 * @example
 * static override guard = groupRequired("Editors", "Chiefs");
 * @example
 * static override guard = groupRequired(["Editors", "Chiefs"], { loginUrl: "/staff/login" });
 */
export function groupRequired(...names: readonly string[]): AuthGuard;
export function groupRequired(names: string | readonly string[], options: GuardOptions): AuthGuard;
export function groupRequired(...given: readonly (string | readonly string[] | GuardOptions)[]): AuthGuard {
  const { names, options } = namesAndOptions<GuardOptions>(given);
  return guardOf({ ...withUrl(options), needs: "group", names });
}

/**
 * Lets only users of the staff pass. A superuser who is not of the staff does not.
 *
 * @throws AUTH_GUARD_INVALID; in an HTTP view AUTH_REQUIRED, AUTH_FORBIDDEN
 * @example
 * static override guard = staffRequired();
 */
export function staffRequired(options: GuardOptions = {}): AuthGuard {
  return guardOf({ ...withUrl(options), needs: "staff", names: [] });
}

/**
 * Lets only superusers pass.
 *
 * @throws AUTH_GUARD_INVALID; in an HTTP view AUTH_REQUIRED, AUTH_FORBIDDEN
 * @example
 * static override guard = superuserRequired();
 */
export function superuserRequired(options: GuardOptions = {}): AuthGuard {
  return guardOf({ ...withUrl(options), needs: "superuser", names: [] });
}

/** Makes the guard that judges by a rule. @throws AUTH_GUARD_INVALID */
export function guardOf(given: Omit<GuardRule, "kind">, onDenied?: PermissionGuardOptions["onDenied"]): AuthGuard {
  const rule = checkedRule({ ...given, kind: "guard-rule" });
  const guard = (subject: GuardContext | RouterLocation | GuardedRequest, reply?: GuardedReply) => {
    // An HTTP view's hook is the only one that is given two things.
    if (reply !== undefined) return guardView(rule, subject as GuardedRequest, reply);
    if ("state" in subject) return guardEvent(rule, subject, onDenied);
    return guardPage(rule, subject as RouterLocation);
  };
  if (rule.needs !== "anonymous") markUserGuard(guard);
  // What `antiphon routes` shows of a page.
  return Object.defineProperty(guard, "name", { value: ruleName(rule) }) as AuthGuard;
}

async function guardEvent(
  rule: GuardRule,
  context: GuardContext,
  onDenied: PermissionGuardOptions["onDenied"],
): Promise<GuardResult> {
  const verdict = await judge(rule, currentUser());
  if (verdict === "allowed") return true;
  const { state } = context;
  if (verdict === "anonymous") {
    const target = loginFrom(rule, state instanceof State ? urlOf(state.router) : "/");
    return target ? redirect(target.to, { external: target.external }) : false;
  }
  if (onDenied) return effectsOf(await onDenied(context));
  if (!(state instanceof AppState)) return false;
  return effectsOf(await (state as unknown as { onPermissionDenied(): unknown }).onPermissionDenied());
}

/** Effects alone: whatever else a hook answers, it does not let the call through. */
function effectsOf(answer: unknown): GuardResult {
  const effects: readonly HandlerEffect[] = [answer].flat().filter(isEffect);
  return effects.length > 0 ? effects : false;
}

async function guardPage(rule: GuardRule, location: RouterLocation): Promise<PageGuardResult> {
  const verdict = await judge(rule, currentUser());
  if (verdict === "allowed") return true;
  if (rule.needs === "anonymous") {
    const onward = onwardTarget(rule.redirectUrl, location.path, location.query["next"]);
    return onward ? redirect(onward.to, { external: onward.external, replace: true }) : true;
  }
  if (verdict === "forbidden") return false;
  const target = loginFrom(rule, urlOf(location));
  return target ? redirect(target.to, { external: target.external, replace: true }) : false;
}

async function guardView(rule: GuardRule, request: GuardedRequest, reply: GuardedReply): Promise<unknown> {
  // A guard of a whole plugin comes before views that are for everybody.
  if (rule.needs === "login" && request.routeOptions?.config?.loginRequired === false) return undefined;
  const verdict = await judge(rule, currentUser());
  if (verdict === "allowed") return undefined;
  if (verdict === "forbidden") throw guardErrors.AUTH_FORBIDDEN();
  const target = isNavigation(request) ? loginFrom(rule, request.url) : undefined;
  if (!target) throw authErrors.AUTH_REQUIRED();
  return reply.redirect(target.to, 302);
}

/** Whether somebody waits for a page to look at; scripts are told the error instead. */
function isNavigation({ method, headers }: GuardedRequest): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const mode = headers["sec-fetch-mode"];
  return (mode === undefined || mode === "navigate") && /\btext\/html\b/i.test(headers.accept ?? "");
}

function loginFrom({ loginUrl }: GuardRule, url: string): LoginTarget | undefined {
  return loginTarget(loginUrlOf(loginUrl), { url, origin: currentOrigin() });
}

/** Path and query of a page. A location knows each name of the query once; the request may know it as it was asked for. */
function urlOf(location: Place): string {
  const request = currentRequest();
  const url = joined(location);
  return request && joined(request) === url ? request.url : url;
}

type Place = Pick<RouterLocation, "path" | "query">;

function joined({ path, query }: Place): string {
  const search = new URLSearchParams(query).toString();
  return search === "" ? path : `${path}?${search}`;
}

function withUrl({ loginUrl }: GuardOptions): Pick<GuardRule, "loginUrl"> {
  return loginUrl === undefined ? {} : { loginUrl };
}

markGuardFactories(loginRequired, permissionRequired, groupRequired, staffRequired, superuserRequired);
