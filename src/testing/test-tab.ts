import { inspect } from "node:util";
import type { ConnectionState } from "../client/engine/engine-types.ts";
import { createEngine, type TestableEngine } from "../client/engine.ts";
import { ENDPOINTS, identityOf } from "../protocol/endpoints.ts";
import type { Effect, ServerFrame } from "../protocol/frames.ts";
import { type EventReference, matchPage } from "../protocol/page.ts";
import { stateNameOf } from "../protocol/state-name.ts";
import type { AntiphonServer } from "../server/assembly/server-parts.ts";
import { stateId } from "../state/class-info.ts";
import type { ClientView, EventArgs, EventName, FieldName, StateClassShape } from "../state/client-view.ts";
import { type BrowserRequest, browserFetch } from "./browser-fetch.ts";
import { testingErrors } from "./errors.ts";

/** The cookies of one browser, shared by its tabs. */
export interface CookieJar {
  header(): string | undefined;
  take(response: Response): void;
  /** One cookie's value; empty without it. */
  value(name: string): string;
  /** Calls the listener whenever a cookie has changed. Returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** What the browsers of tests call themselves, on the socket and over HTTP. */
const USER_AGENT = "antiphon-testing";

/** What a browser sends by itself with a request of its own page. */
export function browserHeaders(origin: string, cookies: CookieJar): Record<string, string> {
  const cookie = cookies.header();
  return {
    origin,
    "sec-fetch-site": "same-origin",
    "user-agent": USER_AGENT,
    ...(cookie === undefined ? {} : { cookie }),
  };
}

/** What a tab is opened with. */
export interface TabOptions {
  readonly server: AntiphonServer;
  readonly path: string;
  readonly cookies: CookieJar;
  /** The id of a tab to show up as: a reloaded or duplicated one. */
  readonly tabId?: string;
}

/** Options of `tab.until()`. */
export interface UntilOptions {
  /** Milliseconds after which it rejects; 5 seconds by default. */
  readonly timeout?: number;
}

/** Milliseconds for which `until()` waits. */
const UNTIL_TIMEOUT = 5_000;

/**
 * A browser tab without a browser: it speaks the real protocol over a real socket, and holds what a page would hold.
 *
 * It does not render: what only components do is tested in a browser.
 *
 * @example
 * await using tab = await app.open("/notes");
 * await tab.call(NotesState, "setTitle", "Hello");
 * expect(tab.view(NotesState).title).toBe("Hello");
 */
export class TestTab {
  readonly #server: AntiphonServer;
  readonly #cookies: CookieJar;
  readonly #engine: TestableEngine;
  readonly #stops: (() => void)[] = [];
  /** Moves to other pages, and cookies that are fetched. */
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;
  #tabId: string | undefined;
  #url: string;
  /** Every effect that the server asked for, oldest first. */
  readonly effects: Effect[] = [];
  /** Every frame that the server sent, oldest first. */
  readonly frames: ServerFrame[] = [];
  /**
   * One for each time that the tab's states began anew, oldest first: the server no longer had them, or their user has
   * gone. `sameOwner` tells whether they are still the same user's.
   */
  readonly freshes: { readonly sameOwner: boolean }[] = [];
  /** Errors that belong to no call. */
  readonly problems: Error[] = [];
  /** Number of problems before the last call. */
  #answered = 0;

