import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import fastifyCookie from "@fastify/cookie";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { CrossSiteOptions } from "../../bridge/cross-site.ts";
import { bridgeErrors } from "../../bridge/errors.ts";
import { proxyTrust } from "../../bridge/forwarded.ts";
import type { Identity } from "../../bridge/request-context.ts";
import { AntiphonError, reasonOf } from "../../errors.ts";
import { timed, unwatchRun, watchRun } from "../../state/loop-watch.ts";
import { serverErrors } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { installBodyParsers } from "./body-parsers.ts";
import { describeFailure, describeFailuresFor } from "./failure-reports.ts";
import { noIdentity } from "./no-identity.ts";
import { type PrefixTable, pathOwner } from "./path-owner.ts";
import { RequestLog, requestIds, requestLogger } from "./request-log.ts";
import type { RequestProperties } from "./request-properties.ts";
import { ViewRequests } from "./view-requests.ts";

export type { RequestProperties };

/** A Fastify plugin that registers HTTP views. */
export type RoutesPlugin = FastifyPluginAsync | FastifyPluginCallback;

/**
 * What `src/routes.ts` may export by default: one plugin for `backendPrefix`, or one plugin per prefix.
 *
 * @example
 * export default { "/api": api, "/billing": billing } satisfies Routes;
 */
export type Routes = RoutesPlugin | { readonly [prefix: string]: RoutesPlugin };

/** What a back end is made of. */
export interface BackendOptions {
  readonly prefixes: PrefixTable;
  /** Default export of `src/routes.ts`; checked here, since an author may export anything. */
  readonly routes: unknown;
  readonly mode: "development" | "production" | "test";
  readonly logger: Logger;
  readonly trustProxy?: boolean | readonly string[] | undefined;
  /** Largest body of a request, in bytes. */
  readonly bodyBytes: number;
  /** Runs a request in a context of the server's, for example with a database. */
  readonly runIn?: <T>(work: () => T) => T;
  /** Runs what registers views, and the app's onReady and onClose hooks. */
  readonly start?: (work: () => Promise<void>) => Promise<void>;
  /** Only to list the routes: nothing is made ready. */
  readonly listing?: boolean;
  /** Knows sessions and users; without it everybody is anonymous and there are no sessions. */
  readonly identity?: Identity;
  /** Which other sites' pages may send requests that change something; none when absent. */
  readonly crossSite?: CrossSiteOptions;
  /**
   * Registers the hidden route that takes events through the app's hooks: within the plugin of `backendPrefix`, or on
   * the root when there is none.
   */
  readonly eventRoute?: (instance: FastifyInstance) => void;
  /** Is shown the instance of that plugin before the plugin's own code; what it answers is called after it. */
  readonly watchHooks?: (instance: FastifyInstance) => () => void;
}

/** One registered HTTP route, for listings. */
export interface RouteInfo {
  readonly method: string;
  readonly url: string;
}

/** A ready Fastify instance that never listens itself: the dispatcher hands it requests, so that it can be replaced. */
export interface Backend {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Hands an upgrade to what listens for them on the app's own server, as `@fastify/websocket` does; false when nothing
   * does.
   *
   * @throws CSRF_REFUSED for the pages of other sites
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  readonly routes: readonly RouteInfo[];
  /** Waits for the running views, then calls the app's preClose hooks, which end its WebSockets, and its onClose hooks. */
  close(): Promise<void>;
}

/** A route of as many methods takes whatever comes. */
const EVERY_METHOD = 7;

/** Makes a short random reference that ties an answer to its log line. */
export function newRef(): string {
  return randomBytes(9).toString("base64url");
}

