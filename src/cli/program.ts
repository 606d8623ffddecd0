import { nearestName } from "../config/nearest-name.ts";
import { AntiphonError } from "../errors.ts";
import { type Command, commandHelp, parseArguments } from "./command.ts";
import { buildCommand } from "./commands/build.ts";
import { checkCommand } from "./commands/check.ts";
import { helpText } from "./commands/help.ts";
import { routesCommand } from "./commands/routes.ts";
import { runCommand } from "./commands/run.ts";
import { cliErrors } from "./errors.ts";
import { packageVersion } from "./package-version.ts";
import { Terminal } from "./terminal.ts";

/** Exit codes: what other programs read. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The framework's own commands; `help` is answered by the program itself. */
export const COMMANDS: readonly Command[] = [runCommand, buildCommand, routesCommand, checkCommand];

/** Where a program run takes place. */
export interface ProgramContext {
  readonly root: string;
  readonly terminal: Terminal;
  readonly commands: readonly Command[];
}

/**
 * Runs the `antiphon` program: finds the command, reads its options, runs it, prints what goes wrong.
 *
 * @returns the exit code: 0 for success, 1 for a failure, 2 for a command line that cannot be understood
 */
export async function main(argv: readonly string[], given: Partial<ProgramContext> = {}): Promise<number> {
  const terminal = given.terminal ?? new Terminal(process.stdout, process.stderr, process.env);
  const context = { root: given.root ?? process.cwd(), terminal, commands: given.commands ?? COMMANDS };
  try {
    return await dispatch(argv, context);
  } catch (error) {
    terminal.error(error, { verbose: argv.includes("--verbose") });
    return isUsageError(error) ? EXIT.usage : EXIT.failed;
  }
}

async function dispatch(argv: readonly string[], context: ProgramContext): Promise<number> {
  const { terminal, commands } = context;
  const [name, ...rest] = argv;
  if (name === "--version" || name === "-v") {
    terminal.line(packageVersion());
    return EXIT.ok;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const topic = rest.find((text) => !text.startsWith("-"));
    const command = topic === undefined || topic === "help" ? undefined : findCommand(topic, commands);
    terminal.line(command ? commandHelp(command) : helpText(commands));
    return EXIT.ok;
  }
  const command = findCommand(name, commands);
  const { options, args, help, verbose } = parseArguments(command, rest);
  if (help) {
    terminal.line(commandHelp(command));
    return EXIT.ok;
  }
  return command.run({ root: context.root, terminal, options, args, verbose });
}

function findCommand(name: string, commands: readonly Command[]): Command {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  throw cliErrors.CLI_COMMAND_UNKNOWN(name, nearestName(name, [...commands.map((command) => command.name), "help"]));
}

function isUsageError(error: unknown): boolean {
  return error instanceof AntiphonError && (error.code === "CLI_USAGE" || error.code === "CLI_COMMAND_UNKNOWN");
}
