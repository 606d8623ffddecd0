import { currentRequest } from "../../bridge/current-request.ts";
import { safeNext } from "../../bridge/safe-next.ts";
import { hasContext } from "../../models/database/context.ts";
import { trimEnd } from "../../trim-ends.ts";
import { guardErrors } from "../guard-errors.ts";
import { currentAuth } from "../identity/auth.ts";
import { signInOptions } from "../options.ts";

/** Where somebody is who has to sign in first. */
export interface Whereabouts {
  /** Path and query. */
  readonly url: string;
  /** Scheme and host, for a page to sign in that lies on another site; undefined when they are not known. */
  readonly origin: string | undefined;
}

/** Where he is sent. */
export interface LoginTarget {
  readonly to: string;
  /** True for another site. */
  readonly external: boolean;
}

const NOWHERE = "http://antiphon.invalid";

/** The page to sign in: a guard's own, or the app's. */
export function loginUrlOf(own: string | undefined): string {
  return own ?? (hasContext() ? currentAuth().settings.loginUrl : signInOptions.loginUrl.default);
}

/**
 * The address to sign in at, with the way back as `next`. Undefined for somebody who is there already: sending him there
 * once more would go round in a circle.
 *
 * @example
 * loginTarget("/login", { url: "/notes?tab=2", origin: undefined }); // { to: "/login?next=%2Fnotes%3Ftab%3D2", external: false }
 */
export function loginTarget(loginUrl: string, { url, origin }: Whereabouts): LoginTarget | undefined {
  const here = new URL(pathOf(url), origin ?? NOWHERE);
  const target = new URL(loginUrl, here);
  const external = target.origin !== here.origin;
  if (!external && trimmed(target.pathname) === trimmed(here.pathname)) return undefined;
  // Only another site needs to be told which one this is.
  const next = external && origin !== undefined ? here.href : here.pathname + here.search;
  if (safeTarget(next, here)) target.searchParams.set("next", next);
  return shortened(target, here);
}

/**
 * Where a page that is for strangers sends who is signed in: to the `next` of its address if that stays with this app, or
 * to the given address. Undefined for nowhere.
 *
 * @throws AUTH_REDIRECT_LOOP when that is the page itself
 */
export function onwardTarget(own: string | undefined, path: string, next: unknown): LoginTarget | undefined {
  const origin = currentOrigin() ?? NOWHERE;
  const here = new URL(pathOf(path), origin);
  const leadsBack = (to: URL) => to.origin === here.origin && trimmed(to.pathname) === trimmed(here.pathname);
  const asked = safeTarget(next, here);
  if (asked && !leadsBack(asked)) return shortened(asked, here);
  const usual = own ?? usualOnward();
  if (usual === undefined) return undefined;
  const target = new URL(usual, here);
  if (leadsBack(target)) throw guardErrors.AUTH_REDIRECT_LOOP(path, usual);
  return shortened(target, here);
}

/** An address that a visitor gave; undefined for one that leaves the site, also once it is parsed. */
function safeTarget(given: unknown, here: URL): URL | undefined {
  const options = { host: here.host, secure: here.protocol === "https:", fallback: "" };
  const asked = safeNext(given, options);
  if (asked === "" || !URL.canParse(asked, here)) return undefined;
  const target = new URL(asked, here);
  return target.origin === here.origin && safeNext(target.pathname, options) !== "" ? target : undefined;
}

function usualOnward(): string | undefined {
  if (!hasContext()) return "/";
  const { redirectAuthenticatedUser } = currentAuth().settings;
  return redirectAuthenticatedUser === false ? undefined : redirectAuthenticatedUser;
}

/** On the own site the path is enough. */
function shortened(target: URL, here: URL): LoginTarget {
  const external = target.origin !== here.origin;
  return { to: external ? target.href : target.pathname + target.search + target.hash, external };
}

/** Scheme and host of the running request. */
export function currentOrigin(): string | undefined {
  const request = currentRequest();
  const origin = request && `${request.protocol}://${request.host}`;
  return origin !== undefined && URL.canParse(origin) ? origin : undefined;
}

/** A path that begins with several slashes would name a host. */
function pathOf(url: string): string {
  return `/${url.replace(/^[/\\]+/, "")}`;
}

function trimmed(path: string): string {
  return trimEnd(path, "/");
}
