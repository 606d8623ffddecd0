/** What the engine needs from the place it runs in; a browser's page, or a test. */
export interface Environment {
  /** Origin to connect to; the page's own when absent. */
  readonly origin?: string;
  /** The build that the page was loaded from. */
  readonly build: string;
  /** Path and query when the engine starts. */
  readonly path: string;
  /** Keeps the tab's id over a reload of the page, but not in another tab. */
  readonly tab: { get(): string | undefined; set(id: string): void };
  /** HTTP headers of the handshake; browsers set their own. */
  readonly headers?: () => { readonly [name: string]: string };
  /** Calls the listener when it is worth trying again at once. Returns what ends that. */
  onWake(listener: () => void): () => void;
}

const TAB_KEY = "antiphon.tab";

/** The environment of a browser's page. */
export function browserEnvironment(): Environment {
  const build = document.querySelector<HTMLMetaElement>('meta[name="antiphon-build"]')?.content;
  return {
    build: build || "development",
    path: location.pathname + location.search,
    tab: {
      get: () => stored(() => sessionStorage.getItem(TAB_KEY) ?? undefined),
      set: (id) => stored(() => sessionStorage.setItem(TAB_KEY, id)),
    },
    onWake: (listener) => {
      const onVisible = () => {
        if (document.visibilityState === "visible") listener();
      };
      addEventListener("online", listener);
      document.addEventListener("visibilitychange", onVisible);
      return () => {
        removeEventListener("online", listener);
        document.removeEventListener("visibilitychange", onVisible);
      };
    },
  };
}

/** Storage that the user forbids throws: the tab then lives as long as its page. */
function stored<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
