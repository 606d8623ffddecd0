import { existsSync } from "node:fs";
import { loadConfig } from "../config/load-config.ts";
import { type ProductionProblem, productionProblems } from "../config/production-problems.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { reasonOf } from "../errors.ts";
import type { Database as OpenDatabase } from "../models/database/database.ts";
import type { ModelClass } from "../models/schema/model.ts";
import { migrationsFolder } from "./migration-folder.ts";
import type { Terminal } from "./terminal.ts";

/** Everything that speaks against serving an app to strangers: its settings, and how its database stands. */
export async function deployProblems(root: string, models: readonly ModelClass[]): Promise<ProductionProblem[]> {
  const { config } = await loadConfig({ root });
  const { database } = resolveConfig(config, { root, mode: "production" });
  return [
    ...productionProblems(config),
    ...(models.length === 0 ? [] : await databaseProblems(root, database, models)),
  ];
}

/** Prints findings, each with what was expected, what was got and what to do. */
export function printProblems(terminal: Terminal, problems: readonly ProductionProblem[]): void {
  for (const { level, setting, expected, got, fix } of problems) {
    const word = level === "error" ? terminal.paint("red", "error  ") : terminal.paint("yellow", "warning");
    terminal.line(`${word}  ${terminal.paint("bold", setting)}`);
    terminal.line(`         Expected ${expected}.`);
    terminal.line(`         Got ${got}.`);
    terminal.line(`         ${fix}`);
  }
}

async function databaseProblems(
  root: string,
  database: { readonly url: string },
  models: readonly ModelClass[],
): Promise<ProductionProblem[]> {
  const { Database } = await import("../models/database/database.ts");
  const { readDatabaseUrl } = await import("../models/database/database-url.ts");
  const { migrationFiles } = await import("../models/migrations/migration-file.ts");
  const { pendingMigrations } = await import("../models/migrations/migrate.ts");
  const error = (setting: string, expected: string, got: string, fix: string): ProductionProblem[] => [
    { level: "error", setting, expected, got, fix },
  ];
  const folder = migrationsFolder(root);
  const { dialect, url } = readDatabaseUrl(database.url, root);
  const files = migrationFiles(`${folder}/${dialect}`);
  if (files.length === 0) {
    return error("migrations", "migrations that make the models' tables", "none", "Run  antiphon makemigrations.");
  }
  const applied = "a database with all migrations applied";
  const migrate = "Run  antiphon migrate  before the server.";
  // Opening the file would make it. Tables in memory are gone with this process, and told of elsewhere.
  if (dialect === "sqlite" && url === ":memory:") return [];
  if (dialect === "sqlite" && !existsSync(url)) return error("migrations", applied, "no database file yet", migrate);
  let opened: OpenDatabase | undefined;
  try {
    opened = await Database.open({ url: database.url, root, models });
    const pending = await pendingMigrations(opened, { folder });
    return pending.length === 0 ? [] : error("migrations", applied, `${pending.join(", ")} not applied`, migrate);
  } catch (failure) {
    return error("database.url", "a database that answers", reasonOf(failure), "Start it, or correct its address.");
  } finally {
    await opened?.close();
  }
}
