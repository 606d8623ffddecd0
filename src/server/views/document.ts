import { runOutsideRequest } from "../../bridge/current-request.ts";
import { channelErrors } from "../../channel/errors.ts";
import { AntiphonError } from "../../errors.ts";
import { t } from "../../i18n/current-language.ts";
import type { AuthPageSettings } from "../../protocol/auth-pages.ts";
import type { MetaTag, PageDefinition, RouterLocation } from "../../protocol/page.ts";
import { PageVisit, type VisitedApp } from "../../state/page-visit.ts";
import { serverErrors } from "../errors.ts";

/** An app whose documents are shown. */
export interface ShownApp extends VisitedApp {
  /**
   * True if the app's socket knows no users. Then the documents know none either: a page that was given to a user over HTTP
   * would be refused as soon as its socket opens.
   */
  readonly forStrangers?: boolean;
  /** Path under which the app is hosted. */
  readonly basePath?: string;
  /** Settings that the browser needs, of an app with pages of `antiphon/auth/pages`. */
  readonly auth?: AuthPageSettings;
}

/** How a document request is answered: a page with its head, or another place to go. */
export type DocumentDecision =
  | {
      readonly status: 200 | 403 | 404;
      readonly title?: string;
      readonly meta?: readonly MetaTag[];
      /** Why a page that has this path is not shown. */
      readonly error?: Error;
    }
  | { readonly redirect: string };

/**
 * Decides what a document request gets: finds the page, runs its guard and `exists`, reads its title.
 *
 * Every status but a redirect is answered with the app's own document: the browser then shows the page, the
 * "not found" page or the "not allowed" page. The title of a page that is not shown is not told.
 *
 * @throws SERVER_GUARD_FAILED when the guard, `exists` or the title throws, SERVER_REDIRECT_UNSAFE when a guard redirects to
 * another origin without `external: true`.
 * @example
 * const decision = await decideDocument(app, "/notes?tab=history");
 * if ("redirect" in decision) response.writeHead(302, { location: decision.redirect }).end();
 */
export async function decideDocument(app: ShownApp, url: string): Promise<DocumentDecision> {
  const visit = new PageVisit(app, url);
  const { page, location } = visit;
  if (!page) return { status: 404 };
  try {
    const decision = await (app.forStrangers ? runOutsideRequest(() => visit.decide()) : visit.decide());
    switch (decision.kind) {
      case "open":
        return { status: 200, ...headOf(page, location) };
      case "refused":
        return { status: 403, error: channelErrors.PAGE_REFUSED(location.path) };
      case "missing":
        return { status: 404, error: decision.error };
      case "redirect":
        return { redirect: safeRedirect(page.route, decision.redirect.to, decision.redirect.external) };
    }
  } catch (cause) {
    if (isUnsafeRedirect(cause) || isUnavailable(cause)) throw cause;
    throw serverErrors.SERVER_GUARD_FAILED.with({ cause }, page.route);
  }
}

/** What the decision about an unmatched path needs of a request. */
export interface DocumentRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: { readonly accept?: string | undefined };
}

/**
 * Whether a request that no file answers asks for a document. If not, a plain 404 is right: a missing image or
 * script must never be answered with the app's HTML.
 *
 * A document is asked for by GET or HEAD that accepts `text/html`. `*\/*` (or no Accept header) counts as well, unless
 * the path looks like a file.
 */
export function isDocumentRequest(request: DocumentRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const accepted = acceptedTypes(request.headers.accept);
  if (accepted.has("text/html") || accepted.has("application/xhtml+xml")) return true;
  const acceptsAnything = accepted.size === 0 || accepted.has("*/*") || accepted.has("text/*");
  return acceptsAnything && !looksLikeFile(request.url ?? "/");
}

function acceptedTypes(header: string | undefined): Set<string> {
  const types = new Set<string>();
  for (const part of (header ?? "").split(",")) {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    if (type !== "" && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) types.add(type);
  }
  return types;
}

function looksLikeFile(url: string): boolean {
  const path = url.split("?", 1)[0] ?? "";
  return /\.[A-Za-z0-9]{1,12}$/.test(path.slice(path.lastIndexOf("/") + 1));
}

function headOf(page: Pick<PageDefinition, "title" | "meta">, location: RouterLocation) {
  const title = typeof page.title === "function" ? page.title(location, t) : page.title && t(page.title);
  return {
    ...(typeof title === "string" ? { title } : {}),
    ...(page.meta === undefined ? {} : { meta: page.meta }),
  };
}

const OUR_ORIGIN = "http://antiphon.invalid";

function safeRedirect(route: string, to: string, external: boolean): string {
  if (external) {
    const target = URL.canParse(to, OUR_ORIGIN) ? new URL(to, OUR_ORIGIN) : undefined;
    // A `javascript:` or `data:` target would run in the page's place.
    if (target && (target.protocol === "http:" || target.protocol === "https:")) {
      return target.origin === OUR_ORIGIN ? localPart(target) : target.href;
    }
    throw serverErrors.SERVER_REDIRECT_UNSAFE(route, to);
  }
  // Parsed, not compared as text: "//evil.example", "/\evil.example" and "https:evil.example" all leave the origin.
  const target = to.startsWith("/") && URL.canParse(to, OUR_ORIGIN) ? new URL(to, OUR_ORIGIN) : undefined;
  if (target?.origin !== OUR_ORIGIN) throw serverErrors.SERVER_REDIRECT_UNSAFE(route, to);
  return localPart(target);
}

function localPart(target: URL): string {
  // "/..//evil.example" parses to our origin with the path "//evil.example", which a browser would take for a host.
  return `${target.pathname.replace(/^\/{2,}/, "/")}${target.search}${target.hash}`;
}

/** Who asks cannot be found out now: that is worth another try, and no fault of the guard. */
function isUnavailable(error: unknown): boolean {
  return error instanceof AntiphonError && error.status === 503;
}

function isUnsafeRedirect(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SERVER_REDIRECT_UNSAFE";
}
