import { modelErrors } from "../errors.ts";
import type { ModelClass } from "../schema/model.ts";
import type { Ordering } from "./ordering.ts";
import { checkValue } from "./query-set-values.ts";

const LONGEST = 8_000;

/** A place in an ordered list: the values of the order's fields in the last row that was seen. */
export interface Place {
  /** As the query binds them, one for each term of the order. */
  readonly values: readonly unknown[];
  /** One character for each term: "0" where the value is empty. What the SQL is cached by. */
  readonly mask: string;
}

/** Writes the place after a row as text that may travel through a browser. */
export function encodeCursor(ordering: Ordering, values: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([ordering.key, ...values])).toString("base64url");
}

/**
 * Reads such text back; what a browser made of it can only move the place inside the same list.
 *
 * @throws QUERY_CURSOR_INVALID for anything that `encodeCursor()` would not write for this order
 */
export function decodeCursor(model: ModelClass, ordering: Ordering, cursor: unknown): Place {
  const parts = parseText(cursor);
  const { terms, key } = ordering;
  if (parts === undefined || parts.length !== terms.length + 1 || parts[0] !== key) {
    throw modelErrors.QUERY_CURSOR_INVALID(model.name);
  }
  const values = terms.map((term, index) => {
    const raw = parts[index + 1];
    if (raw === null && term.nullable) return null;
    try {
      return checkValue(raw, term.field, term.path);
    } catch (error) {
      throw modelErrors.QUERY_CURSOR_INVALID.with({ cause: error }, model.name);
    }
  });
  return { values, mask: values.map((value) => (value === null ? "0" : "1")).join("") };
}

function parseText(cursor: unknown): readonly unknown[] | undefined {
  if (typeof cursor !== "string" || cursor.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}
