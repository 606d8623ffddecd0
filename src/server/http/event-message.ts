import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { RequestContext } from "../../bridge/request-context.ts";

const NO_HEADERS: readonly string[] = [];
const NOBODY: readonly Listening[] = [];

type HeaderValue = number | string | readonly string[];
type Listener = (...args: unknown[]) => void;

interface Listening {
  readonly name: string;
  readonly listener: Listener;
  readonly once: boolean;
}

/** As much of an event emitter as hooks ask of a message; one is made per event, and most have no listener at all. */
class Listeners {
  #all: readonly Listening[] = NOBODY;

  on(name: string, listener: Listener): this {
    this.#all = [...this.#all, { name, listener, once: false }];
    return this;
  }

  once(name: string, listener: Listener): this {
    this.#all = [...this.#all, { name, listener, once: true }];
    return this;
  }

  addListener(name: string, listener: Listener): this {
    return this.on(name, listener);
  }

  off(name: string, listener: Listener): this {
    this.#all = this.#all.filter((each) => each.name !== name || each.listener !== listener);
    return this;
  }

  removeListener(name: string, listener: Listener): this {
    return this.off(name, listener);
  }

  removeAllListeners(name?: string): this {
    this.#all = name === undefined ? NOBODY : this.#all.filter((each) => each.name !== name);
    return this;
  }

  listenerCount(name: string): number {
    return this.#all.filter((each) => each.name === name).length;
  }

  emit(name: string, ...args: unknown[]): boolean {
    let heard = false;
    for (const { name: of, listener, once } of this.#all) {
      if (of !== name) continue;
      heard = true;
      if (once) this.off(name, listener);
      listener.apply(this, args);
    }
    return heard;
  }
}

/** What an event shows to hooks in place of a message of Node's HTTP server: a GET of the page, with the socket's headers. */
export class EventMessage extends Listeners {
  readonly context: RequestContext;
  /** What runs once the hooks have let the message pass. */
  readonly work: () => unknown;
  result: { readonly value: unknown } | { readonly error: unknown } | undefined;
  /** The hidden route's until it was found, then the page's. */
  url: string;
  readonly method = "GET";
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders = NO_HEADERS;
  readonly complete = true;
  readonly aborted = false;
  readonly destroyed = false;
  readonly readableEnded = true;

  constructor(context: RequestContext, url: string, work: () => unknown) {
    super();
    this.context = context;
    this.url = url;
    this.work = work;
    this.headers = context.headers;
  }

  get socket(): { readonly remoteAddress: string; readonly encrypted: boolean; readonly destroyed: boolean } {
    return { remoteAddress: this.context.ip, encrypted: this.context.protocol === "https", destroyed: false };
  }

  get connection(): EventMessage["socket"] {
    return this.socket;
  }

  resume(): this {
    return this;
  }
}

/** Takes what hooks answer to an event: status, headers, and that it ended; nobody reads a body. */
export class EventAnswer extends Listeners {
  statusCode = 200;
  statusMessage = "";
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  finished = false;
  readonly destroyed = false;
  #headers: Record<string, HeaderValue> | undefined;
  readonly #ended: (answer: EventAnswer) => void;

  constructor(ended: (answer: EventAnswer) => void) {
    super();
    this.#ended = ended;
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#headers ??= Object.create(null) as Record<string, HeaderValue>;
    this.#headers[name.toLowerCase()] = value;
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.getHeader(name);
    const all = [...(before === undefined ? [] : [before].flat()), ...[value].flat()].map(String);
    return this.setHeader(name, all);
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.#headers?.[name.toLowerCase()];
  }

  getHeaders(): OutgoingHttpHeaders {
    return { ...this.#headers } as OutgoingHttpHeaders;
  }

  getHeaderNames(): string[] {
    return Object.keys(this.#headers ?? {});
  }

  hasHeader(name: string): boolean {
    return this.#headers !== undefined && name.toLowerCase() in this.#headers;
  }

  removeHeader(name: string): void {
    if (this.#headers) delete this.#headers[name.toLowerCase()];
  }

  writeHead(status: number, ...rest: unknown[]): this {
    this.statusCode = status;
    const headers = rest.at(-1);
    if (typeof headers === "object" && headers !== null) {
      for (const name in headers) this.setHeader(name, (headers as Record<string, string>)[name] as string);
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
