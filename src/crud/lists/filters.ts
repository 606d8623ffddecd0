import { currentAuth } from "../../auth/identity/auth.ts";
import { AntiphonError } from "../../errors.ts";
import { objects, type QuerySet } from "../../models/query/query-set.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { specOf } from "../core/state-vars.ts";
import { crudErrors } from "../errors.ts";
import type { FilterValue } from "../types/members.ts";

/** Filters of a list, by the names of declared fields. */
export interface Filters {
  readonly [field: string]: FilterValue;
}

const MOST_FILTERS = 50;
/** Most values of which one may fit. */
const MOST_VALUES = 500;

/**
 * Takes the filters that a page sent. Empty texts are inputs in which nothing was chosen, and are left out.
 *
 * @throws CRUD_FILTER_UNKNOWN for a field that is not declared
 */
export function declaredFilters(given: object, declared: readonly string[]): Filters {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined && value !== "");
  if (entries.length > MOST_FILTERS || entries.some(([name]) => !declared.includes(name))) {
    throw crudErrors.CRUD_FILTER_UNKNOWN();
  }
  if (entries.some(([, value]) => Array.isArray(value) && value.length > MOST_VALUES))
    throw crudErrors.CRUD_FILTER_UNKNOWN();
  return Object.fromEntries(entries);
}

/**
 * Checks that the database can be asked by filters. The cause is logged: it names operators and kinds, which a visitor did
 * not write.
 *
 * @throws CRUD_FILTER_UNKNOWN
 */
export function assertFilters(state: object, filters: Filters): void {
  try {
    withFilters(objects(specOf(state).model), filters);
  } catch (error) {
    if (!(error instanceof AntiphonError && error.code.startsWith("QUERY_"))) throw error;
    const { logger } = currentAuth().settings;
    logger?.warn({ err: error }, `${state.constructor.name} refused a filter: ${error.message}`);
    throw crudErrors.CRUD_FILTER_UNKNOWN();
  }
}

/**
 * Narrows a query set by filters: a value, a list of which one fits, or comparisons.
 *
 * @throws QUERY_VALUE_INVALID, QUERY_OPERATOR_UNKNOWN, QUERY_FIELD_UNKNOWN
 */
export function withFilters(query: QuerySet<ModelClass>, filters: Filters): QuerySet<ModelClass> {
  return Object.entries(filters).reduce((set, [field, value]) => withFilter(set, field, value), query);
}

function withFilter(query: QuerySet<ModelClass>, field: string, value: FilterValue): QuerySet<ModelClass> {
  if (Array.isArray(value)) return query.where(field, "in", value);
  if (typeof value !== "object" || value === null) return query.where(field, value);
  const comparisons = Object.entries(value).filter(([, operand]) => operand !== "" && operand !== undefined);
  return comparisons.reduce((set, [operator, operand]) => set.where(field, operator, operand), query);
}
