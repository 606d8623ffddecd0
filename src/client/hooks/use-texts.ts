import { useContext, useMemo, useSyncExternalStore } from "react";
import { type MessageValues, translate } from "../../protocol/messages.ts";
import { ENGLISH_PAGE_TEXTS, type PageText } from "../../protocol/page-texts.ts";
import { RuntimeContext } from "../pages/page-runtime.ts";
import { LocationContext } from "../pages/router.tsx";

/** Translates the framework's own texts. It waits for nothing: it is used where a page cannot be shown. */
export function useTexts(): (text: PageText, values?: MessageValues) => string {
  const language = useContext(RuntimeContext)?.language;
  const route = useContext(LocationContext)?.state.location.route ?? "";
  const shown = useSyncExternalStore(language?.subscribe ?? neverChanges, language?.current ?? none, none);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another language has other tables
  return useMemo(() => {
    const tables = [...(language?.tables(route) ?? []), ENGLISH_PAGE_TEXTS];
    return (text, values) => translate(tables, text, values);
  }, [language, route, shown]);
}

const none = () => undefined;
const neverChanges = () => () => {};
