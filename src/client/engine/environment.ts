import { ENDPOINTS, identityOf } from "../../protocol/endpoints.ts";
import { appPath, appUrl } from "../app-url.ts";
import { takeCrash } from "./crash-mark.ts";
import { tabStorage } from "./session-storage.ts";

/** What the engine needs from the place it runs in; a browser's page, or a test. */
export interface Environment {
  /** Origin to connect to; the page's own when absent. */
  readonly origin?: string;
  /** Path of the socket; the endpoint of the protocol when absent. */
  readonly channel?: string;
  /** The build that the page was loaded from. */
  readonly build: string;
  /** Path and query when the engine starts. */
  readonly path: string;
  /** Language of the document; absent where there is none. */
  readonly language?: () => string;
  /** Keeps the tab's id over a reload of the page, but not in another tab. */
  readonly tab: { get(): string | undefined; set(id: string): void };
  /** HTTP headers of the handshake; browsers set their own. */
  readonly headers?: () => { readonly [name: string]: string };
  /** Changes whenever the browser gets a session, another one, or loses it. */
  identity(): string;
  /** Calls the listener soon after `identity()` has changed, whichever tab or view brought that about. Returns what ends that. */
  onIdentity(listener: () => void): () => void;
  /** Brings the cookies of a ticket into the browser; the answer's status, 0 when there was none. The signal ends the request. */
  claimCookies(ticket: string, tab: string, signal: AbortSignal): Promise<number>;
  /** Whether the server answers a plain HTTP request; without it the page can't tell why no connection opens. */
  answersHttp?(): Promise<boolean>;
  /** Calls the listener when the connection may have been lost, or may be possible again. Returns what ends that. */
  onWake(listener: () => void): () => void;
}

const TAB_KEY = "antiphon.tab";

/** The environment of a browser's page. */
export function browserEnvironment(): Environment {
  if (takeCrash()) tabStorage.remove(TAB_KEY);
  return {
    build: loadedBuild(),
    channel: appUrl(ENDPOINTS.channel),
    path: appPath(location),
    language: () => document.documentElement.lang,
    tab: {
      get: () => tabStorage.get(TAB_KEY),
      set: (id) => void tabStorage.set(TAB_KEY, id),
    },
    identity: readIdentity,
    onIdentity: followIdentity,
    claimCookies,
    answersHttp,
    onWake: followWake,
  };
}

/** Returns the build that the page was loaded from. */
export function loadedBuild(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="antiphon-build"]')?.content || "development";
}

/** Milliseconds between two looks at the clock, and how much more of them passes only while the computer sleeps. */
const TICK = 500;
const SLEPT = 3_000;

function followWake(listener: () => void): () => void {
  const onVisible = () => {
    if (document.visibilityState === "visible") listener();
  };
  const { connection } = navigator as { connection?: EventTarget };
  const places: readonly (readonly [EventTarget | undefined, string, () => void])[] = [
    [window, "online", listener],
    [window, "focus", listener],
    // Out of the back/forward cache, or thawed.
    [window, "pageshow", listener],
    [document, "resume", listener],
    [document, "visibilitychange", onVisible],
    [connection, "change", listener],
  ];
  for (const [place, name, work] of places) place?.addEventListener(name, work);
  let before = Date.now();
  // No event tells a visible page that the computer was asleep.
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - before > TICK + SLEPT) listener();
    before = now;
  }, TICK);
  return () => {
    clearInterval(timer);
    for (const [place, name, work] of places) place?.removeEventListener(name, work);
  };
}

/** Asks for the socket's path: only a server that takes sockets answers a plain request to it with 426. */
async function answersHttp(): Promise<boolean> {
  try {
    const response = await fetch(appUrl(ENDPOINTS.channel), {
      cache: "no-store",
      signal: AbortSignal.timeout(HTTP_WITHIN),
    });
    return response.status === 426;
  } catch {
    return false;
  }
}

/** Milliseconds that the answer to a plain request may take. */
const HTTP_WITHIN = 5_000;

function readIdentity(): string {
  const pairs = document.cookie.split("; ");
  return identityOf((name) => pairs.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1) ?? "");
}

/** Milliseconds between two looks, in browsers that do not tell of changed cookies. */
const LOOK_EVERY = 500;

function followIdentity(listener: () => void): () => void {
  const stops: (() => void)[] = [];
  const { cookieStore } = globalThis as { cookieStore?: EventTarget };
  if (cookieStore) {
    cookieStore.addEventListener("change", listener);
    stops.push(() => cookieStore.removeEventListener("change", listener));
  } else {
    const timer = setInterval(listener, LOOK_EVERY);
    stops.push(() => clearInterval(timer));
  }
  document.addEventListener("visibilitychange", listener);
  stops.push(() => document.removeEventListener("visibilitychange", listener));
  return () => {
    for (const stop of stops) stop();
  };
}

async function claimCookies(ticket: string, tab: string, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(appUrl(ENDPOINTS.cookies), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ticket, tab }),
      credentials: "same-origin",
      signal,
    });
    return response.status;
  } catch {
    return 0;
  }
}
