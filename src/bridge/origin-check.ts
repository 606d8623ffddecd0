import { isTrustedOrigin } from "./cross-site.ts";

/** What decides whether a page may open the socket. */
export interface OriginRequest {
  /** The request's `Origin` header. */
  readonly origin: string | undefined;
  /** The host that the browser asked for: the `Host` header, or `X-Forwarded-Host` of a trusted proxy. */
  readonly host: string | undefined;
  /** How the browser asked, where that is known: a page of plain HTTP is then no page of an HTTPS site. */
  readonly protocol?: "http" | "https";
  /** Origins that may connect besides the app's own, those that may send requests that change something. */
  readonly trustedOrigins: readonly string[];
}

/**
 * Decides whether the opening of a socket comes from a page of this app, or of one that it trusts.
 *
 * Browsers always send `Origin` when they open a socket, and some send nothing else. So a request without it is refused: it
 * is no browser, or one whose page hides where it comes from. A page of HTTPS is the app's own also where a proxy, which the
 * app was not told to believe, speaks plain HTTP to it.
 *
 * @example
 * isOwnOrigin({ origin: "https://a.example", host: "a.example", trustedOrigins: [] }); // true
 */
export function isOwnOrigin({ origin, host, protocol, trustedOrigins }: OriginRequest): boolean {
  if (!origin || origin === "null" || !URL.canParse(origin)) return false;
  const parsed = new URL(origin);
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") return false;
  if (isTrustedOrigin(parsed.origin, trustedOrigins)) return true;
  if (!host || (protocol === "https" && parsed.protocol === "http:")) return false;
  // The host header leaves a default port out, and so does URL.host for the origin's own scheme.
  const own = `${parsed.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).origin === parsed.origin;
}
