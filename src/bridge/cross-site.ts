import type { IncomingHttpHeaders } from "node:http";
import { bridgeErrors } from "./errors.ts";

/** What decides which other sites may send requests that change something. */
export interface CrossSiteOptions {
  /** Origins besides the app's own, such as "https://shop.example" or "https://*.example.com" for all hosts below a domain. */
  readonly trustedOrigins: readonly string[];
}

/** The facts of a request by which its page's site is known. */
export interface CrossSiteRequest extends CrossSiteOptions {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: "http" | "https";
  /** The host that the browser asked for, with its port. */
  readonly host: string;
  /** Whether the request carries the cookie of a session. */
  readonly hasSessionCookie: boolean;
}

/**
 * Says what is wrong with a request that another site may have made a browser send; undefined when nothing is. The reason
 * is for the log.
 *
 * Browsers tell by `Sec-Fetch-Site`, or by `Origin` over plain HTTP, which page a request comes from, and no page can
 * forge either. So no token is needed, and the form that signs in is guarded before there is a session. What sends
 * neither is no browser, or an old one: with the cookie of a session it must name its page in `Referer`.
 *
 * @example
 * const problem = crossSiteProblem({ method, headers, protocol, host, trustedOrigins: [], hasSessionCookie: true });
 * if (problem) throw bridgeErrors.CSRF_REFUSED.with({ details: problem });
 */
export function crossSiteProblem(request: CrossSiteRequest): string | undefined {
  const { method, headers, trustedOrigins } = request;
  if (SAFE_METHODS.has(method)) return undefined;
  const { origin, referer } = headers;
  const site = headers["sec-fetch-site"];
  if (origin !== undefined && isTrustedOrigin(originOf(origin), trustedOrigins)) return undefined;
  if (site !== undefined) {
    if (site === "same-origin" || site === "none") return undefined;
    return `Sec-Fetch-Site is ${quoted(site)}, and the origin ${quoted(origin)} is not trusted`;
  }
  const own = originOf(`${request.protocol}://${request.host}`);
  if (own === undefined) return `the host ${quoted(request.host)} is malformed`;
  if (origin !== undefined) {
    return originOf(origin) === own ? undefined : `Origin is ${quoted(origin)}, not ${own} and not trusted`;
  }
  if (referer !== undefined) {
    const from = originOf(referer);
    if (from === own || isTrustedOrigin(from, trustedOrigins)) return undefined;
    return `Referer is ${quoted(referer)}, not of ${own} and not trusted`;
  }
  return request.hasSessionCookie
    ? "the cookie of a session came without Sec-Fetch-Site, Origin and Referer"
    : undefined;
}

/** Whether requests of this method change nothing, so that any site may cause them. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/**
 * Checks trusted origins as an author writes them and brings them into the form in which browsers send origins.
 *
 * @throws CSRF_ORIGIN_INVALID for one without a scheme, with a path, or with a `*` elsewhere than before the domain
 */
export function trustedOrigins(given: readonly string[]): readonly string[] {
  return given.map((entry) => {
    const wildcard = /^https?:\/\/\*\./i.test(entry);
    const plain = wildcard ? entry.replace("://*.", "://") : entry;
    const origin = originOf(plain);
    const rest = plain.slice(plain.indexOf("://") + 3);
    if (origin === undefined || !plain.includes("://") || /[/?#@*\\\s]/.test(rest.replace(/\/$/, ""))) {
      throw bridgeErrors.CSRF_ORIGIN_INVALID(entry);
    }
    return wildcard ? origin.replace("://", "://*.") : origin;
  });
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Whether an origin is among the trusted ones, as `trustedOrigins()` gives them. */
export function isTrustedOrigin(origin: string | undefined, trusted: readonly string[]): boolean {
  if (origin === undefined) return false;
  return trusted.some((entry) => {
    const star = entry.indexOf("://*.");
    if (star < 0) return entry === origin;
    return origin.startsWith(entry.slice(0, star + 3)) && origin.endsWith(entry.slice(star + 4));
  });
}

/** The origin of a URL of the web; undefined for `null`, a list, or what is none. */
function originOf(text: string): string | undefined {
  const url = URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.origin : undefined;
}

/** Headers come from anybody and may be long. */
function quoted(header: unknown): string {
  return header === undefined ? "(none)" : JSON.stringify(String(header).slice(0, 200));
}
