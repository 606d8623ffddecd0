import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { type CrossSiteOptions, crossSiteProblem, isSafeMethod, trustedOrigins } from "../../bridge/cross-site.ts";
import { currentContext, runInRequest } from "../../bridge/current-request.ts";
import { bridgeErrors } from "../../bridge/errors.ts";
import { type ProxyTrust, readForwarded } from "../../bridge/forwarded.ts";
import { isOwnOrigin } from "../../bridge/origin-check.ts";
import { prepareIdentity } from "../../bridge/prepare-identity.ts";
import { type Identity, RequestContext } from "../../bridge/request-context.ts";
import type { AppRequest } from "../../bridge/request-types.ts";
import { asError } from "../../errors.ts";
import { ENDPOINTS } from "../../protocol/endpoints.ts";
import { sessionErrors } from "../../sessions/errors.ts";
import { markUntrusted } from "../../untrusted.ts";
import type { Logger } from "../logger.ts";
import { AnswerGate } from "./answer-gate.ts";
import { noteDropped } from "./dropped-cookies.ts";
import { sendError } from "./error-response.ts";
import { EventMessage } from "./event-message.ts";
import { describeFailure } from "./failure-reports.ts";
import { finishAnswer, type HeaderSet } from "./identity-headers.ts";
import type {} from "./request-properties.ts";

/** What view requests need to know. */
export interface ViewRequestOptions {
  readonly identity: Identity;
  readonly crossSite: CrossSiteOptions;
  readonly proxies: ProxyTrust | undefined;
  readonly logger: Logger;
}

interface View {
  readonly context: RequestContext;
  readonly gate: AnswerGate;
  /** Runs work where the request is the current one. */
  readonly within: <T>(work: () => T) => T;
  /** The session is saved, or will not be. */
  finished: boolean;
  /** The session is saved: what comes later is not. */
  saved: boolean;
  /** An error handler has answered already. */
  failed: boolean;
}

/**
 * Makes every request of the back end one of a browser's session and user: before the app's own hooks it is checked and
 * bound, after them the session is saved and its cookies are sent, all before the first byte leaves.
 */
export class ViewRequests {
  readonly #options: ViewRequestOptions;
  readonly #trustedOrigins: readonly string[];
  readonly #views = new WeakMap<IncomingMessage, View>();

  constructor(options: ViewRequestOptions) {
    this.#options = options;
    this.#trustedOrigins = trustedOrigins(options.crossSite.trustedOrigins);
  }

