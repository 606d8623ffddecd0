import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import { reasonOf } from "../errors.ts";
import { type Command, isCommand } from "./command.ts";
import { cliErrors } from "./errors.ts";

/** Folder of an app in which its commands stand. */
export const COMMANDS_FOLDER = "commands";

/** A file that declares commands; it is loaded when one of them is wanted. */
export interface CommandFile {
  /** The file's name without its ending, which is the name of its command unless that has one of its own. */
  readonly name: string;
  readonly path: string;
}

/** Loads a module of the app. */
export type LoadModule = (file: string) => Promise<Record<string, unknown>>;

/** The command files of an app, by name. Tests, fixtures, declarations and what begins with `_` or `.` are none. */
export function commandFiles(root: string): CommandFile[] {
  const folder = join(root, COMMANDS_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => /^[^_.][^.]*\.(ts|mts|js|mjs)$/.test(file))
    .sort()
    .map((file) => ({ name: basename(file, extname(file)), path: join(folder, file) }));
}

/**
 * Loads what a command file declares: one command, or several under names of their own.
 *
 * @throws CLI_COMMAND_FILE_FAILED, CLI_COMMAND_NOT_EXPORTED
 */
export async function loadCommandFile(root: string, file: CommandFile, load: LoadModule): Promise<Command[]> {
  const shown = relative(root, file.path);
  let module: Record<string, unknown>;
  try {
    module = await load(file.path);
  } catch (cause) {
    throw cliErrors.CLI_COMMAND_FILE_FAILED.with({ cause }, shown, reasonOf(cause));
  }
  const found = [...new Set(Object.values(module).filter(isCommand))];
  if (found.length === 0) {
    throw cliErrors.CLI_COMMAND_NOT_EXPORTED(shown, `the exports: ${Object.keys(module).join(", ") || "none"}`);
  }
  return found.map((command) => (command.name === "" ? { ...command, name: file.name } : command));
}

/** Puts an app's commands in front of the framework's: one of the same name takes its place. */
export function withAppCommands(
  core: readonly Command[],
  app: readonly { readonly command: Command; readonly file: string }[],
): Command[] {
  const byName = new Map(core.map((command) => [command.name, command]));
  const files = new Map<string, string>();
  for (const { command, file } of app) {
    const other = files.get(command.name);
    if (other !== undefined) throw cliErrors.CLI_COMMAND_TWICE(command.name, [other, file]);
    files.set(command.name, file);
    byName.set(command.name, command);
  }
  return [...byName.values()];
}
