import type { IncomingMessage, ServerResponse } from "node:http";
import type { CookieTickets } from "../../bridge/cookie-ticket.ts";
import { bridgeErrors } from "../../bridge/errors.ts";
import type { Identity } from "../../bridge/request-context.ts";
import { RequestContext, type RequestSource } from "../../bridge/request-context.ts";
import type { Logger } from "../logger.ts";
import { noteDropped } from "./dropped-cookies.ts";
import { onlyPosts, readSmallBody } from "./small-post.ts";

/** A ticket is 32 characters, a tab's id as many. */
const MAX_BODY = 1_000;

/** What the endpoint works with. */
export interface CookieEndpoint {
  readonly tickets: CookieTickets;
  readonly identity: Identity;
  readonly logger: Logger;
}

/**
 * Answers a page that claims the cookies of an event: a valid ticket, from the tab, the browser and with the session that it
 * was issued to, gets them as `Set-Cookie`. A repeated claim gets them again, while the ticket is valid. The status is 204, or
 * 205 when the browser drops them, because they are `Secure` and its page is not.
 *
 * @throws SERVER_METHOD_NOT_ALLOWED, BRIDGE_TICKET_INVALID
 */
export async function answerCookies(
  { tickets, identity, logger }: CookieEndpoint,
  source: RequestSource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  onlyPosts(request, response);
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
