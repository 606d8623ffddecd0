import type { IncomingMessage } from "node:http";
import { Session } from "node:inspector/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loginTarget, onwardTarget } from "./auth/guards/login-redirect.ts";
import { isSameEmail, normalizeEmail, normalizeUsername, usernameCharacters } from "./auth/users/username.ts";
import { isAllowedHost } from "./bridge/allowed-host.ts";
import { clientAddress } from "./bridge/client-address.ts";
import { parseCookies, readSetCookie } from "./bridge/cookie-header.ts";
import { crossSiteProblem } from "./bridge/cross-site.ts";
import { proxyTrust, readForwarded } from "./bridge/forwarded.ts";
import { isOwnOrigin } from "./bridge/origin-check.ts";
import { safeNext } from "./bridge/safe-next.ts";
import { parseFrame, parseHello } from "./channel/parse-frame.ts";
import { reasonOf } from "./errors.ts";
import { LanguageSet } from "./i18n/languages.ts";
import { acceptedLanguages, pathInLanguage } from "./i18n/negotiate.ts";
import { visible } from "./mail/message.ts";
import { searchWords } from "./models/query/search.ts";
import { email, slug, url } from "./models/schema/validators.ts";
import { fillPlaceholders } from "./protocol/messages.ts";
import { matchPage, pageTable } from "./protocol/page.ts";
import { compileRoute, matchRoute } from "./protocol/routes.ts";
import { wireParser } from "./protocol/wire-parser.ts";
import { pathOwner, prefixTable, readTarget } from "./server/http/path-owner.ts";
import { byteRange } from "./server/views/byte-range.ts";
import { isDocumentRequest } from "./server/views/document.ts";
import { fillDocument } from "./server/views/document-html.ts";
import { isSessionKey } from "./sessions/session-key.ts";

/** Characters that parsers of outside text look for, and those that make long runs of what is skipped. */
const SEPARATORS = [
  ..." \t;,=/\\.:%&?#@-+_\"'<>[]{}()*|\n\r\u0000\u00a0\u3000\u0301a1",
  "%20",
  "%2F",
  "=;",
  ": ",
  "a=",
  "<title",
  "<meta ",
  "/../",
];

/** A text in which each separator comes in a run, with something behind it that ends the run. */
function texts(length: number): string[] {
  return SEPARATORS.flatMap((separator) => {
    const run = separator.repeat(Math.ceil(length / separator.length));
    return [run, `a=x${run}y`, `/${run}x`];
  });
}

const headers = (name: string, value: string) => ({ method: "GET", url: "/", headers: { [name]: value } });
const prefixes = prefixTable({ backendPrefix: "/api" });
const pages = pageTable([{ route: "/files/[...path]" }, { route: "/notes/[id]" }]);
const rest = compileRoute("/files/[...path]");
const languages = new LanguageSet({ en: "English", ar: "العربية" });
const trust = proxyTrust(true);
const template = "<html><head><title>App</title>\n<meta name='description' content='x'>\n</head></html>";
const { Decoder } = wireParser({ frame: 262_144, depth: 64 });
const request = (name: string, value: string) =>
  ({ ...headers(name, value), socket: { remoteAddress: "127.0.0.1" } }) as unknown as IncomingMessage;
const crossSite = (name: string, value: string) =>
  crossSiteProblem({
    method: "POST",
    headers: { [name]: value },
    protocol: "http",
    host: "a.example",
    hasSessionCookie: true,
    trustedOrigins: ["https://*.a.example"],
  });

