import { parseArgs } from "node:util";
import type { Database } from "../models/database/database.ts";
import type { ModelClass } from "../models/schema/model.ts";
import { nearestName } from "../nearest-name.ts";
import { cliErrors } from "./errors.ts";
import type { Prompt } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

/** One option of a command, in the words of `node:util` parseArgs, and what help says of it. */
export interface CommandOption {
  readonly type: "boolean" | "string";
  /** One letter, for `-p`. */
  readonly short?: string;
  /** Stands for the value in help; "value" when absent. */
  readonly placeholder?: string;
  /** Whether the option may stand several times; its value is then a list. */
  readonly multiple?: boolean;
  readonly description: string;
}

/** A command's options by their long names. */
export type CommandOptions = { readonly [name: string]: CommandOption };

/** What the options were given as; what was not given is undefined. */
export type OptionValues<O extends CommandOptions> = {
  readonly [K in keyof O]?: OptionValue<O[K]> | undefined;
};

type OptionValue<O extends CommandOption> = O["type"] extends "boolean"
  ? boolean
  : O extends { readonly multiple: true }
    ? readonly string[]
    : string;

/**
 * What of the app is loaded before a command runs: nothing, its model classes, or these and an open database, inside
 * whose context the command then runs.
 */
export type CommandNeeds = "nothing" | "models" | "database";

/** What a command is run with. */
export interface CommandContext<O extends CommandOptions = CommandOptions> {
  /** The app's folder. */
  readonly root: string;
  readonly options: OptionValues<O>;
  /** What stood on the command line beside the options. */
  readonly args: readonly string[];
  readonly terminal: Terminal;
  /** True with `--verbose` or `--traceback`. */
  readonly verbose: boolean;
  /** Asks the person at the terminal. */
  readonly prompt: Prompt;
  /** The app's model classes by their names; empty when the command needs none. */
  readonly models: ReadonlyMap<string, ModelClass>;
  /** The open database. @throws CLI_NEEDS_DATABASE when the command did not declare `needs: "database"` */
  readonly database: Database;
}

/**
 * A command of the `antiphon` program. It prints through the context's terminal and throws what goes wrong, so that
 * it can also be called by other code.
 */
export interface Command<O extends CommandOptions = CommandOptions> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More about it, for its own help; may be several lines. */
  readonly description?: string;
  /** What may stand beside the options, in order; a name in brackets may be left out, the last may be "[name …]" for any number. */
  readonly args?: readonly string[];
  readonly options: O;
  /** "nothing" when absent. */
  readonly needs?: CommandNeeds;
  /** True for an app's command that takes the place of the framework's of the same name. */
  readonly replaces?: boolean;
  /** True for a command that ends itself on Ctrl+C; any other is ended by the program, with exit code 1. */
  readonly handlesSignals?: boolean;
  /** @returns the exit code; nothing counts as 0 */
  run(context: CommandContext<O>): Promise<number | void>;
}

/** What `defineCommand` takes: the name may be left to the file's name, and options to be none. */
export interface CommandDefinition<O extends CommandOptions> extends Omit<Command<O>, "name" | "options"> {
  readonly name?: string;
  readonly options?: O;
}

/**
 * Declares a command with the types of its options. An app's commands stand one a file in `commands/`, as the default
 * export or as any other; the name is the file's when it is left out. One that is named like a command of the
 * framework takes its place if it says `replaces: true`; else it is refused.
 *
 * Throw a `CommandError` for what the person at the terminal can put right.
 *
 * @example
 * // commands/prune-notes.ts
 * export default defineCommand({
 *   summary: "Delete notes that nobody reads",
 *   options: { "dry-run": { type: "boolean", description: "Only count them" } },
 *   needs: "database",
 *   async run({ options, terminal }) {
 *     const stale = objects(Note).filter({ views: 0 });
 *     terminal.line(`${options["dry-run"] ? await stale.count() : await stale.delete()} notes`);
 *   },
 * });
 */