/**
 * Builds the Fastify instance that answers all paths below the app's prefixes.
 *
 * @throws SERVER_BACKEND_PREFIX_MISSING, SERVER_ROUTES_NOT_A_PLUGIN, SERVER_ROUTES_UNKNOWN_PREFIX,
 * SERVER_ROUTE_UNREACHABLE, SERVER_ROUTES_FAILED (with the author's error as `cause`), CSRF_ORIGIN_INVALID,
 * FORWARDED_PROXY_INVALID
 */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { start = (work) => work() } = options;
  const plugins = pluginsByPrefix(options.routes, options.prefixes);
  const proxies = proxyTrust(options.trustProxy);
  const { identity = noIdentity, crossSite = { trustedOrigins: [] } } = options;
  const app: FastifyInstance = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new RequestLog(options.mode),
    childLoggerFactory: requestLogger,
    genReqId: requestIds(newRef),
    bodyLimit: options.bodyBytes,
    trustProxy: proxies ?? false,
    frameworkErrors: (error, request, reply) =>
      void answerError(error, request as FastifyRequest, reply as unknown as FastifyReply),
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const error = serverErrors.SERVER_NOT_FOUND(request.method, pathOf(request.url));
    return answerError(error, request, reply);
  });
  describeFailuresFor(app, options.mode);
  installBodyParsers(app);
  const views = new WeakMap<IncomingMessage, { label: string }>();
  app.addHook("onRequest", (request, _, done) => {
    const view = views.get(request.raw);
    const { url } = request.routeOptions;
    if (view && url !== undefined) view.label = `${request.method} ${url}`;
    done();
  });
  const requests = new ViewRequests({ identity, crossSite, proxies, logger: options.logger });
  requests.install(app);
  const upgrades = new WeakMap<IncomingMessage, Duplex>();
  app.addHook("onResponse", (request, _, done) => {
    // An upgrade that was answered as a request: nobody reads its connection, so nobody would see it end.
    const socket = upgrades.get(request.raw);
    socket?.end(() => socket.destroy());
    done();
  });
  const routes: RouteInfo[] = [];
  let hidden = false;
  app.addHook("onRoute", ({ method, url }) => {
    if (hidden) return;
    const methods = [method].flat();
    for (const each of methods.length < EVERY_METHOD ? methods : ["ALL"]) {
      assertReachable(options.prefixes, each, url);
      // Fastify adds a HEAD to each GET by itself: a listing need not say everything twice.
      if (each !== "HEAD") routes.push({ method: each, url });
    }
  });
  const registerEvents = (instance: FastifyInstance) => {
    hidden = true;
    options.eventRoute?.(instance);
    hidden = false;
  };
  const register = async () => {
    const main = options.prefixes.backend;
    for (const [prefix, plugin] of plugins) {
      app.register(withinPrefix(plugin, prefix === main ? { before: options.watchHooks, after: registerEvents } : {}), {
        prefix,
      });
    }
    if (!plugins.some(([prefix]) => prefix === main)) registerEvents(app);
    await (options.listing ? app.after() : app.ready());
  };
  const close = () => start(async () => void (await app.close()));
  try {
    await start(register);
  } catch (cause) {
    await close().catch(() => {});
    if (cause instanceof AntiphonError) throw cause;
    throw serverErrors.SERVER_ROUTES_FAILED.with({ cause }, reasonOf(cause));
  }
  const running = countRunning();
  const { runIn = (work) => work() } = options;
  let closed: Promise<void> | undefined;
  return {
    handle(request, response) {
      running.add(response);
      // Not the path, which a visitor chooses: the log is limited by name.
      const view = { label: `${request.method} without a route` };
      views.set(request, view);
      watchRun(view);
      // Timed, because what it did last is told to whoever looks first, and by then it would be gone.
      const unwatch = () => timed(view, () => unwatchRun(view));
      response.once("close", unwatch);
      onHead(response, unwatch);
      timed(view, () => runIn(() => app.routing(request, response)));
    },
    upgrade(request, socket, head) {
      if (app.server.listenerCount("upgrade") === 0) return false;
      const reason = requests.upgradeProblem(request);
      if (reason !== undefined) {
        const error = bridgeErrors.CSRF_REFUSED();
        options.logger.warn({ code: error.code, reason, url: request.url }, "A WebSocket of another site was refused.");
        throw error;
      }
      upgrades.set(request, socket);
      runIn(() => {
        keepContext(socket);
        app.server.emit("upgrade", request, socket, head);
      });
      return true;
    },
    routes,
    close() {
      closed ??= running.none().then(close);
      return closed;
    },
  };
}

/**
 * Registers the app's plugin so that its hooks apply to everything below the prefix, also to what is registered after it.
 */
function withinPrefix(plugin: RoutesPlugin, { before, after }: Around): FastifyPluginAsync {
  return async (instance, options) => {
    const end = before?.(instance);
    await instance.register(shared(plugin), options);
    end?.();
    // A plugin that brings its own, perhaps with a secret, keeps it.
    if (!instance.hasReplyDecorator("setCookie")) await instance.register(fastifyCookie, { hook: false });
    after?.(instance);
  };
}

