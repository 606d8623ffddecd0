import type { ChannelLimits } from "./limits.ts";
import { RateLimit } from "./rate-limit.ts";

/** A page sends more packets than events: signs of life, what it has seen, fields. */
const PACKETS_PER_EVENT = 4;
const LEAST_PACKETS = 500;
const LEAST_BURST = 2_000;

/**
 * Bytes of one connection per second, lasting, and at once. To read so many takes a noticeable part of a second, so it is no
 * more. A page that has more to say comes back, and sends only what was not taken. Where the settings allow more packets
 * than so many bytes can hold, they allow the bytes too.
 */
const LEAST_BYTES = 4_000_000;
const LEAST_BYTES_AT_ONCE = 8_000_000;
const BYTES_PER_PACKET = 1_000;

/** One address may send as much as so many busy connections. */
const BUSY = 20;
const BUSY_BYTES = 2;

/** Opening a connection, and letting a page in, are as much work as so many packets. */
const OPENING = 20;

/** Milliseconds after which addresses that have sent nothing for long are forgotten. */
const FORGET_EVERY = 10_000;

interface Buckets {
  readonly packets: RateLimit;
  readonly bytes: RateLimit;
}

interface Address extends Buckets {
  open: number;
}

/** Counts what one connection sends, for itself and for its address. Each count says whether it is still within bounds. */
export interface ConnectionInflow {
  packet(): boolean;
  bytes(count: number): boolean;
  opening(): boolean;
  end(): void;
}

/**
 * Limits what browsers send, before it is parsed: packets of all kinds and bytes, per connection and per address. The
 * budget of an address outlives its connections, so that connecting again brings nothing back.
 */
export class Inflow {
  readonly #packets: number;
  readonly #burst: number;
  readonly #addresses = new Map<string, Address>();
  readonly #timer: NodeJS.Timeout;

  constructor({ eventsPerSecond, burst }: Pick<ChannelLimits, "eventsPerSecond" | "burst">) {
    this.#packets = Math.max(eventsPerSecond * PACKETS_PER_EVENT, LEAST_PACKETS);
    this.#burst = Math.max(burst * PACKETS_PER_EVENT, LEAST_BURST);
    this.#timer = setInterval(() => this.#forget(), FORGET_EVERY).unref();
  }

  /** Begins to count a connection of an address. */
  connection(address: string): ConnectionInflow {
    let shared = this.#addresses.get(address);
    if (!shared) {
      shared = { ...this.#buckets(BUSY, BUSY_BYTES), open: 0 };
      this.#addresses.set(address, shared);
    }
    const { packets, bytes } = this.#buckets(1, 1);
    const both = shared;
    both.open++;
    const take = (own: RateLimit, common: RateLimit, count: number) => {
      const now = performance.now();
      return own.takeAll(count, now) && common.takeAll(count, now);
    };
    return {
      packet: () => take(packets, both.packets, 1),
      bytes: (count) => take(bytes, both.bytes, count),
      opening: () => take(packets, both.packets, OPENING),
      end: () => {
        both.open--;
      },
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #buckets(times: number, timesBytes: number): Buckets {
    return {
      packets: new RateLimit(this.#packets * times, this.#burst * times),
      bytes: new RateLimit(
        Math.max(LEAST_BYTES, this.#packets * BYTES_PER_PACKET) * timesBytes,
        Math.max(LEAST_BYTES_AT_ONCE, this.#burst * BYTES_PER_PACKET) * timesBytes,
      ),
    };
  }

  #forget(): void {
    for (const [address, { open, packets, bytes }] of this.#addresses) {
      if (open === 0 && packets.isFull() && bytes.isFull()) this.#addresses.delete(address);
    }
  }
}
