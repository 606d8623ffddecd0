import { type LanguageSet, MAX_READ } from "./languages.ts";

/** Most codes that are read of an `Accept-Language` header. */
const MAX_CODES = 20;

/** Most `Accept-Language` headers that are remembered for one app. */
const MAX_HEADERS = 1_000;

/** The languages that recent headers have chosen: none is remembered as undefined. */
const recentHeaders = new WeakMap<LanguageSet, Map<string, string | undefined>>();

/** The parts of a request that name a language. */
export interface LanguageSource {
  /** The path, without the query. */
  readonly path: string;
  /** Value of the language cookie. */
  readonly cookie: string | undefined;
  readonly acceptLanguage: string | undefined;
}

/** A language, and the part of the request that named it. */
export interface NegotiatedLanguage {
  readonly language: string;
  readonly by: "url" | "cookie" | "header" | "default";
}

/**
 * Chooses the language of a request: the first segment of the URL, then the cookie, then `Accept-Language`, then the
 * default. A language that the app does not have is passed over.
 *
 * @example
 * negotiateLanguage({ path: "/notes", cookie: undefined, acceptLanguage: "de-AT, en;q=0.5" }, languages);
 */
export function negotiateLanguage(
  { path, cookie, acceptLanguage }: LanguageSource,
  languages: LanguageSet,
  urlPrefix = true,
): NegotiatedLanguage {
  const { defaultLanguage } = languages;
  if (!languages.areSeveral) return { language: defaultLanguage, by: "default" };
  const prefix = urlPrefix ? languagePrefix(path, languages) : undefined;
  if (prefix !== undefined) return { language: prefix, by: "url" };
  const chosen = cookie === undefined ? undefined : languages.exact(cookie);
  if (chosen !== undefined) return { language: chosen, by: "cookie" };
  const accepted = acceptLanguage ? languageOfHeader(acceptLanguage, languages) : undefined;
  return accepted === undefined ? { language: defaultLanguage, by: "default" } : { language: accepted, by: "header" };
}

/**
 * Returns the language that an `Accept-Language` header chooses. Each message of a socket comes with the header of its
 * opening, so recent headers are not read again.
 */
function languageOfHeader(header: string, languages: LanguageSet): string | undefined {
  const text = readPart(header);
  const recent = recentHeaders.get(languages) ?? new Map<string, string | undefined>();
  recentHeaders.set(languages, recent);
  if (recent.has(text)) return recent.get(text);
  const language = firstMatch(text, languages);
  if (recent.size >= MAX_HEADERS) recent.clear();
  recent.set(text, language);
  return language;
}

function firstMatch(header: string, languages: LanguageSet): string | undefined {
  for (const code of acceptedLanguages(header)) {
    if (code === "*") return undefined;
    const language = languages.match(code);
    if (language !== undefined) return language;
  }
  return undefined;
}

/** Returns the language that the first segment of a path names, such as the "ar" of `/ar/notes`. */
function languagePrefix(path: string, languages: LanguageSet): string | undefined {
  const end = path.indexOf("/", 1);
  return languages.exact(path.slice(1, end < 0 ? undefined : end));
}

/**
 * Returns the same path in another language, if its first segment names one. Use `Translator.pathIn()`, which knows whether
 * the app's paths choose a language.
 *
 * @example
 * pathInLanguage("/ar/notes?page=2", "de", languages); // "/de/notes?page=2"
 */
export function pathInLanguage(url: string, language: string, languages: LanguageSet): string {
  const path = url.slice(0, url.search(/[?#]|$/));
  if (languagePrefix(path, languages) === undefined) return url;
  const end = path.indexOf("/", 1);
  return `/${language}${url.slice(end < 0 ? path.length : end)}`;
}

/** Returns the first codes of an `Accept-Language` header, the most wanted first. Malformed ones are left out. */
export function acceptedLanguages(header: string | undefined): string[] {
  if (!header) return [];
  const accepted: { code: string; quality: number }[] = [];
  for (const part of readPart(header).split(",", MAX_CODES)) {
    const [code = "", parameter] = part.split(";", 2).map((piece) => piece.trim());
    const quality = parameter === undefined ? 1 : qualityOf(parameter);
    if (/^(?:\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,9})$/.test(code) && quality > 0) accepted.push({ code, quality });
  }
  return accepted.sort((one, other) => other.quality - one.quality).map(({ code }) => code);
}

/** Returns the part of a header that is read. A header that is too long is cut after its last whole part, if it has one. */
function readPart(header: string): string {
  return header.length > MAX_READ ? header.slice(0, Math.max(0, header.lastIndexOf(",", MAX_READ))) : header;
}

function qualityOf(parameter: string): number {
  const [, digits] = /^q\s?=\s?(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(parameter) ?? [];
  return digits === undefined ? 0 : Number(digits);
}
