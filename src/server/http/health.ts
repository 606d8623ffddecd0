import type { IncomingMessage } from "node:http";
import { ENDPOINTS } from "../../protocol/endpoints.ts";
import type { EndpointRequest } from "./endpoint.ts";

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

/**
 * Answers `/_health`: 200 while the server takes work, 503 once shutdown has begun. `/_health/live` answers 200 as
 * long as the process answers at all. Numbers are for requests from this machine, and in development for all: a stranger
 * would learn from them what weighs on the server.
 */
export function answerHealth({ request, response, path, parts }: EndpointRequest): void {
  const stopping = parts.stopping();
  const isLiveness = path.endsWith(`${ENDPOINTS.health}/live`);
  const stats = parts.mode === "development" || isLocal(request) ? parts.stats() : undefined;
  const text = JSON.stringify({ status: stopping ? "stopping" : "ok", ...(stats && numbersOf(stats)) });
  response.statusCode = stopping && !isLiveness ? 503 : 200;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.setHeader("Cache-Control", "no-store");
  response.end(request.method === "HEAD" ? undefined : text);
}

function numbersOf({ uptime, tabs, connected, stateBytes, blocked }: ServerStats): ServerStats {
  return { uptime, tabs, connected, stateBytes, blocked };
}

const FORWARDING = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** Whether a request comes from this machine, and was not handed on for somebody else. */
export function isLocal({ socket, headers }: Pick<IncomingMessage, "headers"> & { socket: PeerSocket }): boolean {
  const { remoteAddress = "" } = socket;
  const isLoopback = remoteAddress === "::1" || /^(?:::ffff:)?127\./.test(remoteAddress);
  return isLoopback && FORWARDING.every((name) => headers[name] === undefined);
}

/** Who is at the other end. */
interface PeerSocket {
  readonly remoteAddress?: string | undefined;
}
