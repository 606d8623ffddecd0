import { crossSiteProblem } from "../../bridge/cross-site.ts";
import { bridgeErrors } from "../../bridge/errors.ts";
import { RequestContext } from "../../bridge/request-context.ts";
import { safeNext } from "../../bridge/safe-next.ts";
import { languageCookie } from "../../i18n/language-cookie.ts";
import { withoutBase } from "../../protocol/base-path.ts";
import { serverErrors } from "../errors.ts";
import type { EndpointRequest } from "./endpoint.ts";
import { readSmallBody } from "./small-post.ts";

/** Longest form that is read, in bytes: a code and an address. */
const MAX_BODY = 10_000;

/**
 * Answers a form that chooses a language (`language`, and `next` for the page that follows): sets the cookie and sends the
 * browser on. A script, which says so by `Accept: application/json` or a JSON body, gets status 204. An unknown language
 * changes nothing; an address of another site becomes the page that the form was on, or "/".
 *
 * @throws CSRF_REFUSED, SERVER_LANGUAGE_FORM_INVALID
 */
export async function answerLanguage({ request, response, path: asked, parts }: EndpointRequest): Promise<void> {
  const { identity, translator } = parts;
  if (!identity || !translator) throw serverErrors.SERVER_NOT_FOUND(request.method ?? "POST", asked);
  const { trustedOrigins } = identity;
  const source = identity.sourceOf(request, "view");
  // Another site must not choose for the visitor.
  const problem = crossSiteProblem({ ...source, trustedOrigins, hasSessionCookie: true });
  if (problem) throw bridgeErrors.CSRF_REFUSED.with({ details: problem });
  const isJson = /^application\/json\b/i.test(request.headers["content-type"] ?? "");
  const form = readForm(await readSmallBody(request, MAX_BODY), isJson);
  const language = translator.languages.exact(form.language);
  response.setHeader("Cache-Control", "no-store");
  if (language !== undefined) response.appendHeader("Set-Cookie", languageCookie(language, translator.cookiePath));
  const isScript = isJson || /^application\/json\b/i.test(request.headers.accept ?? "");
  if (isScript) {
    response.writeHead(204).end();
    return;
  }
  const { host, protocol } = new RequestContext(source, identity.identity);
  const options = { host, secure: protocol === "https" };
  const back = safeNext(request.headers.referer, { ...options, fallback: "/" });
  const next = safeNext(form.next, { ...options, fallback: back });
  // The form may name the page by its address in the browser.
  const path = pathBelow(parts.basePath ?? "", /^\/(?!\/)/.test(next) ? next : localPart(next));
  // Under a prefix of another language the choice would show nothing.
  const location = language === undefined ? path : translator.pathIn(path, language);
  response.writeHead(303, { Location: escaped(location) }).end();
}

/** The path of an address of this site. */
function localPart(address: string): string {
  const { pathname, search, hash } = new URL(address, "http://localhost");
  return `${pathname.replace(/^\/{2,}/, "/")}${search}${hash}`;
}

/** The path of the app: `/app//notes` is `/notes`, because two slashes at the start would name a host. */
function pathBelow(base: string, path: string): string {
  return base !== "" && path.startsWith(`${base}//`)
    ? path.slice(base.length).replace(/^\/+/, "/")
    : withoutBase(base, path);
}

/** Escapes what an address may not hold, such as spaces and letters beyond ASCII. Escapes in it stay as they are. */
function escaped(address: string): string {
  return address.toWellFormed().replace(/[^\w\-.~:/?#[\]@!$&'()*+,;=%]+/gu, encodeURIComponent);
}

function readForm(text: string | undefined, isJson: boolean): { readonly language: unknown; readonly next: unknown } {
  if (text === undefined) throw serverErrors.SERVER_LANGUAGE_FORM_INVALID();
  if (!isJson) {
    const form = new URLSearchParams(text);
    return { language: form.get("language"), next: form.get("next") };
  }
  try {
    const body = JSON.parse(text) as { language?: unknown; next?: unknown } | null;
    return { language: body?.language, next: body?.next };
  } catch {
    throw serverErrors.SERVER_LANGUAGE_FORM_INVALID();
  }
}
