import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { currentContext } from "../../bridge/current-request.ts";
import { escapeHtml } from "../../escape-html.ts";
import { currentTranslator } from "../../i18n/current-language.ts";
import { errorForReader } from "../../i18n/reader-text.ts";
import { AUTH_ELEMENT, type AuthPageSettings } from "../../protocol/auth-pages.ts";
import { BASE_META } from "../../protocol/base-path.ts";
import { MESSAGES_ELEMENT, type PageLanguages, textDirection } from "../../protocol/messages.ts";
import { type MetaTag, matchPage, type PageTable } from "../../protocol/page.ts";
import { trimEnd } from "../../trim-ends.ts";
import { decideDocument, isDocumentRequest, type ShownApp } from "./document.ts";
import { finishPage, preparePage } from "./page-requests.ts";

/** What a page says of its document's head. */
export interface DocumentHead {
  readonly title?: string;
  readonly meta?: readonly MetaTag[];
  /** Language of the page, and the messages that it needs; the template's own language when absent. */
  readonly languages?: PageLanguages | undefined;
  /** Settings of the pages of `antiphon/auth/pages`; undefined for an app without such pages. */
  readonly auth?: AuthPageSettings | undefined;
}

/**
 * Puts a page's title and meta tags into a document, in place of the template's own. Everything is escaped.
 *
 * The title of the template, or else `appName`, is that of pages without one; the document of a page with a title names it
 * for later pages.
 *
 * @example
 * fillDocument("<head><title>App</title></head>", { title: "Notes" }); // <title>Notes</title>, and App in a meta tag
 */
export function fillDocument(html: string, head: DocumentHead, appName = ""): string {
  const metas = (head.meta ?? []).map(({ name, property, content }): [key: string, value: string, content: string] =>
    name === undefined ? ["property", property ?? "", content] : ["name", name, content],
  );
  const tags = metas.map(
    ([key, value, content]) => `<meta ${key}="${escapeHtml(value)}" content="${escapeHtml(content)}">`,
  );
  const own = TITLE.exec(html)?.[1];
  const titles = titleTags(head.title, own, appName);
  tags.unshift(...titles);
  if (head.languages) tags.push(jsonElement(MESSAGES_ELEMENT, head.languages));
  if (head.auth) tags.push(jsonElement(AUTH_ELEMENT, head.auth));
  if (tags.length === 0) return html;
  // The template is searched, never the filled document: a title may hold any text that a visitor sends.
  const spoken = head.languages ? inLanguage(html, head.languages.language) : html;
  const titled = titles.length === 0 ? spoken : spoken.replace(TITLE, "");
  const bare = titled.replace(META, (tag) => (metas.some(([key, value]) => names(tag, key, value)) ? "" : tag));
  const end = bare.search(/<\/head>/i);
  if (end < 0) return bare;
  const before = trimEnd(bare.slice(0, end), " \t");
  return `${before}${tags.map((tag) => `    ${tag}\n`).join("")}${bare.slice(before.length)}`;
}

const TITLE = /<title[^<>]*>([^<]*)<\/title>/i;

/** Returns the tags of a document's title: none if it keeps its own, which is escaped already, or gets none. */
function titleTags(title: string | undefined, own: string | undefined, appName: string): string[] {
  if (title === undefined) return own !== undefined || appName === "" ? [] : [`<title>${escapeHtml(appName)}</title>`];
  const usual = own?.trim().replaceAll('"', "&quot;") ?? escapeHtml(appName);
  const meta = usual === "" ? [] : [`<meta name="antiphon-title" content="${usual}">`];
  return [`<title>${escapeHtml(title)}</title>`, ...meta];
}

/** Data, which no Content-Security-Policy keeps from being read: it is no script that runs. */
function jsonElement(id: string, data: object): string {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="${id}">${json}</script>`;
}

/** Sets language and direction of the document, in place of the template's own. */
function inLanguage(html: string, language: string): string {
  return html.replace(ROOT, (_, attributes: string) => {
    const others = attributes.replace(LANGUAGE_ATTRIBUTE, "");
    return `<html lang="${escapeHtml(language)}" dir="${textDirection(language)}"${others}>`;
  });
}

const ROOT = /<html\b([^<>]*)>/i;
const LANGUAGE_ATTRIBUTE = /\s(?:lang|dir)=(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+)/gi;

/** A line that holds nothing but the tag goes whole. */
const META = /^[ \t]*<meta[^<>]*>\n|<meta[^<>]*>/gim;

/** Whether a tag has an attribute with this value. */
function names(tag: string, key: string, value: string): boolean {
  return tag.includes(` ${key}="${value}"`) || tag.includes(` ${key}='${value}'`);
}

/** What {@link answerDocument} needs beside the request. */
export interface DocumentSource {
  readonly app: ShownApp;
  /** Title of pages without one, if the template has none either. */
  readonly appName: string;
  /** The document without a page's title and meta tags. */
  html(url: string): string | Promise<string>;
  /** Whether two answers with the same text are the same: not so when each holds a nonce. */
  readonly repeatable: boolean;
}

/** Answers a request that no file answers: the page's document, a redirect, or a plain 404 for a missing file. */
export async function answerDocument(
  request: IncomingMessage,
  response: ServerResponse,
  source: DocumentSource,
): Promise<void> {
  const url = request.url ?? "/";
  if (!isDocumentRequest(request)) return send(request, response, 404, "text/plain; charset=utf-8", "Not found\n");
  await preparePage();
  const decision = await decideDocument(source.app, url);
  // Who may see a page changes, so an answer is always asked for again.
  response.setHeader("Cache-Control", "no-cache");
  const languages = "redirect" in decision ? undefined : await documentLanguages(source.app.pages, url);
  await finishPage(response, "redirect" in decision ? 302 : decision.status);
  if ("redirect" in decision) {
    response.writeHead(302, { location: decision.redirect }).end();
    return;
  }
  const head = decision.error === undefined ? decision : refusedHead(decision.status, decision.error);
  const template = withBaseTag(await source.html(url), source.app.basePath);
  const html = fillDocument(template, { ...head, languages, auth: source.app.auth }, source.appName);
  if (source.repeatable && decision.status === 200) {
    const tag = `"${createHash("sha256").update(html).digest("base64url").slice(0, 22)}"`;
    response.setHeader("ETag", tag);
    if (request.headers["if-none-match"]?.split(/,\s*/).some((known) => known.replace(/^W\//, "") === tag)) {
      response.writeHead(304).end();
      return;
    }
  }
  send(request, response, decision.status, "text/html; charset=utf-8", html);
}

/** Returns the language of the request, with the messages of the page that it is for. */
async function documentLanguages(pages: PageTable, url: string): Promise<PageLanguages | undefined> {
  const [context, translator] = [currentContext(), currentTranslator()];
  if (!context || !translator) return undefined;
  return await translator.pageLanguages(context.language, matchPage(pages, url).location.route);
}

/** Tells the page under which path the app is hosted. */
function withBaseTag(html: string, basePath: string | undefined): string {
  return basePath
    ? html.replace(/<\/head>/i, (end) => `  <meta name="${BASE_META}" content="${basePath}">\n  ${end}`)
    : html;
}

/** Tells the page that it must not be shown, and why. */
function refusedHead(status: number, error: Error): DocumentHead {
  const name = status === 404 ? "antiphon-missing" : "antiphon-refused";
  return { meta: [{ name, content: errorForReader(error).message }] };
}

function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}
