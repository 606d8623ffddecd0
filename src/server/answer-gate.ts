import type { OutgoingHttpHeader, ServerResponse } from "node:http";

/** What an answer waits for before its head leaves. */
export interface GateDuties {
  /** Called once, with the answer's status, when its head is about to leave; nothing leaves until it is done. */
  before(status: number): void | Promise<void>;
  /** Called when that failed: answers in the place of what was held back. */
  failed(error: unknown): void;
}

/** Methods of an answer that make its head leave. */
const SENDERS = ["writeHead", "write", "end", "flushHeaders"] as const;
type Sender = (typeof SENDERS)[number];

/**
 * Holds an answer back until what belongs to its head is known, whoever writes it: Fastify, Express, or a view that
 * writes to the raw response. Calls that come meanwhile are made afterwards, in their order.
 */
export class AnswerGate {
  readonly #response: ServerResponse;
  readonly #duties: GateDuties;
  #state: "idle" | "holding" | "dropping" | "open" = "idle";
  #held: { readonly name: Sender; readonly args: readonly unknown[] }[] = [];

  constructor(response: ServerResponse, duties: GateDuties) {
    this.#response = response;
    this.#duties = duties;
    for (const name of SENDERS) this.#override(name, { value: (...args: unknown[]) => this.#take(name, args) });
  }

  /** Lets everything pass from now on, without any duty. */
  open(): void {
    if (this.#state === "open") return;
    this.#state = "open";
    for (const name of [...SENDERS, "headersSent", "writableEnded"]) Reflect.deleteProperty(this.#response, name);
  }

  #take(name: Sender, args: readonly unknown[]): unknown {
    if (this.#state === "idle") this.#begin(name, args);
    if (this.#state === "open") return this.#call(name, args);
    if (this.#state === "dropping") return this.#drop(name, args);
    if (name === "end") this.#override("writableEnded", { get: () => true });
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
    this.#override("headersSent", { get: () => true });
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
    for (const name of SENDERS) this.#override(name, { value: (...args: unknown[]) => this.#take(name, args) });
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
    return (response[name] as (...args: readonly unknown[]) => unknown)(...args);
  }

  #override(name: string, property: PropertyDescriptor): void {
    Object.defineProperty(this.#response, name, { configurable: true, ...property });
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
