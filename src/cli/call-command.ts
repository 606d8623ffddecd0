import { resolve } from "node:path";
import { currentDatabase, hasContext } from "../models/database/context.ts";
import type { Database } from "../models/database/database.ts";
import { AppModules } from "./app-modules.ts";
import { type Command, parseArguments } from "./command.ts";
import { cliErrors } from "./errors.ts";
import { COMMANDS, CommandCatalogue } from "./program.ts";
import { ScriptedPrompt } from "./prompt.ts";
import { runCommandCall } from "./run-command.ts";
import { Terminal, type TextStream } from "./terminal.ts";

/** What a called command gets: the words of a command line, or named options and arguments. */
export type CommandInput =
  | readonly string[]
  | {
      readonly args?: readonly string[];
      readonly options?: { readonly [name: string]: boolean | string | readonly string[] | undefined };
    };

/** Where a called command runs. */
export interface CallOptions {
  /** The app's folder; the current one when absent. */
  readonly root?: string;
  /** Gets the command's output as it comes, beside what is returned. */
  readonly out?: TextStream;
  /** Gets progress and warnings, which are dropped when absent. */
  readonly err?: TextStream;
  /**
   * The open database that the command uses; it is not closed. Without it the command uses the database of the running
   * code, as in an event or inside `app.run()` of a test. Where there is none, it opens the one of the settings.
   */
  readonly database?: Database;
  /** Answers to the questions that the command asks, in order; without them nobody is there to ask. */
  readonly answers?: readonly string[];
  /** The framework's commands, unless a test puts others in their place. */
  readonly commands?: readonly Command[];
}

/**
 * Runs a command from code: another command, a test, a job. Use `main` for a whole program. The command works with the
 * database, mail and sessions of the running code, if it runs inside of an app.
 *
 * @returns what the command printed as its result
 * @throws what the command throws; CLI_COMMAND_UNKNOWN, CLI_USAGE for a bad option, CLI_COMMAND_FAILED when it ends
 *   with an exit code that is not 0. The process is never ended.
 * @example
 * const plan = await callCommand("migrate", { options: { plan: true } }, { root: import.meta.dirname });
 * await callCommand("loaddata", ["fixtures/users.json"]);
 */
export async function callCommand(name: string, input: CommandInput = [], options: CallOptions = {}): Promise<string> {
  const root = resolve(options.root ?? process.cwd());
  const modules = new AppModules(root);
  const written = { out: "", err: "" };
  const recorder = (key: "out" | "err", stream: TextStream | undefined) => ({
    write: (text: string) => {
      written[key] += text;
      stream?.write(text);
    },
  });
  const terminal = new Terminal(recorder("out", options.out), recorder("err", options.err));
  const database = options.database ?? (hasContext() ? currentDatabase() : undefined);
  try {
    const command = await new CommandCatalogue(root, options.commands ?? COMMANDS, modules).find(name);
    const { options: values, args, verbose } = parseArguments(command, words(input));
    const code = await runCommandCall(command, {
      root,
      terminal,
      modules,
      prompt: new ScriptedPrompt(options.answers),
      options: values,
      args,
      verbose,
      ...(database === undefined ? {} : { database }),
    });
    if (code !== 0) {
      const told = (written.err || written.out).trim();
      throw cliErrors.CLI_COMMAND_FAILED.with({ details: { code, ...written } }, name, code, told);
    }
    return written.out;
  } finally {
    await modules.close();
  }
}

function words(input: CommandInput): string[] {
  if (isWords(input)) return [...input];
  const options = Object.entries(input.options ?? {}).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return [value].flat().map((text) => `--${name}=${text}`);
  });
  return [...options, "--", ...(input.args ?? [])];
}

function isWords(input: CommandInput): input is readonly string[] {
  return Array.isArray(input);
}
