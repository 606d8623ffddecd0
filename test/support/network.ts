import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** How a network treats the connections that are made over it. */
export interface NetworkOptions {
  /** Each direction of a connection carries so much; without a bound when absent. */
  readonly bytesPerMillisecond?: number;
  /** Asked at each new connection: after so many bytes, in whichever direction, it is killed. */
  readonly cutAfter?: () => number;
}

/** A network between a client and a server: it can be slow, be cut, or be gone. */
export interface Network extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Milliseconds that each direction takes from now on. */
  delay: number;
  /** While true nothing gets through and new connections are refused. */
  gone: boolean;
  /** While true whatever is sent vanishes and every connection stays open: nobody is told. */
  silent: boolean;
  /** While true no connection is killed by `cutAfter`. */
  calm: boolean;
  /** Connections that were made so far. */
  readonly made: number;
  /** Times that connections were killed. */
  readonly cuts: number;
  /** Whatever is sent on the connections of now vanishes, and nobody is told; those that are made later work. */
  freeze(): void;
  /** Kills every connection without a word of goodbye. */
  cut(): void;
}

/** Opens a network that leads to the port of a URL on this machine. */
export async function openNetwork(target: string | number, options: NetworkOptions = {}): Promise<Network> {
  const { bytesPerMillisecond, cutAfter } = options;
  const targetPort = typeof target === "number" ? target : Number(new URL(target).port);
  const open = new Set<Socket>();
  const frozen = new WeakSet<Socket>();
  const state = { delay: 0, gone: false, silent: false, calm: false, made: 0, cuts: 0 };
  const server = createServer((client) => {
    if (state.gone) {
      client.resetAndDestroy();
      return;
    }
    state.made++;
    let left = cutAfter?.() ?? Number.POSITIVE_INFINITY;
    let dead = false;
    const upstream = connect(targetPort, "127.0.0.1");
    const kill = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      const pass = (chunk: Buffer) => {
        if (bytesPerMillisecond === undefined && state.delay === 0) {
          to.write(chunk);
          return;
        }
        // A narrow line takes the next chunk after this one; a long one has many under way, in their order.
        if (bytesPerMillisecond !== undefined) from.pause();
        const wait = state.delay + (bytesPerMillisecond === undefined ? 0 : chunk.length / bytesPerMillisecond);
        setTimeout(() => {
          to.write(chunk);
          if (bytesPerMillisecond !== undefined) from.resume();
        }, wait);
      };
      from.on("data", (chunk) => {
        if (dead || state.silent || frozen.has(from)) return;
        if (!state.calm && left <= chunk.length) {
          state.cuts++;
          dead = true;
          to.write(chunk.subarray(0, left), kill);
          return;
        }
        left -= chunk.length;
        pass(chunk);
      });
      from.on("error", () => from.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    port,
    freeze: () => {
      for (const socket of open) frozen.add(socket);
    },
    cut: () => {
      if (open.size > 0) state.cuts++;
      for (const socket of open) socket.resetAndDestroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
