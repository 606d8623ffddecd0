import { AntiphonError } from "../errors.ts";

/**
 * Ends a command with one line for the person at the terminal: no stack, exit code 1 unless told otherwise.
 *
 * Use it in commands for what that person can put right; anything else that is thrown counts as a fault of the program.
 *
 * @example
 * if (!(await objects(User).filter({ username }).exists())) throw new CommandError(`There is no user "${username}".`);
 */
export class CommandError extends AntiphonError {
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super("CLI_COMMAND_ERROR", message, options.cause === undefined ? {} : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}
