import type { Prompt } from "./prompt.ts";
import type { Terminal } from "./terminal.ts";

/** What asking for a new password takes. */
export interface PasswordQuestion {
  readonly prompt: Prompt;
  readonly terminal: Terminal;
  /** What is wrong with a password, in sentences. */
  problems(password: string): Promise<readonly string[]>;
  /** How often it may be asked for; for ever when absent. */
  readonly tries?: number;
  /** Whether a weak password may be taken all the same, when the person says so. */
  readonly mayBypass?: boolean;
}

/**
 * Asks for a new password twice, until both are the same and nothing is wrong with it.
 *
 * @returns the password; undefined when it was asked for as often as allowed
 * @throws CLI_NOT_INTERACTIVE, CLI_INTERRUPTED
 */
export async function askPassword(question: PasswordQuestion): Promise<string | undefined> {
  const { prompt, terminal, tries = Number.POSITIVE_INFINITY, mayBypass = false } = question;
  for (let attempt = 0; attempt < tries; attempt++) {
    const password = await prompt.secret("Password:");
    if ((await prompt.secret("Password (again):")) !== password) {
      terminal.warn("The passwords do not match.");
      continue;
    }
    if (password.trim() === "") {
      terminal.warn("A password cannot be blank.");
      continue;
    }
    const problems = await question.problems(password);
    for (const problem of problems) terminal.warn(problem);
    if (problems.length === 0) return password;
    if (mayBypass && (await prompt.confirm("Take this password all the same?"))) return password;
  }
  return undefined;
}
