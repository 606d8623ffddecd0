import { AsyncLocalStorage } from "node:async_hooks";
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequestListener } from "@remix-run/node-fetch-server";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { currentContext } from "../../bridge/current-request.ts";
import { serverErrors } from "../errors.ts";
import { sendError } from "./error-response.ts";
import { describeFailure } from "./failure-reports.ts";

/** What takes requests as Node's own HTTP server hands them out: an Express app, for one. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What takes a `Request` and gives a `Response`: a Hono app, for one. */
export interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** How a handler is mounted. */
export interface ForeignOptions {
  /** Whether the handler's own routes begin with the prefix; false when absent: it sees `/invoices` of `/billing/invoices`. */
  readonly keepPrefix?: boolean;
  /** Whether pages of any site may send requests that change something; false when absent, see `trustedOrigins`. */
  readonly csrfExempt?: boolean;
}

/**
 * Hands everything below a prefix of `src/routes.ts` to a Node handler: an Express app, or the instance behind a Nest
 * app's HTTP adapter.
 *
 * Every hook of the surrounding plugins runs first, up to and with `preHandler`, so a guard of a plugin protects what is
 * mounted in it; `preSerialization` and `onSend` do not run, since the handler writes its own answer.
 * The request is bound as for every view: `currentUser()`, `currentSession()` and `currentRequest()` work
 * inside, and the session is saved before the answer's head leaves, unless its status is 500 or more.
 *
 * @example
 * const billing = express();
 * billing.get("/invoices", (_request, response) => void response.json({ name: currentUser().username }));
 * export default { "/api": api, "/billing": nodeHandler(billing) } satisfies Routes;
 */
export function nodeHandler(handler: NodeHandler, options: ForeignOptions = {}): FastifyPluginAsync {
  return mount(options, (request, reply) => {
    const fail = (error: unknown) => sendError(request.raw, reply.raw, describeFailure(error, request));
    new Promise((resolve) => resolve(handler(request.raw, reply.raw))).catch(fail);
  });
}

/**
 * Hands everything below a prefix of `src/routes.ts` to an app that speaks the web's `Request` and `Response`: a Hono app,
 * for one. Bodies are streamed both ways, and `request.signal` tells when the visitor has gone.
 *
 * `currentUser()`, `currentSession()` and `currentRequest()` work inside, as in {@link nodeHandler}.
 *
 * @example
 * const hooks = new Hono().get("/me", (context) => context.json({ name: currentUser().username }));
 * export default { "/api": api, "/hooks": fetchHandler(hooks) } satisfies Routes;
 */
export function fetchHandler(app: FetchApp, options: ForeignOptions = {}): FastifyPluginAsync {
  return mount(options, (request, reply) => {
    const { host, protocol } = currentContext() ?? request;
    const listener = createRequestListener((each) => app.fetch(each), {
      host: host === "" ? "localhost" : host,
      protocol: `${protocol}:`,
      onError: (error) => {
        const { status, body } = describeFailure(error, request);
        return Response.json(body, { status, headers: { "cache-control": "no-store" } });
      },
    });
    listener(request.raw, reply.raw);
  });
}

function mount(
  options: ForeignOptions,
  handle: (request: FastifyRequest, reply: FastifyReply) => void,
): FastifyPluginAsync {
  // In a scope of its own: other routes below the prefix keep their parsers.
  return async (outer) =>
    outer.register(async (instance) => {
      // The body stays unread for the handler, which parses it itself.
      instance.removeAllContentTypeParsers();
      instance.addContentTypeParser("*", (request, payload, done) => {
        // What a preParsing hook has made of the body would never reach the handler: it reads the request itself.
        done(payload === request.raw ? null : serverErrors.SERVER_MOUNT_BODY(instance.prefix));
      });
      const config = { csrfExempt: options.csrfExempt === true };
      for (const url of ["/", "/*"]) {
        // A route, not a hook: every hook of the surroundings has run before it, so a guard there protects the handler too.
        instance.all(url, { config, exposeHeadRoute: false }, (request, reply) => {
          reply.hijack();
          const context = currentContext();
          // The handler knows nothing of Fastify's request, whose URL loses its prefix now.
          if (context) context.view = undefined;
          if (!options.keepPrefix) stripPrefix(request.raw, instance.prefix);
          for (const [name, value] of Object.entries(reply.getHeaders()))
            if (value !== undefined) reply.raw.setHeader(name, value);
          emitWithin(request.raw);
          emitWithin(reply.raw);
          handle(request, reply);
        });
      }
    });
}

/** As Express does it for what is mounted, so that its links and redirects know the whole URL. */
function stripPrefix(request: IncomingMessage, prefix: string): void {
  const { url = "/" } = request;
  const rest = url.slice(prefix.length);
  Object.assign(request, { originalUrl: url, baseUrl: prefix, url: rest.startsWith("/") ? rest : `/${rest}` });
}

/** Listeners run within the request, although it is the socket that wakes them. */
function emitWithin(emitter: EventEmitter): void {
  const within = AsyncLocalStorage.snapshot();
  const emit = emitter.emit.bind(emitter);
  emitter.emit = (...args: Parameters<EventEmitter["emit"]>) => within(() => emit(...args));
}
