import type { Server } from "node:http";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { FastifyPluginAsync } from "fastify";
import type { UserConfig } from "vite";
import { AuthState } from "../../auth/auth-state.ts";
import { builtInModels } from "../../auth/built-in-models.ts";
import { guardedPages } from "../../auth/guards/page-guards.ts";
import { offeredPages } from "../../auth/page-settings.ts";
import { builtInStates } from "../../context/built-in-states.ts";
import { hasCode } from "../../errors.ts";
import { isModelClass, type ModelClass } from "../../models/schema/model.ts";
import { type AuthPageSettings, authPageSettings, placePages, type UnplacedPage } from "../../protocol/auth-pages.ts";
import type { PageKeys } from "../../protocol/messages.ts";
import { type DeclaredPage, type PageDefinition, type PageTable, pageTable } from "../../protocol/page.ts";
import { StateRegistry } from "../../state/registry.ts";
import type { Development } from "../../vite/development.ts";
import type { ServerEntry } from "../../vite/entries.ts";
import type { DevelopmentLog } from "../../vite/failure-log.ts";
import { appErrors } from "../app-errors.ts";

/** An app's own code as the server uses it. */
export interface LoadedApp {
  readonly states: StateRegistry;
  readonly pages: PageTable<PageDefinition>;
  /** The default export of `src/app.tsx`. */
  readonly app: object;
  /** The default export of `src/routes.ts`. */
  readonly routes?: FastifyPluginAsync;
  /** The model classes that `src/models.ts` exports. */
  readonly models: readonly ModelClass[];
}

/** The app as it was first loaded (in development `onReload` gives later ones), and what is to be closed with it. */
export interface AppSource extends LoadedApp {
  /** Changes with every build; "development" and "test" where there is none. */
  readonly build: string;
  /** Where the build lies, in production: `createFrontendBuild` takes it. */
  readonly folder?: string;
  /** URL from which browsers load the built files, in production; undefined for this server. */
  readonly assetsUrl?: string | undefined;
  /** Returns the keys of the messages that the app's pages use. */
  messageKeys(): Promise<PageKeys>;
  /** Vite, in development: `createFrontendDev` takes it. */
  readonly development?: Development;
  close(): Promise<void>;
}

/** What decides where an app's pages are. */
export interface PagePlacement {
  /** Codes with which a path may begin, in an app whose paths may name the language. */
  readonly languages?: readonly string[] | undefined;
  /** Settings of the pages of `antiphon/auth/pages`; the usual ones when absent. */
  readonly auth?: AuthPageSettings;
}

/** Options of {@link loadApp}. */
export interface LoadAppOptions extends PagePlacement {
  /** The app's folder. */
  readonly root: string;
  readonly mode: "development" | "production" | "test";
  /** Path under which the app is hosted. */
  readonly basePath?: string;
  /** The author's `vite` settings; not read in production. */
  readonly viteConfig?: UserConfig;
  /** The HTTP server on whose port development tells pages of changes. */
  readonly httpServer?: Server;
  /** Development: a change was loaded. The next one waits until the answer settles; if it rejects, that counts as a failure. */
  readonly onReload?: (app: LoadedApp) => void | Promise<void>;
  /** Development: gets a line for each reload and a block for each failure; `console` when absent. */
  readonly log?: DevelopmentLog;
}

/**
 * Loads an app's states, pages and routes: in development and for tests through Vite, in production from the build.
 * In development an app that cannot be loaded is an empty one, with the reason in `development.failure`: `onReload` gives
 * what it is as soon as that is mended. An app without `src/app.tsx` is none, and the folder probably the wrong one.
 *
 * Every state class is read at once, so that what is wrong with one is told now and not on its first use.
 *
 * @throws VITE_APP_MISSING, VITE_BUILD_MISSING, SERVER_APP_NOT_EXPORTED, and whatever is wrong with a state or a route.
 */
export async function loadApp(options: LoadAppOptions): Promise<AppSource> {
  switch (options.mode) {
    case "production":
      return loadBuilt(options);
    case "test":
      return loadForTest(options);
    case "development":
      return loadForDevelopment(options);
  }
}

