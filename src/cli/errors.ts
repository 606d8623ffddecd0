import { defineErrors } from "../errors.ts";

/** Codes of the command line. */
export const cliErrors = defineErrors({
  CLI_NODE_TOO_OLD: {
    message: (got: string) =>
      `This Node is too old for Antiphon. Expected 22.18 or newer, which runs TypeScript files as they are. Got ${got}. Install a newer one from https://nodejs.org.`,
  },
  CLI_COMMAND_UNKNOWN: {
    message: (name: string, nearest: string | undefined) =>
      `There is no command "${name}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`} Run  antiphon help  for the list.`,
  },
  CLI_USAGE: {
    message: (command: string, problem: string) => `${problem} Run  antiphon help ${command}  to see how it is used.`,
  },
  CLI_COMMAND_NOT_EXPORTED: {
    message: (file: string, got: string) =>
      `${file} declares no command. Expected an export made by defineCommand(). Got ${got}. Write: export default defineCommand({ summary: "…", async run({ terminal }) { … } });`,
  },
  CLI_COMMAND_FILE_FAILED: {
    message: (file: string, reason: string) => `${file} could not be loaded: ${reason}.`,
  },
  CLI_COMMAND_TWICE: {
    message: (name: string, files: readonly string[]) =>
      `The command "${name}" is declared twice: ${files.join(", ")}. Expected one: rename or remove the others.`,
  },
  CLI_COMMAND_BUILT_IN: {
    message: (name: string, file: string) =>
      `${file} declares the command "${name}", which the framework has already. Rename it. If it is to take the place of the framework's, add  replaces: true  to its declaration.`,
  },
  CLI_COMMAND_FAILED: {
    message: (name: string, code: number, told: string) =>
      `The command "${name}" ended with exit code ${code}.${told === "" ? "" : `\n${told}`}`,
  },
  CLI_NEEDS_DATABASE: {
    message: (name: string) =>
      `The command "${name}" uses the database without having asked for it. Add  needs: "database"  to its declaration.`,
  },
  CLI_NO_MODELS: {
    message: (name: string) =>
      `The command "${name}" needs the app's models, and this app has none. Expected model classes exported from src/models.ts.`,
  },
  CLI_INTERRUPTED: { message: () => "Interrupted." },
  CLI_NOT_INTERACTIVE: {
    message: (question: string, instead: string) =>
      `There is nobody to ask "${question}": the standard input is not a terminal. ${instead}`,
  },
});
