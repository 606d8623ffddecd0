import { use, useContext, useMemo, useSyncExternalStore } from "react";
import { type Formats, formatsFor } from "../../protocol/formats.ts";
import { type MessageTable, type Translate, translate } from "../../protocol/messages.ts";
import { clientErrors } from "../errors.ts";
import { missingValue } from "../languages/missing-value.ts";
import { browserTimeZone } from "../languages/page-language.ts";
import { useRuntime } from "../pages/page-runtime.ts";
import { LocationContext } from "../pages/router.tsx";

/** The language of the page, and the translation of its texts. */
export interface I18nView {
  /** Translates a text; one without a translation is shown as it is. */
  readonly t: Translate;
  /** Code of the language in which the page is shown. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
  /** Names of the app's languages, by code. */
  readonly languages: { readonly [code: string]: string };
  /** Chooses another language, for every page of the visitor; resolves when the server has taken it. */
  readonly setLanguage: (language: string) => Promise<void>;
}

/**
 * Translates the texts of a component, and switches the language without a reload.
 *
 * @example
 * const { t, language, languages, setLanguage } = useI18n();
 * return <h1>{t("{{count}} notes", { count: notes.length })}</h1>;
 */
export function useI18n(): I18nView {
  const { language } = useRuntime("useI18n");
  const shown = useSyncExternalStore(language.subscribe, language.current, language.current);
  const { tables, route } = useTables();
  return useMemo(
    () => ({
      t: (key, values) => {
        language.check(route, key);
        return translate(tablesOf(tables, shown.language), key, values, missingValue(key));
      },
      ...shown,
      languages: language.languages,
      setLanguage: (code: string) => language.choose(code),
    }),
    [language, shown, tables, route],
  );
}

/** The messages of the page; a component that needs them before they are here waits for them. */
function useTables(): { readonly tables: readonly MessageTable[]; readonly route: string } {
  const { language } = useRuntime("useI18n");
  const location = useContext(LocationContext);
  if (!location) throw clientErrors.CLIENT_OUTSIDE_APP("useI18n");
  const { route } = location.state.location;
  // A component that has suspended must call `use()` again, also when the messages are here.
  const awaited = language.awaited(route);
  const arrived = awaited && use(awaited);
  return { tables: language.tables(route) ?? arrived ?? use(language.arrival(route)), route };
}

/** Without a table the language is not known to `translate()`, which needs it for the digits of a count. */
function tablesOf(tables: readonly MessageTable[], language: string): readonly MessageTable[] {
  return tables.length > 0 ? tables : [{ language, texts: {} }];
}

/**
 * Formats dates and numbers in the language of the page and the time zone of the visitor.
 *
 * @example
 * const format = useFormat();
 * return <time dateTime={note.createdAt}>{format.dateTime(note.createdAt)}</time>;
 */
export function useFormat(): Formats {
  const { language } = useRuntime("useFormat");
  const shown = useSyncExternalStore(language.subscribe, language.current, language.current);
  return formatsFor(shown.language, browserTimeZone());
}
