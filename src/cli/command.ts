import { parseArgs } from "node:util";
import { nearestName } from "../config/nearest-name.ts";
import { cliErrors } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** One option of a command, in the words of `node:util` parseArgs, and what help says of it. */
export interface CommandOption {
  readonly type: "boolean" | "string";
  /** One letter, for `-p`. */
  readonly short?: string;
  /** Stands for the value in help; "value" when absent. */
  readonly placeholder?: string;
  readonly description: string;
}

/** A command's options by their long names. */
export type CommandOptions = { readonly [name: string]: CommandOption };

/** What the options were given as; what was not given is undefined. */
export type OptionValues<O extends CommandOptions> = {
  readonly [K in keyof O]?: OptionValue<O[K]["type"]> | undefined;
};

type OptionValue<T> = T extends "boolean" ? boolean : string;

/** What a command is run with. */
export interface CommandContext<O extends CommandOptions = CommandOptions> {
  /** The app's folder. */
  readonly root: string;
  readonly options: OptionValues<O>;
  /** What stood on the command line beside the options. */
  readonly args: readonly string[];
  readonly terminal: Terminal;
  /** True with `--verbose`. */
  readonly verbose: boolean;
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
  /** What may stand beside the options, in order; a name in brackets may be left out. */
  readonly args?: readonly string[];
  readonly options: O;
  /** @returns the exit code */
  run(context: CommandContext<O>): Promise<number>;
}

/** Declares a command with the types of its options. */
export function defineCommand<const O extends CommandOptions>(command: Command<O>): Command {
  return command as unknown as Command;
}

/** Options that every command has. */
export const COMMON_OPTIONS: CommandOptions = {
  help: { type: "boolean", short: "h", description: "Show how the command is used" },
  verbose: { type: "boolean", description: "Show the stack of errors" },
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
    parsed = parseArgs({ args: [...argv], options: parseOptions(options), allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(command, error, Object.keys(options));
  }
  const { help = false, verbose = false, ...values } = parsed.values;
  const args = parsed.positionals;
  const expected = command.args ?? [];
  const extra = args[expected.length];
  if (extra !== undefined) throw cliErrors.CLI_USAGE(command.name, `"${extra}" is one argument too many.`);
  const missing = expected.slice(args.length).find((name) => !name.startsWith("["));
  if (missing !== undefined && !help) throw cliErrors.CLI_USAGE(command.name, `The argument ${missing} is missing.`);
  return { options: values, args, help: help === true, verbose: verbose === true };
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
function parseOptions(options: CommandOptions): { [name: string]: { type: "boolean" | "string"; short?: string } } {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
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