/** Everything that reads a text of a visitor. */
const READERS: { readonly [name: string]: (text: string) => unknown } = {
  "a Cookie header": parseCookies,
  "a Set-Cookie line": readSetCookie,
  "a request target": (text) => readTarget(text),
  "the owner of a path": (text) => pathOwner(prefixes, `/api/${text}`),
  "a page's route": (text) => matchPage(pages, `/files/${text}`),
  "a route's parameters": (text) => matchRoute(rest, `/files/${text}`),
  "a Host header": (text) => isAllowedHost(text, { mode: "production", allowedHosts: [".a.example"] }),
  "an Accept-Language header": (text) => acceptedLanguages(text).map((code) => languages.match(code)),
  "a language cookie": (text) => languages.exact(text),
  "a path in another language": (text) => pathInLanguage(`/${text}`, "ar", languages),
  "a text with placeholders": (text) => fillPlaceholders(text, "en", { name: text }),
  "an Accept header": (text) => isDocumentRequest(headers("accept", text)),
  "an Origin of a socket": (text) => isOwnOrigin({ origin: text, host: text, trustedOrigins: ["https://*.a.example"] }),
  "an Origin header": (text) => crossSite("origin", text),
  "a Referer header": (text) => crossSite("referer", text),
  "a forwarded host": (text) => readForwarded(request("x-forwarded-host", text), trust),
  "a forwarded protocol": (text) => readForwarded(request("x-forwarded-proto", text), trust),
  "a forwarded address": (text) => readForwarded(request("x-forwarded-for", text), trust),
  "an address": clientAddress,
  "a Range header": (text) => byteRange(request("range", text), { size: 100, etag: "e", lastModified: "l" }),
  "a place to go on to": (text) => safeNext(text, { host: "a.example", secure: true, fallback: "/" }),
  "the page that asks to sign in": (text) => loginTarget("/login", { url: `/files/${text}`, origin: undefined }),
  "the page to go on to": (text) => onwardTarget("/", "/login", text),
  "a document's title": (text) =>
    fillDocument(template, { title: text, meta: [{ name: "description", content: text }] }),
  "a session's key": isSessionKey,
  "a packet of the socket": (text) => new Decoder().add(text),
  "a frame": (text) => parseFrame({ kind: "event", id: 1, seen: 0, state: text, event: text, args: [text] }),
  "a hello": (text) => parseHello({ protocol: 1, build: text, page: text, path: text, watch: [text] }),
  "a user's name": (text) => [normalizeUsername(text), usernameCharacters(text)],
  "an e-mail address": (text) => [normalizeEmail(text), isSameEmail(text, text), email()(text)],
  "a URL in a field": (text) => url()(text),
  "a slug": (text) => slug()(text),
  "words to search for": searchWords,
  "a text in a log line": visible,
  "the message of an error": (text) => reasonOf(new Error(text)),
};

/** Methods that look through a text to its end when they find nothing; the engine does not count their steps. */
const SEARCHES = ["indexOf", "lastIndexOf", "includes", "split", "trim", "trimEnd", "trimStart", "replaceAll"] as const;

let session: Session;
let searched = 0;
const originals = new Map<string, unknown>();

beforeAll(async () => {
  session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  for (const name of SEARCHES) {
    const original = String.prototype[name] as (...args: unknown[]) => unknown;
    originals.set(name, original);
    Object.defineProperty(String.prototype, name, {
      configurable: true,
      writable: true,
      value(this: string, ...args: unknown[]) {
        searched += this.length;
        return original.apply(this, args);
      },
    });
  }
});

afterAll(() => {
  for (const [name, value] of originals)
    Object.defineProperty(String.prototype, name, { configurable: true, writable: true, value });
  session.disconnect();
});

/** How often the engine has run the blocks of the framework's code since the last look, and how much was searched. */
async function stepsOf(work: () => void): Promise<number> {
  await session.post("Profiler.takePreciseCoverage");
  searched = 0;
  work();
  const found = searched;
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const own = result.filter(({ url: script }) => script.includes("/src/") && !script.endsWith(".test.ts"));
  const blocks = own.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
  return found + blocks.reduce((sum, count) => sum + count, 0);
}

describe("reading a visitor's text takes steps in proportion to its length", () => {
  test.each(Object.entries(READERS))("%s", async (_name, read) => {
    const readAll = (length: number) => () => {
      for (const text of texts(length)) {
        try {
          read(text);
        } catch {
          // Refusing is right for most of these texts; here only the steps count.
        }
      }
    };
    readAll(100)();
    const short = await stepsOf(readAll(8_192));
    const long = await stepsOf(readAll(65_536));
    expect(short).toBeGreaterThan(0);
    // Eight times the text: twice as many steps a character would still be proportional, eight times as many are not.
    expect(long / short).toBeLessThan(16);
  });

  test("the count finds a search that begins again at every place of a text", async () => {
    const again = (text: string) => () =>
      Array.from({ length: text.length / 64 }, (_, at) => text.slice(at * 64).indexOf("x"));
    const short = await stepsOf(again(" ".repeat(8_192)));
    expect((await stepsOf(again(" ".repeat(65_536)))) / short).toBeGreaterThan(16);
  });
});
