import { basename, resolve } from "node:path";
import { type RulesOf, type ValueRule, withDefault, withDefaultFrom } from "../setting.ts";
import {
  callback,
  isPlainObject,
  isTexts,
  milliseconds,
  nonEmptyText,
  origin,
  parseBoolean,
  text,
  texts,
  wholeNumber,
} from "../setting-rules.ts";

/** Argument of `onStart` and `onStop`. */
export interface RunningServer {
  /** Where the server answers, for example `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
}

/** Settings of the server: its name, prefixes, address and life. */
export interface ServerConfig {
  /** Name of the app in log lines; the folder's name when absent. */
  readonly appName?: string;
  /**
   * Path under which the app is hosted, for example "/app"; the whole host when absent. Paths in the app's code are written
   * without it. A proxy in front may remove it or not.
   */
  readonly basePath?: string;
  /** Where `src/routes.ts` lives, for example "/api". Empty or absent: the app has no HTTP views. */
  readonly backendPrefix?: string;
  /** Where the admin lives; "/admin" when absent. No page may lie below it. */
  readonly adminPrefix?: string;
  /** Further prefixes handed to the back end. */
  readonly extraPrefixes?: readonly string[];
  /** Where people reach the app, for example "https://app.example.com": the host of links in mails. */
  readonly publicUrl?: string;
  /** Port to listen on; 3000 when absent, 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on; "127.0.0.1" in development and "0.0.0.0" in production when absent. */
  readonly host?: string;
  /**
   * Names under which the server may be asked for, for example "app.example.com", ".example.com" for all below it, or "*"
   * for any. Required in production; addresses and localhost are accepted elsewhere.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Milliseconds that stopping may take, 10,000 when absent: handlers and requests that run may end, then `onStop` is
   * called. Give it less than the time after which your platform kills the process.
   */
  readonly shutdownMs?: number;
  /** False sends no Content-Security-Policy; an object replaces single directives of the default one. */
  readonly contentSecurityPolicy?: false | { readonly [directive: string]: readonly string[] };
  /** Called when the server listens; it counts as started when the promise has settled. An error stops the start. */
  readonly onStart?: (server: RunningServer) => void | Promise<void>;
  /** Called last when the server stops. */
  readonly onStop?: (server: RunningServer) => void | Promise<void>;
}

/** Limits of HTTP views. */
export interface HttpLimitsConfig {
  /** Largest body of an HTTP request to `src/routes.ts`, in bytes; 1 MiB when absent. */
  readonly bodyBytes?: number;
}

const policy: ValueRule = {
  expected: `false, or an object such as { "img-src": ["'self'", "https://cdn.example.com"] }`,
  accepts: (value) => value === false || (isPlainObject(value) && Object.entries(value).every(isDirective)),
  parse: (given) => (parseBoolean(given) === false ? false : undefined),
};

const hostedPath: ValueRule = {
  expected: `a path such as "/app", without a "/" at its end`,
  accepts: (value) => value === "" || (typeof value === "string" && /^(?:\/[\w~-]+(?:\.[\w~-]+)*)+$/.test(value)),
  parse: (given) => given,
};

/** Rules and defaults of {@link ServerConfig}. */
export const serverOptions = {
  appName: withDefaultFrom(nonEmptyText, (_: ServerConfig, { root }) => basename(resolve(root))),
  basePath: withDefault(hostedPath, ""),
  backendPrefix: withDefault(text, ""),
  adminPrefix: withDefault(text, "/admin"),
  extraPrefixes: withDefault(texts, []),
  publicUrl: origin,
  port: withDefault(wholeNumber(0, 65535), 3000),
  host: withDefaultFrom(nonEmptyText, (_: ServerConfig, { mode }) => (mode === "production" ? "0.0.0.0" : "127.0.0.1")),
  allowedHosts: withDefault(texts, []),
  shutdownMs: withDefault(milliseconds(), 10_000),
  contentSecurityPolicy: policy,
  onStart: callback,
  onStop: callback,
} satisfies RulesOf<ServerConfig>;

/** Rules and defaults of {@link HttpLimitsConfig}. */
export const httpLimitOptions = {
  bodyBytes: withDefault(wholeNumber(1), 1024 * 1024),
} satisfies RulesOf<HttpLimitsConfig>;

function isDirective([name, sources]: [string, unknown]): boolean {
  return /^[a-z-]+$/.test(name) && isTexts(sources) && sources.every((source) => /^[^\s;,]+$/.test(source));
}
