import { modelDefinition } from "../../models/schema/model.ts";
import type { CrudSpec } from "./crud-spec.ts";

/** The order of a list that the page has not sorted: the option, the model's, the newest first, or the key. */
export function configuredOrdering({ options, model, modelFields }: CrudSpec): readonly string[] {
  if (options.ordering !== undefined) return options.ordering;
  const { ordering = [] } = modelDefinition(model).options;
  if (ordering.length > 0) return ordering;
  return [modelFields.byName.has("createdAt") ? "-createdAt" : `-${modelFields.primary.name}`];
}

/** The first value of the var `ordering`. */
export function firstOrdering(spec: CrudSpec): string {
  return configuredOrdering(spec)[0] ?? "";
}
