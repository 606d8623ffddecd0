/** The `antiphon` program, for code that runs commands itself. */
export { type CallOptions, type CommandInput, callCommand } from "./call-command.ts";
export {
  type Command,
  type CommandContext,
  type CommandOption,
  type CommandOptions,
  defineCommand,
} from "./command.ts";
export { CommandError } from "./command-error.ts";
export { COMMANDS, main } from "./program.ts";
export type { Prompt } from "./prompt.ts";
export { Terminal, type TextStream } from "./terminal.ts";
