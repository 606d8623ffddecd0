import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import { currentContext } from "../../bridge/current-request.ts";
import { AntiphonError, asError, retryAfterOf } from "../../errors.ts";
import { escapeHtml } from "../../escape-html.ts";
import { textForReader } from "../../i18n/keyed-text.ts";
import { type LanguageHeaders, languageHeaders, withVary } from "../../i18n/language-headers.ts";
import { errorForReader } from "../../i18n/reader-text.ts";
import { textDirection } from "../../protocol/messages.ts";
import { serverErrors } from "../errors.ts";
import { isDocumentRequest } from "../views/document.ts";

type Issues = readonly { readonly path: string; readonly message: string }[];

/** How every error of an HTTP request looks. `ref` also stands in the log line of that error. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly ref: string;
    /** Messages of single values, as `fieldErrors()` makes them. */
    readonly issues?: Issues;
  };
}

/** An error turned into what the outside may know of it. */
export interface DescribedError {
  readonly status: number;
  readonly body: ErrorBody;
  /** True when the error is the server's fault, so that it must be logged with its stack. */
  readonly unexpected: boolean;
  /** Seconds after which another try may go well, for the header `Retry-After`. */
  readonly retryAfter?: number;
  /** Methods that the address takes, for the header `Allow`. */
  readonly allow?: string;
  /** Name of the status, in the language of the sentences. */
  readonly title: string;
  /** Language of the sentences, if the request has one. */
  readonly language?: LanguageHeaders;
}

/**
 * Decides what the outside learns of an error: its status, a code and a sentence.
 *
 * A refusal (4xx) tells its own sentence, because it is about the request; one of our errors only if it is marked
 * `expose`. Anything else is a 500 whose sentence is told in development alone.
 *
 * @example
 * const { status, body } = describeError(new Error("no such table: note"), "k3J9", "production");
 * // 500, { error: { code: "SERVER_INTERNAL_ERROR", message: "Something went wrong on the server.", ref: "k3J9" } }
 */
export function describeError(thrown: unknown, ref: string, mode: string): DescribedError {
  const error = asError(thrown);
  const status = statusOf(error);
  const open = mode !== "production";
  const code = codeOf(error);
  const { message, issues } = errorForReader(error);
  const tell = open || (error instanceof AntiphonError ? error.expose : status < 500);
  const hidden =
    status < 500
      ? serverErrors.SERVER_REQUEST_REFUSED(STATUS_CODES[status] ?? "Refused")
      : serverErrors.SERVER_INTERNAL_ERROR();
  const fallback = { code: hidden.code, message: errorForReader(hidden).message };
  const told = tell ? { code: code ?? fallback.code, message: message || fallback.message } : fallback;
  // The code of one of our own errors names no secret and is what a reader of docs/reference/errors.md looks for.
  const shown = !tell && error instanceof AntiphonError ? { ...fallback, code: error.code } : told;
  const retryAfter = retryAfterOf(error);
  const allow = allowOf(error);
  const context = currentContext();
  const language = context && languageHeaders(context);
  return {
    status,
    title: textForReader({ key: STATUS_CODES[status] ?? "Error" }),
    body: { error: { ...shown, ref, ...(tell ? issuesOf(issues) : {}) } },
    unexpected: status >= 500,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(allow === undefined ? {} : { allow }),
    ...(language === undefined ? {} : { language }),
  };
}

/** Answers with an error: a small page for someone who asked for a document, JSON for everyone else. */
export function sendError(request: IncomingMessage, response: ServerResponse, described: DescribedError): void {
  if (response.headersSent || response.writableEnded) {
    // Half of another answer is out: only a broken connection tells the reader that it is not whole.
    response.destroy();
    return;
  }
  const html = isDocumentRequest(request) && request.headers.accept?.includes("text/html") === true;
  const text = html ? errorPage(described) : JSON.stringify(described.body);
  response.statusCode = described.status;
  response.removeHeader("Content-Encoding");
  response.removeHeader("ETag");
  response.setHeader("Content-Type", html ? "text/html; charset=utf-8" : "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.setHeader("Cache-Control", "no-store");
  if (described.language) setLanguageHeaders(response, described.language);
  if (described.retryAfter !== undefined) response.setHeader("Retry-After", described.retryAfter);
  if (described.allow !== undefined) response.setHeader("Allow", described.allow);
  response.end(request.method === "HEAD" ? undefined : text);
}

function statusOf(error: unknown): number {
  // `status` of a foreign error is often the status of another server's answer, so only Fastify's `statusCode` counts.
  const given =
    error instanceof AntiphonError
      ? error.status
      : error instanceof Error && "statusCode" in error
        ? error.statusCode
        : 500;
  return typeof given === "number" && Number.isInteger(given) && given >= 400 && given <= 599 ? given : 500;
}

function issuesOf(issues: Issues | undefined): { issues?: Issues } {
  return issues ? { issues: issues.map(({ path, message }) => ({ path, message })) } : {};
}

/** The methods that an error of ours tells. */
function allowOf(error: unknown): string | undefined {
  const details = error instanceof AntiphonError && error.status === 405 ? error.details : undefined;
  const allow = (details as { readonly allow?: unknown } | null | undefined)?.allow;
  return typeof allow === "string" && /^[A-Z]+(?:, [A-Z]+)*$/.test(allow) ? allow : undefined;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && error.code !== "" ? error.code : undefined;
}

function setLanguageHeaders(response: ServerResponse, { contentLanguage, vary }: LanguageHeaders): void {
  response.setHeader("Content-Language", contentLanguage);
  if (vary.length > 0) response.setHeader("Vary", withVary(String(response.getHeader("Vary") ?? ""), vary));
}

function errorPage({ status, body, language, title: name }: DescribedError): string {
  const { code, message, ref } = body.error;
  const title = escapeHtml(`${status} ${name}`);
  const shownIn = language?.contentLanguage ?? "en";
  return `<!doctype html>
<html lang="${escapeHtml(shownIn)}" dir="${textDirection(shownIn)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}small{color:#666}</style></head>
<body><main><h1>${title}</h1><p>${escapeHtml(message)}</p><p><small>${escapeHtml(code)} · ${escapeHtml(ref)}</small></p></main></body>
</html>
`;
}
