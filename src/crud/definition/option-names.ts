import type { AnyCrudOptions } from "../types/options.ts";
import type { Feature } from "./crud-spec.ts";

/** The names of the options that all data states have. */
export const CRUD_OPTIONS: readonly (keyof AnyCrudOptions)[] = [
  "readOnlyFields",
  "requiredFields",
  "excludeFromRow",
  "ordering",
  "listVar",
  "vars",
  "events",
  "resetAfterSave",
  "useFormSubmit",
  "paginateBy",
  "maxPageSize",
  "paging",
  "count",
  "searchFields",
  "orderingFields",
  "filterFields",
  "related",
  "relations",
  "loginRequiredActions",
  "permissionClasses",
  "validators",
  "idParam",
];

/** The parts of a list that the options switch on. */
export function featuresOf({ searchFields, orderingFields, filterFields, paginateBy }: AnyCrudOptions): Feature[] {
  const parts: [Feature, unknown][] = [
    ["search", searchFields],
    ["ordering", orderingFields],
    ["filter", filterFields],
    ["paging", paginateBy],
  ];
  return parts.filter(([, given]) => given !== undefined).map(([feature]) => feature);
}