export function defineCommand<const O extends CommandOptions = Record<never, never>>(
  command: CommandDefinition<O>,
): Command {
  const declared = { name: "", options: {}, ...command };
  Object.defineProperty(declared, COMMAND, { value: true });
  return declared as unknown as Command;
}

const COMMAND = Symbol.for("antiphon.command");

/** True for what `defineCommand` returns. */
export function isCommand(value: unknown): value is Command {
  return typeof value === "object" && value !== null && (value as { [COMMAND]?: boolean })[COMMAND] === true;
}

/** Options that every command has. */
export const COMMON_OPTIONS: CommandOptions = {
  help: { type: "boolean", short: "h", description: "Show how the command is used" },
  verbose: { type: "boolean", description: "Show the stack of errors" },
  traceback: { type: "boolean", description: "The same as --verbose" },
};

/** What stood on the command line after the command's name. */
export interface ParsedArguments {
  readonly options: OptionValues<CommandOptions>;
  readonly args: readonly string[];
  readonly help: boolean;
  readonly verbose: boolean;
}

/**
 * Reads the arguments of a command.
 *
 * @throws CLI_USAGE for an unknown option, a missing value, or arguments that are too many or too few
 */
export function parseArguments(command: Command, argv: readonly string[]): ParsedArguments {
  const options = { ...command.options, ...COMMON_OPTIONS };
  let parsed: { values: OptionValues<CommandOptions>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...argv],
      options: parseOptions(options),
      allowPositionals: true,
      strict: true,
    }) as typeof parsed;
  } catch (error) {
    throw usageError(command, error, Object.keys(options));
  }
  const { help = false, verbose = false, traceback = false, ...values } = parsed.values;
  const args = parsed.positionals;
  const expected = command.args ?? [];
  const extra = expected.at(-1)?.endsWith(" …]") ? undefined : args[expected.length];
  if (extra !== undefined) throw cliErrors.CLI_USAGE(command.name, `"${extra}" is one argument too many.`);
  const missing = expected.slice(args.length).find((name) => !name.startsWith("["));
  if (missing !== undefined && !help) throw cliErrors.CLI_USAGE(command.name, `The argument ${missing} is missing.`);
  return { options: values, args, help: Boolean(help), verbose: Boolean(verbose || traceback) };
}

/** The line that shows how a command is written: `antiphon run [--prod] [--port <number>]`. */
export function usageLine(command: Command): string {
  const options = Object.entries(command.options).map(([name, option]) => `[--${name}${valueHint(option)}]`);
  return ["antiphon", command.name, ...(command.args ?? []), ...options].join(" ");
}

/** The full help of a command. */
export function commandHelp(command: Command): string {
  const rows = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, option]) => {
    const long = `--${name}${valueHint(option)}`;
    return [option.short === undefined ? `    ${long}` : `-${option.short}, ${long}`, option.description] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    command.summary,
    ...(command.description === undefined ? [] : ["", command.description]),
    "",
    `Usage: ${usageLine(command)}`,
    "",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join("\n");
}

function valueHint(option: CommandOption): string {
  return option.type === "string" ? ` <${option.placeholder ?? "value"}>` : "";
}

/** parseArgs refuses a `short` that is undefined and keys that it does not know. */
function parseOptions(options: CommandOptions): {
  [name: string]: { type: "boolean" | "string"; short?: string; multiple?: boolean };
} {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple = false }]) => [
      name,
      short === undefined ? { type, multiple } : { type, multiple, short },
    ]),
  );
}

function usageError(command: Command, error: unknown, known: readonly string[]): Error {
  if (!(error instanceof Error) || !("code" in error)) return error as Error;
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const given = /'(-[^']*)'/.exec(error.message)?.[1] ?? "that option";
    const nearest = nearestName(given.replace(/^-+/, ""), known);
    const hint = nearest === undefined ? "" : ` Did you mean "--${nearest}"?`;
    return cliErrors.CLI_USAGE(command.name, `There is no option "${given}".${hint}`);
  }
  return cliErrors.CLI_USAGE(command.name, `${error.message.split(/\.?\n|\. To /)[0]}.`);
}
