import { clientAddress } from "../../bridge/client-address.ts";
import { currentContext } from "../../bridge/current-request.ts";
import { passwordErrors } from "./password-errors.ts";

/** Seconds after which a caller that found the line full may come again. */
const RETRY_AFTER = 2;

interface Waiting {
  begin(): void;
  refuse(error: Error): void;
}

/**
 * Lets so many pieces of work run at once, and so many wait; work beyond that is refused at once.
 *
 * Hashing runs on the four threads that Node also reads files and looks up names on: all of them busy with a flood of
 * sign-ins would stop the rest of the server. Addresses take turns: however much work one address brings, another one
 * waits for one piece of it at most, and a full line refuses the address that has most of its places.
 */
export class HashLine {
  readonly #places: number;
  readonly #most: number;
  /** Work that waits, by address. The address that is served next comes first. */
  readonly #waiting = new Map<string, Waiting[]>();
  #size = 0;
  #running = 0;

  constructor(places: number, most: number) {
    this.#places = places;
    this.#most = most;
  }

  /** Runs work when its turn has come. @throws AUTH_BUSY */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#places) this.#running++;
    else await this.#turn(addressOfCaller());
    try {
      return await work();
    } finally {
      // The place is handed on directly, so that work that comes in between does not take it.
      const next = this.#takeNext();
      if (next) next.begin();
      else this.#running--;
    }
  }

  #turn(address: string): Promise<void> {
    if (this.#size >= this.#most) this.#makeRoom(address);
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(address) ?? [];
      queue.push({ begin: resolve, refuse: reject });
      this.#waiting.set(address, queue);
      this.#size++;
    });
  }

  /** Refuses the last work of the address that has most places; the caller's own when no other has more. */
  #makeRoom(address: string): void {
    const own = this.#waiting.get(address)?.length ?? 0;
    const [other, queue] = [...this.#waiting].reduce(
      (most, each) => (each[1].length > most[1].length ? each : most),
      ["", [] as Waiting[]],
    );
    if (queue.length <= own + 1) throw busy();
    queue.pop()?.refuse(busy());
    this.#size--;
    if (queue.length === 0) this.#waiting.delete(other);
  }

  #takeNext(): Waiting | undefined {
    const [address, queue] = this.#waiting.entries().next().value ?? [];
    const next = queue?.shift();
    if (address === undefined || !queue || !next) return undefined;
    this.#size--;
    // To the end: every other address comes first now.
    this.#waiting.delete(address);
    if (queue.length > 0) this.#waiting.set(address, queue);
    return next;
  }
}

/** Work outside of a request, such as a command's, shares one address. */
function addressOfCaller(): string {
  const context = currentContext();
  return context ? clientAddress(context.ip) : "";
}

function busy(): Error {
  return passwordErrors.AUTH_BUSY.with({ details: { retryAfter: RETRY_AFTER } });
}
