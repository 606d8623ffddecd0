import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** A proxy in front of an app, at a path of its host. */
export interface PathProxy extends AsyncDisposable {
  /** URL of the app, with a "/" at its end. */
  readonly url: string;
  /** Paths that browsers requested beside the app's own. */
  readonly strayed: readonly string[];
}

/** Starts a proxy that hands the requests below a path to a server, and removes the path from them or not. */
export async function startPathProxy(target: string, basePath: string, removes: boolean): Promise<PathProxy> {
  const { hostname, port } = new URL(target);
  const strayed: string[] = [];
  const open = new Set<Duplex>();
  const forward = ({ url = "/", method, headers }: IncomingMessage) => {
    const isOurs = url === basePath || url.startsWith(`${basePath}/`);
    if (!isOurs) {
      strayed.push(url);
      return undefined;
    }
    const path = removes ? url.slice(basePath.length) || "/" : url;
    return send({ hostname, port, method, path, headers: headers as OutgoingHttpHeaders, agent: false });
  };
  const server = createServer((request, response) => {
    const sent = forward(request);
    if (!sent) return void response.writeHead(404).end();
    sent.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on("error", () => response.destroy());
    request.pipe(sent);
  });
  server.on("upgrade", (request, socket, head) => {
    const sent = forward(request);
    if (!sent) return socket.destroy();
    open.add(socket);
    socket.on("error", () => {});
    sent.on("upgrade", (answer, upstream, rest) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) upstream.write(head);
      upstream.on("error", () => socket.destroy());
      upstream.pipe(socket).pipe(upstream);
      socket.on("close", () => upstream.destroy());
    });
    sent.on("response", () => socket.destroy());
    sent.on("error", () => socket.destroy());
    sent.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${basePath}/`,
    strayed,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
