import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../database/database.ts";
import { migrateDatabase } from "./migrate.ts";
import { migrationFiles } from "./migration-file.ts";

/**
 * Makes an empty database ready for a test: by the app's migrations, or, as long as there are none for its dialect, by
 * creating the tables of the models as they are.
 *
 * Not for a database that is kept: tables that were created so have no migration behind them.
 */
export async function prepareEmptyDatabase(database: Database, { folder }: { readonly folder: string }): Promise<void> {
  const own = join(folder, database.dialect);
  if (existsSync(own) && migrationFiles(own).length > 0) await migrateDatabase(database, { folder });
  else if (database.models.size > 0) await database.orm.schema.update({ safe: true });
}
