import { loadConfig } from "../config/load-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { ownMessages } from "../i18n/catalogues.ts";
import { LanguageSet } from "../i18n/languages.ts";
import { type SourceMessage, type SourceTexts, withoutForm } from "../i18n/merge-catalogue.ts";
import type { MessageCall } from "../vite/message-calls.ts";
import { ERROR_PARAMETERS } from "./error-codes.ts";

/** Reads the languages of an app from its settings. */
export async function appLanguages(root: string): Promise<LanguageSet> {
  const { config } = await loadConfig({ root });
  const { languages, defaultLanguage } = resolveConfig(config, { root, mode: "development" }).i18n;
  return new LanguageSet(languages, defaultLanguage);
}

/** Finds the messages in the sources of an app, one for each key, and the errors that it and Antiphon throw. */
export async function appTexts(root: string): Promise<SourceTexts> {
  const { sourceTexts } = await import("../vite/source-messages.ts");
  const { calls, errors: thrown } = await sourceTexts(root);
  const found = new Map<string, SourceMessage>();
  for (const call of calls) found.set(call.key, together(found.get(call.key), call));
  const errors = new Map<string, number | undefined>(ERROR_PARAMETERS);
  for (const { code, parameters } of thrown) {
    const known = errors.has(code) ? errors.get(code) : 0;
    errors.set(code, parameters === undefined || known === undefined ? undefined : Math.max(known, parameters));
  }
  return { messages: [...found.values()].sort((one, other) => (one.key < other.key ? -1 : 1)), errors };
}

/** Returns what tells whether a key is used without a call in the sources: a text of Antiphon itself, or the code of an error. */
export async function ownKeys({ errors }: SourceTexts): Promise<(key: string) => boolean> {
  const own = await ownMessages();
  return (key) => errors.has(key) || own.has(withoutForm(key));
}

function together(known: SourceMessage | undefined, call: MessageCall): SourceMessage {
  const { key, contexts, anyContext, counts, ordinal } = call;
  return {
    key,
    plain: (known?.plain ?? false) || contexts.length === 0,
    contexts: new Set([...(known?.contexts ?? []), ...contexts]),
    anyContext: (known?.anyContext ?? false) || anyContext,
    counts: (known?.counts ?? false) || (counts && !ordinal),
    ordinal: (known?.ordinal ?? false) || ordinal,
  };
}
