import { RateLimit } from "../rate-limit.ts";
import type { ChannelLimits } from "./options.ts";

/** Packets per event: a page also sends pings, versions that it has applied, and fields. */
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

/** Limit per address, as a multiple of one connection. */
const BUSY = 20;
const BUSY_BYTES = 2;

/**
 * Most bytes of messages that have begun and not ended, of one address and of the process. Beyond the first the connections
 * of the address that hold most of them are closed. Beyond the second those of the address that holds most: five addresses
 * of many connections fill the process, and must not close the one large message of another.
 */
const ADDRESS_UNFINISHED = 32_000_000;
const ALL_UNFINISHED = 128_000_000;

/** Each part of a message that the network brings costs this much besides its bytes. */
const PART_OVERHEAD = 200;

/** Opening a connection, and letting a page in, are as much work as so many packets. */
const OPENING = 20;

/** Milliseconds after which addresses that have sent nothing for long are forgotten. */
const FORGET_EVERY = 10_000;

interface Buckets {
  readonly packets: RateLimit;
  readonly bytes: RateLimit;
}

interface Address extends Buckets {
  readonly open: Set<Unfinished>;
  unfinished: number;
}

/** The bytes of the message of one connection that has begun and not ended. */
interface Unfinished {
  readonly address: Address;
  readonly close: () => void;
  held: number;
}

/**
 * Counts what one connection sends, for itself and for its address. Each count says whether it is still within bounds.
 * After `end()` nothing is counted: it would be held for ever.
 */
export interface ConnectionInflow {
  packet(): boolean;
  bytes(count: number): boolean;
  /** A message has ended. */
  finished(): void;
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
  #unfinished = 0;
  #turned: number | undefined;

  constructor({ eventsPerSecond, burst }: Pick<ChannelLimits, "eventsPerSecond" | "burst">) {
    this.#packets = Math.max(eventsPerSecond * PACKETS_PER_EVENT, LEAST_PACKETS);
    this.#burst = Math.max(burst * PACKETS_PER_EVENT, LEAST_BURST);
    this.#timer = setInterval(() => this.#forget(), FORGET_EVERY).unref();
  }

  /** The time at which the event loop turned last: most packets come with many others, and a clock is read for each turn. */
  #now(): number {
    if (this.#turned === undefined) {
      this.#turned = performance.now();
      setImmediate(this.#turns);
    }
    return this.#turned;
  }

  readonly #turns = (): void => {
    this.#turned = undefined;
  };

  /** Begins to count a connection of an address. `close` is called to end it because of its unfinished message. */
  connection(address: string, close: () => void): ConnectionInflow {
    let shared = this.#addresses.get(address);
    if (!shared) {
      shared = { ...this.#buckets(BUSY, BUSY_BYTES), open: new Set(), unfinished: 0 };
      this.#addresses.set(address, shared);
    }
    const { packets, bytes } = this.#buckets(1, 1);
    const both = shared;
    const message: Unfinished = { address: both, close, held: 0 };
    both.open.add(message);
    const take = (own: RateLimit, common: RateLimit, count: number) => {
      const now = this.#now();
      return own.takeAll(count, now) && common.takeAll(count, now);
    };
    return {
      packet: () => take(packets, both.packets, 1),
      bytes: (count) => {
        if (both.open.has(message)) this.#hold(message, count + PART_OVERHEAD);
        return take(bytes, both.bytes, count);
      },
      finished: () => this.#hold(message, -message.held),
      opening: () => take(packets, both.packets, OPENING),
      end: () => {
        both.open.delete(message);
        this.#hold(message, -message.held);
      },
    };
  }

  #hold(message: Unfinished, bytes: number): void {
    const { address } = message;
    message.held += bytes;
    address.unfinished += bytes;
    this.#unfinished += bytes;
    if (bytes <= 0) return;
    if (address.unfinished > ADDRESS_UNFINISHED) this.#closeLargest(address);
    if (this.#unfinished <= ALL_UNFINISHED) return;
    let fullest = address;
    for (const each of this.#addresses.values()) if (each.unfinished > fullest.unfinished) fullest = each;
    this.#closeLargest(fullest);
  }

  #closeLargest({ open }: Address): void {
    let largest: Unfinished | undefined;
    for (const message of open) if (!largest || message.held > largest.held) largest = message;
    if (!largest) return;
    this.#hold(largest, -largest.held);
    largest.close();
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
      if (open.size === 0 && packets.isFull() && bytes.isFull()) this.#addresses.delete(address);
    }
  }
}
