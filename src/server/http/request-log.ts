import { type FastifyBaseLogger, type FastifyServerOptions, LogController } from "fastify";
import { EventMessage } from "./event-message.ts";

/**
 * Logs requests in production, and no events: there are a thousand of them where there is one request, and each that
 * fails has a line of its own already.
 */
export class RequestLog extends LogController {
  readonly #isOff: boolean;

  constructor(mode: string) {
    super({ disableRequestLogging: mode !== "production" });
    this.#isOff = mode !== "production";
  }

  override isLogDisabled(request: object): boolean {
    return this.#isOff || isEvent(request);
  }
}

/** A logger of its own for each request, which names it; an event does with the server's. */
export const requestLogger: NonNullable<FastifyServerOptions["childLoggerFactory"]> = (
  logger,
  bindings,
  options,
  request,
): FastifyBaseLogger => (isEvent(request) ? logger : logger.child(bindings, options));

let events = 0;

/** Names a request in the log; `random` makes a name that nobody can guess, which is shown to browsers. */
export function requestIds(random: () => string): (request: object) => string {
  return (request) => (isEvent(request) ? `event-${++events}` : random());
}

function isEvent(request: object): boolean {
  return request instanceof EventMessage || ("raw" in request && request.raw instanceof EventMessage);
}
