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
  CLI_UNHANDLED_REJECTION: {
    message: () => "A promise was rejected and nobody handled it. The server goes on. Expected an await or a catch.",
  },
  CLI_UNCAUGHT_EXCEPTION: {
    message: () => "An error reached the top of the process, which cannot be trusted any more. The server stops.",
  },
});
