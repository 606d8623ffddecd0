import { basename, resolve } from "node:path";
import type { AntiphonConfig, DatabaseConfig, LimitsConfig } from "./define-config.ts";

/** How a server runs. */
export type Mode = "development" | "production" | "test";

/** Settings with every default filled in; what only some parts read stays optional. */
export interface ResolvedConfig extends AntiphonConfig {
  readonly appName: string;
  readonly backendPrefix: string;
  readonly adminPrefix: string;
  readonly extraPrefixes: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly trustProxy: boolean | readonly string[];
  readonly database: DatabaseConfig & { readonly url: string };
  readonly limits: LimitsConfig & { readonly bodyBytes: number };
}

/** Fills in the defaults. In production the server listens on all addresses, elsewhere only on this machine's own. */
export function resolveConfig(
  config: AntiphonConfig,
  context: { readonly root: string; readonly mode: Mode },
): ResolvedConfig {
  return {
    ...config,
    appName: config.appName ?? basename(resolve(context.root)),
    backendPrefix: config.backendPrefix ?? "",
    adminPrefix: config.adminPrefix ?? "/admin",
    extraPrefixes: config.extraPrefixes ?? [],
    port: config.port ?? 3000,
    host: config.host ?? (context.mode === "production" ? "0.0.0.0" : "127.0.0.1"),
    allowedOrigins: config.allowedOrigins ?? [],
    allowedHosts: config.allowedHosts ?? [],
    trustProxy: config.trustProxy ?? false,
    database: { url: "sqlite:./db.sqlite3", ...withoutUndefined(config.database ?? {}) },
    // Without keys that are undefined: they would hide the channel's own defaults.
    limits: { bodyBytes: 1024 * 1024, ...withoutUndefined(config.limits ?? {}) },
  };
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
