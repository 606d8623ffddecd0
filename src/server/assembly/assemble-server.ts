import {
  createServer as createHttpServer,
  type ServerOptions as HttpOptions,
  type IncomingMessage,
  type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { App, AppGeneration } from "../../app/app.ts";
import type { AppMail } from "../../app/mail.ts";
import { AuthState } from "../../auth/auth-state.ts";
import { offeredPages, offeredPart, pageSettings, withAuthTexts } from "../../auth/page-settings.ts";
import { isAllowedHost } from "../../bridge/allowed-host.ts";
import { CookieTickets } from "../../bridge/cookie-ticket.ts";
import { trustedOrigins } from "../../bridge/cross-site.ts";
import { proxyTrust, readForwarded } from "../../bridge/forwarded.ts";
import type { RequestChain } from "../../bridge/request-chain.ts";
import type { Identity, RequestSource } from "../../bridge/request-context.ts";
import type { RequestKind } from "../../bridge/request-types.ts";
import type { TabSummary } from "../../channel/channel.ts";
import { reasonOf } from "../../errors.ts";
import type { Translator } from "../../i18n/translator.ts";
import type { Database } from "../../models/database/database.ts";
import type { AuthPageSettings } from "../../protocol/auth-pages.ts";
import type { PageTable } from "../../protocol/page.ts";
import { StateRegistry } from "../../state/registry.ts";
import { serverErrors } from "../errors.ts";
import { type Backend, createBackend } from "../http/backend.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { EventChain } from "../http/event-chain.ts";
import type { ServerStats } from "../http/health.ts";
import { type PrefixTable, prefixTable } from "../http/path-owner.ts";
import { withAssets } from "../http/security-headers.ts";
import type { ShownApp } from "../views/document.ts";
import { pagesOfUsers } from "../views/strangers-pages.ts";
import { reportBlockedHandlers } from "./blocked-handlers.ts";
import { handleProcessFailures } from "./process-failures.ts";
import { serially } from "./serially.ts";
import type {
  AntiphonServer,
  AppCounts,
  AppParts,
  AssemblyOptions,
  ChannelParts,
  OpenedApp,
  TurnParts,
} from "./server-parts.ts";
import { httpShutdown, shutDown } from "./shutdown.ts";
import { assertPagesVisible } from "./visible-pages.ts";

/**
 * Puts a server together, in this order: HTTP server, app and front end, back end, dispatcher, channel.
 *
 * Use `createServer` in programs; this function takes the parts that differ between modes, so that tests can replace them.
 */
export async function assembleServer(options: AssemblyOptions): Promise<AntiphonServer> {
  const server = new AssembledServer(options);
  await server.open();
  return server;
}

const NO_STATES = new StateRegistry([]);

class AssembledServer implements AntiphonServer {
  readonly #options: AssemblyOptions;
  readonly #parts: App;
  readonly #prefixes: PrefixTable;
  readonly #httpServer: Server;
  readonly #connections: ReturnType<typeof httpShutdown>;
  readonly #blocked: ReturnType<typeof reportBlockedHandlers>;
  readonly #tickets = new CookieTickets();
  readonly #authSettings: AuthPageSettings;
  readonly #trust: ReturnType<typeof proxyTrust>;
  readonly #trustedOrigins: readonly string[];
  /** Of the back end that runs now. */
  #chain: EventChain | undefined;
  #app: AppParts | undefined;
  #backend: Backend | undefined;
  #channel: ChannelParts | undefined;
  #closeFrontend: (() => Promise<void>) | undefined;
  /** Milliseconds of the process clock; 0 until the server listens. */
  #startedAt = 0;
  #removeFailureHandlers: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: AssemblyOptions) {
    const { app, logger } = options;
    const { config, mode } = app;
    this.#options = options;
    this.#parts = app;
    this.#prefixes = prefixTable(config);
    this.#httpServer = createHttpServer(httpOptions());
    this.#connections = httpShutdown(this.#httpServer);
    this.#blocked = reportBlockedHandlers(logger, mode);
    this.#authSettings = pageSettings(config.auth);
    this.#trust = proxyTrust(config.trustProxy);
    this.#trustedOrigins = trustedOrigins(config.trustedOrigins);
  }

  async open(): Promise<void> {
    const opened = await this.#options.open({
      httpServer: this.#httpServer,
      app: () => this.#shownApp(),
      replace: serially((app) => this.#replace(app)),
    });
    this.#closeFrontend = () => opened.frontend.close();
    const { messageKeys } = opened;
    if (messageKeys)
      this.translator.takeKeys(withAuthTexts(messageKeys, { table: () => this.pages, settings: this.#authSettings }));
    try {
      const next = await this.#parts.prepare(opened.app.models);
      // A change may have been taken in meanwhile; it is newer.
      if (!this.#app) next.adopt();
      const { backend, chain } = await this.#makeBackend(opened.app, next);
      if (!this.#app) this.#show(opened.app);
      this.#backend ??= backend;
      this.#chain ??= chain;
      this.#listenForRequests(opened, this.#backend);
      // After our own listener: the channel puts itself before the listeners that it finds.
      this.#channel = this.#options.attachChannel(this.#httpServer, opened, this.#turns());
    } catch (error) {
      await opened.frontend.close();
      await this.#parts.close();
      throw error;
    }
  }

  get port(): number {
    const address = this.#httpServer.address() as AddressInfo | null;
    return address?.port ?? this.#parts.config.port;
  }

  get url(): string {
    return `http://${urlHost(this.#parts.config.host)}:${this.port}`;
  }

  get counts(): AppCounts {
    return {
      pages: this.#app?.pages.entries.length ?? 0,
      // The framework's own are no work of the author's.
      states: this.stateIds.filter((id) => !id.startsWith("antiphon.")).length,
      routes: this.#backend?.routes.length ?? 0,
    };
  }

  get stateIds(): readonly string[] {
    return this.#app?.states.ids() ?? [];
  }

  get pages(): PageTable {
    return this.#app?.pages ?? { entries: [] };
  }

  get database(): Database | undefined {
    return this.#parts.database;
  }

  get mail(): AppMail | undefined {
    return this.#parts.mail;
  }

  get translator(): Translator {
    return this.#parts.translator;
  }

  get identity(): Identity | undefined {
    return this.#parts.identity;
  }

  tabs(): readonly TabSummary[] {
    return this.#channel?.tabs() ?? [];
  }

  stats(): ServerStats {
    const { tabs = 0, connected = 0, bytes = 0 } = this.#channel?.stats() ?? {};
    const uptime = this.#startedAt === 0 ? 0 : Math.round((performance.now() - this.#startedAt) / 1000);
    return { uptime, tabs, connected, stateBytes: bytes, blocked: this.#blocked.count() };
  }

  run<T>(work: () => T): T {
    return this.#parts.run(work);
  }

  async listen(): Promise<void> {
    if (this.#closed) throw serverErrors.SERVER_CLOSED();
    const { config, mode } = this.#parts;
    const { logger } = this.#options;
    const { port, host, onStart } = config;
    await listenOn(this.#httpServer, port, host);
    // A test's runner has to see what its test leaves behind.
    if (mode !== "test")
      this.#removeFailureHandlers = handleProcessFailures({ close: () => this.close(), log: logger });
    this.#startedAt = performance.now();
    try {
      await this.#parts.start(() => onStart?.(this));
    } catch (cause) {
      await this.close();
      throw serverErrors.SERVER_HOOK_FAILED.with({ cause }, "onStart");
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  #show(app: AppParts): void {
    this.#app = app;
    this.#parts.put(offeredPart, offeredPages(app.pages, AuthState));
  }

  /** The app as documents show it. */
  #shownApp(): ShownApp {
    const { states = NO_STATES } = this.#app ?? {};
    const { basePath, eventBridge } = this.#parts.config;
    const hasAuthPages = this.pages.entries.some(({ page }) => page.auth !== undefined);
    const auth = hasAuthPages ? { auth: this.#authSettings } : {};
    return { pages: this.pages, states, basePath, forStrangers: eventBridge === false, ...auth };
  }

  #turns(): TurnParts {
    return {
      runIn: this.#parts.run,
      bridge: { identity: this.#ownIdentity(), tickets: this.#tickets, chain: this.#currentChain() },
      sourceOf: (request) => this.#sourceOf(request, "handshake"),
    };
  }

  /** There is one as soon as the app is open. */
  #ownIdentity(): Identity {
    return this.#parts.identity as Identity;
  }

  /** The chain of whatever back end runs by then. */
  #currentChain(): RequestChain {
    const chain = () => this.#chain as EventChain;
    return {
      get isEmpty() {
        return chain().isEmpty;
      },
      run: (context, work) => chain().run(context, work),
    };
  }

  #sourceOf(request: IncomingMessage, kind: RequestKind): RequestSource {
    const { method = "GET", url = "/", headers } = request;
    return { kind, method, url, headers, ...readForwarded(request, this.#trust) };
  }

  async #makeBackend(
    app: AppParts,
    { start }: AppGeneration,
  ): Promise<{ readonly backend: Backend; readonly chain: EventChain }> {
    const { config, mode } = this.#parts;
    const { logger } = this.#options;
    assertPagesVisible(app.pages, this.#prefixes);
    const closed = config.eventBridge === false ? pagesOfUsers(app.pages) : [];
    if (closed.length > 0) {
      logger.warn({ pages: closed }, "These pages are for signed-in users, and with eventBridge: false nobody is one.");
    }
    const chain = new EventChain();
    const backend = await createBackend({
      identity: this.#ownIdentity(),
      crossSite: { trustedOrigins: this.#trustedOrigins },
      watchHooks: (instance) => chain.watch(instance),
      eventRoute: (instance) => chain.register(instance),
      prefixes: this.#prefixes,
      routes: app.routes,
      mode,
      logger,
      trustProxy: config.trustProxy,
      bodyBytes: config.limits.bodyBytes,
      runIn: this.#parts.run,
      // Of its own models, also while another database is in use, and when its views are put away after that.
      start,
    });
    return { backend, chain };
  }

  /** Everything that can fail comes before the first change, so that a failure leaves the old app whole. */
  async #replace(app: AppParts): Promise<void> {
    const next = await this.#parts.prepare(app.models);
    const { backend, chain } = await this.#makeBackend(app, next);
    next.adopt();
    this.#chain = chain;
    await this.#channel?.replaceApp(app.states, app.pages);
    const old = this.#backend;
    this.#show(app);
    this.#backend = backend;
    // Not waited for: a view that takes long must not hold the next change up.
    old?.close().catch((err: unknown) => {
      this.#options.logger.error({ err }, "The views that were replaced could not be closed.");
    });
  }

  #listenForRequests({ frontend, assetsUrl }: OpenedApp, first: Backend): void {
    const { config, mode } = this.#parts;
    const { logger } = this.#options;
    const dispatcher = createDispatcher({
      prefixes: this.#prefixes,
      basePath: config.basePath,
      allowsHost: (host) => isAllowedHost(host, { mode, allowedHosts: config.allowedHosts }),
      security: {
        mode,
        contentSecurityPolicy: withAssets(config.contentSecurityPolicy, assetsUrl),
        trustProxy: config.trustProxy,
      },
      logger,
      backend: () => this.#backend ?? first,
      frontend: () => frontend,
      translator: this.translator,
      identity: {
        identity: this.#ownIdentity(),
        tickets: this.#tickets,
        trustedOrigins: this.#trustedOrigins,
        sourceOf: (request, kind) => this.#sourceOf(request, kind),
        run: this.#parts.run,
      },
      stats: () => this.stats(),
      stopping: () => this.#closed !== undefined,
    });
    dispatcher.listenTo(this.#httpServer);
  }

  async #stop(): Promise<void> {
    const { shutdownMs, logger } = this.#options;
    const { config, mode } = this.#parts;
    // Elsewhere nobody balances load by closing idle connections, and a restart is to be quick.
    const graceMs = mode === "production" ? Math.min(500, shutdownMs * 0.05) : 0;
    this.#connections.announce();
    const ending = [
      // Requests are answered meanwhile, among them those of the load balancer, which learns that the server stops.
      { name: "the channel", run: () => this.#channel?.close(shutdownMs * 0.75) },
      { name: "new connections", run: () => this.#connections.refuse(graceMs) },
      { name: "the front end", run: () => this.#closeFrontend?.() },
      // Before the connections are waited for: it is what ends the WebSockets of the app's own views.
      { name: "running views", run: () => this.#backend?.close() },
      { name: "running requests", run: () => this.#connections.drain() },
      // They may take their time; what onStop sends has less.
      { name: "waiting mails", run: () => this.mail?.queue.idle() },
    ];
    const puttingAway = [
      { name: "the back end", run: () => this.#backend?.close() },
      // What never started has nothing to stop: onStop belongs to a server that has listened.
      {
        name: "onStop",
        run: () => (this.#startedAt === 0 ? undefined : this.#parts.start(() => config.onStop?.(this))),
      },
      ...this.#parts.closing(),
    ];
    // A part of the time is kept back, so that a request that hangs does not cost the app its own clean-up.
    await shutDown(ending, { timeoutMs: shutdownMs * 0.8, logger });
    this.#connections.cut();
    await shutDown(puttingAway, { timeoutMs: shutdownMs * 0.2, logger });
    this.#blocked.stop();
    this.#removeFailureHandlers?.();
  }
}

function httpOptions(): HttpOptions {
  return {
    // Longer than the minute for which load balancers keep connections, so that never both ends act at once.
    keepAliveTimeout: 72_000,
    // Other protocols that a client offers (curl offers h2c) are no reason not to answer its request.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
  };
}

async function listenOn(httpServer: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      httpServer.once("error", reject);
      httpServer.listen({ port, host }, () => {
        httpServer.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRINUSE") throw serverErrors.SERVER_PORT_IN_USE.with({ cause }, port, host);
    throw serverErrors.SERVER_PORT_REFUSED.with({ cause }, port, host, reasonOf(cause));
  }
}

/** A host as it stands in a URL; an address that means "all of them" is not one that a browser can open. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
