import type { AuthPageName, AuthPageSettings } from "../../protocol/auth-pages.ts";
import { matchPage, type PageTable, pageTable, type RouterLocation } from "../../protocol/page.ts";
import { appPath, appUrl, basePath } from "../app-url.ts";
import { asClientError } from "../client-error.ts";
import type { ClientError } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import type { ClientPage } from "./create-app.ts";
import { isLazyPage } from "./lazy-page.ts";
import { ScrollMemory } from "./scroll-memory.ts";

/** Where the page is and what is shown there. Replaced, never changed in place. */
export interface RouterState {
  readonly location: RouterLocation;
  readonly hash: string;
  /** Tells entries of the history apart, also of the same path. */
  readonly key: string;
  /** Undefined when no page matches. */
  readonly page: ClientPage | undefined;
  /** Why the server refused the page. */
  readonly error: ClientError | undefined;
  /** How the page came here; `start` for the first one. */
  readonly by: "start" | "push" | "replace" | "pop";
}

/** What a router is made from. */
export interface PageRouterOptions {
  readonly pages: readonly ClientPage[];
  /** Codes with which a path may begin; undefined if paths name no language. */
  readonly languages?: readonly string[] | undefined;
  /** Whole URL of the first page. */
  readonly url: string;
  /** Tells the server where the page goes; resolves when guard and `onLoad` have run. */
  readonly navigate: (path: string) => Promise<void>;
  /** Runs before a page is left. */
  readonly beforeLeave?: () => void;
  /** Whether the user may leave the page that is shown for another one. */
  readonly mayLeave?: () => boolean;
}

/** Redirects of pages to one another after which none is followed any more; browsers have the same limit. */
const MOST_REDIRECTS = 20;

/** Milliseconds for which an opened page is on screen before a redirect away from it begins a new count. */
const SEEN_AFTER = 1_000;

type Move = "push" | "replace" | "pop";

/**
 * The history of one page: which page is shown, and going to another.
 *
 * The page that is left stays on screen until the next one's code is there and, when it has a guard or `onLoad`, the
 * server has answered. A URL that belongs to no page is loaded by the browser: the server decides what it is.
 */
export class PageRouter {
  readonly #options: PageRouterOptions;
  readonly #listeners = new Set<() => void>();
  /** The URL of the page that is shown; while a return is under way the address bar is ahead of it. */
  #shown: URL;
  #table: PageTable<ClientPage>;
  #state: RouterState;
  #isPending = false;
  /** Counts navigations, so that an overtaken one does not show its page. */
  #turn = 0;
  #underWay: Move | undefined;
  /** Target of the current navigation. */
  #wanted = "";
  #scroll: ScrollMemory | undefined;
  #nextKey = 0;
  /** Key of the page that was last on screen: one that has been chosen may still wait for its states. */
  #onScreen = "";
  /** Number of redirects of the server since the user last went to a page, or last had time to see one. */
  #redirects = 0;
  /** When the server answered the current navigation; undefined while it has not. */
  #answeredAt: number | undefined = performance.now();

  constructor(options: PageRouterOptions) {
    this.#options = options;
    this.#table = pageTable(options.pages, options.languages);
    const url = new URL(options.url);
    this.#shown = url;
    this.#state = { ...this.#match(url), hash: url.hash, key: "start", error: undefined, by: "start" };
  }

