/** The `antiphon` program, for code that runs commands itself. */
export {
  type Command,
  type CommandContext,
  type CommandOption,
  type CommandOptions,
  defineCommand,
} from "./command.ts";
export { COMMANDS, main } from "./program.ts";
export { Terminal, type TextStream } from "./terminal.ts";
