import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { hasColumn, modelFields, quoted } from "../schema/query-set-fields.ts";
import { findPath } from "./conditions.ts";

/** One column to sort by; empty values come first ascending and last descending, on every dialect. */
export interface OrderTerm {
  /** The path as it was given, without its minus. */
  readonly path: string;
  /** Relations to one row that lead to the field, then the field. */
  readonly hops: readonly FieldInfo[];
  readonly field: FieldInfo;
  readonly descending: boolean;
  /** Whether the value may be empty: by its own column, or since a relation before it is. */
  readonly nullable: boolean;
}

/** An order that leaves no two rows equal, and what its SQL is cached by. */
export interface Ordering {
  readonly terms: readonly OrderTerm[];
  readonly key: string;
}

const MOST_TERMS = 8;
const defaults = new WeakMap<ModelClass, Ordering>();

/**
 * Reads sort paths such as `-createdAt` or `user.username`; the primary key is added, so that the order is total.
 *
 * Paths may come from outside: hidden fields, relations to many rows and JSON are refused like unknown names.
 *
 * @throws QUERY_FIELD_UNKNOWN
 */
export function parseOrder(model: ModelClass, paths: readonly unknown[], allowed?: ReadonlySet<string>): Ordering {
  const { primary } = modelFields(model);
  if (paths.length > MOST_TERMS) {
    throw modelErrors.QUERY_CONDITION_INVALID(model.name, `it sorts by more than ${MOST_TERMS} fields`);
  }
  const terms: OrderTerm[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const term = readTerm(model, path, allowed);
    if (seen.has(term.path)) continue;
    seen.add(term.path);
    terms.push(term);
    // Nothing after the primary key can change the order.
    if (term.path === primary.name) break;
  }
  if (!seen.has(primary.name)) {
    // The key follows the first direction, so that "-createdAt" shows the newest of one moment first.
    const descending = terms[0]?.descending ?? false;
    terms.push({ path: primary.name, hops: [primary], field: primary, descending, nullable: false });
  }
  return { terms, key: terms.map((term) => (term.descending ? "-" : "") + term.path).join(",") };
}

/** The order of a model's lists that ask for none: its `ordering` option, then the primary key. */
export function defaultOrder(model: ModelClass): Ordering {
  const found = defaults.get(model);
  if (found !== undefined) return found;
  const made = parseOrder(model, modelDefinition(model).options.ordering ?? []);
  defaults.set(model, made);
  return made;
}

/** The same order, last row first. */
export function reverseOrder(ordering: Ordering): Ordering {
  const terms = ordering.terms.map((term) => ({ ...term, descending: !term.descending }));
  return { terms, key: terms.map((term) => (term.descending ? "-" : "") + term.path).join(",") };
}

function readTerm(model: ModelClass, raw: unknown, allowed: ReadonlySet<string> | undefined): OrderTerm {
  const descending = typeof raw === "string" && raw.startsWith("-");
  const path = descending ? raw.slice(1) : raw;
  const hops = findPath(model, path, "sort by", allowed);
  const field = hops.at(-1) as FieldInfo;
  if (!hops.every(hasColumn) || field.kind === "json" || field.kind === "binary") {
    throw modelErrors.QUERY_FIELD_UNKNOWN(model.name, quoted(path), "sort by");
  }
  return { path: path as string, hops, field, descending, nullable: hops.some((hop) => hop.nullable) };
}
