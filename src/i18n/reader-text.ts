import { AntiphonError } from "../errors.ts";
import { chosenLanguage, currentTranslator } from "./current-language.ts";
import { textIn } from "./keyed-text.ts";
import type { Translator } from "./translator.ts";

type Issue = { readonly path: string; readonly message: string };

/** An error as its reader sees it. */
export interface ReaderError {
  readonly message: string;
  readonly issues: readonly Issue[] | undefined;
}

/**
 * Writes an error for a reader: by its code and parameters if the catalogues have a text for the code, else by its sentence.
 * A sentence without a translation stays as it is.
 */
export function errorFor(translator: Translator | undefined, language: string | undefined, error: Error): ReaderError {
  const details = error instanceof AntiphonError ? error.details : undefined;
  const given = (details as { readonly issues?: unknown } | null | undefined)?.issues;
  const issues = Array.isArray(given) ? (given as readonly Issue[]) : undefined;
  if (!translator || language === undefined) return { message: error.message, issues };
  return {
    message: messageFor(translator, language, error),
    issues: issues?.map((issue) => ({ ...issue, message: translator.sentence(language, issue.message) })),
  };
}

function messageFor(translator: Translator, language: string, error: Error): string {
  if (!(error instanceof AntiphonError)) return translator.sentence(language, error.message);
  const { code, params, text, message } = error;
  if (translator.has(language, code)) return textIn(translator, language, { key: code, values: { ...params } });
  return text === undefined ? translator.sentence(language, message) : textIn(translator, language, text);
}

/** Writes an error in the language of `inLanguage()` or of the running request; outside of both by its own sentence. */
export function errorForReader(error: Error): ReaderError {
  return errorFor(currentTranslator(), chosenLanguage(), error);
}
