import { defineErrors } from "../errors.ts";

/** Codes of reading `antiphon.config.ts`, `.env` files and `ANTIPHON_*` variables. */
export const configErrors = defineErrors({
  CONFIG_INVALID: {
    message: (file: string, problems: readonly string[]) =>
      `${file} has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${indent(problems)}`,
  },
  CONFIG_ENV_INVALID: {
    message: (problems: readonly string[]) =>
      `The environment has ${problems.length === 1 ? "a variable" : `${problems.length} variables`} that cannot be read:\n${indent(problems)}`,
  },
  CONFIG_NOT_FOR_PRODUCTION: {
    message: (problems: readonly string[]) =>
      `The app does not start in production with these settings:\n${indent(problems)}`,
  },
  CONFIG_FILE_FAILED: {
    message: (file: string, reason: string) =>
      `${file} could not be loaded: ${reason}. Expected a module that loads without an error and says: export default defineConfig({ … }).`,
  },
  CONFIG_NO_DEFAULT_EXPORT: {
    message: (file: string, got: string) =>
      `${file} exports no settings. Expected the line: export default defineConfig({ … }). Got ${got}.`,
  },
  CONFIG_ENV_FILE_FAILED: {
    message: (file: string, reason: string) =>
      `${file} could not be read: ${reason}. Expected a text file of lines like NAME=value, or no such file.`,
  },
});

function indent(problems: readonly string[]): string {
  return problems.map((problem) => `  ${problem}`).join("\n");
}
