import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { resolve } from "node:path";
import {
  type Connect,
  createServer,
  createServerModuleRunner,
  type Plugin,
  type UserConfig,
  type ViteDevServer,
} from "vite";
import type { ModuleRunner } from "vite/module-runner";
import { escapeHtml } from "../escape-html.ts";
import { withBase } from "../protocol/base-path.ts";
import { ENDPOINTS } from "../protocol/endpoints.ts";
import type { PageKeys } from "../protocol/messages.ts";
import { excuse } from "../state/loop-watch.ts";
import { findAppFiles, shortPath } from "./app-files.ts";
import { clientImports, inlineConfig } from "./app-runner.ts";
import { CLIENT_ENTRY, MESSAGES_MESSAGE, SERVER_ENTRY, type ServerEntry } from "./entries.ts";
import { type DevelopmentLog, FailureLog } from "./failure-log.ts";
import { assembleDocument, readTemplate } from "./index-html.ts";
import { Overlay } from "./overlay.ts";
import { asThrown } from "./own-error.ts";
import { PageKeyFinder } from "./page-keys.ts";
import { appPlugins, appRoot } from "./plugin.ts";
import { ReloadLoop, reloadOnChange } from "./reload-loop.ts";
import { mayServe } from "./served-files.ts";
import { StubTable } from "./states/state-modules.ts";

/** Options of {@link startDevelopment}. */
export interface DevelopmentOptions {
  readonly root: string;
  /** Path under which the app is hosted. */
  readonly basePath?: string;
  /** The server whose upgrades at `/_reload` belong to Vite; without one the page is not told of changes. */
  readonly httpServer?: Server;
  readonly viteConfig?: UserConfig;
  /** Called with the app as it is after each change that could be loaded. The next change waits for it. */
  readonly onReload: (entry: ServerEntry) => void | Promise<void>;
  /** Gets a line for each reload and a block for each failure; `console` when absent. */
  readonly log?: DevelopmentLog;
}

/** A running Vite: serves modules to the browser and evaluates them for the server. */
export interface Development {
  readonly root: string;
  /** Evaluates the app, unless it is evaluated already. */
  loadEntry(): Promise<ServerEntry>;
  /** Finds the keys of the messages that the app's pages use. */
  messageKeys(): Promise<PageKeys>;
  /** Says that the app could not be loaded at the start: pages show it, and any change may be the cure. */
  fail(error: unknown): void;
  /** What {@link fail} was told, until the app could be loaded. */
  readonly failure: unknown;
  /**
   * Tells open pages that the catalogues were read again: they fetch their messages. With a failure, which says what of it
   * follows, pages show it until a call without one.
   */
  messagesRead(failure?: { readonly error: unknown; readonly consequence: string }): void;
  /** Calls back whenever one of these files, named from the app's folder, has changed, come or gone. */
  watch(names: readonly string[], onChange: (name: string) => void): void;
  /** Answers requests for modules and files; resolves to false when the request is for none of them. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** The document of every page; `nonce` stands on its scripts and styles. */
  document(url: string, nonce: string | undefined): Promise<string>;
  /** The document that stands in for every page while there is a {@link failure}; it is loaded anew when that ends. */
  failurePage(url: string, nonce: string | undefined): Promise<string>;
  close(): Promise<void>;
}

/** Stands in Vite's cached HTML where each response has a nonce of its own. */
const NONCE = "antiphon-nonce-placeholder";

