import { relative } from "node:path";
import { hasCode } from "../errors.ts";
import { nearestName } from "../nearest-name.ts";
import { AppModules } from "./app-modules.ts";
import { type Command, commandHelp, parseArguments } from "./command.ts";
import { CommandError } from "./command-error.ts";
import { buildCommand } from "./commands/build.ts";
import { changepasswordCommand } from "./commands/changepassword.ts";
import { checkCommand } from "./commands/check.ts";
import { clearsessionsCommand } from "./commands/clearsessions.ts";
import { collectstaticCommand } from "./commands/collectstatic.ts";
import { compilemessagesCommand } from "./commands/compilemessages.ts";
import { createsuperuserCommand } from "./commands/createsuperuser.ts";
import { dbshellCommand } from "./commands/dbshell.ts";
import { dumpdataCommand } from "./commands/dumpdata.ts";
import { helpText } from "./commands/help.ts";
import { loaddataCommand } from "./commands/loaddata.ts";
import { makemessagesCommand } from "./commands/makemessages.ts";
import { makemigrationsCommand } from "./commands/makemigrations.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { routesCommand } from "./commands/routes.ts";
import { runCommand } from "./commands/run.ts";
import { shellCommand } from "./commands/shell.ts";
import { showmigrationsCommand } from "./commands/showmigrations.ts";
import { sqlmigrateCommand } from "./commands/sqlmigrate.ts";
import { syncpermissionsCommand } from "./commands/syncpermissions.ts";
import { throttleResetCommand } from "./commands/throttle-reset.ts";
import { type CommandFile, commandFiles, loadCommandFile, withAppCommands } from "./discover-commands.ts";
import { cliErrors } from "./errors.ts";
import { packageVersion } from "./package-version.ts";
import { type Prompt, TerminalPrompt } from "./prompt.ts";
import { runCommandCall } from "./run-command.ts";
import { Terminal } from "./terminal.ts";

/** Exit codes: what other programs read. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The framework's own commands; `help` is answered by the program itself. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  buildCommand,
  collectstaticCommand,
  routesCommand,
  checkCommand,
  makemigrationsCommand,
  migrateCommand,
  showmigrationsCommand,
  sqlmigrateCommand,
  dbshellCommand,
  dumpdataCommand,
  loaddataCommand,
  createsuperuserCommand,
  changepasswordCommand,
  syncpermissionsCommand,
  clearsessionsCommand,
  throttleResetCommand,
  makemessagesCommand,
  compilemessagesCommand,
  shellCommand,
];

/** Where a program run takes place. */
export interface ProgramContext {
  readonly root: string;
  readonly terminal: Terminal;
  readonly commands: readonly Command[];
  readonly prompt: Prompt;
}

/**
 * Runs the `antiphon` program: finds the command, the app's own first, reads its options, runs it, prints what goes
 * wrong. Ctrl+C ends a command with exit code 1, unless the command deals with signals itself.
 *
 * @returns the exit code: 0 for success, 1 for a failure, 2 for a command line that cannot be understood
 */
export async function main(argv: readonly string[], given: Partial<ProgramContext> = {}): Promise<number> {
  const terminal = given.terminal ?? new Terminal(process.stdout, process.stderr, process.env);
  const prompt = given.prompt ?? new TerminalPrompt(process.stdin, process.stderr);
  const root = given.root ?? process.cwd();
  const modules = new AppModules(root);
  const catalogue = new CommandCatalogue(root, given.commands ?? COMMANDS, modules);
  try {
    return await dispatch(argv, { root, terminal, prompt, modules, catalogue });
  } catch (error) {
    terminal.error(error, { verbose: argv.includes("--verbose") || argv.includes("--traceback") });
    if (error instanceof CommandError) return error.exitCode;
    return isUsageError(error) ? EXIT.usage : EXIT.failed;
  } finally {
    await modules.close();
  }
}

