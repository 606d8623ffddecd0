import type { CrudSpec } from "./crud-spec.ts";
import { emptyValue } from "./field-var.ts";
import { firstOrdering } from "./ordering.ts";

/** The vars of a fresh state, with their first values. Those with an underscore stay on the server. */
export function firstVars(spec: CrudSpec): [name: string, value: unknown][] {
  const { features, names, fieldVars, options } = spec;
  const has = (feature: Parameters<typeof features.has>[0]) => features.has(feature);
  const vars: [string, unknown][] = [[names.error, ""]];
  if (has("list")) vars.push([names.list, []]);
  if (has("search")) vars.push([names.search, ""]);
  if (has("ordering")) vars.push([names.ordering, firstOrdering(spec)]);
  if (has("filter")) vars.push([names.filters, {}]);
  if (has("paging")) {
    const total = options.count === false ? null : 0;
    vars.push([names.page, 1], [names.pageSize, options.paginateBy ?? 0]);
    vars.push([names.totalCount, total], [names.pageCount, total]);
    vars.push([names.hasNextPage, false], [names.hasPrevPage, false], ["_crudCursors", []], ["_crudNext", null]);
  }
  if (has("form")) {
    for (const { name, field } of fieldVars.values()) vars.push([name, emptyValue(field)]);
    vars.push([names.fieldErrors, {}], [names.editingId, null], [names.formKey, 0], [names.conflict, null]);
    vars.push(["_crudEdited", null]);
    if (options.relations !== undefined) vars.push([names.relationOptions, {}]);
  }
  return vars;
}
