import { defineErrors } from "../errors.ts";

/** Codes of languages and their messages. */
export const i18nErrors = defineErrors({
  I18N_CODE_INVALID: {
    message: (code: string) =>
      `i18n.languages has the key ${JSON.stringify(code)}, which is not a language code. Expected a code such as "en", "pt-BR" or "zh-Hant".`,
  },
  I18N_DEFAULT_UNKNOWN: {
    message: (code: string, languages: readonly string[]) =>
      `i18n.defaultLanguage is ${JSON.stringify(code)}, which is not a key of i18n.languages. Expected one of: ${languages.join(", ")}.`,
  },
  I18N_ZONE_UNKNOWN: {
    message: (zone: string) =>
      `i18n.timeZone is ${JSON.stringify(zone)}, which is not a time zone. Expected a name such as "Europe/Berlin" or "UTC".`,
  },
  I18N_CATALOGUE_INVALID: {
    message: (file: string, reason: string) =>
      `${file} cannot be read: ${reason}. Expected one JSON object of texts: { "Save": "Speichern" }.`,
  },
  I18N_READ_IN_GETTER: {
    message: (getter: string, call: string) =>
      `The getter ${getter} called ${call}. A getter runs again when a var has changed, and not when the language has. Return the values of the text from the getter, and translate or format them in the page with useI18n() or useFormat(). A getter that needs the language itself reads this.state(I18nState).languageCode.`,
  },
  I18N_LANGUAGE_UNKNOWN: {
    status: 400,
    expose: true,
    message: (code: string, languages: readonly string[]) =>
      `The app has no language ${JSON.stringify(code)}. Expected one of: ${languages.join(", ")}.`,
  },
});
