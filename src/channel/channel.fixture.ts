import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket as NetworkSocket } from "node:net";
import { helloOf, RawPage } from "../../test/support/raw-page.ts";
import type { Hello, WireError } from "../protocol/frames.ts";
import { type PageDefinition, pageTable } from "../protocol/page.ts";
import { type StateClass, tagStates } from "../state/class-info.ts";
import { StateRegistry } from "../state/registry.ts";
import { attachChannel, type Channel, type ChannelOptions } from "./channel.ts";

export { helloOf, RawPage };

/** Log lines of a channel under test. */
export interface LogLine {
  readonly level: "warn" | "error";
  readonly details: { readonly err?: Error; readonly ref?: string };
  readonly message: string;
}

/** A channel on an HTTP server of its own. */
export interface TestChannel extends AsyncDisposable {
  readonly channel: Channel;
  readonly url: string;
  readonly log: LogLine[];
  /** Connects a page and waits for its welcome. */
  page(hello?: Partial<Hello>, headers?: Record<string, string>): Promise<RawPage>;
  /** Connects and returns the refusal. */
  refused(hello: unknown, headers?: Record<string, string>): Promise<string>;
}

/** Starts a channel with these states and pages. */
export async function testChannel(
  classes: Record<string, StateClass>,
  options: Partial<ChannelOptions> & { readonly definitions?: readonly PageDefinition[] } = {},
): Promise<TestChannel> {
  tagStates("app", classes);
  const httpServer: Server = createServer((_request, response) => response.end());
  const sockets = new Set<NetworkSocket>();
  httpServer.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const log: LogLine[] = [];
  const { definitions = [{ route: "/" }], ...rest } = options;
  const channel = attachChannel(httpServer, {
    states: new StateRegistry([classes]),
    pages: pageTable(definitions),
    build: "test",
    mode: "test",
    logger: {
      warn: (details, message) => log.push({ level: "warn", details, message }),
      error: (details, message) => log.push({ level: "error", details, message }),
    },
    ...rest,
  });
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
  const opened = new Set<RawPage>();
  const open = (hello: Hello, headers?: Record<string, string>) => {
    const page = new RawPage(url, hello, headers);
    opened.add(page);
    page.socket.on("disconnect", () => opened.delete(page));
    return page;
  };
  return {
    channel,
    url,
    log,
    page: async (hello = {}, headers?) => {
      const page = open(helloOf(hello), headers);
      page.socket.on("connect_error", (error) => page.messages.push({ gone: error.message }));
      await page.welcome;
      return page;
    },
    refused: (hello, headers) =>
      new Promise((resolve, reject) => {
        const page = open(hello as Hello, headers);
        page.socket.on("connect_error", (error: Error & { data?: WireError; description?: unknown }) =>
          resolve(error.data?.code ?? error.message),
        );
        void page.welcome.then(() => reject(new Error("The page was let in")));
      }),
    [Symbol.asyncDispose]: async () => {
      for (const page of opened) page.socket.disconnect();
      await channel.close(1_000);
      // A page that does not read would not take part in the closing.
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => httpServer.close(resolve));
    },
  };
}
