import { type RulesOf, type Setting, type ValueRule, withDefault } from "../setting.ts";
import { isTexts, originPatterns, parseBoolean, splitList } from "../setting-rules.ts";

/**
 * Part of a request that the events of an open page get: "full" is the app's own hooks, session and user, "session" is
 * session and user without the hooks, "none" is nothing unless a state or an event asks for more or is guarded for signed-in
 * users. False: no user is ever signed in in an event, whatever it asks for. True is "full".
 */
export type EventBridge = boolean | "full" | "session" | "none";

/** Settings of requests: what events get of one, and which senders are trusted. */
export interface BridgeConfig {
  /** Part of a request that the events of an open page get; true when absent. */
  readonly eventBridge?: EventBridge;
  /**
   * Other origins whose pages may open the socket and send requests that change something, such as a POST of a form:
   * "https://app.example.com", or "https://*.example.com" for all hosts below a domain. The server's own always may.
   */
  readonly trustedOrigins?: readonly string[];
  /**
   * Whether a reverse proxy's `X-Forwarded-*` headers are believed: true for whatever is connected to the server, and of
   * their lists only what that one has added; or the addresses of all proxies on the way.
   */
  readonly trustProxy?: boolean | readonly string[];
}

const BRIDGES: readonly unknown[] = ["full", "session", "none"];

const bridge = {
  expected: 'true, false, "full", "session" or "none"',
  accepts: (value: unknown) => typeof value === "boolean" || BRIDGES.includes(value),
  parse: (given: string) => parseBoolean(given) ?? given,
  read: (value: EventBridge) => (value === true ? "full" : value),
} satisfies Setting;

const proxies: ValueRule = {
  expected: "true, false or a list of the proxies' addresses",
  accepts: (value) => typeof value === "boolean" || isTexts(value),
  parse: (given) => parseBoolean(given) ?? splitList(given),
};

/** Rules and defaults of {@link BridgeConfig}. */
export const bridgeOptions = {
  eventBridge: withDefault(bridge, true),
  trustedOrigins: withDefault(originPatterns, []),
  trustProxy: withDefault(proxies, false),
} satisfies RulesOf<BridgeConfig>;
