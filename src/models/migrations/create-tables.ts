import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Database, Dialect } from "../database/database.ts";
import { migrateDatabase } from "./migrate.ts";
import { migrationFiles } from "./migration-file.ts";

/** Options of `prepareEmptyDatabase()`. */
export interface EmptyDatabaseOptions {
  /** The folder of the app's migrations. */
  readonly folder: string;
  /** Receives a warning if the app has migrations, and none for the dialect of this database. */
  readonly warn?: (sentence: string) => void;
}

/**
 * Makes an empty database ready for a test: by the app's migrations, or, as long as there are none for its dialect, by
 * creating the tables of the models as they are.
 *
 * Not for a database that is kept: tables that were created so have no migration behind them.
 */
export async function prepareEmptyDatabase(database: Database, { folder, warn }: EmptyDatabaseOptions): Promise<void> {
  const { dialect } = database;
  if (hasMigrations(folder, dialect)) {
    await migrateDatabase(database, { folder });
    return;
  }
  if (database.models.size === 0) return;
  const others = DIALECTS.filter((each) => hasMigrations(folder, each));
  if (others.length > 0) warn?.(missingMigrations(dialect, others));
  await database.orm.schema.update({ safe: true });
}

const DIALECTS: readonly Dialect[] = ["sqlite", "postgres", "mysql"];

function hasMigrations(folder: string, dialect: Dialect): boolean {
  const own = join(folder, dialect);
  return existsSync(own) && migrationFiles(own).length > 0;
}

function missingMigrations(dialect: Dialect, others: readonly Dialect[]): string {
  const dialects = [...others, dialect].map((each) => `"${each}"`).join(", ");
  return `The tables of this test database were created from the models: the app has no migrations for ${dialect}. To test the migrations, set  database: { dialects: [${dialects}] }  in antiphon.config.ts and run  antiphon makemigrations.`;
}
