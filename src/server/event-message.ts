import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { RequestContext } from "../bridge/request-context.ts";

const NO_HEADERS: readonly string[] = [];

/** What an event shows to hooks in place of a message of Node's HTTP server: a GET of the page, with the socket's headers. */
export class EventMessage extends EventEmitter {
  readonly context: RequestContext;
  readonly method = "GET";
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders = NO_HEADERS;
  readonly socket: { readonly remoteAddress: string; readonly encrypted: boolean; readonly destroyed: boolean };
  /** The hidden route's until it was found, then the page's. */
  url: string;
  readonly complete = true;
  readonly aborted = false;
  readonly destroyed = false;
  readonly readableEnded = true;

  constructor(context: RequestContext, url: string) {
    super();
    this.context = context;
    this.url = url;
    this.headers = context.headers;
    this.socket = { remoteAddress: context.ip, encrypted: context.protocol === "https", destroyed: false };
  }

  get connection(): EventMessage["socket"] {
    return this.socket;
  }

  resume(): this {
    return this;
  }
}

/** Takes what hooks answer to an event: status, headers, and that it ended; nobody reads a body. */
export class EventAnswer extends EventEmitter {
  statusCode = 200;
  statusMessage = "";
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  finished = false;
  readonly destroyed = false;
  readonly #headers = new Map<string, number | string | readonly string[]>();
  readonly #ended: (answer: EventAnswer) => void;

  constructor(ended: (answer: EventAnswer) => void) {
    super();
    this.#ended = ended;
  }

  setHeader(name: string, value: number | string | readonly string[]): this {
    this.#headers.set(name.toLowerCase(), value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    const all = [...(before === undefined ? [] : [before].flat()), ...[value].flat()].map(String);
    return this.setHeader(name, all);
  }

  getHeader(name: string): number | string | readonly string[] | undefined {
    return this.#headers.get(name.toLowerCase());
  }

  getHeaders(): OutgoingHttpHeaders {
    return Object.fromEntries(this.#headers) as OutgoingHttpHeaders;
  }

  getHeaderNames(): string[] {
    return [...this.#headers.keys()];
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  writeHead(status: number, ...rest: unknown[]): this {
    this.statusCode = status;
    const headers = rest.at(-1);
    if (typeof headers === "object" && headers !== null) {
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value as string);
    }
    this.headersSent = true;
    return this;
  }

  flushHeaders(): void {
    this.headersSent = true;
  }

  write(): boolean {
    this.headersSent = true;
    return true;
  }

  end(): this {
    if (this.writableEnded) return this;
    this.headersSent = true;
    this.writableEnded = true;
    this.writableFinished = true;
    this.finished = true;
    this.#ended(this);
    this.emit("finish");
    return this;
  }

  destroy(): this {
    return this.end();
  }
}
