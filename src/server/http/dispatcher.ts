import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { currentContext, runInRequest } from "../../bridge/current-request.ts";
import { RequestContext } from "../../bridge/request-context.ts";
import { asError } from "../../errors.ts";
import { withBase, withoutBase } from "../../protocol/base-path.ts";
import { ENDPOINTS } from "../../protocol/endpoints.ts";
import { serverErrors } from "../errors.ts";
import type { Frontend } from "../views/frontend.ts";
import { asPageRequest } from "../views/page-requests.ts";
import type { Backend } from "./backend.ts";
import { newRef } from "./backend.ts";
import type { EndpointParts } from "./endpoint.ts";
import { answerEndpoint, endpoints } from "./endpoints.ts";
import { type DescribedError, describeError, sendError } from "./error-response.ts";
import { type PrefixTable, pathOwner, readTarget } from "./path-owner.ts";
import { type SecurityOptions, setSecurityHeaders } from "./security-headers.ts";
import { allowMethods } from "./small-post.ts";

/** The parts between which requests are divided. They are asked for on each request, because a reload replaces them. */
export interface DispatcherParts extends Omit<EndpointParts, "mode"> {
  readonly prefixes: PrefixTable;
  readonly security: SecurityOptions;
  /** Whether a `Host` header names this server. */
  allowsHost(host: string | undefined): boolean;
  backend(): Backend;
  frontend(): Frontend;
  /** Milliseconds after which an upgrade that nobody answered is closed; 10,000 when absent. */
  readonly upgradeMs?: number;
}

/** Hands each request and each upgrade to its owner. */
export interface Dispatcher {
  /** Takes the requests and upgrades of an HTTP server, its upgrades before every listener that is there already. */
  listenTo(server: Server): void;
}

/**
 * Makes the one listener of the HTTP server: security headers, a checked path, its owner, and an answer to whatever
 * the owner throws.
 */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    dispatch(parts, request, response).catch((error: unknown) => fail(parts, error, request, response));
  };
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const unanswered = closeUnanswered(request.socket, parts.upgradeMs ?? UPGRADE_MS);
    try {
      if (hasListener(parts, request, socket, head)) return;
      if (parts.stopping()) refuseUpgrade(socket, 503, "The server is shutting down.");
      else refuseUpgrade(socket, 404, "No WebSocket is here.");
    } catch (error) {
      const { status, body } = describeFor(parts, error, request, newRef());
      refuseUpgrade(socket, status, body.error.message);
    }
    clearTimeout(unanswered);
  };
  return {
    // First among the upgrade's listeners: what another has answered before would pass for never answered.
    listenTo: (server) => void server.on("request", handle).prependListener("upgrade", upgrade),
  };
}

async function dispatch(parts: DispatcherParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const nonce = setSecurityHeaders(request, response, parts.security);
  if (parts.stopping()) response.setHeader("Connection", "close");
  const { basePath = "" } = parts;
  const { path, url } = readTarget(withoutBase(basePath, request.url ?? "/"));
  request.url = url;
  if (basePath !== "") leadBelow(basePath, response);
  const { owner, endpoint } = pathOwner(parts.prefixes, path);
  const row = endpoints.find((candidate) => candidate.path === endpoint);
  if (!row?.anyHost) assertHost(parts, request);
  switch (owner) {
    case "backend":
    case "admin":
      return parts.backend().handle(request, response);
    case "channel":
    case "framework":
      return answerEndpoint(row, { request, response, path, parts: { ...parts, mode: parts.security.mode } });
    case "frontend":
      allowMethods(request, response, ["GET"]);
      return answerPage(parts, request, response, nonce);
  }
}

/** Redirects name paths of the app; the browser gets them below the path under which the app is hosted. */
function leadBelow(basePath: string, response: ServerResponse): void {
  const { writeHead } = response as { writeHead: (...args: unknown[]) => ServerResponse };
  response.writeHead = (...args: unknown[]) => {
    const given = args.at(-1);
    const below = (value: unknown) => (typeof value === "string" ? withBase(basePath, value) : value);
    if (Array.isArray(given)) {
      const at = given.findIndex((name) => /^location$/i.test(String(name)));
      if (at !== -1) args[args.length - 1] = given.with(at + 1, below(given[at + 1]));
    } else if (typeof given === "object" && given !== null) {
      const pairs = Object.entries(given).map(([name, value]) => [
        name,
        /^location$/i.test(name) ? below(value) : value,
      ]);
      args[args.length - 1] = Object.fromEntries(pairs);
    }
    const location = response.getHeader("location");
    if (typeof location === "string") response.setHeader("Location", withBase(basePath, location));
    return writeHead.apply(response, args);
  };
}

