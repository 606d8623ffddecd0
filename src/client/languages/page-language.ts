import { ENDPOINTS, TIME_ZONE_COOKIE } from "../../protocol/endpoints.ts";
import {
  MESSAGES_ELEMENT,
  type MessageTable,
  type PageLanguages,
  type PageMessages,
  textDirection,
} from "../../protocol/messages.ts";
import { appUrl, basePath } from "../app-url.ts";
import { reportDiagnostic } from "../diagnostics.ts";
import type { Engine } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";

/** The language in which the page is shown. Replaced as a whole. */
export interface ShownLanguage {
  readonly language: string;
  readonly direction: "ltr" | "rtl";
}

/** Fetches the messages of a route in a language. */
export type FetchMessages = (language: string, route: string, version: string) => Promise<PageMessages>;

/** Options of {@link PageLanguage}. */
export interface PageLanguageOptions {
  readonly engine: Engine;
  /** Id of the state that follows the visitor's language; without it the page keeps the language of its document. */
  readonly state: string | undefined;
  /** What the document says; undefined for an app in English alone. */
  readonly languages?: PageLanguages | undefined;
  readonly fetchMessages?: FetchMessages;
  /** Route of the page on screen. */
  readonly route: () => string;
}

const NO_TABLES: readonly MessageTable[] = [];

/**
 * The messages of the pages in the language of the visitor. It follows the visitor's choice without a reload: the next
 * language is shown once its messages are here.
 */
export class PageLanguage {
  readonly languages: { readonly [code: string]: string };
  readonly #options: PageLanguageOptions;
  readonly #version: string;
  readonly #tables = new Map<string, readonly MessageTable[]>();
  readonly #loading = new Map<string, Promise<readonly MessageTable[]>>();
  /** Promises that components have waited for. */
  readonly #awaited = new Map<string, Promise<readonly MessageTable[]>>();
  readonly #listeners = new Set<() => void>();
  #shown: ShownLanguage;
  #wanted: string;

  constructor(options: PageLanguageOptions) {
    const { languages } = options;
    this.#options = options;
    this.languages = languages?.languages ?? {};
    this.#version = languages?.version ?? "";
    const language = languages?.language ?? (typeof document === "undefined" ? "" : document.documentElement.lang);
    this.#shown = shownIn(language || "en");
    this.#wanted = this.#shown.language;
    if (languages) this.#tables.set(idOf(languages.language, languages.route), languages.tables);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): ShownLanguage => this.#shown;

  /** Returns the messages of a route in the language of the page; undefined before they have arrived. */
  tables(route: string): readonly MessageTable[] | undefined {
    return this.#version === "" ? NO_TABLES : this.#tables.get(idOf(this.#shown.language, route));
  }

  /** Returns the promise that components have waited for: React asks for the same one when it renders them again. */
  awaited(route: string): Promise<readonly MessageTable[]> | undefined {
    return this.#awaited.get(idOf(this.#shown.language, route));
  }

  /** Returns the promise on which a component suspends until the messages of a route are here. */
  arrival(route: string): Promise<readonly MessageTable[]> {
    const arrival = this.load(route);
    this.#awaited.set(idOf(this.#shown.language, route), arrival);
    return arrival;
  }

  /** Fetches the messages of a route, unless they are here. The same promise while they are on their way; it never rejects. */
  load(route: string, language: string = this.#shown.language): Promise<readonly MessageTable[]> {
    const id = idOf(language, route);
    const known = this.#tables.get(id);
    if (known || this.#version === "") return Promise.resolve(known ?? NO_TABLES);
    const loading = this.#loading.get(id) ?? this.#fetch(language, route, id);
    this.#loading.set(id, loading);
    return loading;
  }

  async #fetch(language: string, route: string, id: string): Promise<readonly MessageTable[]> {
    try {
      const messages = await (this.#options.fetchMessages ?? fetchMessages)(language, route, this.#version);
      this.#tables.set(id, messages.tables);
      return messages.tables;
    } catch (cause) {
      reportDiagnostic(clientErrors.CLIENT_MESSAGES_FAILED.with({ cause }, language), "network");
      // The page is worth more than its translation; the next page tries again.
      return NO_TABLES;
    } finally {
      this.#loading.delete(id);
    }
  }

  /** Shows the page in another language as soon as its messages are here. */
  async show(language: string): Promise<void> {
    this.#wanted = language;
    await this.load(this.#options.route(), language);
    // A later choice, or another page meanwhile.
    if (this.#wanted !== language || this.#shown.language === language) return;
    if (!this.#tables.has(idOf(language, this.#options.route()))) await this.load(this.#options.route(), language);
    if (this.#wanted !== language) return;
    this.#shown = shownIn(language);
    markDocument(this.#shown);
    for (const listener of [...this.#listeners]) listener();
  }

  /** Asks the server for another language. */
  async choose(language: string): Promise<void> {
    const { engine, state } = this.#options;
    if (state === undefined) throw clientErrors.CLIENT_STATES_MISSING("setLanguage()", "I18nState");
    // Beside the call, so that the page changes as soon as the server has taken the choice.
    if (Object.hasOwn(this.languages, language)) void this.load(this.#options.route(), language);
    await engine.call(state, "setLanguage", [language]);
  }

  /** Follows the language that the server uses for this visitor. Returns what ends that. */
  start(): () => void {
    const { engine, state: id } = this.#options;
    if (this.#version === "" || id === undefined) return () => {};
    if (Object.keys(this.languages).length < 2) return () => {};
    const follow = () => {
      const language = engine.snapshot(id)?.["languageCode"];
      if (typeof language === "string" && language !== "" && language !== this.#wanted) void this.show(language);
    };
    const stops = [engine.subscribe(id, follow), engine.watch(id)];
    follow();
    return () => {
      for (const stop of stops) stop();
    };
  }
}

function idOf(language: string, route: string): string {
  return `${language} ${route}`;
}

function shownIn(language: string): ShownLanguage {
  return Object.freeze({ language, direction: textDirection(language) });
}

function markDocument({ language, direction }: ShownLanguage): void {
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
}

/** Reads what the document says about languages; undefined if it says nothing. */
export function documentLanguages(): PageLanguages | undefined {
  const text = typeof document === "undefined" ? undefined : document.getElementById(MESSAGES_ELEMENT)?.textContent;
  return text ? (JSON.parse(text) as PageLanguages) : undefined;
}

/** Returns the time zone of the browser. */
export function browserTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * Tells the server the time zone of the browser, so that both write the same dates. To be called before the socket opens,
 * which takes the cookies of that moment.
 */
export function rememberTimeZone(): void {
  if (!document.getElementById(MESSAGES_ELEMENT)) return;
  const pair = `${TIME_ZONE_COOKIE}=${encodeURIComponent(browserTimeZone())}`;
  if (!document.cookie.split("; ").includes(pair)) {
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
    document.cookie = `${pair}; path=${basePath() || "/"}; max-age=31536000; samesite=lax`;
  }
}

async function fetchMessages(language: string, route: string, version: string): Promise<PageMessages> {
  const query = new URLSearchParams({ language, route, version });
  const response = await fetch(`${appUrl(ENDPOINTS.messages)}?${query}`);
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  return (await response.json()) as PageMessages;
}
