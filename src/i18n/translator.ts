import { createHash } from "node:crypto";
import type { RequestContext } from "../bridge/request-context.ts";
import { LANGUAGE_COOKIE, TIME_ZONE_COOKIE } from "../protocol/endpoints.ts";
import { type Formats, formatsFor, isTimeZone } from "../protocol/formats.ts";
import {
  type MessageValues,
  type PageKeys,
  type PageLanguages,
  type PageMessages,
  translate,
} from "../protocol/messages.ts";
import { PAGE_TEXTS } from "../protocol/page-texts.ts";
import {
  type Catalogue,
  catalogueFile,
  ownCatalogue,
  ownMessages,
  readCatalogue,
  readGeneralCatalogue,
} from "./catalogues.ts";
import { i18nErrors } from "./errors.ts";
import { generalLanguages, LanguageSet } from "./languages.ts";
import { MessageChain } from "./message-chain.ts";
import { MessageIndex } from "./message-index.ts";
import { type MessageListeners, MessageReports } from "./message-reports.ts";
import { type NegotiatedLanguage, negotiateLanguage, pathInLanguage } from "./negotiate.ts";
import type { ResolvedI18nConfig } from "./options.ts";
import { english } from "./texts/english.ts";

/** Options of {@link Translator.open}. */
export interface TranslatorOptions extends MessageListeners {
  /** The app's folder; without it only the texts of Antiphon itself are translated. */
  readonly root?: string;
  readonly config: ResolvedI18nConfig;
  /** Path under which the app is hosted. */
  readonly basePath?: string;
  /** Opens also if a catalogue is not valid, with the error in {@link Translator.failure}: for development. */
  readonly opensBroken?: boolean;
}

/** The messages of a page, and a version that changes with the messages of any page in any language. */
export interface VersionedMessages extends PageMessages {
  readonly version: string;
}

/** Most time zones of visitors that are remembered. */
const MAX_ZONES = 1_000;

/**
 * Translates for all requests of an app at once. It has no current language: each request, event and command names its own.
 */
export class Translator {
  readonly languages: LanguageSet;
  /** Path of the cookie that remembers a visitor's choice: that of all pages of the app. */
  readonly cookiePath: string;
  readonly #config: ResolvedI18nConfig;
  readonly #root: string | undefined;
  /** The app's own texts by language, as they could be read last. */
  readonly #texts = new Map<string, Catalogue>();
  /** Errors of catalogues that are not valid, by language. */
  readonly #failures = new Map<string, unknown>();
  /** Where the messages of each language are looked up. */
  #chains: ReadonlyMap<string, MessageChain> = new Map();
  #versioned: { readonly keys: PageKeys; readonly text: string; readonly version: string } | undefined;
  #keys: () => Promise<PageKeys> = async () => ({ shared: [], pages: {} });
  readonly #zones = new Map<string, boolean>();
  readonly #reports: MessageReports;
  /** Keys of the framework's own texts. */
  #framework: ReadonlySet<string> = new Set();

  private constructor(options: TranslatorOptions) {
    const { root, config, basePath } = options;
    this.cookiePath = basePath || "/";
    this.#reports = new MessageReports(options);
    this.#root = root;
    this.#config = config;
    this.languages = new LanguageSet(config.languages, config.defaultLanguage);
    if (!isTimeZone(config.timeZone)) throw i18nErrors.I18N_ZONE_UNKNOWN(config.timeZone);
  }

  /**
   * Reads the catalogues of an app.
   *
   * @throws I18N_CODE_INVALID, I18N_DEFAULT_UNKNOWN, I18N_ZONE_UNKNOWN, I18N_CATALOGUE_INVALID
   */
  static async open(options: TranslatorOptions): Promise<Translator> {
    const translator = new Translator(options);
    await translator.load();
    if (translator.failure !== undefined && !options.opensBroken) throw translator.failure;
    return translator;
  }

