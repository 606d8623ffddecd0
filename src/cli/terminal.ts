import { AntiphonError, asError, reasonOf } from "../errors.ts";
import { CommandError } from "./command-error.ts";

/** Where text goes; `process.stdout` and `process.stderr` are two. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const STYLES: { readonly [S in Style]: readonly [on: number, off: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/**
 * What commands print with: results on standard output, everything about the work itself on standard error, so that
 * the output of a command can be used by another program. Colours only for a person at a terminal.
 */
export class Terminal {
  readonly #out: TextStream;
  readonly #err: TextStream;
  readonly #colour: { readonly out: boolean; readonly err: boolean };

  constructor(out: TextStream, err: TextStream, env: { readonly [name: string]: string | undefined } = {}) {
    this.#out = out;
    this.#err = err;
    const wanted = !env["NO_COLOR"] && env["TERM"] !== "dumb";
    this.#colour = { out: wanted && out.isTTY === true, err: wanted && err.isTTY === true };
  }

  /** Prints a line of the command's result. */
  line(text = ""): void {
    this.#out.write(`${text}\n`);
  }

  /** Styles text of a result line. */
  paint(style: Style, text: string): string {
    return styled(style, text, this.#colour.out);
  }

  /** Prints rows in columns, with a header. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = header.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
    );
    const print = (row: readonly string[]) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd();
    this.line(this.paint("bold", print(header)));
    for (const row of rows) this.line(print(row));
  }

  /** Tells what is being done, before something that takes a while. */
  step(text: string): void {
    this.#err.write(`${styled("dim", `${text} …`, this.#colour.err)}\n`);
  }

  warn(text: string): void {
    this.#err.write(`${styled("yellow", "Warning:", this.#colour.err)} ${text}\n`);
  }

  /**
   * Prints an error: code and sentence for one of ours, with its stack for any other. The cause is named as well,
   * with the place where it was thrown. A `CommandError` is its sentence alone, and its stack with `verbose`.
   */
  error(thrown: unknown, { verbose = false }: { readonly verbose?: boolean } = {}): void {
    const error = asError(thrown);
    if (error instanceof CommandError) {
      this.#err.write(`${styled("red", `Error: ${error.message}`, this.#colour.err)}\n`);
      if (verbose) this.#dim([stackOf(error), ...(error.cause === undefined ? [] : [stackOf(error.cause)])].join("\n"));
      return;
    }
    const ours = error instanceof AntiphonError;
    const head = ours ? `${styled("red", error.code, this.#colour.err)}  ${error.message}` : stackOf(error);
    this.#err.write(`${head}\n`);
    if (!ours) return;
    if (verbose && error.stack !== undefined) this.#dim(framesOf(error).join("\n"));
    for (let cause = error.cause; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
      this.#dim(verbose ? `Caused by: ${stackOf(cause)}` : briefCause(cause));
    }
  }

  #dim(text: string): void {
    if (text !== "") this.#err.write(`${styled("dim", text, this.#colour.err)}\n`);
  }
}

function styled(style: Style, text: string, colour: boolean): string {
  const [on, off] = STYLES[style];
  return colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : reasonOf(error);
}

function framesOf(error: Error): string[] {
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
}

function briefCause(cause: unknown): string {
  if (!(cause instanceof Error)) return `  Cause: ${reasonOf(cause)}`;
  const frame = framesOf(cause).find((line) => !/\(?node:|node_modules/.test(line));
  const text = cause instanceof AntiphonError ? `${cause.code}  ${cause.message}` : `${cause.name}: ${cause.message}`;
  return `  Cause: ${text}${frame === undefined ? "" : `\n  ${frame.trim()}`}`;
}
