import type { ServerResponse } from "node:http";
import { currentContext, runInRequest } from "../../bridge/current-request.ts";
import { prepareIdentity } from "../../bridge/prepare-identity.ts";
import { type Identity, RequestContext, type RequestSource } from "../../bridge/request-context.ts";
import { languageHeaders, withVary } from "../../i18n/language-headers.ts";

/** Answers a request for a page, or a file, as a request of its browser: its guard finds session and user. */
export async function asPageRequest(
  identity: Identity,
  source: RequestSource,
  work: () => void | Promise<void>,
): Promise<void> {
  await runInRequest(new RequestContext(source, identity), async () => work());
}

/** Loads ahead what a page's guard may ask for. */
export async function preparePage(): Promise<void> {
  const context = currentContext();
  if (context) await prepareIdentity(context.identity, context);
}

/**
 * Saves what the guard has left in the session and puts the cookies into the answer; to be called before its headers
 * are sent.
 */
export async function finishPage(response: ServerResponse, status: number): Promise<void> {
  const context = currentContext();
  if (!context) return;
  await context.identity.finish(context, status);
  for (const line of context.outgoing.values()) response.appendHeader("Set-Cookie", line);
  const language = languageHeaders(context);
  if (language) response.setHeader("Content-Language", language.contentLanguage);
  if (language && language.vary.length > 0) response.setHeader("Vary", language.vary.join(", "));
  if (!context.openedSession?.accessed && context.outgoing.size === 0) return;
  response.setHeader("Vary", withVary(language?.vary.join(", ") ?? "", ["Cookie"]));
  response.setHeader("Cache-Control", "private, no-cache");
}