  readonly state = (): RouterState => this.#state;
  readonly isPending = (): boolean => this.#isPending;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Begins to listen to the browser's history. Returns what ends it. */
  start(): () => void {
    const scroll = new ScrollMemory();
    this.#scroll = scroll;
    const before = history.scrollRestoration;
    history.scrollRestoration = "manual";
    const key = keyOfEntry() ?? this.#makeKey();
    history.replaceState({ ...(history.state as object | null), antiphonKey: key }, "");
    this.#state = { ...this.#state, key };
    const onPop = () => this.#pop();
    const onLeave = () => scroll.save(this.#state.key);
    addEventListener("popstate", onPop);
    addEventListener("pagehide", onLeave);
    return () => {
      removeEventListener("popstate", onPop);
      removeEventListener("pagehide", onLeave);
      history.scrollRestoration = before;
    };
  }

  /** Route of the page at a path; empty if there is none. */
  routeOf(path: string): string {
    return matchPage(this.#table, path).location.route;
  }

  /** Routes of the app's pages of `antiphon/auth/pages`; of several pages for one purpose that of the settings. */
  authRoutes(usual: AuthPageSettings["routes"]): AuthPageSettings["routes"] {
    const routes: { [name in AuthPageName]?: string } = {};
    for (const { page } of this.#table.entries) {
      const { auth, route } = page;
      if (auth && routes[auth.name] !== usual[auth.name]) routes[auth.name] = route;
    }
    return routes;
  }

  /** The URL of a link, if it leads to one of the app's pages. */
  resolve(href: string): URL | undefined {
    const url = this.#url(href);
    if (!url || url.origin !== new URL(this.#options.url).origin) return undefined;
    return this.#match(url).page ? url : undefined;
  }

  readonly push = (href: string): void => this.#ask(href, "push");
  readonly replace = (href: string): void => this.#ask(href, "replace");
  /** Follows a redirect of the server, which may also lead to the page that is on its way. */
  readonly redirect = (href: string, move: "push" | "replace"): void => {
    // Pages that rotate by a timer are not a chain. Pages without `onLoad` are on screen before the server answers.
    const at = this.#answeredAt;
    const wasSeen = !this.#isPending && at !== undefined && performance.now() - at >= SEEN_AFTER;
    this.#redirects = wasSeen ? 1 : this.#redirects + 1;
    const made = this.#moveOfRedirect(move);
    if (this.#redirects > MOST_REDIRECTS) this.#stop(href, made);
    else this.#visit(href, made);
  };
  readonly back = (): void => history.back();

  /** Loads the code of the page that a link leads to. */
  preload(href: string): void {
    const url = this.resolve(href);
    const component = url && this.#match(url).page?.component;
    if (isLazyPage(component)) void component.preload();
  }

  /** Asks the server again for the page that is shown. */
  retry(): void {
    if (this.#state.error) void this.#go(new URL(location.href), "replace");
  }

  /** The server opens the page that is shown again: the error of before no longer counts. */
  reopened(): void {
    if (this.#isPending || !this.#state.error) return;
    this.#state = { ...this.#state, error: undefined };
    this.#notify();
  }

  /** The server could not open the page that is shown, and no navigation asked for it: its first load, or another user. */
  refuse(error: ClientError, page = this.#path()): void {
    if (this.#isPending || page !== this.#path() || this.#state.error?.code === error.code) return;
    this.#state = { ...this.#state, error };
    this.#notify();
  }

  /** Returns what shows an error in place of the page that is on screen now, unless the page has been left by then. */
  refusal(): (error: ClientError) => void {
    const { key } = this.#state;
    return (error) => {
      if (key === this.#state.key) this.refuse(error);
    };
  }

  /** Puts other pages in place of the present ones; where the page is does not change. */
  setPages(pages: readonly ClientPage[]): void {
    this.#table = pageTable(pages, this.#options.languages);
    this.#state = { ...this.#state, ...this.#match(this.#shown) };
    this.#notify();
  }

  /** Scrolls to where the shown page belongs; runs when the page with this key is on screen. */
  placeScroll(shown: string): void {
    this.#onScreen = shown;
    const { by, key, hash } = this.#state;
    const isReturn = by === "pop" || by === "start";
    if (isReturn && this.#scroll?.restore(key)) return;
    if (by !== "start" || hash !== "") this.#scroll?.scrollToTarget(hash);
  }

  /** A page that was never on screen leaves no entry in the history: a redirect from it takes its place. */
  #moveOfRedirect(wanted: "push" | "replace"): "push" | "replace" {
    // The page that a link leads to has made no entry yet; the one that a way back leads to has one.
    if (this.#underWay !== undefined) return this.#underWay === "push" ? "push" : "replace";
    return this.#onScreen === this.#state.key ? wanted : "replace";
  }

  /** Shows an error in place of a page that only leads to others, without end. */
  #stop(href: string, move: "push" | "replace"): void {
    const url = this.#url(href);
    if (!url) return;
    this.#turn++;
    this.#redirects = 0;
    this.#underWay = undefined;
    this.#isPending = false;
    const error = asClientError(clientErrors.CLIENT_REDIRECT_LOOP(url.pathname, MOST_REDIRECTS), "app");
    const { page, location: place } = this.#match(url);
    this.#show({ page, location: place, error }, url, move);
  }

  #ask(href: string, move: "push" | "replace"): void {
    this.#redirects = 0;
    // A double click: the page is on its way already, and its `onLoad` need not begin again.
    const url = this.#url(href);
    if (move === this.#underWay && url?.href === this.#wanted) return;
    if (url && this.resolve(href) && !this.#mayLeaveFor(url)) return;
    this.#visit(href, move);
  }

  /** Another query or another part of the same page takes nothing away. */
  #mayLeaveFor(url: URL): boolean {
    return url.pathname === this.#shown.pathname || (this.#options.mayLeave?.() ?? true);
  }

  #visit(href: string, move: Move): void {
    const url = this.#url(href);
    if (!url) return;
    if (this.resolve(href)) void this.#go(url, move);
    else if (move === "replace") location.replace(url.href);
    else location.assign(url.href);
  }

  #pop(): void {
    this.#redirects = 0;
    // The scroll position is still that of the page that is left.
    this.#scroll?.save(this.#state.key);
    const url = new URL(location.href);
    const isPage = this.#match(url).page !== undefined;
    if (isPage && !this.#mayLeaveFor(url)) {
      // The browser has gone there already.
      history.pushState({ antiphonKey: this.#state.key }, "", this.#shown);
      return;
    }
    if (isPage) void this.#go(url, "pop");
    else location.reload();
  }

  async #go(url: URL, wanted: Move): Promise<void> {
    // A redirect that answers a navigation takes its place: what it replaces has made no entry yet.
    const move = wanted === "replace" && this.#underWay === "push" ? "push" : wanted;
    const { page, location: target } = this.#match(url);
    const path = appPath(url);
    const current = this.#shown;
    const turn = ++this.#turn;
    if (path === this.#path() && !this.#isPending && this.#goToFragment(url, page, move)) return;
    this.#options.beforeLeave?.();
    this.#underWay = move;
    this.#wanted = url.href;
    this.#setPending(true);
    let error: ClientError | undefined;
    try {
      await this.#prepare(page, path, turn);
    } catch (thrown) {
      error = asClientError(thrown, "framework");
    }
    if (turn !== this.#turn) return;
    this.#underWay = undefined;
    this.#isPending = false;
    const isSamePlace = url.href === current.href;
    this.#show({ page, location: target, error }, url, move === "push" && isSamePlace ? "replace" : move);
  }

  /** Goes to a part of the page on screen, of which the server need not know. Tells whether that is all there is to do. */
  #goToFragment(url: URL, page: ClientPage | undefined, move: Move): boolean {
    const { hash, location: place, error } = this.#state;
    if (url.hash !== hash || (move === "pop" && hash !== "")) {
      this.#show({ page, location: place, error }, url, move);
      return true;
    }
    if (hash === "" || error) return false;
    this.#scroll?.scrollToTarget(hash);
    return true;
  }

  async #prepare(page: ClientPage | undefined, path: string, turn: number): Promise<void> {
    const served = this.#options.navigate(path);
    this.#answeredAt = undefined;
    const answered = () => {
      if (turn === this.#turn) this.#answeredAt = performance.now();
    };
    served.then(answered, answered);
    const loaded = isLazyPage(page?.component) ? page.component.preload() : undefined;
    if (page?.guard || page?.exists || page?.onLoad) {
      await Promise.all([served, loaded]);
      return;
    }
    served.catch((thrown: unknown) => {
      if (turn !== this.#turn) return;
      this.#state = { ...this.#state, error: asClientError(thrown, "framework") };
      this.#notify();
    });
    await loaded;
  }

  #show(next: Pick<RouterState, "page" | "location" | "error">, url: URL, move: Move): void {
    if (move !== "pop") this.#scroll?.save(this.#state.key);
    // Another query in place of the present one leaves the page where it is scrolled to.
    const stays = move === "replace" && url.pathname === this.#shown.pathname && url.hash === this.#shown.hash;
    const known = stays ? this.#state.key : move === "pop" ? keyOfEntry() : undefined;
    const key = known ?? this.#makeKey();
    if (move === "push") history.pushState({ antiphonKey: key }, "", url);
    if (move === "replace") history.replaceState({ antiphonKey: key }, "", url);
    this.#shown = url;
    this.#state = { ...next, hash: url.hash, key, by: move };
    this.#notify();
  }

  #match(url: URL): { page: ClientPage | undefined; location: RouterLocation } {
    const base = basePath();
    const isBelow = base === "" || url.pathname === base || url.pathname.startsWith(`${base}/`);
    if (!isBelow) return matchPage(pageTable<ClientPage>([]), url.pathname);
    return matchPage(this.#table, appPath({ pathname: url.pathname.replace(/^\/{2,}/, "/"), search: url.search }));
  }

  #url(href: string): URL | undefined {
    try {
      const url = new URL(appUrl(href), typeof location === "undefined" ? this.#options.url : location.href);
      return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
    } catch {
      return undefined;
    }
  }

  #makeKey(): string {
    return `${Date.now().toString(36)}-${this.#nextKey++}`;
  }

  #setPending(pending: boolean): void {
    this.#isPending = pending;
    this.#notify();
  }

  #path(): string {
    return appPath(this.#shown);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function keyOfEntry(): string | undefined {
  return (history.state as { antiphonKey?: string } | null)?.antiphonKey;
}
