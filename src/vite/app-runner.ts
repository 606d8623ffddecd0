import { statSync } from "node:fs";
import { join } from "node:path";
import {
  createLogger,
  createServer,
  createServerModuleRunner,
  type InlineConfig,
  mergeConfig,
  type UserConfig,
  type ViteDevServer,
} from "vite";
import type { PageKeys } from "../protocol/messages.ts";
import { findAppFiles } from "./app-files.ts";
import { SERVER_ENTRY, type ServerEntry } from "./entries.ts";
import { asThrown } from "./own-error.ts";
import { PageKeyFinder, type ResolveImport } from "./page-keys.ts";
import { appPlugins, appRoot } from "./plugin.ts";
import { StubTable } from "./states/state-modules.ts";

/** Evaluates an app's server modules without a browser, a file watcher or a socket. */
export interface AppRunner {
  readonly root: string;
  readonly stubs: StubTable;
  /** Evaluates a module, once per runner. */
  load(file: string): Promise<Record<string, unknown>>;
  /** Evaluates the app. */
  loadEntry(): Promise<ServerEntry>;
  /** Finds the keys of the messages that the app's pages use. */
  messageKeys(): Promise<PageKeys>;
  close(): Promise<void>;
}

/** Options of {@link createAppRunner}. */
export interface AppRunnerOptions {
  readonly root: string;
  readonly mode: "test" | "production";
  readonly viteConfig?: UserConfig;
}

/**
 * Makes a runner. Use it to load an app for tests and to read its state classes during a build.
 *
 * Two runners of one app share nothing but the compiled code: each has modules, and so classes, of its own.
 */
export async function createAppRunner(options: AppRunnerOptions): Promise<AppRunner> {
  const root = appRoot(options.root);
  const { server, release } = await acquire(root, options);
  const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
  const load = async <T = Record<string, unknown>>(file: string): Promise<T> => {
    try {
      return await runner.import<T>(file);
    } catch (error) {
      throw asThrown(error);
    }
  };
  const stubs = new StubTable(root, load);
  const keys = new PageKeyFinder(clientImports(server), (file) => stubs.formTexts(file));
  return {
    root,
    messageKeys: () => keys.find(findAppFiles(root).app),
    stubs,
    load,
    loadEntry: () => load<ServerEntry>(SERVER_ENTRY),
    async close() {
      await runner.close();
      await release();
    },
  };
}

/** Finds files as the browser's modules find them, with the aliases of the app. */
export function clientImports(vite: ViteDevServer): ResolveImport {
  return async (source, importer) => {
    const { pluginContainer } = vite.environments.client;
    return (await pluginContainer.resolveId(source, importer).catch(() => null))?.id;
  };
}

/** What all our own Vite instances have in common; the author's `vite` settings come first, ours have the last word. */
export function inlineConfig(root: string, userConfig: UserConfig | undefined, ours: InlineConfig): InlineConfig {
  const base: InlineConfig = {
    root,
    configFile: false,
    // .env is the server's and was read by it; only VITE_* of the environment reach the browser.
    envDir: false,
    cacheDir: join(root, ".antiphon/cache"),
    clearScreen: false,
    logLevel: "warn",
    customLogger: createLogger("warn", { prefix: "[vite]" }),
  };
  return mergeConfig(mergeConfig(userConfig ?? {}, base), ours) as InlineConfig;
}

interface SharedServer {
  readonly server: Promise<ViteDevServer>;
  /** When an app was last loaded with it, in milliseconds since 1970. */
  usedAt: number;
}

/** Servers of apps under test, by root: a second load of the same app finds its modules compiled. They hold no handle open. */
const shared = new Map<string, SharedServer>();

async function acquire(root: string, options: AppRunnerOptions) {
  const make = () => createServer(quietConfig(root, options));
  if (options.mode !== "test" || options.viteConfig !== undefined) {
    const server = await make();
    return { server, release: () => server.close() };
  }
  const known = shared.get(root);
  const entry = known ?? { server: make(), usedAt: Date.now() };
  if (!known) {
    shared.set(root, entry);
    entry.server.catch(() => shared.delete(root));
  }
  const server = await entry.server;
  if (known) forgetChangedModules(server, entry.usedAt);
  entry.usedAt = Date.now();
  return { server, release: async () => {} };
}

function quietConfig(root: string, { mode, viteConfig }: AppRunnerOptions): InlineConfig {
  // The stubs are the build's own business: this instance serves no browser.
  const unused = new StubTable(root, () => Promise.reject(new Error("This server has no browser.")));
  return inlineConfig(root, viteConfig, {
    mode: mode === "test" ? "test" : "production",
    plugins: [appPlugins(root, unused)],
    server: { middlewareMode: true, ws: false, hmr: false, watch: null, preTransformRequests: false },
    optimizeDeps: { noDiscovery: true, include: [] },
  });
}

/** Nothing watches the files here, so what was written since the last load is found by its time. */
function forgetChangedModules(server: ViteDevServer, since: number): void {
  const graph = server.environments.ssr.moduleGraph;
  for (const [id, module] of graph.idToModuleMap) {
    if (id.startsWith("\0virtual:antiphon/")) graph.invalidateModule(module);
    const file = module.file;
    if (!file || id.startsWith("\0")) continue;
    const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    // A file's time is coarser than the clock.
    if (changed >= since - 20) graph.onFileChange(file);
  }
}
