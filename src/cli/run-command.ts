import { loadConfig } from "../config/load-config.ts";
import { type ResolvedConfig, resolveConfig } from "../config/resolve-config.ts";
import { hasCode } from "../errors.ts";
import type { Database } from "../models/database/database.ts";
import type { ModelClass } from "../models/schema/model.ts";
import type { AppModules } from "./app-modules.ts";
import type { Command, CommandOptions, OptionValues } from "./command.ts";
import { cliErrors } from "./errors.ts";
import { explainMissingTable } from "./missing-table.ts";
import type { Prompt } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

/** What a command is run with, before its own needs are met. */
export interface CommandCall {
  readonly root: string;
  readonly terminal: Terminal;
  readonly prompt: Prompt;
  readonly modules: AppModules;
  readonly options: OptionValues<CommandOptions>;
  readonly args: readonly string[];
  readonly verbose: boolean;
  /** Used in place of the one that the settings name; it is not closed. */
  readonly database?: Database;
}

/**
 * Runs a command with what it declared to need: the app's models, or these and an open database, inside whose context
 * it runs.
 *
 * @returns the exit code
 */
export async function runCommandCall(command: Command, call: CommandCall): Promise<number> {
  const { root, terminal, prompt, options, args, verbose, modules } = call;
  const needs = command.needs ?? "nothing";
  const models = needs === "nothing" ? new Map<string, ModelClass>() : await modules.models();
  const shared = { root, terminal, prompt, options, args, verbose, models };
  if (needs !== "database") {
    const context = {
      ...shared,
      get database(): Database {
        throw cliErrors.CLI_NEEDS_DATABASE(command.name);
      },
    };
    try {
      return (await command.run(context)) ?? 0;
    } catch (error) {
      // What is missing is not the database, but the word of the command.
      throw hasCode(error, "DATABASE_NOT_OPEN")
        ? cliErrors.CLI_NEEDS_DATABASE.with({ cause: error }, command.name)
        : error;
    }
  }
  const { currentDatabase, hasContext, withDatabase } = await import("../models/database/context.ts");
  const database = call.database ?? (await openDatabase(command, call, models));
  const inContext = () => command.run({ ...shared, models: database.models, database });
  // Called by code that works with this database, the command is part of its transaction.
  const run = () => (hasContext() && currentDatabase() === database ? inContext() : withDatabase(database, inContext));
  try {
    return (await withAppMail(call, run)) ?? 0;
  } catch (error) {
    throw await explainMissingTable(error, database, root);
  } finally {
    if (database !== call.database) await database.close();
  }
}

/** Runs work that may send mail, as code of a server does; it ends when the last mail was handed over. */
async function withAppMail<T>({ root, terminal }: CommandCall, work: () => Promise<T> | T): Promise<T> {
  const { currentMail, withMail } = await import("../mail/current-mail.ts");
  // Called by a server's code or a test, it uses what is there.
  if (currentMail()) return work();
  const { createAppMail } = await import("../server/assembly/app-mail.ts");
  const { config } = await loadConfig({ root });
  const { mail } = resolveConfig(config, { root, mode: "production" });
  const logger = { error: (_: object, sentence: string) => terminal.warn(sentence) };
  const { queue } = createAppMail({ root, mail, logger });
  try {
    return await withMail(queue, work);
  } finally {
    await queue.close();
  }
}

async function openDatabase(
  command: Command,
  { root, terminal }: CommandCall,
  models: ReadonlyMap<string, ModelClass>,
): Promise<Database> {
  if (models.size === 0) throw cliErrors.CLI_NO_MODELS(command.name);
  const { Database } = await import("../models/database/database.ts");
  const { config } = await loadConfig({ root });
  // A command may take its time: statements and transactions of a server are cut off, these are not.
  const resolved = resolveConfig(config, { root, mode: "production" });
  const { dialects: _, statementTimeout: _cut, transactionTimeout: _end, ...options } = resolved.database;
  const database = await Database.open({ ...options, root, models: [...models.values()] });
  try {
    await bindUsers(database, resolved, root);
    await bindAppSessions(database, resolved, terminal);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Users as the server has them, so that a command counts, hashes and checks as it does. */
async function bindUsers(database: Database, config: ResolvedConfig, root: string): Promise<void> {
  const { bindAuth } = await import("../auth/identity/auth.ts");
  const { databaseCounters } = await import("../auth/throttle/database-counters.ts");
  const { authSettings } = await import("../server/assembly/auth-settings.ts");
  const { developmentSecret } = await import("../server/assembly/development-secret.ts");
  const secret = config.secretKey ?? developmentSecret(root);
  bindAuth(database, authSettings(config, secret, databaseCounters(database)));
}

/** Sessions as the server has them, so that `openSession()` finds them. */
async function bindAppSessions(database: Database, { session }: ResolvedConfig, terminal: Terminal): Promise<void> {
  const { bindSessions } = await import("../sessions/current-sessions.ts");
  if (session.backend === "memory") {
    bindSessions(database, "out of reach");
    return;
  }
  const { DatabaseSessions } = await import("../sessions/database-sessions.ts");
  const { appSessions } = await import("../server/assembly/app-sessions.ts");
  const logger = { warn: (_: object, sentence: string) => terminal.warn(sentence) };
  bindSessions(database, appSessions(session, new DatabaseSessions(database), logger));
}
