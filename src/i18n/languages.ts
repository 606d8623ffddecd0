import { i18nErrors } from "./errors.ts";

/** Most characters that are read of a code or of an `Accept-Language` header. */
export const MAX_READ = 500;

/** Longest code of a language. */
const MAX_CODE = 35;

/**
 * The languages of an app. Codes are kept in their usual form: `zh-hant` is `zh-Hant`, `pt-br` is `pt-BR`.
 *
 * @throws I18N_CODE_INVALID, I18N_DEFAULT_UNKNOWN
 */
export class LanguageSet {
  /** Names of the languages, by code, in the order of the settings. */
  readonly names: ReadonlyMap<string, string>;
  readonly defaultLanguage: string;
  /** Codes by the code in lower case. */
  readonly #codes = new Map<string, string>();
  /** The first parts of the codes in lower case, such as the "pt" of `pt-BR`. */
  readonly #generals = new Set<string>();

  constructor(languages: { readonly [code: string]: string }, defaultLanguage?: string) {
    const names = new Map<string, string>();
    for (const [given, name] of Object.entries(languages)) {
      const code = canonical(given);
      if (code === undefined) throw i18nErrors.I18N_CODE_INVALID(given);
      names.set(code, name);
      this.#codes.set(code.toLowerCase(), code);
      this.#generals.add(generalPart(code));
    }
    this.names = names;
    const first = names.keys().next().value ?? "en";
    const known = defaultLanguage === undefined ? first : this.exact(defaultLanguage);
    if (known === undefined) throw i18nErrors.I18N_DEFAULT_UNKNOWN(defaultLanguage ?? "", [...names.keys()]);
    this.defaultLanguage = known;
  }

  /** Whether visitors have a choice. */
  get areSeveral(): boolean {
    return this.names.size > 1;
  }

  /** Returns the code of a language that the app has, whatever the case of its letters. */
  exact(code: unknown): string | undefined {
    return typeof code === "string" && code.length <= MAX_READ ? this.#codes.get(code.toLowerCase()) : undefined;
  }

  /** Returns the code of a language that the app must have. @throws I18N_LANGUAGE_UNKNOWN */
  known(code: string): string {
    const known = this.exact(code);
    if (known !== undefined) return known;
    const got = String(code);
    const shown = got.length > MAX_CODE ? `${got.slice(0, MAX_CODE)}…` : got;
    throw i18nErrors.I18N_LANGUAGE_UNKNOWN(shown, [...this.names.keys()]);
  }

  /**
   * Returns the app's language that fits a visitor's: the same one, the one of the same script, a more general one
   * (`pt-BR` → `pt`), or another one of the same language (`fr` → `fr-CA`).
   */
  match(code: string): string | undefined {
    if (code.length > MAX_READ) return undefined;
    const general = generalPart(code);
    // Visitors choose how many codes they send, and the work of `Intl` for one takes long.
    if (!this.#generals.has(general)) return undefined;
    for (const candidate of candidates(code)) {
      const found = this.exact(candidate);
      if (found !== undefined) return found;
    }
    for (const [lower, found] of this.#codes) if (lower.startsWith(`${general}-`)) return found;
    return undefined;
  }
}

/**
 * Returns the more general languages of a code that are written in the same script, the closest one first.
 *
 * @example
 * generalLanguages("de-AT-1996"); // ["de-AT", "de"]
 * generalLanguages("zh-Hant"); // []
 */
export function generalLanguages(code: string): string[] {
  const found: string[] = [];
  for (let end = code.lastIndexOf("-"); end > 0; end = code.lastIndexOf("-", end - 1)) {
    const general = canonical(code.slice(0, end));
    if (general !== undefined && scriptOf(general) === scriptOf(code)) found.push(general);
  }
  return found;
}

function scriptOf(code: string): string | undefined {
  return new Intl.Locale(code).maximize().script;
}

/** Returns the first part of a code in lower case. */
function generalPart(code: string): string {
  const end = code.indexOf("-");
  return (end < 0 ? code : code.slice(0, end)).toLowerCase();
}

function* candidates(code: string): Generator<string> {
  yield code;
  const canonicalCode = canonical(code);
  if (canonicalCode !== undefined) {
    const { language, script } = new Intl.Locale(canonicalCode).maximize();
    yield `${language}-${script}`;
  }
  for (let end = code.lastIndexOf("-"); end > 0; end = code.lastIndexOf("-", end - 1)) yield code.slice(0, end);
}

/** The usual form of a code; undefined for a text that is none. */
function canonical(code: string): string | undefined {
  try {
    return code.length > MAX_CODE ? undefined : new Intl.Locale(code).toString();
  } catch {
    return undefined;
  }
}
