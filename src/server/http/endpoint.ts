import type { IncomingMessage, ServerResponse } from "node:http";
import type { CookieTickets } from "../../bridge/cookie-ticket.ts";
import type { Identity, RequestSource } from "../../bridge/request-context.ts";
import type { RequestKind } from "../../bridge/request-types.ts";
import type { Translator } from "../../i18n/translator.ts";
import type { Logger } from "../logger.ts";
import type { ServerStats } from "./health.ts";

/** The parts of a server that its endpoints use. */
export interface EndpointParts {
  readonly mode: "development" | "production" | "test";
  readonly logger: Logger;
  /** Path under which the app is hosted. */
  readonly basePath?: string;
  /** Sessions and users of requests; absent where there are none. */
  readonly identity?: IdentityParts | undefined;
  /** Translates for the app's requests. */
  readonly translator?: Translator | undefined;
  stats(): ServerStats;
  /** True once the server has begun to stop. */
  stopping(): boolean;
}

/** Finds the session and the user of a request. */
export interface IdentityParts {
  readonly identity: Identity;
  readonly tickets: CookieTickets;
  readonly trustedOrigins: readonly string[];
  sourceOf(request: IncomingMessage, kind: RequestKind): RequestSource;
  /** Runs work with the database. */
  run<T>(work: () => T): T;
}

/** A request for an endpoint. */
export interface EndpointRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path as it was requested, without the query. */
  readonly path: string;
  readonly parts: EndpointParts;
}

/** One row of the table of the framework's endpoints. */
export interface Endpoint {
  /** Also answers below it, and below each prefix of the app. */
  readonly path: string;
  /** Other methods are refused with status 405. A GET includes HEAD. */
  readonly methods: readonly ("GET" | "POST")[];
  /** A few words for listings. */
  readonly purpose: string;
  /** True if it answers requests for any host: load balancers ask by address. */
  readonly anyHost?: boolean;
  /** Answers a request; an endpoint without it takes upgrades to a WebSocket only. */
  handle?(asked: EndpointRequest): void | Promise<void>;
}
