const GUARD = /^\/\* refuse: (.*?) \*\/ /s;

/**
 * A statement of a migration that must find nothing: `migrate` refuses with the sentence, and with what was found. For
 * the database it is a query like any other, so that it can be read, changed and taken out.
 */
export function guardStatement(sentence: string, query: string): string {
  return `/* refuse: ${sentence.replaceAll("*/", "* /")} */ ${query}`;
}

/** The sentence of a statement that must find nothing; undefined for any other statement. */
export function guardSentence(statement: string): string | undefined {
  return GUARD.exec(statement)?.[1];
}
