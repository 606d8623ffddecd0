import type { Database } from "../models/database/database.ts";
import { CommandError } from "./command-error.ts";
import { migrationsFolder } from "./migration-folder.ts";

/** What a command failed with; when it is that a table is not there yet, the commands that make it. */
export async function explainMissingTable(error: unknown, database: Database, root: string): Promise<unknown> {
  if (!isMissingTable(error)) return error;
  const { migrationFiles } = await import("../models/migrations/migration-file.ts");
  const { pendingMigrations } = await import("../models/migrations/migrate.ts");
  const folder = migrationsFolder(root);
  if (migrationFiles(`${folder}/${database.dialect}`).length === 0) {
    return new CommandError(
      "The database has no tables yet, and there are no migrations that make them. Run  antiphon makemigrations  and then  antiphon migrate.",
      { cause: error },
    );
  }
  // What cannot be read now is nothing to tell of: the error that there is already goes on.
  const pending = await pendingMigrations(database, { folder }).catch(() => []);
  if (pending.length === 0) return error;
  const which = pending.length === 1 ? "A migration is" : `${pending.length} migrations are`;
  return new CommandError(`A table is missing in the database. ${which} not applied yet. Run  antiphon migrate.`, {
    cause: error,
  });
}

function isMissingTable(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { readonly code?: unknown };
    if (code === "42P01" || code === "ER_NO_SUCH_TABLE" || /^no such table: /.test(at.message)) return true;
  }
  return false;
}