  /** Puts the hooks on the root, before any other. */
  install(app: FastifyInstance): void {
    this.#decorate(app);
    app.addHook("onRequest", (request, reply, done) => this.#begin(request, reply, done));
    // Whatever calls back from elsewhere, such as a body's parser or a driver, loses the request: each phase takes it up.
    app.addHook("preValidation", (request, _, done) => {
      markInput(request);
      this.#within(request, done);
    });
    app.addHook("preHandler", (request, _, done) => {
      // Again, because a schema's parser may have made new objects.
      markInput(request);
      this.#within(request, done);
    });
    app.addHook("onError", (request, _reply, _error, done) => {
      const view = this.#views.get(request.raw);
      if (view) view.failed = true;
      this.#within(request, done);
    });
    app.addHook("onSend", (request, _, payload, done) => this.#within(request, () => done(null, payload)));
    app.addHook("onResponse", (request, _, done) => {
      this.#warnOfLateChange(request);
      this.#within(request, done);
    });
    // Hooks of the route itself run after those of the app's plugins.
    app.addHook("onRoute", (route: RouteOptions) => {
      // The way of events, which are begun and ended elsewhere.
      if (route.url.includes(`${ENDPOINTS.channel}/`)) return;
      const { preHandler = [], onSend = [] } = route;
      route.preHandler = [...[preHandler].flat(), (request, _, done) => this.#within(request, done)];
      route.onSend = [...[onSend].flat(), (request, reply, payload, done) => this.#end(request, reply, payload, done)];
    });
  }

  /** The record of a request that the hooks have seen. */
  contextOf(request: IncomingMessage): RequestContext | undefined {
    return eventContext(request) ?? this.#views.get(request)?.context;
  }

  /**
   * Why a request must not become a WebSocket: no browser keeps the pages of other sites from opening one, with the
   * user's cookies. So the rule is the one for requests that change something, though the method is GET.
   */
  upgradeProblem(request: IncomingMessage): string | undefined {
    const context = this.#contextFor(request);
    const { headers, protocol, host } = context;
    // With a WebSocket not every browser sends more than Origin, which does not match what a proxy of TLS has made of it.
    const own = isOwnOrigin({ origin: headers.origin, host, protocol, trustedOrigins: this.#trustedOrigins });
    return own ? undefined : this.#crossSiteProblem(context, "POST");
  }

  #decorate(app: FastifyInstance): void {
    const contextOf = (request: FastifyRequest) => this.contextOf(request.raw) ?? this.#contextFor(request.raw);
    for (const name of ["session", "messages", "user", "cookies", "path", "language", "kind"] as const) {
      app.decorateRequest(name, {
        getter(this: FastifyRequest) {
          return contextOf(this)[name];
        },
        // A plugin of the app may have a property of the same name: within its prefix it is what the plugin says.
        setter(this: FastifyRequest, value: unknown) {
          if (value === null || value === undefined) return;
          Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
        },
      } as never);
    }
  }

  #contextFor(request: IncomingMessage): RequestContext {
    const facts = readForwarded(request, this.#options.proxies);
    const { method = "GET", url = "/", headers } = request;
    return new RequestContext({ kind: "view", method, url, headers, ...facts }, this.#options.identity);
  }

  #begin(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const event = eventContext(request.raw);
    if (event) {
      // The socket's end prepares and saves. From here on the hidden route looks like the page that the event comes from.
      request.raw.url = event.url;
      // Fastify has read the query of the hidden route by now.
      if (event.url.includes("?")) request.query = event.query;
      event.view = appRequest(request);
      if (currentContext() === event) done();
      else runInRequest(event, () => done());
      return;
    }
    const context = this.#contextFor(request.raw);
    context.view = appRequest(request);
    runInRequest(context, () => {
      this.#hold(request, reply, context);
      const refused = this.#refusal(request, context);
      if (refused) done(refused);
      else this.#prepare(context, done);
    });
  }

  #hold(request: FastifyRequest, reply: FastifyReply, context: RequestContext): void {
    const view: View = {
      context,
      within: AsyncLocalStorage.snapshot(),
      finished: false,
      saved: false,
      failed: false,
      // Fastify's own answers are finished in `#end`; this takes what is written past it.
      gate: new AnswerGate(reply.raw, {
        before: (status) => {
          view.finished = true;
          return view.within(() => this.#finish(view, status, rawHeaders(reply.raw)));
        },
        failed: (error) => {
          for (const name of BODY_HEADERS) reply.raw.removeHeader(name);
          sendError(request.raw, reply.raw, describeFailure(error, request));
        },
      }),
    };
    this.#views.set(request.raw, view);
  }

  #refusal(request: FastifyRequest, context: RequestContext): Error | undefined {
    if (isSafeMethod(context.method) || request.routeOptions.config.csrfExempt === true) return undefined;
    const reason = this.#crossSiteProblem(context, context.method);
    if (reason === undefined) return undefined;
    const error = bridgeErrors.CSRF_REFUSED();
    request.log.warn(
      { req: request, code: error.code, reason, ref: request.id },
      "A request from another site was refused.",
    );
    return error;
  }

  #crossSiteProblem(context: RequestContext, method: string): string | undefined {
    const { headers, protocol, host, identity } = context;
    return crossSiteProblem({
      method,
      headers,
      protocol,
      host,
      trustedOrigins: this.#trustedOrigins,
      hasSessionCookie: identity.sessionId(context) !== undefined,
    });
  }

  #prepare(context: RequestContext, done: (error?: Error) => void): void {
    let waiting: void | Promise<void>;
    try {
      waiting = prepareIdentity(context.identity, context);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (waiting) waiting.then(() => done(), done);
    else done();
  }

  #within(request: FastifyRequest, done: () => void): void {
    const view = this.#views.get(request.raw);
    if (view) view.within(done);
    else done();
  }

  /** The last that happens before Fastify sends an answer. */
  #end(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: Error | null, payload?: unknown) => void,
  ): void {
    const view = this.#views.get(request.raw);
    if (!view || view.finished) {
      done(null, payload);
      return;
    }
    view.finished = true;
    view.gate.open();
    const fail = (error: unknown) => {
      discard(payload);
      if (view.failed) done(null, this.#replace(error, request, reply));
      else done(asError(error));
    };
    let waiting: void | Promise<void>;
    try {
      waiting = view.within(() => this.#finish(view, reply.statusCode, replyHeaders(reply)));
    } catch (error) {
      fail(error);
      return;
    }
    if (waiting) waiting.then(() => done(null, payload), fail);
    else done(null, payload);
  }

  #finish(view: View, status: number, headers: HeaderSet): void | Promise<void> {
    const { context } = view;
    // Never cache a sign-in or sign-out answer.
    if (context.userChanged) headers.set("cache-control", "no-store");
    const waiting = finishAnswer(context, status, headers);
    const look = () => {
      view.saved = status < 500;
      if (context.outgoing.size > 0) noteDropped(this.#options.logger, context, [...context.outgoing.values()]);
    };
    if (waiting) return waiting.then(look);
    look();
  }

  /** Neither storage nor browser learn of what a stream, or code that was left running, does to the session. */
  #warnOfLateChange(request: FastifyRequest): void {
    const view = this.#views.get(request.raw);
    if (!view?.saved || !this.#options.identity.isUnsaved(view.context)) return;
    const { code, message } = sessionErrors.SESSION_CHANGED_LATE(`${request.method} ${view.context.path}`);
    request.log.warn({ req: request, code, ref: request.id }, message);
  }

  /** An error after an error: Fastify would answer it by its own handler, which tells whatever the error says. */
  #replace(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
    const { status, body } = describeFailure(error, request);
    for (const name of BODY_HEADERS) reply.removeHeader(name);
    reply.code(status).header("content-type", "application/json; charset=utf-8").header("cache-control", "no-store");
    return JSON.stringify(body);
  }
}

/** Headers that belong to a body which is not sent. */
const BODY_HEADERS = [
  "content-length",
  "content-encoding",
  "content-disposition",
  "content-range",
  "etag",
  "last-modified",
  "location",
  "trailer",
  "transfer-encoding",
];

function eventContext(message: unknown): RequestContext | undefined {
  return message instanceof EventMessage ? message.context : undefined;
}

/** Fastify types the query as unknown; it is an object whose values are texts unless a name stands twice. */
function appRequest(request: FastifyRequest): AppRequest {
  return request as unknown as AppRequest;
}

function markInput(request: FastifyRequest): void {
  if (request.raw instanceof EventMessage) return;
  markUntrusted(request.params);
  markUntrusted(request.query);
  markUntrusted(request.body);
}

function discard(payload: unknown): void {
  if (typeof payload !== "object" || payload === null) return;
  if ("destroy" in payload && typeof payload.destroy === "function") payload.destroy();
  else if (payload instanceof ReadableStream) payload.cancel().catch(() => {});
}

function rawHeaders(response: ServerResponse): HeaderSet {
  return {
    get: (name) => response.getHeader(name),
    set: (name, value) => void response.setHeader(name, value),
    append: (name, value) => void response.appendHeader(name, value),
  };
}

function replyHeaders(reply: FastifyReply): HeaderSet {
  return {
    get: (name) => reply.getHeader(name),
    set: (name, value) => void reply.header(name, value),
    // Of this header Fastify keeps every value.
    append: (name, value) => void reply.header(name, value),
  };
}
