import { isOwnOrigin } from "../../bridge/origin-check.ts";
import type { Logger } from "../logger.ts";

/** Milliseconds between two warnings: every visitor of such a site is concerned. */
const WARN_EVERY = 60_000;

/** Longest origin in a line of the log. */
const MAX_ORIGIN = 200;

/** The facts that tell how the browser reached the page. */
interface PageRequest {
  readonly headers: { readonly origin?: string | undefined };
}

/** A request with what the server itself knows of it. */
interface ReceivedRequest extends PageRequest {
  readonly host: string;
  readonly protocol: "http" | "https";
}

/**
 * Whether the browser drops cookies of an answer, because they are `Secure` and its page was opened over plain HTTP. Only
 * the `Origin` header tells: between a proxy and this server plain HTTP is usual. Browsers make an exception for the
 * machine that they run on.
 */
export function dropsCookies({ headers }: PageRequest, cookies: readonly string[]): boolean {
  const { origin } = headers;
  if (origin === undefined || !URL.canParse(origin) || !cookies.some((line) => /; *Secure *(?:;|$)/i.test(line))) {
    return false;
  }
  const { protocol, hostname } = new URL(origin);
  const isThisMachine = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === "http:" && !isThisMachine;
}

/** When each log was warned last; views and the endpoint for cookies share one. */
const warned = new WeakMap<Logger, number>();

/**
 * Returns whether the browser drops cookies of an answer, and writes into the log why and what to set, once a minute. The log
 * says nothing of an origin that is not the address to which the request came: anybody can send any `Origin`.
 */
export function noteDropped(logger: Logger, request: ReceivedRequest, cookies: readonly string[]): boolean {
  if (!dropsCookies(request, cookies)) return false;
  const { host, protocol, headers } = request;
  if (!isOwnOrigin({ origin: headers.origin, host, protocol, trustedOrigins: [] })) return true;
  const now = performance.now();
  if (now - (warned.get(logger) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY) return true;
  warned.set(logger, now);
  const origin = headers.origin?.slice(0, MAX_ORIGIN);
  logger.warn(
    { origin },
    `The browser dropped the session cookie, because the page was opened over plain HTTP: ${origin}. Nobody stays signed in there. Serve the app over HTTPS. In a closed network, set  session: { secure: false, allowInsecure: true }  in antiphon.config.ts.`,
  );
  return true;
}
