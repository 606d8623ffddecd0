import { type Resolved, type RulesOf, type ValueRule, withDefault } from "../setting.ts";
import { flag, isPlainObject, nonEmptyText } from "../setting-rules.ts";

/** Settings of languages. */
export interface I18nConfig {
  /** Languages of the app, each code with the language's own name: `{ en: "English", ar: "العربية" }`. English alone when absent. */
  readonly languages?: { readonly [code: string]: string };
  /** Language of a visitor who asks for none that the app has; the first one when absent. */
  readonly defaultLanguage?: string;
  /** Whether the first segment of a path may choose the language, as in `/ar/notes`; true when absent. */
  readonly urlPrefix?: boolean;
  /** Time zone of dates on the server, for a visitor whose own is not known; "UTC" when absent. */
  readonly timeZone?: string;
}

const languages: ValueRule = {
  expected: 'languages by code, such as { en: "English", ar: "العربية" }',
  accepts: (value) =>
    isPlainObject(value) &&
    Object.keys(value).length > 0 &&
    Object.values(value).every((name) => typeof name === "string" && name !== ""),
};

/** Rules and defaults of {@link I18nConfig}. */
export const i18nOptions = {
  languages: withDefault(languages, { en: "English" } as { readonly [code: string]: string }),
  defaultLanguage: nonEmptyText,
  urlPrefix: withDefault(flag, true),
  timeZone: withDefault(nonEmptyText, "UTC"),
} satisfies RulesOf<I18nConfig>;

/** Settings of languages with their defaults. */
export type ResolvedI18nConfig = Resolved<I18nConfig, typeof i18nOptions>;
