import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { anonymousUser } from "../../bridge/anonymous-user.ts";
import type { Identity, RequestContext } from "../../bridge/request-context.ts";
import type { RequestSession, RequestUser } from "../../bridge/request-types.ts";
import { createLogger } from "../logger.ts";
import { type BackendOptions, createBackend } from "./backend.ts";
import { type PrefixOptions, prefixTable } from "./path-owner.ts";

/** Sessions in a map, with switches for what can happen on the way. */
export class FakeIdentity implements Identity {
  /** Sessions by the value of the cookie. */
  readonly stored = new Map<string, Record<string, unknown>>();
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** Awaited before a session can be read. */
  preparing: (() => void | Promise<void>) | undefined;
  /** Awaited before a session is saved. */
  saving: ((status: number) => void | Promise<void>) | undefined;

  session(context: RequestContext): RequestSession {
    return new FakeSession({ ...this.stored.get(context.cookies["sessionid"] ?? "") }) as never;
  }

  user(context: RequestContext): RequestUser {
    const name = context.session.get<string>("user");
    if (name === undefined) return anonymousUser;
    return { ...anonymousUser, id: 1, username: name, isAuthenticated: true, isActive: true };
  }

  language(): string {
    return "de";
  }

  prepare(context: RequestContext): void | Promise<void> {
    this.calls.push(`prepare ${context.method}`);
    return this.preparing?.();
  }

  forget(): void {}

  async delivered(): Promise<void> {}

  finish(context: RequestContext, status: number): void | Promise<void> {
    this.calls.push(`finish ${status}`);
    const waiting = this.saving?.(status);
    if (waiting) return waiting.then(() => this.#save(context, status));
    this.#save(context, status);
  }

  isUnsaved(context: RequestContext): boolean {
    return context.openedSession?.modified === true;
  }

  owner(context: RequestContext): string | undefined {
    return context.user.isAuthenticated ? context.user.username : undefined;
  }

  snapshotToken(): unknown {
    return undefined;
  }

  sessionId(context: RequestContext): string | undefined {
    return context.cookies["sessionid"];
  }

  onChange(): () => void {
    return () => {};
  }

  #save(context: RequestContext, status: number): void {
    const session = context.openedSession as unknown as FakeSession | undefined;
    if (status >= 500 || !session?.modified) return;
    const key = context.cookies["sessionid"] ?? `new${this.stored.size}`;
    session.modified = false;
    this.stored.set(key, session.data);
    context.setCookie(`sessionid=${key}; Path=/; HttpOnly; SameSite=Lax`);
    context.setCookie("antiphon_identity=x; Path=/; SameSite=Lax");
  }
}

class FakeSession {
  readonly data: Record<string, unknown>;
  accessed = false;
  modified = false;

  constructor(data: Record<string, unknown>) {
    this.data = data;
  }

  get(key: string, fallback?: unknown): unknown {
    this.accessed = true;
    return this.data[key] ?? fallback;
  }

  set(key: string, value: unknown): void {
    this.accessed = true;
    this.modified = true;
    this.data[key] = value;
  }
}

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON. */
  readonly json: unknown;
}

/** What `startBackend` may be told. */
export interface StartOptions extends Partial<Omit<BackendOptions, "prefixes">> {
  readonly prefixes?: PrefixOptions;
  readonly logLevel?: "silent" | "info";
}

/** A back end behind a real HTTP server on a free port. */
export async function startBackend<I extends Identity = FakeIdentity>(given: StartOptions & { readonly identity?: I }) {
  const { identity = new FakeIdentity() as unknown as I, ...options } = given;
  const log: string[] = [];
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      log.push(String(chunk));
      done();
    },
  });
  const backend = await createBackend({
    mode: "test",
    bodyBytes: 100_000,
    logger: createLogger({ level: options.logLevel ?? "info", destination }),
    routes: undefined,
    ...options,
    identity,
    prefixes: prefixTable(options.prefixes ?? { backendPrefix: "/api", extraPrefixes: ["/billing"] }),
  });
  const server = createServer((request, response) => backend.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    identity,
    backend,
    log,
    port,
    url: `http://127.0.0.1:${port}`,
    send: (path: string, given: SendOptions = {}) => send(port, path, given),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await backend.close();
    },
  };
}

interface SendOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** An object is sent as JSON. */
  readonly body?: string | object;
}

/** Sends a request with exactly these headers, which `fetch` would not. */
async function send(port: number, path: string, { method = "GET", headers = {}, body }: SendOptions): Promise<Answer> {
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const request = httpRequest({
    hostname: "127.0.0.1",
    port,
    path,
    method,
    agent: false,
    headers: {
      ...(typeof body === "object" ? { "content-type": "application/json" } : {}),
      ...(text === undefined ? {} : { "content-length": Buffer.byteLength(text) }),
      ...headers,
    },
  });
  request.end(text);
  const [response] = await once(request, "response");
  let answer = "";
  response.setEncoding("utf8");
  for await (const chunk of response) answer += chunk;
  return {
    status: response.statusCode,
    headers: response.headers,
    text: answer,
    get json() {
      return JSON.parse(answer) as unknown;
    },
  };
}
