/** Sessions and their cookie. */
export interface SessionConfig {
  /**
   * Name of the cookie; "sessionid" when absent. A secure cookie for the whole host is sent as `__Host-` and this name, so
   * that no other host can set it.
   */
  readonly cookieName?: string;
  /** Seconds that a session lives after it was last written; 1,209,600 (14 days) when absent. */
  readonly maxAge?: number;
  /** When a browser sends the cookie along with requests that other sites start; "lax" when absent. "none" needs `secure`. */
  readonly sameSite?: "lax" | "strict" | "none";
  /** Whether the cookie travels over HTTPS only; true in production and false elsewhere when absent. */
  readonly secure?: boolean;
  /** Lets a production server run with `secure: false`: for plain HTTP within a closed network, never for the internet. */
  readonly allowInsecure?: boolean;
  /** Shares the cookie with all hosts below a domain, for example "example.com"; the one host alone when absent. */
  readonly domain?: string;
  /** Path below which the cookie is sent; "/" when absent. The socket needs it too, so it rarely is anything else. */
  readonly path?: string;
  /** Where sessions are kept; "database" for an app that has models, else "memory", which forgets them with the process. */
  readonly backend?: "database" | "memory";
  /** Saves a session in every request that opens it, so that it lives on for as long as it is used. */
  readonly saveEveryRequest?: boolean;
  /**
   * Most sessions that one network address may begin in a minute, in the long run; twice as many at once. 60 when absent.
   * Raise it where many visitors share one address.
   */
  readonly newPerMinute?: number;
}

/** Settings of sessions with their defaults. */
export interface ResolvedSessionConfig extends SessionConfig {
  readonly cookieName: string;
  readonly maxAge: number;
  readonly sameSite: "lax" | "strict" | "none";
  readonly secure: boolean;
  readonly path: string;
  readonly saveEveryRequest: boolean;
  readonly newPerMinute: number;
}

/** Fills in the defaults of sessions. */
export function resolveSession(session: SessionConfig, production: boolean): ResolvedSessionConfig {
  return {
    ...session,
    cookieName: session.cookieName ?? "sessionid",
    maxAge: session.maxAge ?? 14 * 24 * 60 * 60,
    sameSite: session.sameSite ?? "lax",
    secure: session.secure ?? production,
    path: session.path ?? "/",
    saveEveryRequest: session.saveEveryRequest ?? false,
    newPerMinute: session.newPerMinute ?? 60,
  };
}
