import type { AuthConfig } from "../auth/options.ts";
import type { BridgeConfig } from "../bridge/options.ts";
import type { ChannelConfig } from "../channel/options.ts";
import type { ContextConfig } from "../context/options.ts";
import type { I18nConfig } from "../i18n/options.ts";
import type { MailConfig } from "../mail/options.ts";
import type { DatabaseConfig } from "../models/options.ts";
import type { HttpLimitsConfig, ServerConfig } from "../server/options.ts";
import type { SessionConfig } from "../sessions/options.ts";
import type { SigningConfig } from "../signing/options.ts";
import type { BuildConfig } from "../vite/options.ts";

/** Limits that protect the server from a single browser; each has a default that suits most apps. */
export interface LimitsConfig extends ChannelConfig, HttpLimitsConfig {}

/** All settings of an app; every one may be left out. */
export interface AntiphonConfig extends ServerConfig, BridgeConfig, SigningConfig, BuildConfig, ContextConfig {
  /** Sessions and their cookie. */
  readonly session?: SessionConfig;
  /** Users, signing in and signing up. */
  readonly auth?: AuthConfig;
  /** Languages, and the time zone of dates. */
  readonly i18n?: I18nConfig;
  /** Outgoing mail. */
  readonly mail?: MailConfig;
  /** Database of the models of `src/models.ts`. */
  readonly database?: DatabaseConfig;
  /** Limits that protect the server from a single browser. */
  readonly limits?: LimitsConfig;
}

/** Makes a key that no setting has an error at its own line. */
type OnlyKnownKeys<C> = { readonly [K in Exclude<keyof C, keyof AntiphonConfig>]: never };

/**
 * Declares an app's settings: `antiphon.config.ts` exports its result by default. It returns its argument, with the exact
 * types of the values, and checks nothing at run time: that is done when the file is loaded.
 *
 * @example
 * export default defineConfig({ appName: "notes", backendPrefix: "/api", port: 4000 });
 */
export function defineConfig<const C extends AntiphonConfig>(config: C & OnlyKnownKeys<C>): C {
  return config;
}
