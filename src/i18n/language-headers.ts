import type { RequestContext } from "../bridge/request-context.ts";
import { currentTranslator } from "./current-language.ts";

/** Headers that say in which language an answer is, and which headers of the request have chosen it. */
export interface LanguageHeaders {
  readonly contentLanguage: string;
  /** Names for `Vary`; none if the URL alone has chosen the language. */
  readonly vary: readonly string[];
}

/** Returns the headers for an answer that depends on the language; undefined for one that does not. */
export function languageHeaders(context: RequestContext): LanguageHeaders | undefined {
  const translator = currentTranslator();
  if (!translator || !context.hasLanguage) return undefined;
  const isNegotiated = translator.languages.areSeveral && translator.negotiate(context).by !== "url";
  return { contentLanguage: context.language, vary: isNegotiated ? ["Accept-Language", "Cookie"] : [] };
}

/** Returns a `Vary` header with further names. */
export function withVary(header: string, names: readonly string[]): string {
  const listed = header
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (listed.includes("*")) return "*";
  const lower = new Set(listed.map((name) => name.toLowerCase()));
  return [...listed, ...names.filter((name) => !lower.has(name.toLowerCase()))].join(", ");
}
