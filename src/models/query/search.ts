import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { ModelClass } from "../schema/model.ts";
import { describe, quoted } from "../schema/query-set-fields.ts";
import { type Condition, conditionKey, findPath, type ParsedCondition } from "./conditions.ts";
import { isTextual } from "./query-set-values.ts";

const MOST_CHARACTERS = 200;
const MOST_WORDS = 10;

/**
 * Reads a search: each word must occur in one of the fields, in any case; `%` and `_` stand for themselves.
 *
 * @throws QUERY_SEARCH_TOO_LONG, QUERY_VALUE_INVALID when the text is none, QUERY_FIELD_UNKNOWN for a field that is hidden or holds no text
 */
export function parseSearch(
  model: ModelClass,
  text: unknown,
  paths: readonly string[],
  allowed?: ReadonlySet<string>,
): ParsedCondition | undefined {
  const found = paths.map((path) => searchedPath(model, path, allowed));
  const words = searchWords(text);
  if (words.length === 0) return undefined;
  const values: string[] = [];
  const parts = words.map(
    (word): Condition => ({
      kind: "any",
      parts: found.map((hops) => {
        values.push(word);
        return contains(hops);
      }),
    }),
  );
  const condition: Condition = { kind: "all", parts };
  return { condition, key: conditionKey(condition), values };
}

/** The words of a search text. */
export function searchWords(text: unknown): string[] {
  if (typeof text !== "string" || text.includes("\0"))
    throw modelErrors.QUERY_VALUE_INVALID("The search", "text", describe(text));
  if (text.length > MOST_CHARACTERS) throw modelErrors.QUERY_SEARCH_TOO_LONG(`${text.length} characters`);
  const words = text.split(/\s+/u).filter((word) => word !== "");
  if (words.length > MOST_WORDS) throw modelErrors.QUERY_SEARCH_TOO_LONG(`${words.length} words`);
  return words;
}

function searchedPath(model: ModelClass, path: string, allowed: ReadonlySet<string> | undefined): FieldInfo[] {
  const hops = findPath(model, path, "search in", allowed);
  const last = hops.at(-1);
  if (last === undefined || last.relation !== undefined || !isTextual(last)) {
    throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, `with text called ${quoted(path)}`, "search in");
  }
  return hops;
}

function contains(hops: readonly FieldInfo[]): Condition {
  const field = hops.at(-1) as FieldInfo;
  const test: Condition = { kind: "test", field, operator: "icontains", count: 1 };
  return hops.slice(0, -1).reduceRight<Condition>((part, hop) => ({ kind: "related", field: hop, part }), test);
}
