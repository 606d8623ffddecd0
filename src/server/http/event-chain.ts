import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, RouteHandlerMethod } from "fastify";
import type { ChainOutcome, RequestChain } from "../../bridge/request-chain.ts";
import type { RequestContext } from "../../bridge/request-context.ts";
import { EventAnswer, EventMessage } from "./event-message.ts";

/** Hooks that run for a request; the others belong to the start and the end of the app. */
const PASSED = [
  "onRequest",
  "preParsing",
  "preValidation",
  "preHandler",
  "preSerialization",
  "onSend",
  "onResponse",
  "onError",
  "onTimeout",
  "onRequestAbort",
] as const;
const PASSED_NAMES: ReadonlySet<unknown> = new Set(PASSED);

function notice(method: (...args: unknown[]) => FastifyInstance, tell: (name: unknown) => void) {
  return function (this: FastifyInstance, ...args: unknown[]): FastifyInstance {
    tell(args[0]);
    return method.apply(this, args);
  };
}

/** Sends events through the hooks of the app's views: to a route that nobody can ask for from outside. */
export class EventChain implements RequestChain {
  /** Unguessable, and on a path that the dispatcher never hands to the back end. */
  readonly path = `/_event/${randomBytes(18).toString("base64url")}`;
  #instance: FastifyInstance | undefined;
  #url = "";
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /**
   * Notices whether a plugin, or one that it registers, has anything that events are to pass; to be called before it. What
   * it answers ends that.
   */
  watch(instance: FastifyInstance): () => void {
    const methods = ["addHook", "decorateRequest"] as const;
    for (const method of methods) {
      const original = instance[method] as (...args: unknown[]) => FastifyInstance;
      const noticed = (name: unknown) => method === "decorateRequest" || PASSED_NAMES.has(name);
      const replacement = { value: notice(original, (name) => noticed(name) && this.#fill()), configurable: true };
      Object.defineProperty(instance, method, replacement);
    }
    return () => {
      for (const method of methods) Reflect.deleteProperty(instance, method);
    };
  }

  #fill(): void {
    this.#isEmpty = false;
  }

  /** Puts the route where the hooks apply that events are to pass. */
  register(instance: FastifyInstance): void {
    this.#instance = instance;
    this.#url = instance.prefix + this.path;
    // Behind the app's own: plugins put hooks on every route as it is registered.
    instance.addHook("onRoute", (route) => {
      if (route.url !== this.#url) return;
      if (route.handler !== runEvent || PASSED.some((name) => route[name] !== undefined)) this.#fill();
    });
    instance.route({ method: "GET", url: this.path, exposeHeadRoute: false, handler: runEvent });
  }

  run<T>(context: RequestContext, work: () => T | Promise<T>): Promise<ChainOutcome<T>> {
    const instance = this.#instance;
    return new Promise((resolve, reject) => {
      if (!instance) {
        resolve(done(work));
        return;
      }
      const message = new EventMessage(context, this.#url, work);
      const answer = new EventAnswer(() => {
        const { result } = message;
        if (result && "error" in result) reject(result.error);
        else resolve(outcomeOf<T>(context, result, answer));
      });
      instance.routing(message as unknown as IncomingMessage, answer as unknown as ServerResponse);
    });
  }
}

/** The hidden route's handler: runs the event that its message carries. */
const runEvent: RouteHandlerMethod = (request, reply) => {
  const message = request.raw as unknown;
  if (!(message instanceof EventMessage)) return reply.callNotFound();
  const failed = (error: unknown) => {
    message.result = { error };
    reply.code(500).send();
  };
  const done = (value: unknown) => {
    message.result = { value };
    reply.send();
  };
  try {
    const value = message.work();
    if (value instanceof Promise) value.then(done, failed);
    else done(value);
  } catch (error) {
    failed(error);
  }
  return undefined;
};

async function done<T>(work: () => T | Promise<T>): Promise<ChainOutcome<T>> {
  return { kind: "done", value: await work() };
}

function outcomeOf<T>(
  context: RequestContext,
  result: { readonly value: unknown } | undefined,
  answer: EventAnswer,
): ChainOutcome<T> {
  const cookies = answer.getHeader("set-cookie");
  if (cookies !== undefined) for (const line of [cookies].flat()) context.setCookie(String(line));
  if (result) return { kind: "done", value: result.value as T };
  const location = answer.getHeader("location");
  const redirects = answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === "string";
  return redirects ? { kind: "redirect", to: location } : { kind: "refused", status: answer.statusCode };
}
