import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What the dispatcher knows of a request that the front end needs and cannot read from the request itself. */
export interface FrontendContext {
  /**
   * Random per response, in development only: it stands in the Content-Security-Policy, so every inline script of
   * the document must carry it as its `nonce`. Absent in production, where documents hold no inline script.
   */
  readonly nonce?: string;
}

/**
 * Answers all requests that belong to neither the back end nor the framework: files, modules and documents.
 *
 * Vite implements it in development, the built files in production. It gets only GET and HEAD requests whose path
 * has passed `readTarget`; what it throws becomes a 500. It never touches the security headers, which are set already.
 *
 * @example
 * const frontend: Frontend = { handle: (request, response) => void response.end("hello"), close: async () => {} };
 */
export interface Frontend {
  handle(request: IncomingMessage, response: ServerResponse, context: FrontendContext): void | Promise<void>;
  /** Says whether this upgrade is the front end's own (the development server's reload socket); the dispatcher then leaves it alone. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): Promise<void>;
}
