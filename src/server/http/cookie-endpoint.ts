import type { IncomingMessage } from "node:http";
import { crossSiteProblem } from "../../bridge/cross-site.ts";
import { bridgeErrors } from "../../bridge/errors.ts";
import { RequestContext, type RequestSource } from "../../bridge/request-context.ts";
import { serverErrors } from "../errors.ts";
import { noteDropped } from "./dropped-cookies.ts";
import type { EndpointRequest, IdentityParts } from "./endpoint.ts";
import { readSmallBody } from "./small-post.ts";

/** A ticket is 32 characters, a tab's id as many. */
const MAX_BODY = 1_000;

/**
 * Answers a page that claims the cookies of an event: a valid ticket, from the tab, the browser and with the session that it
 * was issued to, gets them as `Set-Cookie`. A repeated claim gets them again, while the ticket is valid. The status is 204, or
 * 205 when the browser drops them, because they are `Secure` and its page is not.
 *
 * @throws CSRF_REFUSED, BRIDGE_TICKET_INVALID
 */
export async function answerCookies(asked: EndpointRequest): Promise<void> {
  const { request, path, parts } = asked;
  if (!parts.identity) throw serverErrors.SERVER_NOT_FOUND(request.method ?? "POST", path);
  const { trustedOrigins, sourceOf, run } = parts.identity;
  const source = sourceOf(request, "view");
  // As with a session's cookie: the request must show which page it comes from.
  const problem = crossSiteProblem({ ...source, trustedOrigins, hasSessionCookie: true });
  if (problem) {
    parts.logger.warn({ problem }, "A request for cookies came from another site");
    throw bridgeErrors.CSRF_REFUSED.with({ details: problem });
  }
  const { identity } = parts;
  await run(() => sendCookies(asked, identity, source));
}

async function sendCookies(
  { request, response, parts: { logger } }: EndpointRequest,
  { tickets, identity }: IdentityParts,
  source: RequestSource,
): Promise<void> {
  const { ticket, tab } = await readTicket(request);
  const session = identity.sessionId(new RequestContext(source, identity));
  const cookies = tickets.claim({ ticket, tab, session, userAgent: source.headers["user-agent"] });
  if (!cookies) throw bridgeErrors.BRIDGE_TICKET_INVALID();
  await identity.delivered(cookies);
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Vary", "Cookie");
  response.setHeader("Set-Cookie", cookies);
  response.writeHead(noteDropped(logger, source, cookies) ? 205 : 204).end();
}

async function readTicket(request: IncomingMessage): Promise<{ readonly ticket: unknown; readonly tab: unknown }> {
  const text = await readSmallBody(request, MAX_BODY);
  if (text === undefined) throw bridgeErrors.BRIDGE_TICKET_INVALID();
  try {
    const body = JSON.parse(text) as { ticket?: unknown; tab?: unknown } | null;
    return { ticket: body?.ticket, tab: body?.tab };
  } catch {
    throw bridgeErrors.BRIDGE_TICKET_INVALID();
  }
}
