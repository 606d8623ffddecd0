import type { FastifyInstance, FastifyRequest } from "fastify";
import { asError } from "../../errors.ts";
import { type DescribedError, describeError } from "./error-response.ts";

const MODE = Symbol("antiphon.mode");

/** Tells a Fastify instance how much its answers may say of an error. */
export function describeFailuresFor(app: FastifyInstance, mode: string): void {
  app.decorate(MODE, mode);
}

/** Turns what failed in a request into what the outside may know of it, and writes to the log what it may not. */
export function describeFailure(error: unknown, request: FastifyRequest): DescribedError {
  const mode = (request.server as { readonly [MODE]?: string } | undefined)?.[MODE] ?? "production";
  const described = describeError(error, request.id, mode);
  if (described.unexpected) request.log.error({ err: asError(error), ref: request.id }, "request failed");
  return described;
}
