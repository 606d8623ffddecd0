import type { IncomingMessage } from "node:http";
import type { ChannelLogger } from "./wire-error.ts";

/** Milliseconds between two warnings. */
const WARN_EVERY = 60_000;

/** Why the socket server refused a request. */
export interface ConnectionError {
  readonly req: IncomingMessage;
  readonly context?: { readonly name?: string };
}

/**
 * Tells the log that a proxy takes the upgrade out of WebSocket requests: no page behind it can connect. One warning a
 * minute, because each of these pages goes on trying.
 */
export class StrippedUpgrades {
  readonly #logger: ChannelLogger;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(logger: ChannelLogger) {
    this.#logger = logger;
  }

  readonly note = ({ req, context }: ConnectionError): void => {
    if (context?.name !== "TRANSPORT_HANDSHAKE_ERROR") return;
    const now = performance.now();
    if (now - this.#lastAt < WARN_EVERY) return;
    this.#lastAt = now;
    const { connection, via } = req.headers;
    this.#logger.warn(
      { code: "SERVER_UPGRADE_REQUIRED", httpVersion: req.httpVersion, connection, via },
      "A WebSocket request arrived without its upgrade: let the proxy pass the headers Upgrade and Connection",
    );
  };
}
