import { createInterface } from "node:readline/promises";
import { cliErrors } from "./errors.ts";
import type { TextStream } from "./terminal.ts";

/** Where answers come from; `process.stdin` is one. */
export type AnswerStream = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Asks the person at the terminal; commands get one in their context. */
export interface Prompt {
  /** False when nobody is there to answer, as in a script. */
  readonly interactive: boolean;
  /** Asks for a line. @throws CLI_NOT_INTERACTIVE, CLI_INTERRUPTED */
  text(question: string): Promise<string>;
  /** Asks for yes or no; an empty answer is no. @throws CLI_NOT_INTERACTIVE, CLI_INTERRUPTED */
  confirm(question: string): Promise<boolean>;
}

/** What is put in place of an answer when nobody can give one. */
const INSTEAD = "Answer with options, or run the command in a terminal.";

/** Asks on a stream that a person types into. */
export class TerminalPrompt implements Prompt {
  readonly #input: AnswerStream;
  readonly #output: TextStream;

  constructor(input: AnswerStream, output: TextStream) {
    this.#input = input;
    this.#output = output;
  }

  get interactive(): boolean {
    return this.#input.isTTY === true;
  }

  async text(question: string): Promise<string> {
    if (!this.interactive) throw cliErrors.CLI_NOT_INTERACTIVE(question, INSTEAD);
    const reader = createInterface({ input: this.#input, output: this.#output as NodeJS.WritableStream });
    const interrupted = new AbortController();
    // The end of the input and Ctrl+C are both no answer.
    reader.once("SIGINT", () => interrupted.abort()).once("close", () => interrupted.abort());
    try {
      return await reader.question(`${question} `, { signal: interrupted.signal });
    } catch (cause) {
      throw cliErrors.CLI_INTERRUPTED.with({ cause });
    } finally {
      reader.close();
    }
  }

  async confirm(question: string): Promise<boolean> {
    return /^\s*y(es)?\s*$/i.test(await this.text(`${question} [y/N]`));
  }
}

/** Answers questions from a list, for commands that are called by code. */
export class ScriptedPrompt implements Prompt {
  readonly #answers: string[];
  readonly interactive: boolean;
  /** Every question that was asked, oldest first. */
  readonly asked: string[] = [];

  constructor(answers: readonly string[] | undefined) {
    this.#answers = [...(answers ?? [])];
    this.interactive = answers !== undefined;
  }

  async text(question: string): Promise<string> {
    this.asked.push(question);
    const answer = this.#answers.shift();
    if (answer === undefined) throw cliErrors.CLI_NOT_INTERACTIVE(question, "Give an answer, or answer with options.");
    return answer;
  }

  async confirm(question: string): Promise<boolean> {
    return /^\s*y(es)?\s*$/i.test(await this.text(`${question} [y/N]`));
  }
}
