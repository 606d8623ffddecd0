import type { RequestContext } from "../../bridge/request-context.ts";
import { languageHeaders, withVary } from "../../i18n/language-headers.ts";

/** The headers of an answer that has not left yet. */
export interface HeaderSet {
  get(name: string): number | string | readonly string[] | undefined;
  set(name: string, value: string): void;
  /** Adds a value to those that the header has. */
  append(name: "set-cookie", value: string[]): void;
}

/**
 * Saves the session of an answer and puts on the answer what follows from it: cookies, and that no shared cache may keep
 * what is one person's, whatever the view said of it.
 *
 * @throws what saving throws; the headers are then as they were
 */
export function finishAnswer(context: RequestContext, status: number, headers: HeaderSet): void | Promise<void> {
  const waiting = context.identity.finish(context, status);
  if (waiting) return waiting.then(() => addHeaders(context, headers));
  addHeaders(context, headers);
}

function addHeaders(context: RequestContext, headers: HeaderSet): void {
  addLanguage(context, headers);
  const { outgoing, openedSession, identity } = context;
  if (outgoing.size > 0) headers.append("set-cookie", [...outgoing.values()]);
  const setsCookies = headers.get("set-cookie") !== undefined;
  if (openedSession?.accessed !== true && !setsCookies) return;
  headers.set("vary", withVary(textOf(headers.get("vary")), ["Cookie"]));
  const cacheControl = textOf(headers.get("cache-control"));
  // What is shown to somebody without a session is nobody's: a view may let everybody keep it.
  const isSomebodys = setsCookies || identity.sessionId(context) !== undefined;
  if (cacheControl === "" || isSomebodys) headers.set("cache-control", asPrivate(cacheControl));
}

/** A view that says itself in which language its answer is keeps its word. */
function addLanguage(context: RequestContext, headers: HeaderSet): void {
  const language = languageHeaders(context);
  if (!language) return;
  if (headers.get("content-language") === undefined) headers.set("content-language", language.contentLanguage);
  if (language.vary.length > 0) headers.set("vary", withVary(textOf(headers.get("vary")), language.vary));
}

/** The same words for the browser's own cache, and none for the caches that people share. */
function asPrivate(cacheControl: string): string {
  // A quoted list of header names is one word, commas and all.
  const words = cacheControl.match(/(?:[^,"]|"[^"]*"?)+/g)?.map((word) => word.trim()) ?? [];
  const kept = words.filter((word) => word !== "" && !/^(?:public|private|s-maxage|proxy-revalidate)\b/i.test(word));
  if (kept.some((word) => /^no-store$/i.test(word))) return kept.join(", ");
  return ["private", ...kept].join(", ");
}

function textOf(value: ReturnType<HeaderSet["get"]>): string {
  return [value ?? []].flat().join(", ");
}
