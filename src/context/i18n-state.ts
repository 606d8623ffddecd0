import type { StandardSchemaV1 } from "@standard-schema/spec";
import { currentContext } from "../bridge/current-request.ts";
import { currentLanguage, currentTranslator } from "../i18n/current-language.ts";
import { languageCookie } from "../i18n/language-cookie.ts";
import { textDirection } from "../protocol/messages.ts";
import { tagStates } from "../state/class-info.ts";
import { redirect } from "../state/effects.ts";
import { event } from "../state/event.ts";
import { onPath } from "../state/path-hook.ts";
import { State } from "../state/state.ts";

const code: StandardSchemaV1<string> = {
  "~standard": {
    version: 1,
    vendor: "antiphon",
    validate: (value) =>
      typeof value === "string" ? { value } : { issues: [{ message: "Expected the code of a language." }] },
  },
};

/**
 * The language of the visitor, as vars: for code that shows another thing in another language. Pages translate and format by
 * `useI18n()` and `useFormat()`, which follow it.
 *
 * @example
 * export class HelpState extends State {
 *   get manual() { return `/manual-${this.state(I18nState).languageCode}.pdf`; }
 * }
 */
export class I18nState extends State {
  static override events = {
    sync: { ...event(), bridge: "user" as const },
    setLanguage: { ...event({ args: [code] }), bridge: "user" as const },
  };
  /** Empty until the state is connected. */
  languageCode = "";
  /** Whether the language is written from right to left. */
  languageBidi = false;

  /** Takes over the language of the running event. */
  sync(): void {
    this.#take(currentLanguage());
  }

  /**
   * Chooses a language: for this tab at once, for others and for views by a cookie.
   *
   * @throws I18N_LANGUAGE_UNKNOWN
   */
  setLanguage(given: string) {
    const translator = currentTranslator();
    const context = currentContext();
    if (!translator || !context) return undefined;
    const language = translator.languages.known(given);
    context.setCookie(languageCookie(language, translator.cookiePath));
    // What follows in this event is in the new language already.
    context.language = language;
    this.#take(language);
    // Under the prefix of another language the cookie alone would change nothing.
    const path = translator.pathIn(context.url, language);
    return path === context.url ? undefined : redirect(path);
  }

  #take(language: string): void {
    this.languageCode = language;
    this.languageBidi = textDirection(language) === "rtl";
  }

  protected override onConnect(): void {
    this.sync();
  }

  /** Another page may have the prefix of another language. */
  [onPath](): void {
    this.sync();
  }
}

// Every app has it, so that no module of an app has to export it.
tagStates("antiphon", { I18nState });
