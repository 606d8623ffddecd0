import { YEAR_SECONDS } from "../../protocol/durations.ts";
import { TIME_ZONE_COOKIE } from "../../protocol/endpoints.ts";
import { MESSAGES_ELEMENT, type MessageTable, type PageLanguages, textDirection } from "../../protocol/messages.ts";
import { basePath } from "../app-url.ts";
import { reportDiagnosticOnce } from "../diagnostics.ts";
import type { Engine } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import { type FetchMessages, PageMessages } from "./page-messages.ts";

/** The language in which the page is shown. Replaced as a whole. */
export interface ShownLanguage {
  readonly language: string;
  readonly direction: "ltr" | "rtl";
}

/** Options of {@link PageLanguage}. */
export interface PageLanguageOptions {
  readonly engine: Engine;
  /** Id of the state that follows the visitor's language; without it the page keeps the language of its document. */
  readonly state: string | undefined;
  /** What the document says; undefined for an app in English alone. */
  readonly languages?: PageLanguages | undefined;
  readonly fetchMessages?: FetchMessages;
  /** Route of the page that the router shows. */
  readonly route: () => string;
}

/**
 * The messages of the pages in the language of the visitor. It follows the visitor's choice without a reload: the next
 * language is shown once its messages are here.
 */
export class PageLanguage {
  readonly languages: { readonly [code: string]: string };
  readonly #options: PageLanguageOptions;
  readonly #messages: PageMessages;
  /** Promises that components have waited for. */
  readonly #awaited = new Map<string, Promise<readonly MessageTable[]>>();
  readonly #listeners = new Set<() => void>();
  #shown: ShownLanguage;
  #wanted: string;
  /** Route of the page on screen: the one that the router shows may still wait. */
  #onScreen: string | undefined;

  constructor(options: PageLanguageOptions) {
    const { languages, fetchMessages } = options;
    this.#options = options;
    this.languages = languages?.languages ?? {};
    const language = languages?.language ?? (typeof document === "undefined" ? "" : document.documentElement.lang);
    this.#shown = shownIn(language || "en");
    this.#wanted = this.#shown.language;
    this.#messages = new PageMessages({
      languages,
      fetchMessages,
      arrived: (arrived, wasMissing) => this.#arrived(arrived, wasMissing),
      retry: () => this.#loadMissing(),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): ShownLanguage => this.#shown;

  /**
   * Returns the messages of a route in the language of the page; undefined while they are on their way. If they cannot be
   * fetched, those of other pages stand in for them.
   */
  tables(route: string): readonly MessageTable[] | undefined {
    return this.#messages.tables(this.#shown.language, route);
  }

  /** Reports a key that is none of the route's messages, once and in development only. */
  check(route: string, key: string): void {
    const { language } = this.#shown;
    if (!this.#messages.isUnknown(language, route, key)) return;
    reportDiagnosticOnce(clientErrors.CLIENT_KEY_UNKNOWN(key, language), "app");
  }

  /** Returns the promise that components have waited for: React asks for the same one when it renders them again. */
  awaited(route: string): Promise<readonly MessageTable[]> | undefined {
    return this.#awaited.get(`${this.#shown.language} ${route}`);
  }

  /** Returns the promise on which a component suspends until the messages of a route are here. */
  arrival(route: string): Promise<readonly MessageTable[]> {
    const arrival = this.load(route);
    this.#awaited.set(`${this.#shown.language} ${route}`, arrival);
    return arrival;
  }

  /** Fetches the messages of a route, unless they are here. The same promise while they are on their way; it never rejects. */
  load(route: string, language: string = this.#shown.language): Promise<readonly MessageTable[]> {
    return this.#messages.load(language, route);
  }

  /** Fetches the messages of a page that a navigation goes to, beside the server's own work for it. */
  prepare(route: string, path: string): void {
    const prefix = this.#options.languages?.urlPrefix ? (path.split(/[/?#]/, 2)[1] ?? "") : "";
    const next = Object.hasOwn(this.languages, prefix) ? prefix : this.#wanted;
    for (const language of new Set([this.#shown.language, next])) void this.load(route, language);
  }

  /** A page is on screen. */
  arrived(route: string): void {
    this.#onScreen = route;
    this.#follow();
  }

  #arrived(language: string, wasMissing: boolean): void {
    // The same language, but the page has been shown without these messages.
    if (wasMissing && language === this.#shown.language) this.#show(language);
    this.#follow();
  }

  /** Shows the wanted language once the messages of the pages that are shown have arrived, and fetches them. */
  #follow(): void {
    const wanted = this.#wanted;
    if (wanted === this.#shown.language) return;
    const missing = this.#routes().filter((route) => !this.#messages.has(wanted, route));
    if (missing.length === 0) this.#show(wanted);
    else if (!this.#messages.isPausing) for (const route of missing) void this.load(route, wanted);
  }

  #routes(): readonly string[] {
    const next = this.#options.route();
    return this.#onScreen === undefined ? [next] : [next, this.#onScreen];
  }

  #loadMissing(): void {
    for (const language of [this.#shown.language, this.#wanted]) {
      for (const route of this.#routes()) void this.load(route, language);
    }
  }

  /** Fetches the messages of the page again: in development, where they change under an open page. */
  renew(): void {
    if (!this.#messages.isEmpty) this.#messages.renew(this.#shown.language, this.#routes());
  }

  #show(language: string): void {
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
    if (this.#messages.isEmpty) return () => {};
    let wasOnline = false;
    const stops = [
      () => this.#messages.close(),
      engine.onConnection(() => {
        const isOnline = engine.connection().status === "online";
        if (isOnline && !wasOnline && this.#messages.isFailing) this.#messages.retryNow();
        wasOnline = isOnline;
      }),
    ];
    if (id !== undefined && Object.keys(this.languages).length > 1) {
      const follow = () => {
        const language = engine.snapshot(id)?.["languageCode"];
        if (typeof language !== "string" || language === "" || language === this.#wanted) return;
        this.#wanted = language;
        this.#loadMissing();
        this.#follow();
      };
      stops.push(engine.subscribe(id, follow), engine.watch(id));
      follow();
    }
    return () => {
      for (const stop of stops) stop();
    };
  }
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
  const pair = `${TIME_ZONE_COOKIE}=${encodeURIComponent(browserTimeZone())}`;
  if (!document.cookie.split("; ").includes(pair)) {
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
    document.cookie = `${pair}; path=${basePath() || "/"}; max-age=${YEAR_SECONDS}; samesite=lax`;
  }
}
