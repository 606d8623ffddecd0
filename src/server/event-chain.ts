import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { ChainOutcome, RequestChain } from "../bridge/request-chain.ts";
import type { RequestContext } from "../bridge/request-context.ts";
import { EventAnswer, EventMessage } from "./event-message.ts";

/** Work that waits for the hooks to let its request pass. */
interface Waiting {
  readonly work: () => unknown;
  result?: { readonly value: unknown } | { readonly error: unknown };
}

/** Sends events through the hooks of the app's views: to a route that nobody can ask for from outside. */
export class EventChain implements RequestChain {
  /** Unguessable, and on a path that the dispatcher never hands to the back end. */
  readonly path = `/_event/${randomBytes(18).toString("base64url")}`;
  readonly #waiting = new WeakMap<object, Waiting>();
  #instance: FastifyInstance | undefined;

  /** Puts the route where the hooks apply that events are to pass. */
  register(instance: FastifyInstance): void {
    this.#instance = instance;
    instance.route({
      method: "GET",
      url: this.path,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const waiting = this.#waiting.get(request.raw);
        if (!waiting) return reply.callNotFound();
        try {
          waiting.result = { value: await waiting.work() };
        } catch (error) {
          waiting.result = { error };
          reply.code(500);
        }
        return reply.send("");
      },
    });
  }

  async run<T>(context: RequestContext, work: () => T | Promise<T>): Promise<ChainOutcome<T>> {
    const instance = this.#instance;
    if (!instance) return { kind: "done", value: await work() };
    const waiting: Waiting = { work };
    const { promise, resolve } = Promise.withResolvers<EventAnswer>();
    const message = new EventMessage(context, instance.prefix + this.path);
    this.#waiting.set(message, waiting);
    instance.routing(message as unknown as IncomingMessage, new EventAnswer(resolve) as unknown as ServerResponse);
    const answer = await promise;
    if (waiting.result && "error" in waiting.result) throw waiting.result.error;
    for (const line of [answer.getHeader("set-cookie") ?? []].flat()) context.setCookie(String(line));
    if (waiting.result) return { kind: "done", value: waiting.result.value as T };
    const location = answer.getHeader("location");
    const redirects = answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === "string";
    return redirects ? { kind: "redirect", to: location } : { kind: "refused", status: answer.statusCode };
  }
}
