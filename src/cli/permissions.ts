import { loadConfig } from "../config/load-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import type { Database } from "../models/database/database.ts";

/** Writes the permissions that an app's models declare and its database does not have, and tells how many that were. */
export async function addPermissions(root: string, database: Database): Promise<number> {
  const { syncPermissions } = await import("../auth/users/sync-permissions.ts");
  const { config } = await loadConfig({ root });
  const { appName } = resolveConfig(config, { root, mode: "production" });
  return syncPermissions(database, [...database.models.values()], appName);
}

/** Whether a database has the table of permissions; migrations that are older than the framework's models have none. */
export async function hasPermissionTable(database: Database): Promise<boolean> {
  if (!database.models.has("Permission")) return false;
  try {
    await database.execute(`select ${database.quote("id")} from ${database.quote("auth_permission")} where 1 = 0`);
    return true;
  } catch {
    return false;
  }
}