/** @throws SERVER_HOST_REPEATED, SERVER_HOST_REFUSED */
function assertHost(parts: DispatcherParts, request: IncomingMessage): void {
  if (repeatsHost(request)) throw serverErrors.SERVER_HOST_REPEATED();
  const refused = refusedHost(parts, request);
  if (refused !== undefined) throw serverErrors.SERVER_HOST_REFUSED(refused);
}

/** Whether a request has several `Host` headers. Node reads the first of them; a proxy in front may have read another. */
function repeatsHost({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count > 1;
}

/** The host that a request names and this server does not answer for: its own word, or that of a trusted proxy. */
function refusedHost(parts: DispatcherParts, request: IncomingMessage): string | undefined {
  const { host } = request.headers;
  const named = [host, parts.identity?.sourceOf(request, "view").host ?? host];
  return named.map((name) => (parts.allowsHost(name) ? undefined : (name ?? ""))).find((name) => name !== undefined);
}

async function answerPage(
  parts: DispatcherParts,
  request: IncomingMessage,
  response: ServerResponse,
  nonce: string | undefined,
): Promise<void> {
  const { identity } = parts;
  const answer = () => parts.frontend().handle(request, response, nonce === undefined ? {} : { nonce });
  if (!identity) return answer();
  const source = identity.sourceOf(request, "page");
  return identity.run(() => asPageRequest(identity.identity, source, answer));
}

/** Describes an error in the language that its request asks for. */
function describeFor(parts: DispatcherParts, error: unknown, request: IncomingMessage, ref: string): DescribedError {
  const describe = () => describeError(error, ref, parts.security.mode);
  // A request that was not read to its end has lost its socket, and with it its address.
  const socket: Socket | null = request.socket;
  if (!parts.identity || currentContext() || socket === null) return describe();
  const { identity, sourceOf, run } = parts.identity;
  return run(() => runInRequest(new RequestContext(sourceOf(request, "page"), identity), describe));
}

function fail(parts: DispatcherParts, error: unknown, request: IncomingMessage, response: ServerResponse): void {
  const ref = newRef();
  const described = describeFor(parts, error, request, ref);
  if (described.unexpected) parts.logger.error({ err: asError(error), ref, req: request }, "request failed");
  sendError(request, response, described);
}

/** Milliseconds that a listener gets to answer an upgrade which was left to it. */
const UPGRADE_MS = 10_000;

/**
 * Whether somebody takes an upgrade: the back end's own listeners, to which it is handed here, or the socket server and
 * the development server, which listen themselves.
 */
function hasListener(parts: DispatcherParts, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  let target: ReturnType<typeof readTarget>;
  try {
    target = readTarget(withoutBase(parts.basePath ?? "", request.url ?? "/"));
  } catch {
    return false;
  }
  const { path, url } = target;
  if (repeatsHost(request) || refusedHost(parts, request) !== undefined) return false;
  // Also for the socket and the development server, which listen themselves.
  if (parts.basePath) request.url = url;
  if (path.startsWith(`${ENDPOINTS.channel}/`)) return !parts.stopping();
  if (pathOwner(parts.prefixes, path).owner !== "backend") {
    return parts.frontend().upgrade?.(request, socket, head) === true;
  }
  if (parts.stopping()) return false;
  request.url = url;
  return parts.backend().upgrade(request, socket, head);
}

/** A listener ignores what is not for it (another subprotocol, for one), and the connection would stay open for good. */
function closeUnanswered(socket: Socket, milliseconds: number): NodeJS.Timeout {
  const before = socket.bytesWritten;
  const timer = setTimeout(() => {
    if (socket.bytesWritten === before) socket.destroy();
  }, milliseconds);
  socket.once("close", () => clearTimeout(timer));
  return timer;
}

function refuseUpgrade(socket: Duplex, status: number, sentence: string): void {
  socket.on("error", () => socket.destroy());
  const body = `${sentence}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
