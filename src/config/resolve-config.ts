import { basename, resolve } from "node:path";
import { type ResolvedAuthConfig, resolveAuth } from "./auth-config.ts";
import type { AntiphonConfig, DatabaseConfig, LimitsConfig } from "./define-config.ts";
import { type ResolvedMailConfig, resolveMail } from "./mail-config.ts";
import { type ResolvedSessionConfig, resolveSession } from "./session-config.ts";

/** How a server runs. */
export type Mode = "development" | "production" | "test";

/** Settings with every default filled in; what only some parts read stays optional. */
export interface ResolvedConfig extends AntiphonConfig {
  readonly appName: string;
  readonly backendPrefix: string;
  readonly adminPrefix: string;
  readonly extraPrefixes: readonly string[];
  readonly eventBridge: false | "full" | "session" | "none";
  readonly port: number;
  readonly host: string;
  readonly secretKeyFallbacks: readonly string[];
  readonly trustedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly trustProxy: boolean | readonly string[];
  readonly database: DatabaseConfig & { readonly url: string };
  readonly session: ResolvedSessionConfig;
  readonly auth: ResolvedAuthConfig;
  readonly mail: ResolvedMailConfig;
  readonly limits: LimitsConfig & { readonly bodyBytes: number };
  readonly shutdownMs: number;
}

/** Fills in the defaults. In production the server listens on all addresses, elsewhere only on this machine's own. */
export function resolveConfig(
  config: AntiphonConfig,
  context: { readonly root: string; readonly mode: Mode },
): ResolvedConfig {
  const { eventBridge = true } = config;
  const production = context.mode === "production";
  return {
    ...config,
    appName: config.appName ?? basename(resolve(context.root)),
    backendPrefix: config.backendPrefix ?? "",
    adminPrefix: config.adminPrefix ?? "/admin",
    extraPrefixes: config.extraPrefixes ?? [],
    eventBridge: eventBridge === true ? "full" : eventBridge,
    port: config.port ?? 3000,
    host: config.host ?? (production ? "0.0.0.0" : "127.0.0.1"),
    secretKeyFallbacks: config.secretKeyFallbacks ?? [],
    trustedOrigins: config.trustedOrigins ?? [],
    allowedHosts: config.allowedHosts ?? [],
    trustProxy: config.trustProxy ?? false,
    database: { url: "sqlite:./db.sqlite3", ...withoutUndefined(config.database ?? {}) },
    // Groups are taken without keys that are undefined: they would hide the defaults of those who read them.
    session: resolveSession(withoutUndefined(config.session ?? {}), production),
    auth: resolveAuth(withoutUndefined(config.auth ?? {})),
    mail: resolveMail(withoutUndefined(config.mail ?? {}), context.mode),
    shutdownMs: config.shutdownMs ?? 10_000,
    limits: { bodyBytes: 1024 * 1024, ...withoutUndefined(config.limits ?? {}) },
  };
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
