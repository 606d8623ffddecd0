import { type LanguageSet, MAX_READ } from "./languages.ts";

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
  for (const code of acceptedLanguages(acceptLanguage)) {
    if (code === "*") break;
    const language = languages.match(code);
    if (language !== undefined) return { language, by: "header" };
  }
  return { language: defaultLanguage, by: "default" };
}

/** Returns the language that the first segment of a path names, such as the "ar" of `/ar/notes`. */
export function languagePrefix(path: string, languages: LanguageSet): string | undefined {
  const end = path.indexOf("/", 1);
  return languages.exact(path.slice(1, end < 0 ? undefined : end));
}

/**
 * Returns the same path in another language, if its first segment names one.
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

/** Returns the codes of an `Accept-Language` header, the most wanted first; what is malformed is left out. */
export function acceptedLanguages(header: string | undefined): string[] {
  if (!header) return [];
  // A longer header is cut at its last whole part: nobody speaks that many languages.
  const text = header.length > MAX_READ ? header.slice(0, header.lastIndexOf(",", MAX_READ)) : header;
  const accepted: { code: string; quality: number }[] = [];
  for (const part of text.split(",")) {
    const [code = "", parameter] = part.split(";", 2).map((piece) => piece.trim());
    const quality = parameter === undefined ? 1 : qualityOf(parameter);
    if (/^(?:\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,9})$/.test(code) && quality > 0) accepted.push({ code, quality });
  }
  return accepted.sort((one, other) => other.quality - one.quality).map(({ code }) => code);
}

function qualityOf(parameter: string): number {
  const [, digits] = /^q\s?=\s?(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.exec(parameter) ?? [];
  return digits === undefined ? 0 : Number(digits);
}
