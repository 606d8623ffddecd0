import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
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
  /** Asks for a line that is not shown while it is typed. @throws CLI_NOT_INTERACTIVE, CLI_INTERRUPTED */
  secret(question: string): Promise<string>;
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
    return this.#ask(question, { shown: true });
  }

  async secret(question: string): Promise<string> {
    try {
      return await this.#ask(question, { shown: false });
    } finally {
      // Nor is the line break shown that ends it.
      if (this.interactive) this.#output.write("\n");
    }
  }

  async confirm(question: string): Promise<boolean> {
    return /^\s*y(es)?\s*$/i.test(await this.text(`${question} [y/N]`));
  }

  async #ask(question: string, { shown }: { readonly shown: boolean }): Promise<string> {
    if (!this.interactive) throw cliErrors.CLI_NOT_INTERACTIVE(question, INSTEAD);
    const output = shown ? (this.#output as NodeJS.WritableStream) : nowhere();
    // As a terminal, which is then told not to echo; what the reader itself would show goes nowhere.
    const reader = createInterface({ input: this.#input, output, ...(shown ? {} : { terminal: true }) });
    const interrupted = new AbortController();
    // The end of the input and Ctrl+C are both no answer.
    reader.once("SIGINT", () => interrupted.abort()).once("close", () => interrupted.abort());
    if (!shown) this.#output.write(`${question} `);
    try {
      return await reader.question(shown ? `${question} ` : "", { signal: interrupted.signal });
    } catch (cause) {
      if (!interrupted.signal.aborted) throw cause;
      throw cliErrors.CLI_INTERRUPTED();
    } finally {
      reader.close();
    }
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
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

  secret(question: string): Promise<string> {
    return this.text(question);
  }

  async confirm(question: string): Promise<boolean> {
    return /^\s*y(es)?\s*$/i.test(await this.text(`${question} [y/N]`));
  }
}
