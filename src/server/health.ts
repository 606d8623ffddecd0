import type { IncomingMessage, ServerResponse } from "node:http";

/** Numbers about the running server; nothing in them tells who uses it. */
export interface ServerStats {
  /** Seconds since the server began to listen. */
  readonly uptime: number;
  /** Tabs whose state is kept. */
  readonly tabs: number;
  /** Tabs that are connected now. */
  readonly connected: number;
  /** Estimated bytes of all kept states. */
  readonly stateBytes: number;
  /** How often a handler kept the process busy for more than 50 ms. */
  readonly blocked: number;
}

/** Answers `/_health`: 200 while the server takes work, 503 as soon as it is told to stop. */
export function sendHealth(
  request: IncomingMessage,
  response: ServerResponse,
  health: { readonly stats: ServerStats; readonly stopping: boolean },
): void {
  const { uptime, tabs, connected, stateBytes, blocked } = health.stats;
  const status = health.stopping ? "stopping" : "ok";
  const text = JSON.stringify({ status, uptime, tabs, connected, stateBytes, blocked });
  response.statusCode = health.stopping ? 503 : 200;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.setHeader("Cache-Control", "no-store");
  response.end(request.method === "HEAD" ? undefined : text);
}
