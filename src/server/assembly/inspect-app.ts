import { pageSettings } from "../../auth/page-settings.ts";
import { loadConfig } from "../../config/load-config.ts";
import { type Mode, type ResolvedConfig, resolveConfig } from "../../config/resolve-config.ts";
import { withDatabaseFor } from "../../models/database/context.ts";
import { Database } from "../../models/database/database.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import type { PageDefinition } from "../../protocol/page.ts";
import { createBackend } from "../http/backend.ts";
import { endpoints } from "../http/endpoints.ts";
import { type PrefixTable, prefixTable } from "../http/path-owner.ts";
import { createLogger } from "../logger.ts";
import { type LoadedApp, loadApp } from "./load-app.ts";
import { assertPagesVisible } from "./visible-pages.ts";

/** One thing that answers at a URL. */
export interface RouteEntry {
  readonly owner: "page" | "view" | "framework";
  readonly method: string;
  readonly path: string;
  /** What an author wrote about it: title, guard, on-load events. */
  readonly detail: string;
}

/** What an app is, found by loading it without serving it. */
export interface AppReport {
  readonly config: ResolvedConfig | undefined;
  readonly routes: readonly RouteEntry[];
  /** Ids of the state classes. */
  readonly states: readonly string[];
  /** The model classes that `src/models.ts` exports. */
  readonly models: readonly ModelClass[];
  /** Everything that is wrong; what depends on a broken part is left out. */
  readonly problems: readonly unknown[];
  /** Things that look like mistakes. */
  readonly warnings: readonly string[];
}

/**
 * Loads an app from its sources, without a server, and reports what it has and what is wrong with it. Settings,
 * prefixes, states, pages and HTTP views are looked at one by one, so that one problem does not hide the others.
 */
export async function inspectApp({ root }: { readonly root: string }): Promise<AppReport> {
  const problems: unknown[] = [];
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (problem) {
      problems.push(problem);
      return undefined;
    }
  };
  const loaded = await attempt(() => loadConfig({ root }));
  const mode: Mode = "test";
  const config = loaded && resolveConfig(loaded.config, { root, mode });
  const prefixes = config && (await attempt(() => prefixTable(config)));
  const viteConfig = config?.vite;
  const auth = config ? { auth: pageSettings(config.auth) } : {};
  const source = await attempt(() =>
    loadApp({ root, mode, ...auth, ...(viteConfig === undefined ? {} : { viteConfig }) }),
  );
  const routes: RouteEntry[] = [...FRAMEWORK_ROUTES];
  if (source) {
    routes.push(...source.pages.entries.map(({ page }) => pageEntry(page)));
    if (config && prefixes) {
      await attempt(() => assertPagesVisible(source.pages, prefixes));
      routes.push(...((await attempt(() => viewEntries(source, config, prefixes))) ?? []));
    }
    await source.close();
  }
  const states = source?.states.ids() ?? [];
  const models = source?.models ?? [];
  return { config, routes, states: [...states], models, problems, warnings: loaded?.warnings ?? [] };
}

async function viewEntries(app: LoadedApp, config: ResolvedConfig, prefixes: PrefixTable): Promise<RouteEntry[]> {
  // Its rows are nobody's: what registers views may listen to changes, and must not change anything.
  const database = await openScratchDatabase(app.models);
  try {
    const backend = await createBackend({
      prefixes,
      routes: app.routes,
      mode: "test",
      logger: createLogger({ level: "silent" }),
      bodyBytes: config.limits.bodyBytes,
      trustProxy: config.trustProxy,
      crossSite: { trustedOrigins: config.trustedOrigins },
      start: async (work) => (database ? await withDatabaseFor(database, work) : await work()),
      listing: true,
    });
    await backend.close();
    return backend.routes.map(({ method, url }) => ({ owner: "view", method, path: url, detail: "src/routes.ts" }));
  } finally {
    await database?.close();
  }
}

/** Opens an empty database in memory with the tables of the models. */
async function openScratchDatabase(models: readonly ModelClass[]): Promise<Database | undefined> {
  if (models.length === 0) return undefined;
  const database = await Database.open({ url: "sqlite::memory:", models });
  await database.orm.schema.create();
  return database;
}

const FRAMEWORK_ROUTES: readonly RouteEntry[] = endpoints.flatMap(({ path, methods, purpose }) =>
  methods.map((method) => ({ owner: "framework" as const, method, path, detail: purpose })),
);

function pageEntry(page: PageDefinition): RouteEntry {
  const title = typeof page.title === "function" ? "(computed title)" : page.title;
  const events = [page.onLoad ?? []].flat().map((reference) => `${nameOf(reference.state)}.${reference.event}`);
  const detail = [
    title === undefined ? "" : `"${title}"`,
    page.guard === undefined ? "" : guardName(page.guard),
    page.exists === undefined ? "" : `exists ${nameOf(page.exists.state)}.${page.exists.event}`,
    events.length === 0 ? "" : `onLoad ${events.join(", ")}`,
  ];
  return { owner: "page", method: "GET", path: page.route, detail: detail.filter((part) => part !== "").join(", ") };
}

function guardName({ name }: { readonly name: string }): string {
  // An arrow function written in place is called after the property that holds it.
  return name === "" || name === "guard" ? "guarded" : `guard ${name}`;
}

function nameOf(state: object): string {
  return "name" in state && typeof state.name === "string" ? state.name : "(state)";
}
