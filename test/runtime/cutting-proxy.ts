import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A repeatable source of numbers below a bound. */
export type Random = (below: number) => number;

/** Small and repeatable: a failing seed can be run again. */
export function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A network that fails: it carries each connection up to a number of bytes, in whichever direction, and then kills it. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  readonly cuts: () => number;
  /** From now on nothing is cut. */
  calm(): void;
  /** Kills every connection now. */
  cutAll(): void;
}

export async function cuttingProxy(target: string, bytes: () => number): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let cuts = 0;
  let calm = false;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), "127.0.0.1");
    let left = bytes();
    let cut = false;
    const kill = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on("data", (chunk) => {
        if (cut) return;
        if (!calm && left <= chunk.length) {
          cuts++;
          cut = true;
          to.write(chunk.subarray(0, left), kill);
          return;
        }
        left -= chunk.length;
        to.write(chunk);
      });
      from.on("error", kill).on("close", () => {
        open.delete(from);
        kill();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    calm: () => {
      calm = true;
    },
    cutAll: () => {
      if (open.size > 0) cuts++;
      for (const socket of open) socket.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
