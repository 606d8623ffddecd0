import { existsSync, readFileSync, realpathSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseEnv } from "node:util";
import { reasonOf } from "../errors.ts";
import { databaseUrl } from "../models/options.ts";
import { isPlainObject } from "../setting-rules.ts";
import { checkConfig, describeGiven, problemText } from "./check-config.ts";
import type { AntiphonConfig } from "./define-config.ts";
import { envOverrides, mergeConfig } from "./env-overrides.ts";
import { configErrors } from "./errors.ts";

/** Names under which the settings may stand, in the order in which they are looked for. */
export const CONFIG_FILES: readonly string[] = ["antiphon.config.ts", "antiphon.config.js", "antiphon.config.mjs"];

/** An app's settings and where they came from. */
export interface LoadedConfig {
  readonly config: AntiphonConfig;
  /** Path of the file; undefined when the app has none and all defaults hold. */
  readonly file: string | undefined;
  /** Things that are not wrong but look like mistakes, for a person to read. */
  readonly warnings: readonly string[];
}

/**
 * Loads the settings of the app in a folder: first `.env` and `.env.local` (what is set already stays, and `.env.local`
 * beats `.env`), then the file, which may read them, then `ANTIPHON_*` variables over it. No file means all defaults.
 *
 * Loading the same file twice gives the module that was loaded first: changed settings need a new process.
 *
 * @throws CONFIG_ENV_FILE_FAILED, CONFIG_FILE_FAILED, CONFIG_NO_DEFAULT_EXPORT, CONFIG_ENV_INVALID, CONFIG_INVALID
 * @example
 * const { config, warnings } = await loadConfig({ root: process.cwd() });
 */
export async function loadConfig(options: {
  readonly root: string;
  /** Variables to read and to add to; `process.env` when absent. */
  readonly env?: Record<string, string | undefined>;
}): Promise<LoadedConfig> {
  const env = options.env ?? process.env;
  readEnvFiles(options.root, env);
  const name = CONFIG_FILES.find((candidate) => existsSync(join(options.root, candidate)));
  const fromFile = name === undefined ? {} : await importConfig(join(options.root, name), name);
  const overrides = envOverrides(env);
  // Checked before the overrides are laid over it, so that a problem is always reported where it stands.
  checkConfig(fromFile, name ?? "antiphon.config.ts");
  return {
    config: withHostedDatabase(mergeConfig(fromFile, overrides.config), env),
    file: name === undefined ? undefined : join(options.root, name),
    warnings: overrides.warnings,
  };
}

/** What hosts set without asking: DATABASE_URL says where the database is, unless the file does. */
function withHostedDatabase(config: AntiphonConfig, env: Record<string, string | undefined>): AntiphonConfig {
  const url = env.DATABASE_URL;
  if (!url || config.database?.url !== undefined) return config;
  if (!databaseUrl.accepts(url)) {
    const problem = { key: "DATABASE_URL", expected: databaseUrl.expected, got: describeGiven(url, databaseUrl) };
    throw configErrors.CONFIG_ENV_INVALID.with({ details: [problem] }, [problemText(problem)]);
  }
  return { ...config, database: { ...config.database, url } };
}

function readEnvFiles(root: string, env: Record<string, string | undefined>): void {
  const values = { ...readEnvFile(join(root, ".env"), ".env"), ...readEnvFile(join(root, ".env.local"), ".env.local") };
  for (const [name, value] of Object.entries(values)) {
    if (env[name] === undefined) env[name] = value;
  }
}

function readEnvFile(path: string, name: string): NodeJS.Dict<string> {
  try {
    return existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
  } catch (cause) {
    throw configErrors.CONFIG_ENV_FILE_FAILED.with({ cause }, name, reasonOf(cause));
  }
}

/** Files that each settings file has imported, by its path. A module is imported once in a process, so they are kept. */
const importedBy = new Map<string, ReadonlySet<string>>();

/**
 * Returns the files of an app that its settings file has imported, directly or not, as paths from its folder: a change of
 * one of them counts in the next process. Empty before `loadConfig()`.
 */
export function configImports(root: string): readonly string[] {
  const files = CONFIG_FILES.flatMap((name) => [...(importedBy.get(join(root, name)) ?? [])]);
  // Modules are named by their real paths.
  return files.map((file) => relative(realpathSync(root), file)).filter((name) => !/^\.\.(?:[\\/]|$)/.test(name));
}

/** Notes the files that a module and its imports import. Returns what ends that. */
function noteImports(url: string, files: Set<string>): () => void {
  const importers = new Set([url]);
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const isOwn = found.url.startsWith("file:") && !found.url.includes("/node_modules/");
      if (isOwn && importers.has(context.parentURL ?? "")) {
        importers.add(found.url);
        files.add(fileURLToPath(found.url));
      }
      return found;
    },
  });
  return () => hooks.deregister();
}

async function importConfig(path: string, name: string): Promise<Record<string, unknown>> {
  let module: { readonly default?: unknown };
  const url = pathToFileURL(path).href;
  const files = new Set<string>();
  const stop = noteImports(url, files);
  try {
    module = await import(/* @vite-ignore */ url);
  } catch (cause) {
    throw configErrors.CONFIG_FILE_FAILED.with({ cause }, name, reasonOf(cause));
  } finally {
    stop();
  }
  if (!importedBy.has(path)) importedBy.set(path, files);
  if (!isPlainObject(module.default)) {
    const names = Object.keys(module).join(", ");
    const got =
      "default" in module ? `a default export of type ${typeof module.default}` : `the exports: ${names || "none"}`;
    throw configErrors.CONFIG_NO_DEFAULT_EXPORT(name, got);
  }
  return module.default;
}
