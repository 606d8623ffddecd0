import { WireClient, type WireOptions } from "./wire-client.ts";

/** What the load generator is asked to do. */
export type LoadRequest =
  | {
      readonly kind: "open";
      readonly group: string;
      readonly count: number;
      readonly target: Omit<WireOptions, "onMessage">;
    }
  | { readonly kind: "round"; readonly group: string; readonly pipeline: number; readonly milliseconds: number }
  | { readonly kind: "close"; readonly group: string };

/** What came of a round: times in milliseconds. */
export interface RoundResult {
  readonly events: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Share of the time in which the generator had something to do. Near 1 it is the generator that is measured. */
  readonly busy: number;
}

/** Connections to one server, all doing the same. */
class Group {
  readonly #clients: WireClient[] = [];
  /** When each open call was sent, oldest first: both servers answer each connection in order. */
  readonly #sent = new Map<WireClient, number[]>();
  readonly #latencies = new Float64Array(4_000_000);
  #events = 0;
  #open = 0;
  #until = 0;
  #done: (() => void) | undefined;

  async open(count: number, target: Omit<WireOptions, "onMessage">): Promise<void> {
    for (let index = 0; index < count; index++) {
      const client = await WireClient.open({ ...target, onMessage: (from, text) => this.#answered(from, text) });
      this.#clients.push(client);
      this.#sent.set(client, []);
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async round(pipeline: number, milliseconds: number): Promise<RoundResult> {
    this.#events = 0;
    const { worked } = WireClient;
    const begin = performance.now();
    this.#until = begin + milliseconds;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      // Never asleep: otherwise the kernel charges the server for waking another process with each write, a slower
      // server more often than a fast one.
      const stayAwake = () => {
        if (performance.now() < this.#until) setImmediate(stayAwake);
      };
      stayAwake();
      for (const client of this.#clients) {
        for (let index = 0; index < pipeline; index++) this.#call(client, begin);
        client.flush();
      }
    });
    const seconds = (performance.now() - begin) / 1000;
    const sorted = this.#latencies.subarray(0, this.#events).sort();
    return {
      events: this.#events,
      seconds,
      p50: sorted[Math.floor(this.#events * 0.5)] ?? 0,
      p99: sorted[Math.floor(this.#events * 0.99)] ?? 0,
      busy: (WireClient.worked - worked) / 1000 / seconds,
    };
  }

  #call(client: WireClient, now: number): void {
    this.#sent.get(client)?.push(now);
    this.#open++;
    client.call();
  }

  #answered(client: WireClient, text: string): void {
    const now = performance.now();
    const open = this.#sent.get(client);
    const sent = open?.shift();
    if (sent === undefined) return;
    this.#latencies[this.#events++] = now - sent;
    this.#open--;
    if (now < this.#until && this.#events < this.#latencies.length) {
      this.#call(client, now);
      return;
    }
    if (open?.length === 0) client.verify(text);
    if (this.#open === 0) this.#done?.();
  }
}

const groups = new Map<string, Group>();

async function handle(request: LoadRequest): Promise<RoundResult | undefined> {
  const group = groups.get(request.group) ?? new Group();
  groups.set(request.group, group);
  switch (request.kind) {
    case "open":
      await group.open(request.count, request.target);
      return undefined;
    case "round":
      return await group.round(request.pipeline, request.milliseconds);
    case "close":
      group.close();
      groups.delete(request.group);
      return undefined;
  }
}

if (process.send) {
  process.on("message", async (request: LoadRequest) => process.send?.({ result: await handle(request) }));
  process.on("disconnect", () => process.exit());
  process.send({ result: undefined });
}
