import type { ClientFrame } from "../protocol/frames.ts";
import type { ClientError } from "./engine-types.ts";

type WithoutNumbers<F> = F extends unknown ? Omit<F, "id" | "seen"> : never;

/** A frame before it has a number. */
export type Request = WithoutNumbers<Exclude<ClientFrame, { kind: "seen" }>>;

interface Entry {
  readonly request: Request;
  id: number | undefined;
  resolve(): void;
  reject(error: ClientError): void;
}

/** What the page has asked and not been answered, in order. A request gets its number when it is first sent, and keeps it. */
export class Pending {
  #entries: Entry[] = [];
  #lastId = 0;

  get size(): number {
    return this.#entries.length;
  }

  add(request: Request): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ request, id: undefined, resolve, reject });
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

  /** Gives numbers to what has none, and returns it for sending. */
  takeUnsent(): { readonly id: number; readonly request: Request }[] {
    return this.#entries.flatMap((entry) => {
      if (entry.id !== undefined) return [];
      entry.id = ++this.#lastId;
      return [{ id: entry.id, request: entry.request }];
    });
  }

  /** What the server says it did not get: it is sent again under the same numbers. */
  after(received: number): { readonly id: number; readonly request: Request }[] {
    return this.#entries.flatMap(({ id, request }) => (id !== undefined && id > received ? [{ id, request }] : []));
  }

  /**
   * Takes out a request that was answered; the returned function settles it. In between no loss of the connection can
   * give it up. Answers to requests that nobody waits for are ignored.
   */
  answered(id: number, error: ClientError | undefined): () => void {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    const [entry] = index < 0 ? [] : this.#entries.splice(index, 1);
    return () => (error ? entry?.reject(error) : entry?.resolve());
  }

  /** Gives up the requests that were sent and of which the test says so. */
  rejectSent(lost: (id: number) => boolean, error: (request: Request) => ClientError): void {
    const gone = this.#entries.filter(({ id }) => id !== undefined && lost(id));
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry));
    for (const entry of gone) entry.reject(error(entry.request));
  }

  /** The server's numbering begins anew: what is left has not been sent to this tab. */
  restart(): void {
    this.#lastId = 0;
    for (const entry of this.#entries) entry.id = undefined;
  }

  rejectAll(error: ClientError): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const entry of entries) entry.reject(error);
  }
}
