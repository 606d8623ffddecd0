import type { OutgoingHttpHeader, ServerResponse } from "node:http";

/** What an answer waits for before its head leaves. */
export interface GateDuties {
  /** Called once, with the answer's status, when its head is about to leave; nothing leaves until it is done. */
  before(status: number): void | Promise<void>;
  /** Called when that failed: answers in the place of what was held back. */
  failed(error: unknown): void;
}

/** Methods of an answer that make its head leave. */
type Sender = "writeHead" | "write" | "end" | "flushHeaders";

/**
 * Holds an answer back until what belongs to its head is known, whoever writes it: Fastify, Express, or a view that
 * writes to the raw response. Calls that come meanwhile are made afterwards, in their order.
 */
export class AnswerGate {
  readonly #response: ServerResponse;
  readonly #duties: GateDuties;
  readonly #own: { readonly [name in Sender]: (...args: never[]) => unknown };
  #state: "idle" | "holding" | "dropping" | "open" = "idle";
  /** What the response says of itself too early. */
  #pretended: string[] = [];
  #held: { readonly name: Sender; readonly args: readonly unknown[] }[] = [];

  constructor(response: ServerResponse, duties: GateDuties) {
    this.#response = response;
    this.#duties = duties;
    const { writeHead, write, end, flushHeaders } = response;
    this.#own = { writeHead, write, end, flushHeaders };
    this.#intercept();
  }

  /** Lets everything pass from now on, without any duty. */
  open(): void {
    if (this.#state === "open") return;
    this.#state = "open";
    // Assigned, not deleted: an object that loses properties is slow from then on.
    Object.assign(this.#response, this.#own);
    for (const name of this.#pretended.splice(0)) Reflect.deleteProperty(this.#response, name);
  }

  #intercept(): void {
    const response = this.#response as { [name in Sender]: unknown };
    response.writeHead = (...args: unknown[]) => this.#take("writeHead", args);
    response.write = (...args: unknown[]) => this.#take("write", args);
    response.end = (...args: unknown[]) => this.#take("end", args);
    response.flushHeaders = (...args: unknown[]) => this.#take("flushHeaders", args);
  }

  #take(name: Sender, args: readonly unknown[]): unknown {
    if (this.#state === "idle") this.#begin(name, args);
    if (this.#state === "open") return this.#call(name, args);
    if (this.#state === "dropping") return this.#drop(name, args);
    if (name === "end") this.#pretend("writableEnded");
    // Its status and headers are taken over; what comes later is for a head that is gone.
    if (name !== "writeHead") this.#held.push({ name, args });
    return name === "write" ? false : this.#response;
  }

  #begin(name: Sender, args: readonly unknown[]): void {
    const response = this.#response;
    if (name === "writeHead") applyHead(response, args);
    let waiting: void | Promise<void>;
    try {
      waiting = this.#duties.before(response.statusCode);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!waiting) {
      this.open();
      return;
    }
    this.#state = "holding";
    // Whoever has sent something must find that it is sent.
    this.#pretend("headersSent");
    waiting.then(
      () => this.#release(),
      (error: unknown) => this.#fail(error),
    );
  }

  #release(): void {
    const held = this.#held.splice(0);
    this.open();
    const response = this.#response;
    if (response.destroyed) return;
    let more = true;
    try {
      response.writeHead(response.statusCode);
      for (const { name, args } of held) more = this.#call(name, args) !== false;
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined);
      return;
    }
    // Whoever was told to wait listens for this, and Node says it only when it had to wait itself.
    if (more && held.at(-1)?.name === "write") response.emit("drain");
  }

  #fail(error: unknown): void {
    const held = this.#held.splice(0);
    this.open();
    this.#duties.failed(error);
    this.#state = "dropping";
    // What was to be sent is worth nothing now, but who sends it goes on and must not fail for it.
    this.#intercept();
    for (const { name, args } of held) this.#drop(name, args);
    this.#response.emit("drain");
  }

  #drop(name: Sender, args: readonly unknown[]): unknown {
    const done = args.at(-1);
    if (typeof done === "function") process.nextTick(done as () => void);
    return name === "write" ? true : this.#response;
  }

  #call(name: Sender, args: readonly unknown[]): unknown {
    const response = this.#response;
    // Its status and headers were taken over when it was held.
    if (name === "writeHead") return response.writeHead(response.statusCode);
    return Reflect.apply(this.#own[name], response, args);
  }

  #pretend(name: "headersSent" | "writableEnded"): void {
    Object.defineProperty(this.#response, name, { configurable: true, get: () => true });
    this.#pretended.push(name);
  }
}

/** Takes over what `writeHead` was given: with its arguments the headers that are added later would be lost. */
function applyHead(response: ServerResponse, [status, ...rest]: readonly unknown[]): void {
  response.statusCode = Number(status);
  if (typeof rest[0] === "string") response.statusMessage = rest[0];
  const headers = typeof rest[0] === "object" && rest[0] !== null ? rest[0] : rest[1];
  if (Array.isArray(headers)) {
    const flat = headers.flat() as OutgoingHttpHeader[];
    const pairs = flat.flatMap((name, at) => (at % 2 === 0 ? [[String(name), flat[at + 1] ?? ""] as const] : []));
    for (const [name] of pairs) response.removeHeader(name);
    for (const [name, value] of pairs) response.appendHeader(name, typeof value === "number" ? String(value) : value);
    return;
  }
  for (const [name, value] of Object.entries((headers ?? {}) as Record<string, OutgoingHttpHeader | undefined>)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}