interface Dispatch {
  readonly root: string;
  readonly terminal: Terminal;
  readonly prompt: Prompt;
  readonly modules: AppModules;
  readonly catalogue: CommandCatalogue;
}

async function dispatch(argv: readonly string[], context: Dispatch): Promise<number> {
  const { terminal, catalogue } = context;
  const [name, ...rest] = argv;
  if (name === "--version" || name === "-v") {
    terminal.line(packageVersion());
    return EXIT.ok;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const topic = rest.find((text) => !text.startsWith("-"));
    if (topic === undefined || topic === "help") terminal.line(helpText(await catalogue.list(terminal)));
    else terminal.line(commandHelp(await catalogue.find(topic)));
    return EXIT.ok;
  }
  const command = await catalogue.find(name);
  const { options, args, help, verbose } = parseArguments(command, rest);
  if (help) {
    terminal.line(commandHelp(command));
    return EXIT.ok;
  }
  const run = () => runCommandCall(command, { ...context, options, args, verbose });
  return command.handlesSignals ? run() : interruptible(run, terminal);
}

/** A command in the middle of its work is not waited for: what it does in a transaction is undone by the database. */
async function interruptible(run: () => Promise<number>, terminal: Terminal): Promise<number> {
  const onInterrupt = () => {
    terminal.error(new CommandError("Interrupted."));
    process.exit(EXIT.failed);
  };
  process.once("SIGINT", onInterrupt);
  try {
    return await run();
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

/** The framework's commands and the app's; an app's files are loaded only as far as needed. */
export class CommandCatalogue {
  readonly #root: string;
  readonly #core: readonly Command[];
  readonly #modules: AppModules;
  readonly #files: readonly CommandFile[];

  constructor(root: string, core: readonly Command[], modules: AppModules) {
    this.#root = root;
    this.#core = core;
    this.#modules = modules;
    this.#files = commandFiles(root);
  }

  /** Every command; a file that cannot be loaded is told in a warning. */
  async list(terminal: Terminal): Promise<readonly Command[]> {
    const found = await this.#load(this.#files, (error) =>
      terminal.warn(error instanceof Error ? error.message : String(error)),
    );
    return withAppCommands(this.#core, found);
  }

  /** @throws CLI_COMMAND_UNKNOWN with the nearest name */
  async find(name: string): Promise<Command> {
    const named = await this.#load(this.#files.filter((file) => file.name === name));
    const direct = withAppCommands(this.#core, named).find((command) => command.name === name);
    const isApps = named.some(({ command }) => command.name === name);
    // A command may have another name than its file, and take the place of one of ours.
    const others = isApps
      ? []
      : await this.#load(
          this.#files.filter((file) => file.name !== name),
          () => {},
        );
    const own = others.find(({ command }) => command.name === name)?.command ?? direct;
    if (own) return own;
    const known = [...this.#core, ...others.map(({ command }) => command)].map((command) => command.name);
    throw cliErrors.CLI_COMMAND_UNKNOWN(name, nearestName(name, [...known, "help"]));
  }

  async #load(files: readonly CommandFile[], onError?: (error: unknown) => void) {
    const loaded: { command: Command; file: string }[] = [];
    for (const file of files) {
      try {
        for (const command of await loadCommandFile(this.#root, file, this.#modules.load)) {
          const shown = relative(this.#root, file.path);
          const isBuiltIn = command.name === "help" || this.#core.some(({ name }) => name === command.name);
          if (isBuiltIn && !command.replaces) throw cliErrors.CLI_COMMAND_BUILT_IN(command.name, shown);
          loaded.push({ command, file: shown });
        }
      } catch (error) {
        if (!onError) throw error;
        onError(error);
      }
    }
    return loaded;
  }
}

function isUsageError(error: unknown): boolean {
  return hasCode(error, "CLI_USAGE") || hasCode(error, "CLI_COMMAND_UNKNOWN");
}
