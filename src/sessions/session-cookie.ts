import { hash } from "node:crypto";
import { IDENTITY_COOKIE } from "../protocol/endpoints.ts";
import { resolveSettings } from "../setting.ts";
import { sessionErrors } from "./errors.ts";
import { type SessionConfig, sessionOptions } from "./options.ts";

/** How a session's cookie is sent. It is always `HttpOnly`: no script ever needs to read it. */
export interface SessionCookie {
  readonly name: string;
  /** Seconds that a session lives by default. */
  readonly maxAge: number;
  readonly path: string;
  /** Path of the readable cookie: that of all pages of the app. */
  readonly pagePath: string;
  readonly sameSite: "lax" | "strict" | "none";
  readonly secure: boolean;
  readonly domain?: string;
}

/** Settings of sessions that decide how the cookie is sent. `secure` is false when absent. */
export type SessionCookieOptions = Pick<
  SessionConfig,
  "cookieName" | "maxAge" | "path" | "sameSite" | "secure" | "domain"
> & {
  /** Path under which the app is hosted; the cookies are sent below it. */
  readonly basePath?: string;
};

/** Longest that browsers keep a cookie: 400 days, in seconds. */
const LONGEST = 34_560_000;
const ENDED = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
const SAME_SITE = { lax: "Lax", strict: "Strict", none: "None" } as const;
const HOST_PREFIX = "__Host-";

/**
 * Fills in the defaults of the session's cookie.
 *
 * @throws SESSION_COOKIE_INVALID for what a browser would ignore or misread
 * @example
 * const cookie = sessionCookie({ secure: true }); // __Host-sessionid
 */
export function sessionCookie(options: SessionCookieOptions = {}): SessionCookie {
  const { basePath, ...given } = options;
  const { cookieName, maxAge, sameSite, secure, domain, ...others } = resolveSettings(sessionOptions, given);
  const pagePath = basePath || "/";
  const path = others.path === "/" ? pagePath : others.path;
  if (!/^[A-Za-z0-9!#$&'*+.^_`|~-]+$/.test(cookieName)) throw invalid("cookieName", "letters and digits", cookieName);
  if (!Number.isSafeInteger(maxAge) || maxAge <= 0) throw invalid("maxAge", "whole seconds, more than 0", maxAge);
  if (!/^\/[^;,\s\p{Cc}]*$/u.test(path)) throw invalid("path", 'a path such as "/"', path);
  if (domain !== undefined && !/^\.?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(domain)) {
    throw invalid("domain", 'a domain such as "example.com"', domain);
  }
  if (!(sameSite in SAME_SITE)) throw invalid("sameSite", '"lax", "strict" or "none"', sameSite);
  if (sameSite === "none" && !secure)
    throw invalid("sameSite", '"lax" or "strict", as "none" needs secure: true', sameSite);
  const wholeHost = secure && path === "/" && domain === undefined;
  const prefixed = cookieName.startsWith(HOST_PREFIX);
  if (prefixed && !wholeHost)
    throw invalid("cookieName", "no __Host- without secure, path / and no domain", cookieName);
  const name = wholeHost && !prefixed ? HOST_PREFIX + cookieName : cookieName;
  return { name, maxAge, path, pagePath, sameSite, secure, ...(domain === undefined ? {} : { domain }) };
}

function invalid(option: string, expected: string, got: unknown): Error {
  return sessionErrors.SESSION_COOKIE_INVALID(option, expected, JSON.stringify(got));
}

/**
 * The `Set-Cookie` lines for a session's key: the cookie itself, and a readable one that changes with the key, by which
 * open tabs notice that somebody signed in or out. `maxAge` is in seconds; without it both end with the browser.
 */
export function cookieLines(cookie: SessionCookie, key: string, maxAge: number | undefined): string[] {
  const life = maxAge === undefined ? [] : [`Max-Age=${Math.min(LONGEST, Math.max(1, Math.round(maxAge)))}`];
  return [line(cookie, `${cookie.name}=${key}`, life, true), line(cookie, identityOf(key), life, false)];
}

/** The `Set-Cookie` lines that take the session's cookie away, and tell open tabs so. */
export function deletionLines(cookie: SessionCookie): string[] {
  const life = [`Max-Age=${Math.min(LONGEST, cookie.maxAge)}`];
  return [line(cookie, `${cookie.name}=`, [ENDED], true), line(cookie, identityOf(""), life, false)];
}

/** Of a hash and not at random: the same key, sent again to live longer, or none again, is no other identity. */
function identityOf(key: string): string {
  return `${IDENTITY_COOKIE}=${hash("sha256", `identity:${key}`, "base64url").slice(0, 10)}`;
}

function line(cookie: SessionCookie, pair: string, life: readonly string[], secret: boolean): string {
  return [
    pair,
    `Path=${secret ? cookie.path : cookie.pagePath}`,
    ...(cookie.domain === undefined ? [] : [`Domain=${cookie.domain}`]),
    ...life,
    ...(secret ? ["HttpOnly"] : []),
    ...(cookie.secure ? ["Secure"] : []),
    `SameSite=${SAME_SITE[cookie.sameSite]}`,
  ].join("; ");
}
