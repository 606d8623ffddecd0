import { resolve } from "node:path";
import { App } from "../../app/app.ts";
import { isAllowedHost } from "../../bridge/allowed-host.ts";
import { trustedOrigins } from "../../bridge/cross-site.ts";
import { attachChannel } from "../../channel/channel.ts";
import { checkConfig } from "../../config/check-config.ts";
import type { AntiphonConfig } from "../../config/define-config.ts";
import { loadConfig } from "../../config/load-config.ts";
import { checkProduction } from "../../config/production-problems.ts";
import { type Mode, resolveConfig } from "../../config/resolve-config.ts";
import { errorFor } from "../../i18n/reader-text.ts";
import type { Database } from "../../models/database/database.ts";
import { createLogger, type Logger } from "../logger.ts";
import { assembleServer } from "./assemble-server.ts";
import { openApp } from "./open-app.ts";
import type { AntiphonServer } from "./server-parts.ts";

/** What `createServer` may be told. */
export interface ServerOptions {
  /** The app's folder, where `antiphon.config.ts` and `src` are. */
  readonly root: string;
  /** The settings; read from the app's `antiphon.config.ts`, `.env` files and the environment when absent. */
  readonly config?: AntiphonConfig;
  /** "development" serves the sources and reloads them, "production" serves the last build, "test" serves no browser code. */
  readonly mode: Mode;
  /** In place of the settings' own; 0 takes a free one. */
  readonly port?: number;
  /** In place of the settings' own. */
  readonly host?: string;
  /** Where log lines go; standard output when absent, readable in development and JSON in production. */
  readonly logger?: Logger;
  /** Told of every statement before it runs: for tests that count them. */
  readonly onQuery?: (sql: string, parameters: readonly unknown[]) => void;
  /** Is given the database before any code of the app uses it: for tests, which make its tables. */
  readonly prepareDatabase?: (database: Database) => Promise<void>;
  /** The most that stopping may take, in milliseconds; in place of the settings' own. */
  readonly shutdownMs?: number;
}

/**
 * Makes the server of an app: pages, socket and HTTP views on one port. It does not listen yet, and it installs no
 * signal handlers: `antiphon run` does both. Outside of tests it handles errors that no code has caught, from `listen()` to
 * `close()`: those of handlers are logged, any other one stops the server and ends the process with exit code 1.
 *
 * @throws CONFIG_…, SERVER_… and STATE_… errors for whatever is wrong with the app
 * @example
 * const server = await createServer({ root: import.meta.dirname, mode: "production" });
 * await server.listen();
 * console.log(server.url);
 */
export async function createServer(options: ServerOptions): Promise<AntiphonServer> {
  const root = resolve(options.root);
  const { mode } = options;
  const given = options.config ?? (await loadConfig({ root })).config;
  const overrides = {
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.host === undefined ? {} : { host: options.host }),
  };
  checkConfig({ ...given, ...overrides }, "antiphon.config.ts");
  const config = resolveConfig({ ...given, ...overrides }, { root, mode });
  if (mode === "production") checkProduction({ ...given, ...overrides });
  const logger = options.logger ?? defaultLogger(mode, config.appName);
  const { onQuery, prepareDatabase } = options;
  const app = await App.create({
    root,
    config,
    mode,
    logger,
    purpose: "server",
    ...(onQuery ? { onQuery } : {}),
    ...(prepareDatabase ? { prepareDatabase } : {}),
  });
  const localize = (error: Error, language: string) => errorFor(app.translator, language, error);
  return assembleServer({
    app,
    logger,
    shutdownMs: options.shutdownMs ?? config.shutdownMs,
    open: (context) => openApp({ root, mode, config, logger, translator: app.translator }, context),
    attachChannel: (httpServer, { app, build }, { runIn, bridge, sourceOf }) =>
      attachChannel(httpServer, {
        states: app.states,
        pages: app.pages,
        build,
        trustedOrigins: trustedOrigins(config.trustedOrigins),
        allowsHost: (host) => isAllowedHost(host, { mode, allowedHosts: config.allowedHosts }),
        limits: config.limits,
        logger,
        mode,
        runIn,
        sourceOf,
        ...(config.eventBridge ? { bridge: { ...bridge, tier: config.eventBridge, localize } } : {}),
      }),
  });
}

function defaultLogger(mode: Mode, name: string): Logger {
  return createLogger({ name, pretty: mode !== "production", level: mode === "test" ? "warn" : "info" });
}
