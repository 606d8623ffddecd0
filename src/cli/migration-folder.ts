import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import type { Dialect } from "../models/database/database.ts";

/** Folder of an app with one folder of migrations for each database. */
export const MIGRATIONS_FOLDER = "migrations";

const DIALECTS: readonly Dialect[] = ["sqlite", "postgres", "mysql"];

/** Where an app's migrations are. */
export function migrationsFolder(root: string): string {
  return join(root, MIGRATIONS_FOLDER);
}

/** The databases that migrations are written for: those of the settings, or the url's and those there are some for. */
export async function migrationDialects(root: string): Promise<Dialect[]> {
  const { config } = await loadConfig({ root });
  const { url, dialects } = resolveConfig(config, { root, mode: "production" }).database;
  if (dialects) return [...dialects];
  const { readDatabaseUrl } = await import("../models/database/database-url.ts");
  const own = readDatabaseUrl(url, root).dialect;
  return DIALECTS.filter((dialect) => dialect === own || existsSync(join(migrationsFolder(root), dialect)));
}

/** The database of the settings. */
export async function configuredDialect(root: string): Promise<Dialect> {
  const { config } = await loadConfig({ root });
  const { readDatabaseUrl } = await import("../models/database/database-url.ts");
  return readDatabaseUrl(resolveConfig(config, { root, mode: "production" }).database.url, root).dialect;
}
