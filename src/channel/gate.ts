import type { IncomingMessage } from "node:http";
import type { Socket } from "socket.io";
import { clientAddress } from "../bridge/client-address.ts";
import { isOwnOrigin } from "../bridge/origin-check.ts";
import type { RequestSource } from "../bridge/request-context.ts";
import type { RunWithin } from "../context-variable.ts";
import type { Hello } from "../protocol/frames.ts";
import { channelErrors } from "./errors.ts";
import { type Admitted, admit } from "./handshake.ts";
import { OpenSockets } from "./open-sockets.ts";
import type { ChannelLimits } from "./options.ts";
import type { Bridge } from "./tab/tab-requests.ts";

/** What decides who may open a socket. */
export interface GateOptions {
  /** Origins besides the app's own whose pages may, as `trustedOrigins()` gives them. */
  readonly trustedOrigins?: readonly string[];
  /** Whether a `Host` header names this server; every one does when absent. */
  readonly allowsHost?: (host: string | undefined) => boolean;
  /** Runs the app's hooks in a context of the server's, for example with a database. */
  readonly runIn?: RunWithin;
  /** Makes events requests of the browsers that send them; without it they are nobody's. */
  readonly bridge?: Bridge;
  /** The facts of the request that opens a socket, with what a trusted proxy says of it; needed with a bridge. */
  readonly sourceOf?: (request: IncomingMessage) => RequestSource;
}

/** Connections of one address that may be open besides those that carry a page. */
const SPARE = 50;

/** Lets connections and pages in: those of the app's own origin, so many of one address and of one session at once. */
export class Gate {
  readonly #options: GateOptions;
  readonly #limits: ChannelLimits;
  /** By address; those that carry no page as well. */
  readonly #connections: OpenSockets;
  readonly #addresses: OpenSockets;
  readonly #sessions: OpenSockets;
  /** Connections that carry a page already. */
  readonly #taken = new WeakSet<object>();

  constructor(options: GateOptions, limits: ChannelLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#connections = new OpenSockets(limits.socketsPerAddress + SPARE);
    this.#addresses = new OpenSockets(limits.socketsPerAddress);
    this.#sessions = new OpenSockets(limits.socketsPerSession);
  }

  /** The status with which a connection is refused before it is one; undefined for one that may be opened, which is counted. */
  refusal(request: IncomingMessage): string | undefined {
    const { sourceOf, allowsHost = () => true, trustedOrigins = [] } = this.#options;
    const { headers, socket } = request;
    const { host, protocol } = sourceOf?.(request) ?? { host: headers.host, protocol: "http" };
    // A trusted proxy may hand on a host that a visitor made up.
    const isNamed = allowsHost(headers.host) && allowsHost(host);
    if (!isNamed || !isOwnOrigin({ origin: headers.origin, host, protocol, trustedOrigins })) return "403 Forbidden";
    const giveBack = this.#connections.take(this.addressOf(request));
    if (!giveBack) return "429 Too Many Requests";
    socket.once("close", giveBack);
    return undefined;
  }

  /** The address that a request counts for. */
  addressOf(request: IncomingMessage): string {
    return clientAddress(this.#options.sourceOf?.(request).ip ?? request.socket.remoteAddress);
  }

  /**
   * Lets a page in, through the hooks of the app. What counts it is given back when it is refused, and when it goes.
   *
   * @throws CHANNEL_HELLO_INVALID, CHANNEL_ADDRESS_FULL, CHANNEL_SESSION_FULL, BRIDGE_REFUSED, BRIDGE_UNAVAILABLE
   */
  async admit(socket: Socket, hello: Hello): Promise<Partial<Admitted>> {
    const { conn } = socket;
    if (this.#taken.has(conn)) throw channelErrors.CHANNEL_HELLO_INVALID("its connection has a page already");
    this.#taken.add(conn);
    const counted = [() => void this.#taken.delete(conn)];
    const giveBack = () => {
      for (const each of counted.splice(0)) each();
    };
    socket.once("disconnect", giveBack);
    conn.once("close", giveBack);
    try {
      return await this.#count(socket, hello, counted);
    } catch (error) {
      giveBack();
      throw error;
    } finally {
      if (conn.readyState !== "open") giveBack();
    }
  }

  async #count({ request }: Socket, hello: Hello, counted: (() => void)[]): Promise<Partial<Admitted>> {
    const { socketsPerAddress, socketsPerSession } = this.#limits;
    const { bridge, sourceOf, runIn = (work) => work() } = this.#options;
    const ofAddress = this.#addresses.take(this.addressOf(request));
    if (!ofAddress) throw channelErrors.CHANNEL_ADDRESS_FULL(socketsPerAddress);
    counted.push(ofAddress);
    if (!bridge || !sourceOf) return {};
    const admitted = await runIn(() => admit(bridge, sourceOfPage(sourceOf(request), hello)));
    if (admitted.sessionId === undefined) return admitted;
    const ofSession = this.#sessions.take(admitted.sessionId);
    if (!ofSession) throw channelErrors.CHANNEL_SESSION_FULL(socketsPerSession);
    counted.push(ofSession);
    return admitted;
  }
}

/** Returns the request of a page that connects. Some browsers send no `Accept-Language` with a socket. */
function sourceOfPage(source: RequestSource, { path, language }: Hello): RequestSource {
  const { headers } = source;
  if (language === undefined || headers["accept-language"] !== undefined) return { ...source, url: path };
  return { ...source, url: path, headers: { ...headers, "accept-language": language } };
}