  constructor(options: TabOptions) {
    this.#server = options.server;
    this.#cookies = options.cookies;
    this.#url = options.path;
    this.#tabId = options.tabId;
    const { url } = options.server;
    this.#engine = createEngine({
      environment: {
        origin: url,
        build: "test",
        path: options.path,
        tab: {
          get: () => this.#tabId,
          set: (id) => {
            this.#tabId = id;
          },
        },
        headers: () => {
          const cookie = this.#cookies.header();
          return { origin: url, "user-agent": USER_AGENT, ...(cookie === undefined ? {} : { cookie }) };
        },
        onWake: () => () => {},
        identity: () => identityOf((name) => this.#cookies.value(name)),
        onIdentity: (listener) => this.#cookies.onChange(listener),
        claimCookies: (ticket, tab) => {
          const claim = this.#claim(url, JSON.stringify({ ticket, tab }));
          this.#await(claim);
          return claim;
        },
      },
      onFrame: (frame) => this.frames.push(frame),
    });
    this.#engine.onFresh(({ sameOwner }) => this.freshes.push({ sameOwner }));
    this.#engine.onProblem((error) => this.problems.push(error));
    this.#engine.onEffects((effects) => {
      for (const effect of effects) this.#perform(effect);
    });
  }

  #perform(effect: Effect): void {
    this.effects.push(effect);
    if (effect.effect !== "redirect") return;
    this.#url = effect.to;
    if (effect.external) return;
    this.#await(this.#engine.navigate(effect.to).catch((error: Error) => this.problems.push(error)));
  }

  async #claim(url: string, body: string): Promise<number> {
    const headers = { "content-type": "application/json", ...browserHeaders(url, this.#cookies) };
    try {
      const response = await fetch(new URL(ENDPOINTS.cookies, url), { method: "POST", headers, body });
      this.#cookies.take(response);
      return response.status;
    } catch {
      // Nobody waits for the cookies of a tab that is closed.
      return this.#closed ? 204 : 0;
    }
  }

  /** Something that a call is done with only when it has ended, and what follows from it has begun. */
  #await(work: Promise<unknown>): void {
    const ended = work.then(() => new Promise((resolve) => setImmediate(resolve)));
    this.#running.add(ended);
    void ended.finally(() => this.#running.delete(ended));
  }

  /** Connects, and waits until the page's states have arrived. `app.open()` calls it. */
  async open(): Promise<this> {
    await this.#connected();
    const { page } = matchPage(this.#server.pages, this.#url);
    const onLoad = page?.onLoad ?? [];
    const references = (Array.isArray(onLoad) ? onLoad : [onLoad]) as readonly EventReference[];
    for (const { state } of references) {
      const id = stateId(state);
      if (id !== undefined) await this.#watchId(id);
    }
    await this.#settled();
    return this;
  }

  async #connected(): Promise<void> {
    const done = ({ status }: ConnectionState) => status === "online" || status === "refused";
    if (!done(this.#engine.connection())) {
      await new Promise<void>((resolve) => {
        const stop = this.#engine.onConnection(() => {
          if (!done(this.#engine.connection())) return;
          stop();
          resolve();
        });
      });
    }
    const { status, error } = this.#engine.connection();
    if (status === "refused")
      throw testingErrors.TESTING_TAB_REFUSED.with({ cause: error }, this.#url, error?.code ?? "");
  }

  async #settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #watchId(id: string): Promise<void> {
    if (this.#engine.snapshot(id)) return;
    const arrived = this.#engine.ready(id);
    this.#stops.push(this.#engine.watch(id));
    await arrived;
  }

  #idOf(state: StateClassShape): string {
    const tagged = stateId(state);
    if (tagged !== undefined && this.#server.stateIds.includes(tagged)) return tagged;
    // The test runner may have loaded the module a second time; then only the name tells.
    const name = (state as { name?: string }).name ?? "";
    const ids = this.#server.stateIds.filter((id) => stateNameOf(id) === name);
    const [id, ...more] = ids;
    if (id === undefined) throw testingErrors.TESTING_STATE_UNKNOWN(name, this.#server.stateIds);
    if (more.length > 0) throw testingErrors.TESTING_STATE_AMBIGUOUS(name, ids);
    return id;
  }

  /** Reads a state from now on, as a component does that uses it. */
  async watch(state: StateClassShape): Promise<void> {
    await this.#watchId(this.#idOf(state));
  }

  /**
   * Calls an event and waits for its result; the tab reads the state from then on.
   *
   * @throws the error that a page would get, with its `code`.
   */
  async call<C extends StateClassShape, E extends EventName<C>>(
    state: C,
    event: E,
    ...args: EventArgs<C, E>
  ): Promise<void> {
    await this.watch(state);
    this.#answered = this.problems.length;
    await this.#engine.call(this.#idOf(state), event, args);
    await this.#settled();
  }

  /** Writes one of a state's `static fields`, as an input bound by `useField` does. @throws like `call`. */
  async write<C extends StateClassShape, F extends FieldName<C>>(
    state: C,
    field: F,
    value: InstanceType<C>[F],
  ): Promise<void> {
    await this.watch(state);
    this.#answered = this.problems.length;
    await this.#engine.write(this.#idOf(state), field, value);
  }

  /** The vars of a state as the page holds them now. @throws TESTING_STATE_NOT_WATCHED */
  view<C extends StateClassShape>(state: C): ClientView<C> {
    const snapshot = this.#engine.snapshot(this.#idOf(state));
    if (!snapshot) throw testingErrors.TESTING_STATE_NOT_WATCHED((state as { name?: string }).name ?? "");
    return snapshot as ClientView<C>;
  }

  /**
   * Waits until the vars of a state are as the test expects.
   *
   * @throws TESTING_UNTIL_FAILED if the tab has reported a problem since its last call, such as a background event that
   * failed; TESTING_UNTIL_TIMEOUT after 5 seconds, or after `timeout`. Both show the vars of the state.
   */
  async until<C extends StateClassShape>(
    state: C,
    holds: (view: ClientView<C>) => boolean,
    options: UntilOptions = {},
  ): Promise<void> {
    await this.watch(state);
    const { timeout = UNTIL_TIMEOUT } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const name = (state as { name?: string }).name ?? "";
    const values = () => inspect(this.view(state), { depth: 4, breakLength: 100, maxStringLength: 200 });
    const check = () => {
      try {
        if (holds(this.view(state))) resolve();
        else failed();
      } catch (error) {
        reject(error);
      }
    };
    const failed = () => {
      const problem = this.problems[this.#answered];
      if (problem) reject(testingErrors.TESTING_UNTIL_FAILED.with({ cause: problem }, name, problem.message, values()));
    };
    const stops = [this.#engine.subscribe(this.#idOf(state), check), this.#engine.onProblem(failed)];
    const timer = setTimeout(() => reject(testingErrors.TESTING_UNTIL_TIMEOUT(name, timeout, values())), timeout);
    check();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      for (const stop of stops) stop();
      this.#answered = this.problems.length;
    }
  }

  /** Goes to another page of the app. @throws PAGE_REFUSED when its guard says no. */
  async navigate(path: string): Promise<void> {
    this.#url = path;
    this.#answered = this.problems.length;
    await this.#engine.navigate(path);
    await this.#settled();
  }

  /** Path and query of the address bar. */
  get url(): string {
    return this.#url;
  }

  /** The tab's id, as its storage holds it. */
  get id(): string | undefined {
    return this.#tabId;
  }

  /** The raw engine, for tests that go below events: what is not typed here is not promised. */
  get engine(): TestableEngine {
    return this.#engine;
  }

  /** Loses the connection, as when the network fails, until `reconnect()`. Calls made meanwhile wait. */
  async disconnect(): Promise<void> {
    this.#engine.cut(true);
    await this.#until(({ status }) => status === "reconnecting");
  }

  /** Comes back as the same page. */
  async reconnect(): Promise<void> {
    this.#engine.reconnectNow();
    await this.#connected();
  }

  async #until(holds: (state: ConnectionState) => boolean): Promise<void> {
    if (holds(this.#engine.connection())) return;
    await new Promise<void>((resolve) => {
      const stop = this.#engine.onConnection(() => {
        if (!holds(this.#engine.connection())) return;
        stop();
        resolve();
      });
    });
  }

  /** An HTTP request of the same browser, with its cookies; redirects are returned, not followed. */
  async fetch(path: string, init: BrowserRequest = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(browserHeaders(this.#server.url, this.#cookies))) {
      if (name === "cookie" || !headers.has(name)) headers.set(name, value);
    }
    const response = await browserFetch(new URL(path, this.#server.url), { ...init, headers });
    this.#cookies.take(response);
    return response;
  }

  /** Closes the tab. */
  close(): void {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#engine.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
