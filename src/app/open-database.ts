import { Database } from "../models/database/database.ts";
import type { ModelClass } from "../models/schema/model.ts";
import type { RunningApp } from "../running-app.ts";
import type { AppOptions } from "./app-options.ts";
import { databaseCaller } from "./database-caller.ts";

/**
 * Opens the database of an app's settings. For a server statements and transactions end in time; a command may take as long
 * as it needs.
 *
 * @throws DATABASE_… errors
 */
export async function openAppDatabase(
  models: readonly ModelClass[],
  app: RunningApp,
  { root, config, logger, purpose, onQuery, prepareDatabase }: AppOptions,
): Promise<Database> {
  const { dialects: _, statementTimeout, transactionTimeout, ...shared } = config.database;
  const ofServer = { statementTimeout, transactionTimeout, logger, caller: databaseCaller };
  const database = await Database.open({
    ...shared,
    ...(purpose === "server" ? ofServer : {}),
    root,
    models,
    app,
    ...(onQuery ? { onQuery } : {}),
  });
  try {
    await prepareDatabase?.(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