/** Calls a listener when the head of an answer leaves: a stream that stays open afterwards may do nothing for hours. */
function onHead(response: ServerResponse, listener: () => void): void {
  const { writeHead } = response as { writeHead: (...args: unknown[]) => ServerResponse };
  response.writeHead = (...args: unknown[]) => {
    listener();
    return writeHead.apply(response, args);
  };
}

interface Around {
  readonly before?: ((instance: FastifyInstance) => () => void) | undefined;
  readonly after?: (instance: FastifyInstance) => void;
}

/** The same plugin without a scope of its own. */
function shared(plugin: RoutesPlugin): FastifyPluginAsync {
  const symbols = Object.getOwnPropertySymbols(plugin).map((key) => [key, plugin[key as never]] as const);
  return Object.assign(plugin.bind(undefined), {
    ...Object.fromEntries(symbols),
    [Symbol.for("skip-override")]: true,
  }) as FastifyPluginAsync;
}

/** What a socket hears later comes from outside of every context; its listeners are to find the database nevertheless. */
function keepContext(socket: Duplex): void {
  const within = AsyncLocalStorage.snapshot();
  const emit = socket.emit.bind(socket);
  socket.emit = (name: string | symbol, ...values: unknown[]) => within(() => emit(name, ...values));
}

/**
 * Knows when no answer is being written. Fastify cannot: it does not listen itself, so its close() would call the
 * app's onClose hooks under views that still use what the hooks put away.
 */
function countRunning(): { add(response: ServerResponse): void; none(): Promise<void> } {
  let count = 0;
  let waiting: (() => void)[] = [];
  return {
    add(response) {
      count++;
      response.once("close", () => {
        count--;
        if (count > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      });
    },
    none: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

function pluginsByPrefix(routes: unknown, prefixes: PrefixTable): [prefix: string, plugin: RoutesPlugin][] {
  if (routes === undefined) return [];
  if (isPlugin(routes)) {
    if (prefixes.backend === undefined) throw serverErrors.SERVER_BACKEND_PREFIX_MISSING();
    return [[prefixes.backend, routes]];
  }
  if (typeof routes !== "object" || routes === null || isFetchApp(routes)) {
    throw serverErrors.SERVER_ROUTES_NOT_A_PLUGIN(kindOf(routes));
  }
  const known = [...(prefixes.backend === undefined ? [] : [prefixes.backend]), ...prefixes.extra];
  return Object.entries(routes).map(([prefix, plugin]: [string, unknown]) => {
    if (!isPlugin(plugin)) throw serverErrors.SERVER_ROUTES_NOT_A_PLUGIN(`${kindOf(plugin)} for "${prefix}"`);
    if (!known.includes(prefix)) throw serverErrors.SERVER_ROUTES_UNKNOWN_PREFIX(prefix, known.join(", ") || "(none)");
    return [prefix, plugin];
  });
}

function isPlugin(value: unknown): value is RoutesPlugin {
  return typeof value === "function" && !isNodeApp(value);
}

/** An Express app or one like it is a function too, and as a plugin it would fail in a way that nobody understands. */
function isNodeApp(value: unknown): boolean {
  if (typeof value !== "function" || !("handle" in value) || !("use" in value)) return false;
  return typeof value.handle === "function" && typeof value.use === "function";
}

function isFetchApp(value: unknown): boolean {
  return typeof value === "object" && value !== null && "fetch" in value && typeof value.fetch === "function";
}

function assertReachable(prefixes: PrefixTable, method: string, url: string): void {
  // Parameters stand for any text, so only what comes before the first one can decide.
  const { owner, endpoint } = pathOwner(prefixes, url);
  if (owner === "backend") return;
  const whose = endpoint ?? (owner === "admin" ? `the admin at "${prefixes.admin}"` : "the pages");
  throw serverErrors.SERVER_ROUTE_UNREACHABLE(method, url, whose);
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const described = describeFailure(error, request);
  if (described.retryAfter !== undefined) reply.header("retry-after", described.retryAfter);
  if (described.allow !== undefined) reply.header("allow", described.allow);
  return reply.code(described.status).header("cache-control", "no-store").send(described.body);
}

function kindOf(value: unknown): string {
  if (isNodeApp(value)) return "an app for Node's HTTP server, which nodeHandler(app) wraps,";
  if (isFetchApp(value)) return "an app with a fetch method, which fetchHandler(app) wraps,";
  return value === null ? "null" : Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? url;
}
