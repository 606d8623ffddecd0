import { stripVTControlCharacters } from "node:util";
import type { Logger } from "vite";
import { AntiphonError } from "../errors.ts";
import { asThrown } from "./own-error.ts";

/** Log of development. Loggers of pino fit, and so does `console`. */
export interface DevelopmentLog {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** Most places of a stack that are written. */
const MAX_PLACES = 5;

/** Writes what is wrong with the app's files: each failure once, however many requests and environments meet it. */
export class FailureLog {
  readonly #root: string;
  readonly #log: DevelopmentLog;
  readonly #written = new Set<string>();

  constructor(root: string, log: DevelopmentLog) {
    this.#root = root;
    this.#log = log;
  }

  /** A file has changed: a failure that is still there is worth another line. */
  renew(): void {
    this.#written.clear();
  }

  /** Writes one block: what follows from the failure, and below it the failure. */
  report(error: unknown, consequence: string): void {
    const text = failureText(error, this.#root);
    if (this.#written.has(text)) return;
    this.#written.add(text);
    this.#log.error(`${consequence}\n${text}`);
  }

  /** Takes the place of Vite's own logger, which would write the same failures again, in colours of its own. */
  viteLogger(): Logger {
    const once = new Set<string>();
    const logger: Logger = {
      hasWarned: false,
      info: () => {},
      warn: (text) => {
        logger.hasWarned = true;
        this.#log.warn(stripVTControlCharacters(text));
      },
      warnOnce: (text) => {
        if (once.has(text)) return;
        once.add(text);
        logger.warn(text);
      },
      error: (text, options) => {
        if (options?.error) this.report(options.error, "A module could not be loaded.");
        else this.#log.error(stripVTControlCharacters(text));
      },
      clearScreen: () => {},
      hasErrorLogged: () => false,
    };
    return logger;
  }
}

/** Returns a text without the colors of a terminal, and with paths that are relative to the app's folder. */
export function plainText(text: string, root: string): string {
  return stripVTControlCharacters(text).replaceAll(`${root}/`, "");
}

/** Returns what is wrong as plain text, with the place in the app's own files. */
export function failureText(thrown: unknown, root: string): string {
  const found = asThrown(thrown);
  const error = found instanceof Error ? found : new Error(String((found as { message?: unknown })?.message ?? found));
  const plain = (text: string) => plainText(text, root);
  const code = error instanceof AntiphonError ? `${error.code}: ` : "";
  const message = `${code}${plain(error.message)}`.trimEnd();
  const { id, loc } = error as {
    readonly id?: string;
    readonly loc?: { readonly line: number; readonly column: number };
  };
  if (id !== undefined) {
    const file = plain(id);
    return message.includes(file) ? message : `${message}\n  at ${file}${loc ? `:${loc.line}:${loc.column + 1}` : ""}`;
  }
  const places = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && line.includes(`${root}/`));
  const own = places.filter((line) => !/\/node_modules\/|virtual:/.test(line)).slice(0, MAX_PLACES);
  return [message, ...own.map((line) => `  ${plain(line).trim()}`)].join("\n");
}
