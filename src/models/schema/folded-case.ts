import type { Dialect } from "../dialects/session.ts";

/** Letters that databases and JavaScript write in lower case in two ways, by what stands around them: the way we take. */
const ALIKE = [
  ["ς", "σ"],
  ["i\u0307", "i"],
] as const;

/** A text without its case, for searches in any case: the same text on every database. */
export function foldCase(text: string): string {
  return ALIKE.reduce((folded, [from, to]) => folded.replaceAll(from, to), text.toLowerCase());
}

/** SQL for a column without its case, as `foldCase` writes it. */
export function foldedColumn(dialect: Dialect, column: string): string {
  if (dialect === "sqlite") return `antiphon_lower(${column})`;
  // The letters of a database of PostgreSQL may be those of English alone.
  const lower = dialect === "postgres" ? `lower(${column} collate "und-x-icu")` : `lower(${column})`;
  return ALIKE.reduce((sql, [from, to]) => `replace(${sql}, '${from}', '${to}')`, lower);
}