async function loadBuilt(options: LoadAppOptions): Promise<AppSource> {
  const { root, basePath = "" } = options;
  const { BUILD_POINTER, builtPageKeys, currentBuild, keepBuild } = await import("../../vite/build-folder.ts");
  const place = currentBuild(resolve(root));
  if (!place) throw appErrors.SERVER_BUILD_MISSING(BUILD_POINTER);
  const { build, folder, assetsUrl } = place;
  if ((place.basePath ?? "") !== basePath) throw appErrors.SERVER_BUILD_ELSEWHERE(place.basePath ?? "", basePath);
  const stopKeeping = keepBuild(folder);
  try {
    const entry = (await import(pathToFileURL(join(folder, "server/entry.js")).href)) as ServerEntry;
    const messageKeys = () => builtPageKeys(folder);
    return { ...readEntry(entry, options), build, folder, assetsUrl, messageKeys, close: async () => stopKeeping() };
  } catch (error) {
    stopKeeping();
    throw error;
  }
}

async function loadForTest(options: LoadAppOptions): Promise<AppSource> {
  const { root, viteConfig } = options;
  const { createAppRunner } = await import("../../vite/app-runner.ts");
  const runner = await createAppRunner({ root, mode: "test", ...(viteConfig === undefined ? {} : { viteConfig }) });
  try {
    const app = await checkedApp(runner.root, await runner.loadEntry(), options);
    return { ...app, build: "test", messageKeys: runner.messageKeys, close: () => runner.close() };
  } catch (error) {
    await runner.close();
    throw error;
  }
}

async function loadForDevelopment(options: LoadAppOptions): Promise<AppSource> {
  const { startDevelopment } = await import("../../vite/development.ts");
  const { root, basePath = "", viteConfig, httpServer, log } = options;
  const development = await startDevelopment({
    root,
    basePath,
    ...(log === undefined ? {} : { log }),
    ...(viteConfig === undefined ? {} : { viteConfig }),
    ...(httpServer === undefined ? {} : { httpServer }),
    onReload: async (entry) => options.onReload?.(await checkedApp(development.root, entry, options)),
  });
  const { messageKeys } = development;
  const source = { build: "development", development, messageKeys, close: () => development.close() };
  try {
    return { ...(await checkedApp(development.root, await development.loadEntry(), options)), ...source };
  } catch (error) {
    if (hasCode(error, "VITE_APP_MISSING")) {
      await development.close();
      throw error;
    }
    // As with a later change that is broken: it may be mended in the next minute.
    development.fail(error);
    return { ...EMPTY_APP, ...source };
  }
}

/** What there is of an app that could not be loaded yet. */
const EMPTY_APP: LoadedApp = {
  states: new StateRegistry([builtInStates]),
  pages: pageTable([]),
  app: {},
  models: [],
};

/** What only an author does wrong, and a build has refused already. */
async function checkedApp(root: string, entry: ServerEntry, placement: PagePlacement): Promise<LoadedApp> {
  const { readStateModule } = await import("../../vite/states/state-modules.ts");
  for (const [index, module] of entry.stateModules.entries()) {
    readStateModule(root, join(root, entry.stateFiles[index] ?? ""), module);
  }
  return readEntry(entry, placement);
}

/** An app that has models has users and sessions beside them. */
function modelsOf(exported: ServerEntry["models"]): readonly ModelClass[] {
  if (exported === undefined) return [];
  const own = Object.values(exported).filter(isModelClass);
  return [...new Set([...own, ...builtInModels(own)])];
}

function readEntry(entry: ServerEntry, { languages, auth = authPageSettings() }: PagePlacement): LoadedApp {
  const app = entry.app as { kind?: unknown; pages?: unknown } | null | undefined;
  if (typeof app !== "object" || app === null || !Array.isArray(app.pages)) {
    const got = app === undefined ? "no default export" : app === null ? "null" : `a value of type ${typeof app}`;
    throw appErrors.SERVER_APP_NOT_EXPORTED("src/app.tsx", got);
  }
  const added = app.pages as readonly (Omit<DeclaredPage, "route"> & UnplacedPage)[];
  const pages = pageTable(guardedPages(placePages(added, auth)), languages);
  const states = offeredPages(pages, AuthState).size > 0 ? { ...builtInStates, AuthState } : builtInStates;
  const routes = entry.routes as FastifyPluginAsync | undefined;
  return {
    states: new StateRegistry([...entry.stateModules, states]),
    pages,
    app,
    models: modelsOf(entry.models),
    ...(routes === undefined ? {} : { routes }),
  };
}