/** Starts Vite for development: one instance for the browser's and the server's modules, on the app's own HTTP server. */
export async function startDevelopment(options: DevelopmentOptions): Promise<Development> {
  const root = appRoot(options.root);
  const { basePath = "" } = options;
  let runner: ModuleRunner | undefined;
  const stubs = new StubTable(root, async (file) => {
    // A page that loads while the server's modules change gets the stubs of the new ones.
    await loop.settled();
    return load(file);
  });
  const log = options.log ?? console;
  const failures = new FailureLog(root, log);
  const loop: ReloadLoop = new ReloadLoop((files) => reload(files));
  const vite = await createServer(
    inlineConfig(root, options.viteConfig, {
      mode: "development",
      base: `${basePath}/`,
      html: { cspNonce: NONCE },
      customLogger: failures.viteLogger(),
      plugins: [appPlugins(root, stubs), reloadOnChange(root, loop), noteFailures()],
      server: {
        middlewareMode: true,
        // One origin: nothing else may read what is served here.
        cors: false,
        // The dispatcher has checked the host before Vite sees a request.
        allowedHosts: true,
        ws: options.httpServer ? { server: options.httpServer, path: ENDPOINTS.reload } : false,
        watch: { ignored: ["**/.antiphon/**", "**/*.{sqlite,sqlite3,db}{,-wal,-shm,-journal}", "**/*.log"] },
      },
    }),
  );
  runner = createServerModuleRunner(vite.environments.ssr, { hmr: false });
  const keys = new PageKeyFinder(clientImports(vite), (file) => stubs.formTexts(file));
  const overlay = new Overlay(vite, root);
  let failure: unknown;
  vite.watcher.on("all", (event) => {
    failures.renew();
    if (event !== "change") keys.forgetImports();
  });

  async function reload(files: readonly string[]): Promise<boolean> {
    const begin = performance.now();
    const end = excuse();
    runner?.clearCache();
    const graph = vite.environments.ssr.moduleGraph;
    const entry = graph.getModuleById(`\0${SERVER_ENTRY}`);
    if (entry) graph.invalidateModule(entry);
    // Vite keeps a module with an import that led nowhere, also when the file is there.
    if (loop.failed) graph.invalidateAll();
    try {
      const loaded = await load<ServerEntry>(SERVER_ENTRY);
      await options.onReload(loaded);
      overlay.clear("app");
      if (failure !== undefined && vite.ws.clients.size > 0) vite.ws.send({ type: "full-reload" });
      failure = undefined;
      log.info(
        `Reloaded ${listed(files.map((file) => shortPath(root, file)))} (${Math.round(performance.now() - begin)} ms)`,
      );
      return true;
    } catch (error) {
      if (failure !== undefined) failure = error;
      overlay.show("app", error);
      failures.report(error, "The change could not be loaded; the app runs as it was before.");
      return false;
    } finally {
      end();
    }
  }
  loop.onSuccess = async () => {
    for (const file of await stubs.changed()) {
      for (const module of vite.environments.client.moduleGraph.getModulesByFile(file) ?? []) {
        await vite.environments.client.reloadModule(module);
      }
    }
  };
  async function load<T = Record<string, unknown>>(file: string): Promise<T> {
    try {
      if (!runner) throw new Error("The development server is not running.");
      return await runner.import<T>(file);
    } catch (error) {
      throw asThrown(error);
    }
  }

  const finished = async (html: string, url: string, nonce: string | undefined) => {
    const whole = await vite.transformIndexHtml(url, html);
    return nonce === undefined ? whole.replaceAll(` nonce="${NONCE}"`, "") : whole.replaceAll(NONCE, nonce);
  };
  return {
    root,
    messageKeys: () => keys.find(findAppFiles(root).app),
    loadEntry: () => load<ServerEntry>(SERVER_ENTRY),
    fail(error) {
      failure = error;
      loop.failed = true;
      failures.report(error, "The app cannot be loaded. It is loaded again when a file changes.");
      overlay.show("app", error);
    },
    get failure() {
      return failure;
    },
    messagesRead(failed) {
      if (failed) {
        failures.report(failed.error, failed.consequence);
        overlay.show("messages", failed.error);
      } else overlay.clear("messages");
      vite.ws.send({ type: "custom", event: MESSAGES_MESSAGE });
    },
    watch(names, onChange) {
      vite.watcher.on("all", (_event, file) => {
        const name = names.find((candidate) => resolve(root, candidate) === resolve(file));
        if (name !== undefined) onChange(name);
      });
    },
    serve: (request, response) => serve(vite, request, response),
    document: async (url, nonce) => {
      const script = `/@id/__x00__${CLIENT_ENTRY}`;
      return finished(assembleDocument(readTemplate(root), { build: "development", script }), url, nonce);
    },
    failurePage: (url, nonce) => finished(failureHtml(overlay.text), url, nonce),
    async close() {
      await loop.close();
      await runner?.close();
      await vite.close();
    },
  };
}

function serve(vite: ViteDevServer, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { "sec-fetch-dest": destination, "sec-fetch-site": site } = request.headers;
  const asked = { url: request.url ?? "/", destination: String(destination ?? ""), site: String(site ?? "") };
  if (!mayServe(vite, asked)) return Promise.resolve(false);
  // Vite compiles in this process: handlers that wait meanwhile are not to blame.
  const end = excuse();
  // Vite takes requests below its base.
  request.url = withBase(vite.config.base.replace(/\/$/, ""), asked.url);
  const answered = new Promise<boolean>((resolve, reject) => {
    response.once("close", () => resolve(true));
    vite.middlewares(request, response, (error: unknown) => {
      if (error) return reject(error);
      const failure = failed.get(response);
      // Vite has logged it and shows it in the page.
      if (failure !== undefined) response.writeHead(500, { "Content-Type": "text/plain" }).end(String(failure));
      resolve(response.writableEnded);
    });
  });
  return answered.finally(() => {
    request.url = asked.url;
    end();
  });
}

function listed(files: readonly string[]): string {
  return files.length > 3 ? `${files.slice(0, 3).join(", ")} and ${files.length - 3} more` : files.join(", ");
}

/** Notes which request failed, because Vite's own error handler hides that from what runs after it. */
function noteFailures(): Plugin {
  return {
    name: "antiphon:failures",
    configureServer: (vite) => () => {
      vite.middlewares.use(((error: unknown, _request, response, next) => {
        failed.set(response, error);
        next(error);
      }) satisfies Connect.ErrorHandleFunction);
    },
  };
}

const failed = new WeakMap<object, unknown>();

function failureHtml(text: string): string {
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>The app cannot be loaded</title></head>
  <body><h1>The app cannot be loaded</h1><pre>${escapeHtml(text)}</pre><p>It is loaded again when a file changes.</p></body>
</html>
`;
}