  /** The error of the first catalogue that is not valid. */
  get failure(): unknown {
    return [...this.#failures.values()][0];
  }

  /** Files of all catalogues that are read, whether they exist or not. */
  get files(): readonly string[] {
    const read = [...this.languages.names.keys()].flatMap((language) => [language, ...generalLanguages(language)]);
    return [...new Set(read)].map(catalogueFile);
  }

  /** Reads the catalogues again. Of one that is not valid the earlier texts stay, and {@link failure} says why. */
  async load(): Promise<void> {
    const framework = await ownMessages();
    const indexes = new Map<string, MessageIndex>();
    const complete = new Set<string>();
    for (const language of this.languages.names.keys()) {
      await this.#read(language);
      const own = await ownCatalogue(language);
      if (Object.keys(own).length > 0) complete.add(language);
      indexes.set(language, new MessageIndex(language, { ...own, ...this.#texts.get(language) }));
    }
    const usual = indexes.get(this.languages.defaultLanguage);
    const last = new MessageIndex("en", english);
    const chainOf = (language: string, own: MessageIndex) => {
      const isComplete = complete.has(language);
      const fallbacks = usual && usual !== own ? [usual, last] : [last];
      // English has no text for a message whose key is the English text: that of another language would hide the key.
      return new MessageChain({ own, fallbacks, isOwnOnly: (key) => isComplete && framework.has(key) });
    };
    this.#chains = new Map([...indexes].map(([language, own]) => [language, chainOf(language, own)]));
    this.#framework = framework;
    this.#versioned = undefined;
  }

  /** Reads the app's own translations into a language. An empty text is one that is not translated yet. */
  async #read(language: string): Promise<void> {
    if (this.#root === undefined) return;
    try {
      const texts = Object.entries(await readCatalogue(this.#root, language)).filter(([, text]) => text !== "");
      const general = await readGeneralCatalogue(this.#root, language);
      this.#texts.set(language, { ...general, ...Object.fromEntries(texts) });
      this.#failures.delete(language);
    } catch (error) {
      this.#failures.set(language, error);
    }
  }

  #version(keys: PageKeys): string {
    const known = this.#versioned;
    if (known?.keys === keys) return known.version;
    const text = JSON.stringify(keys);
    const version = known?.text === text ? known.version : this.#versionOf(keys);
    this.#versioned = { keys, text, version };
    return version;
  }

  /** Hashes the messages themselves: they depend on catalogues, on the keys of pages and on the framework's release. */
  #versionOf(keys: PageKeys): string {
    const hash = createHash("sha256");
    // They travel too.
    if (this.#reports.wantsUntranslated) hash.update(JSON.stringify(keys));
    for (const language of this.languages.names.keys()) {
      for (const route of ["", ...Object.keys(keys.pages)]) {
        hash.update(JSON.stringify(this.#messagesOf(language, route, keys)));
      }
    }
    return hash.digest("base64url").slice(0, 12);
  }

  /**
   * Translates a key into one of the app's languages. A message that the language does not have is shown in the default
   * language. A text of Antiphon itself is shown in another language only if Antiphon has no translation into this one: then
   * in the default language, else in English.
   */
  translate(language: string, key: string, values: MessageValues = {}): string {
    const chain = this.#chains.get(language) ?? this.#chains.get(this.languages.defaultLanguage);
    this.#reportUntranslated(language, [key]);
    return translate(chain?.tables(key) ?? [], key, values, this.#reports.missingValues(key));
  }

  #reportUntranslated(language: string, keys: readonly string[]): void {
    const chain = this.#chains.get(language);
    if (!this.#reports.wantsUntranslated || !chain || language === this.languages.defaultLanguage) return;
    const own = keys.filter((key) => !this.#framework.has(key));
    this.#reports.untranslated(
      language,
      own.flatMap((key) => chain.missingForms(key)),
    );
  }

  /** Translates a sentence if it is a key; any other is shown as it is. */
  sentence(language: string, sentence: string): string {
    return this.has(language, sentence) ? this.translate(language, sentence) : sentence;
  }

  /** Returns whether `translate()` finds a text for a key. */
  has(language: string, key: string): boolean {
    return this.#chains.get(language)?.has(key) === true;
  }

  /** Codes with which a path may begin; undefined for an app whose paths choose no language. */
  get prefixes(): readonly string[] | undefined {
    return this.#config.urlPrefix && this.languages.areSeveral ? [...this.languages.names.keys()] : undefined;
  }

  /** Chooses the language of a request. */
  negotiate(context: RequestContext): NegotiatedLanguage {
    const source = {
      path: context.path,
      cookie: context.cookies[LANGUAGE_COOKIE],
      acceptLanguage: context.headers["accept-language"],
    };
    return negotiateLanguage(source, this.languages, this.#config.urlPrefix);
  }

  /**
   * Returns the address of the same page in another language. It stays as it is if its path names no language, and in an app
   * whose paths choose none.
   *
   * @example
   * translator.pathIn("/ar/notes?page=2", "de"); // "/de/notes?page=2"
   */
  pathIn(url: string, language: string): string {
    return this.#config.urlPrefix ? pathInLanguage(url, language, this.languages) : url;
  }

  /** Returns the formats of a language, in the time zone of the visitor if the browser has told it. */
  formats(language: string, context: RequestContext | undefined): Formats {
    return formatsFor(language, this.#zoneOf(context?.cookies[TIME_ZONE_COOKIE]));
  }

  #zoneOf(zone: string | undefined): string {
    if (zone === undefined) return this.#config.timeZone;
    let isKnown = this.#zones.get(zone);
    if (isKnown === undefined) {
      isKnown = isTimeZone(zone);
      if (this.#zones.size >= MAX_ZONES) this.#zones.clear();
      this.#zones.set(zone, isKnown);
    }
    return isKnown ? zone : this.#config.timeZone;
  }

  /** Sets where the keys of pages come from. */
  takeKeys(keys: () => Promise<PageKeys>): void {
    this.#keys = keys;
  }

  /** Returns the messages that a page needs in one language. */
  async pageMessages(language: string, route: string): Promise<VersionedMessages> {
    const keys = await this.#keys();
    const messages = { ...this.#messagesOf(language, route, keys), version: this.#version(keys) };
    if (!this.#reports.wantsUntranslated || language === this.languages.defaultLanguage) return messages;
    const used = [...keysOf(route, keys)];
    this.#reportUntranslated(language, used);
    return { ...messages, keys: used };
  }

  #messagesOf(language: string, route: string, keys: PageKeys): PageMessages {
    return { route, language, tables: this.#chains.get(language)?.pageTables(keysOf(route, keys)) ?? [] };
  }

  /** Returns what the document of a page says about languages; undefined for an app that has nothing to say. */
  async pageLanguages(language: string, route: string): Promise<PageLanguages | undefined> {
    if (!this.languages.areSeveral && language === "en") return undefined;
    const languages = Object.fromEntries(this.languages.names);
    return { ...(await this.pageMessages(language, route)), languages, urlPrefix: this.#config.urlPrefix };
  }
}

/** The keys of the messages that a page needs. */
function keysOf(route: string, { shared, pages }: PageKeys): Set<string> {
  const own = Object.hasOwn(pages, route) ? pages[route] : undefined;
  return new Set([...PAGE_TEXTS, ...shared, ...(own ?? [])]);
}
