/** Milliseconds for which a page may fetch the cookies that an event has set. */
export const TICKET_LIFE = 30_000;

/** URL paths of the framework, for both ends. The server's table of them is `server/http/endpoints.ts`. */
export const ENDPOINTS = {
  /** The socket. */
  channel: "/_event",
  /** Where a page gets the cookies that an event has set. */
  cookies: "/_cookies",
  /** Where a visitor chooses a language. */
  language: "/_language",
  /** Messages of a page in one language. */
  messages: "/_messages",
  /** File uploads. */
  upload: "/_upload",
  /** Liveness and readiness for load balancers. */
  health: "/_health",
  /** The development server's own module-reload socket. */
  reload: "/_reload",
} as const;

/** Further paths that an app's prefixes may neither equal nor lie under. */
export const RESERVED_PATHS: readonly string[] = ["/_all_routes", "/ping", "/auth-codespace"];

/**
 * A cookie that scripts can read, with a random value that changes together with the session's cookie, which they cannot.
 * It opens nothing: open pages notice by it that they have to show new cookies.
 */
export const IDENTITY_COOKIE = "antiphon_identity";

/** The cookie that holds the language which a visitor has chosen. Scripts can read it, so that open pages follow it. */
export const LANGUAGE_COOKIE = "antiphon_language";

/**
 * Returns a text that changes when the browser has other cookies than an open socket was made with: another session, or
 * another language. The socket is then opened again.
 */
export function identityOf(cookie: (name: string) => string): string {
  const language = cookie(LANGUAGE_COOKIE);
  return language === "" ? cookie(IDENTITY_COOKIE) : `${cookie(IDENTITY_COOKIE)} ${language}`;
}

/** The cookie in which a page tells the server its time zone. */
export const TIME_ZONE_COOKIE = "antiphon_zone";
