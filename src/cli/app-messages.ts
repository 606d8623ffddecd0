import { loadConfig } from "../config/load-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { LanguageSet } from "../i18n/languages.ts";
import type { SourceMessage } from "../i18n/merge-catalogue.ts";

/** Reads the languages of an app from its settings. */
export async function appLanguages(root: string): Promise<LanguageSet> {
  const { config } = await loadConfig({ root });
  const { languages, defaultLanguage } = resolveConfig(config, { root, mode: "development" }).i18n;
  return new LanguageSet(languages, defaultLanguage);
}

/** Finds the messages in the sources of an app, one for each key. */
export async function appMessages(root: string): Promise<SourceMessage[]> {
  const { sourceMessages } = await import("../vite/source-messages.ts");
  const found = new Map<string, SourceMessage>();
  for (const { key, contexts, counts, ordinal, file, line } of await sourceMessages(root)) {
    const known = found.get(key);
    found.set(key, {
      key,
      plain: (known?.plain ?? false) || contexts.length === 0,
      contexts: new Set([...(known?.contexts ?? []), ...contexts]),
      counts: (known?.counts ?? false) || (counts && !ordinal),
      ordinal: (known?.ordinal ?? false) || ordinal,
      place: known?.place ?? `${file}:${line}`,
    });
  }
  return [...found.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
}
