import { currentContext, requestFor } from "../bridge/current-request.ts";
import type { RequestContext } from "../bridge/request-context.ts";
import { ContextVariable } from "../context-variable.ts";
import { activeReader } from "../getter-reads.ts";
import { type Formats, formatsFor } from "../protocol/formats.ts";
import { type MessageKey, type MessageTable, type MessageValues, translate } from "../protocol/messages.ts";
import { AppPart, currentApp } from "../running-app.ts";
import { i18nErrors } from "./errors.ts";
import { english } from "./texts/english.ts";
import type { Translator } from "./translator.ts";

/** The translator of an app. */
export const translatorPart = new AppPart<Translator>("translator");
const chosen = new ContextVariable<string>();

/** Returns the translator of the running app; undefined where no app runs. */
export function currentTranslator(): Translator | undefined {
  return currentApp()?.get(translatorPart);
}

/**
 * Returns the language of the running code: of the request or event, else the app's default. "en" where no app runs.
 *
 * @throws I18N_READ_IN_GETTER in a getter of a state
 */
export function currentLanguage(): string {
  return languageFor("currentLanguage()");
}

function languageFor(name: string): string {
  const getter = activeReader();
  if (getter) throw i18nErrors.I18N_READ_IN_GETTER(getter.path, name);
  return chosen.getStore() ?? requestFor(name)?.language ?? defaultLanguage();
}

function defaultLanguage(): string {
  return currentTranslator()?.languages.defaultLanguage ?? "en";
}

/**
 * Translates a text into the language of the request, event or command that calls it. A text without a translation is
 * returned as it is; an app translates it in `locales/<code>.json`.
 *
 * @throws I18N_READ_IN_GETTER in a getter of a state, which would not run again when the language changes
 * @example
 * return toast.success(t("Saved {{title}}", { title: note.title }));
 * t("{{count}} notes", { count: 3 });
 */
export function t(key: MessageKey, values: MessageValues = {}): string {
  return translateInto(languageFor("t()"), key, values);
}

/** Where no app runs, texts are as they are written. */
const ENGLISH: MessageTable = { language: "en", texts: english };

/** Translates a text into a language by the running app's catalogues. */
export function translateInto(language: string, key: string, values: MessageValues = {}): string {
  const translator = currentTranslator();
  return translator ? translator.translate(language, key, values) : translate([ENGLISH], key, values);
}

/** Returns the language of `inLanguage()` or of the running request; undefined outside of both. */
export function chosenLanguage(): string | undefined {
  return chosen.getStore() ?? currentContext()?.language;
}

/** Returns the language of the running code: outside of a request, the default language of the app. */
export function readerLanguage(): string {
  return chosenLanguage() ?? defaultLanguage();
}

/** Translates a text of the framework for whoever makes the running request. */
export function translateForReader(text: string, values: MessageValues = {}): string {
  return translateInto(readerLanguage(), text, values);
}

/**
 * Runs work in another language than that of the request, for example a mail to another user.
 *
 * @throws I18N_LANGUAGE_UNKNOWN
 * @example
 * await inLanguage("ar", async () => sendMail({ to, subject: t("Your report"), text: t("It is ready.") }));
 */
export function inLanguage<T>(language: string, work: () => T): T {
  return chosen.run(currentTranslator()?.languages.known(language) ?? language, work);
}

/**
 * Returns formats of dates and numbers in the language of the running code and the time zone of the visitor: the same as
 * `useFormat()` in the page.
 *
 * @throws I18N_READ_IN_GETTER in a getter of a state
 * @example
 * formats().date(note.createdAt, "long");
 */
export function formats(): Formats {
  const language = languageFor("formats()");
  return currentTranslator()?.formats(language, currentContext()) ?? formatsFor(language, "UTC");
}

/** Returns the language of a request; "en" where no app runs. */
export function languageOf(translator: Translator | undefined, context: RequestContext): string {
  return translator?.negotiate(context).language ?? "en";
}
