import { ENDPOINTS } from "../../protocol/endpoints.ts";
import type { PageMessages as Answer, MessageTable, PageLanguages } from "../../protocol/messages.ts";
import { appUrl } from "../app-url.ts";
import { reportDiagnostic } from "../diagnostics.ts";
import { clientErrors } from "../errors.ts";

/** Parts of a request for messages beside language and route. */
export interface MessagesRequest {
  readonly version: string;
  /** Aborts when the answer takes too long. */
  readonly signal: AbortSignal;
}

/** Fetches the messages of a route in a language. */
export type FetchMessages = (language: string, route: string, request: MessagesRequest) => Promise<Answer>;

/** Options of {@link PageMessages}. */
export interface PageMessagesOptions {
  /** What the document says; undefined for an app in English alone. */
  readonly languages: PageLanguages | undefined;
  readonly fetchMessages?: FetchMessages | undefined;
  /** Called when messages have arrived; `wasMissing` if the page may have been shown without them. */
  readonly arrived: (language: string, wasMissing: boolean) => void;
  /** Fetches again what the page needs and does not have. */
  readonly retry: () => void;
}

/** Milliseconds for which a page waits for its messages. After that it is shown with those that it has. */
const PATIENCE = 3_000;

/** Milliseconds after which a request without an answer is given up. */
const TIMEOUT = 30_000;

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

const NO_TABLES: readonly MessageTable[] = [];

/** The messages that the page has, by language and route. Fetches others, and tries again if that fails. */
export class PageMessages {
  readonly #options: PageMessagesOptions;
  /** Version of the document's messages. A browser keeps answers of this version. */
  #version: string;
  readonly #tables = new Map<string, readonly MessageTable[]>();
  /** The tables of each language that arrived last: they hold the texts that all pages share. */
  readonly #latest = new Map<string, readonly MessageTable[]>();
  /** All keys by language and route, where the server tells them. */
  readonly #keys = new Map<string, ReadonlySet<string>>();
  readonly #loading = new Map<string, Promise<readonly MessageTable[]>>();
  #renewal: Promise<unknown> = Promise.resolve();
  /** Messages that could not be fetched, or not in time. A component that waited for them again would fetch them again. */
  readonly #missing = new Set<string>();
  /** Number of requests that have failed since one succeeded. */
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(options: PageMessagesOptions) {
    const { languages } = options;
    this.#options = options;
    this.#version = languages?.version ?? "";
    if (languages) this.#take(languages);
  }

  /** True for an app in English alone, whose pages need no messages. */
  get isEmpty(): boolean {
    return this.#options.languages === undefined;
  }

  /** True after a request has failed, until one succeeds. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** True while the next try waits for its time. */
  get isPausing(): boolean {
    return this.#timer !== undefined;
  }

  /** Returns whether the messages of a route have arrived. */
  has(language: string, route: string): boolean {
    return this.isEmpty || this.#tables.has(idOf(language, route));
  }

  /**
   * Returns what a page is shown with: its messages, or the language's other ones if its own cannot be fetched. Undefined
   * while they may still arrive in time.
   */
  tables(language: string, route: string): readonly MessageTable[] | undefined {
    if (this.isEmpty) return NO_TABLES;
    const id = idOf(language, route);
    return this.#tables.get(id) ?? (this.#missing.has(id) ? (this.#latest.get(language) ?? NO_TABLES) : undefined);
  }

  /**
   * Fetches the messages of a route, unless they are here. The same promise while they are on their way; it never rejects,
   * and settles when `tables()` has an answer.
   */
  load(language: string, route: string): Promise<readonly MessageTable[]> {
    const id = idOf(language, route);
    const loading = this.#loading.get(id);
    if (loading) return loading;
    if (this.has(language, route) || this.#isClosed) return Promise.resolve(this.tables(language, route) ?? NO_TABLES);
    const started = this.#start(language, route);
    this.#loading.set(id, started);
    return started;
  }

  async #start(language: string, route: string): Promise<readonly MessageTable[]> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#missing.add(idOf(language, route));
      late.resolve();
    }, PATIENCE);
    await Promise.race([this.#fetch(language, route), late.promise]);
    clearTimeout(timer);
    return this.tables(language, route) ?? NO_TABLES;
  }

  async #fetch(language: string, route: string): Promise<void> {
    const id = idOf(language, route);
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(new Error(`No answer within ${TIMEOUT / 1_000} s.`)), TIMEOUT);
    try {
      const { fetchMessages = fetchFromServer } = this.#options;
      const answer = await fetchMessages(language, route, { version: this.#version, signal: giveUp.signal });
      this.#failures = 0;
      this.#take({ ...answer, language, route });
    } catch (cause) {
      this.#missing.add(id);
      // Once: each later request fails for the same reason.
      if (this.#failures++ === 0)
        reportDiagnostic(clientErrors.CLIENT_MESSAGES_FAILED.with({ cause }, language), "network");
      this.#retryLater();
    } finally {
      clearTimeout(timer);
      this.#loading.delete(id);
    }
    if (this.has(language, route)) this.#options.arrived(language, this.#missing.delete(id));
  }

  /**
   * Fetches the messages of these routes again, and shows the earlier ones until they arrive. Those of other routes are
   * forgotten. For development, where messages change under an open page.
   */
  renew(language: string, routes: readonly string[]): void {
    this.#version = "";
    const shown = new Set(routes.map((route) => idOf(language, route)));
    for (const id of this.#tables.keys()) if (!shown.has(id)) this.#tables.delete(id);
    this.#keys.clear();
    // After earlier requests, whose answers may hold the earlier messages.
    this.#renewal = Promise.all([this.#renewal, ...this.#loading.values()]).then(async () => {
      for (const route of new Set(routes)) {
        this.#missing.add(idOf(language, route));
        await this.#fetch(language, route);
      }
    });
  }

  /** Returns whether a key is known to be none of the route's messages. The server tells that in development only. */
  isUnknown(language: string, route: string, key: string): boolean {
    return this.#keys.get(idOf(language, route))?.has(key) === false;
  }

  #take({ language, route, tables, keys }: Answer): void {
    if (keys) this.#keys.set(idOf(language, route), new Set(keys));
    this.#tables.set(idOf(language, route), tables);
    this.#latest.set(language, tables);
  }

  #retryLater(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    const pause = Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), LONGEST_PAUSE);
    // Spread out, so that a restarted server is not met by all its pages at once.
    this.#timer = setTimeout(() => this.retryNow(), pause * (0.75 + Math.random() / 2));
  }

  /** Tries again without a pause. */
  retryNow(): void {
    this.#stopTimer();
    this.#options.retry();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The page has ended: nothing is fetched any more. */
  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
  }
}

function idOf(language: string, route: string): string {
  return `${language} ${route}`;
}

async function fetchFromServer(language: string, route: string, { version, signal }: MessagesRequest): Promise<Answer> {
  const query = new URLSearchParams({ language, route, version });
  const response = await fetch(`${appUrl(ENDPOINTS.messages)}?${query}`, { signal });
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  return (await response.json()) as Answer;
}
