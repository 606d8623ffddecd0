import { type RulesOf, type ValueRule, withDefault, withDefaultFrom } from "../setting.ts";
import { flag, oneOf, wholeNumber } from "../setting-rules.ts";

/** Settings of sessions and their cookie. */
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
  /** Path below which the cookie is sent; `basePath`, or "/", when absent. The socket needs it too, so it rarely is anything else. */
  readonly path?: string;
  /** Where sessions are kept; "database" for an app that has models, else "memory", which forgets them with the process. */
  readonly backend?: "database" | "memory";
  /** Saves a session in every request that opens it, so that it lives on for as long as it is used. */
  readonly saveEveryRequest?: boolean;
  /**
   * Most sessions that one network address may begin in a minute, in the long run; twice as many at once. 60 when absent.
   * Each signed-in user of an address has a count of their own. Raise it where many visitors share one address.
   */
  readonly newPerMinute?: number;
}

/** Name of a cookie, as browsers take it. */
const cookieName: ValueRule = {
  expected: "a cookie's name of letters, digits, - and _",
  accepts: (value) => typeof value === "string" && /^[\w-]+$/.test(value),
  parse: (given) => given,
};

/** Name of a host, as in a cookie's Domain. */
const domain: ValueRule = {
  expected: 'a domain such as "example.com"',
  accepts: (value) => typeof value === "string" && /^\.?[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(value),
  parse: (given) => given,
};

const cookiePath: ValueRule = {
  expected: 'a path such as "/"',
  accepts: (value) => typeof value === "string" && /^\/[\w./~%-]*$/.test(value),
  parse: (given) => given,
};

/** Rules and defaults of {@link SessionConfig}; the back end depends on whether the app has models. */
export const sessionOptions = {
  cookieName: withDefault(cookieName, "sessionid"),
  maxAge: withDefault(wholeNumber(1), 14 * 24 * 60 * 60),
  sameSite: withDefault(oneOf("lax", "strict", "none"), "lax"),
  secure: withDefaultFrom(flag, (_: SessionConfig, { mode }) => mode === "production"),
  allowInsecure: flag,
  domain,
  path: withDefault(cookiePath, "/"),
  backend: oneOf("database", "memory"),
  saveEveryRequest: withDefault(flag, false),
  newPerMinute: withDefault(wholeNumber(1), 60),
} satisfies RulesOf<SessionConfig>;
