import type { App } from "../app/app.ts";
import { loadConfig } from "../config/load-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
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
  const run = (database: Database) => command.run({ ...shared, models: database.models, database });
  if (call.database) return await runInDatabase(call, call.database, run);
  if (models.size === 0) throw cliErrors.CLI_NO_MODELS(command.name);
  await using app = await openCommandApp(call);
  await app.open([...models.values()]);
  const database = app.database as Database;
  try {
    return (await app.run(() => run(database))) ?? 0;
  } catch (error) {
    throw await explainMissingTable(error, database, root);
  }
}

type Run = (database: Database) => Promise<number | void>;

/** Runs a command on an open database. Called by code that works with it, the command is part of its transaction. */
async function runInDatabase(call: CommandCall, database: Database, run: Run): Promise<number> {
  const { currentDatabase, hasContext, withDatabase } = await import("../models/database/context.ts");
  const { mailPart } = await import("../mail/current-mail.ts");
  const { currentApp } = await import("../running-app.ts");
  const inDatabase = () =>
    hasContext() && currentDatabase() === database ? run(database) : withDatabase(database, () => run(database));
  try {
    const sendsMail = (currentApp()?.get(mailPart) ?? database.app.get(mailPart)) !== undefined;
    if (sendsMail) return (await inDatabase()) ?? 0;
    // A script's own database has no app around it: mails leave by the settings.
    await using app = await openCommandApp(call);
    return (await app.run(inDatabase)) ?? 0;
  } catch (error) {
    throw await explainMissingTable(error, database, call.root);
  }
}

/** Makes the app of the settings for a command. */
async function openCommandApp({ root, terminal }: CommandCall): Promise<App> {
  const { App } = await import("../app/app.ts");
  const { config } = await loadConfig({ root });
  const say = (_: object, sentence: string) => terminal.warn(sentence);
  return await App.create({
    root,
    config: resolveConfig(config, { root, mode: "production" }),
    mode: "production",
    logger: { info() {}, warn: say, error: say },
    purpose: "command",
  });
}
