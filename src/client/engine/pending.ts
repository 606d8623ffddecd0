import type { ClientFrame } from "../../protocol/frames.ts";
import { stateNameOf } from "../../protocol/state-name.ts";
import type { Bond } from "./bonds.ts";
import type { ClientError } from "./engine-types.ts";

type WithoutNumbers<F> = F extends unknown ? Omit<F, "id" | "seen" | "epoch"> : never;

/** A frame before it has a number. */
export type Request = WithoutNumbers<Exclude<ClientFrame, { kind: "seen" }>>;

/** What waits, and what it is bound to; undefined for what asks nothing of the states. */
interface Entry {
  request: Request;
  bond: Bond | undefined;
  id: number | undefined;
  resolve(): void;
  reject(error: ClientError): void;
}

/** A request with the number under which it is sent. */
export interface Numbered {
  readonly id: number;
  readonly request: Request;
  readonly bond: Bond | undefined;
}

/** Requests of the page without an answer, in order. A request gets its number when it is sent. */
export class Pending {
  #entries: Entry[] = [];
  #lastId = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Whether anything was sent that is not answered. */
  get hasSent(): boolean {
    return this.#entries.some(({ id }) => id !== undefined);
  }

  add(request: Request, bond: Bond | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ request, bond, id: undefined, resolve, reject });
    });
  }

  /** Takes back a request that was not sent yet. */
  withdraw(matches: (request: Request) => boolean): boolean {
    const found = this.#entries.find((entry) => entry.id === undefined && matches(entry.request));
    if (!found) return false;
    this.#entries = this.#entries.filter((entry) => entry !== found);
    found.resolve();
    return true;
  }

  /** The page tells this path as it connects: the server need not open it twice. */
  tell(path: string): void {
    for (const entry of this.#entries) {
      const { request } = entry;
      if (request.kind === "navigate" && request.path === path) entry.request = { ...request, told: true };
    }
  }

  /** Gives numbers to what has none, and returns it for sending. */
  takeUnsent(): Numbered[] {
    return this.#entries.flatMap((entry) => {
      if (entry.id !== undefined) return [];
      entry.id = ++this.#lastId;
      return [{ id: entry.id, request: entry.request, bond: entry.bond }];
    });
  }

  /** The server says how much it got: what it did not get has not been sent. */
  rewind(received: number): void {
    this.#lastId = received;
    for (const entry of this.#entries) if (entry.id !== undefined && entry.id > received) entry.id = undefined;
  }

  /**
   * Takes out a request that was answered; the returned function settles it. In between no loss of the connection can
   * give it up. Answers to requests that nobody waits for are ignored. A request that has not run counts as not sent.
   */
  answered(id: number, error: ClientError | undefined): () => void {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    const waiting = this.#entries[index];
    if (waiting && error?.code === "CHANNEL_NOT_RUN") {
      waiting.id = undefined;
      return () => {};
    }
    const [entry] = index < 0 ? [] : this.#entries.splice(index, 1);
    return () => (error ? entry?.reject(error) : entry?.resolve());
  }

  /** Gives up the requests that were sent and of which the test says so. */
  rejectSent(lost: (id: number) => boolean, error: (request: Request) => ClientError): void {
    this.#reject(
      ({ id }) => id !== undefined && lost(id),
      ({ request }) => error(request),
    );
  }

  /** Binds what was not sent, where it may be: a bond stays, becomes another, or is refused. */
  bind(judge: (bond: Bond, request: Request) => Bond | ClientError): void {
    const errors = new Map<Entry, ClientError>();
    for (const entry of this.#entries) {
      if (entry.id !== undefined || !entry.bond) continue;
      const judged = judge(entry.bond, entry.request);
      if (judged instanceof Error) errors.set(entry, judged);
      else entry.bond = judged;
    }
    if (errors.size > 0)
      this.#reject(
        (entry) => errors.has(entry),
        (entry) => errors.get(entry) as ClientError,
      );
  }

  #reject(isGone: (entry: Entry) => boolean, error: (entry: Entry) => ClientError): void {
    const gone = this.#entries.filter(isGone);
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry));
    for (const entry of gone) entry.reject(error(entry));
  }

  /**
   * The server's numbering begins anew, and nothing of what was sent counts any more. Nobody knows what has become of the
   * calls. What the page reads it says when it connects; of several places only the last one matters.
   */
  restart(lost: (request: Request) => ClientError): void {
    const places = this.#entries.filter(({ request }) => request.kind === "navigate");
    const settled = new Set(places.slice(0, -1));
    for (const entry of this.#entries) {
      if (entry.id !== undefined && (entry.request.kind === "watch" || entry.request.kind === "unwatch"))
        settled.add(entry);
    }
    this.#entries = this.#entries.filter((entry) => !settled.has(entry));
    for (const entry of settled) entry.resolve();
    this.#reject(
      ({ id, bond }) => id !== undefined && bond !== undefined,
      ({ request }) => lost(request),
    );
    this.rewind(0);
  }

  rejectAll(error: ClientError): void {
    this.#reject(
      () => true,
      () => error,
    );
  }
}

/** Returns the name of a request for messages, without the file of its state. */
export function nameOf(request: Request): string {
  if (request.kind !== "event" && request.kind !== "field") return request.kind;
  const state = stateNameOf(request.state);
  return `${state}.${request.kind === "event" ? request.event : request.field}`;
}
