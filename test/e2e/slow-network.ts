import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between the browser and the server: it can be slow, be cut, or be gone. */
export interface SlowNetwork extends AsyncDisposable {
  readonly url: string;
  /** Milliseconds that each direction takes from now on. */
  delay: number;
  /** While true nothing gets through and new connections are refused. */
  gone: boolean;
  /** While true whatever is sent vanishes and every connection stays open: nobody is told. */
  silent: boolean;
  /** Connections that were made so far. */
  readonly made: number;
  /** Whatever is sent on the connections of now vanishes, and nobody is told; those that are made later work. */
  freeze(): void;
  /** Kills every connection without a word of goodbye. */
  cut(): void;
}

export async function slowNetwork(target: string): Promise<SlowNetwork> {
  const open = new Set<Socket>();
  const frozen = new WeakSet<Socket>();
  const network = { delay: 0, gone: false, silent: false, made: 0 };
  const server = createServer((client) => {
    if (network.gone) {
      client.resetAndDestroy();
      return;
    }
    network.made++;
    const upstream = connect(Number(new URL(target).port), "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      // Each chunk waits its time; timers of one length fire in the order in which they were set.
      from.on("data", (chunk) => {
        if (network.silent || frozen.has(from)) return;
        if (network.delay === 0) to.write(chunk);
        else setTimeout(() => to.write(chunk), network.delay);
      });
      from.on("error", () => from.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(network, {
    url,
    freeze: () => {
      for (const socket of open) frozen.add(socket);
    },
    cut: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
