import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type AppSource, type LoadedApp, loadApp } from "../../dist/server/assembly/load-app.js";
import { createFrontendDev } from "../../dist/server/views/frontend-dev.js";

/** The states that every app has, in the order in which they are listed. */
export const FRAMEWORK_STATES = ["antiphon.UserState", "antiphon.I18nState", "antiphon.ContextState"] as const;

/** An app in development on a port of its own, with what happened to it. */
export interface DevApp extends AsyncDisposable {
  readonly url: string;
  readonly source: AppSource;
  /** The app of the next reload; rejects when that reload fails. */
  nextReload(): Promise<LoadedApp>;
  /** Opens the socket over which Vite tells pages of changes. */
  openReloadSocket(): Promise<ReloadSocket>;
}

/** The messages that a page got from Vite. */
export interface ReloadSocket extends Disposable {
  readonly messages: {
    readonly type: string;
    readonly err?: { message: string };
    readonly updates?: { path: string }[];
  }[];
  next(type: string): Promise<ReloadSocket["messages"][number]>;
}

/** Starts the development front end of an app without the rest of the server. */
export async function startDevApp(root: string): Promise<DevApp> {
  const waiting: PromiseWithResolvers<LoadedApp>[] = [];
  const settle = (act: (one: PromiseWithResolvers<LoadedApp>) => void) => waiting.splice(0).forEach(act);
  const httpServer = createServer();
  const source = await loadApp({
    root,
    mode: "development",
    httpServer,
    onReload: (app) => {
      current = app;
      settle((one) => one.resolve(app));
    },
    log: {
      info: () => {},
      warn: console.warn,
      error: (text) => settle((one) => one.reject(new Error(text))),
    },
  });
  let current: LoadedApp = source;
  if (!source.development) throw new Error("no development");
  const frontend = createFrontendDev({ development: source.development, appName: "app", app: () => current });
  httpServer.on("request", (request, response) => {
    Promise.resolve(frontend.handle(request, response, { nonce: "n0nce" })).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  // There is no channel here: a page that asks for it is sent away.
  httpServer.on("upgrade", (request, socket, head) => {
    if (!frontend.upgrade?.(request, socket, head)) socket.destroy();
  });
  const url = await listen(httpServer);
  return {
    url,
    source,
    nextReload() {
      const next = Promise.withResolvers<LoadedApp>();
      waiting.push(next);
      return next.promise;
    },
    openReloadSocket: () => openReloadSocket(url),
    async [Symbol.asyncDispose]() {
      await source.close();
      httpServer.closeAllConnections();
      await new Promise((done) => httpServer.close(done));
    },
  };
}

/** Listens on a free port and gives the URL. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openReloadSocket(url: string): Promise<ReloadSocket> {
  const client = await (await fetch(`${url}/@vite/client`)).text();
  const token = /wsToken = "([^"]+)"/.exec(client)?.[1];
  const socket = new WebSocket(`${url.replace("http", "ws")}/_reload?token=${token}`, "vite-hmr");
  const messages: ReloadSocket["messages"][number][] = [];
  const waiting = new Map<string, PromiseWithResolvers<ReloadSocket["messages"][number]>>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as ReloadSocket["messages"][number];
    messages.push(message);
    waiting.get(message.type)?.resolve(message);
    waiting.delete(message.type);
  });
  const next = (type: string) => {
    const found = waiting.get(type) ?? Promise.withResolvers();
    waiting.set(type, found);
    return found.promise;
  };
  const connected = next("connected");
  const failed = new Promise<never>((_, reject) => {
    socket.addEventListener("error", () => reject(new Error("the reload socket was refused")));
  });
  await Promise.race([connected, failed]);
  return { messages, next, [Symbol.dispose]: () => socket.close() };
}
