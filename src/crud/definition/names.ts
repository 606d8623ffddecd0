/** The vars that a data state has beside those of its fields, by the names that its code uses. */
export const FIXED_VARS = [
  "error",
  "fieldErrors",
  "editingId",
  "formKey",
  "conflict",
  "relationOptions",
  "search",
  "ordering",
  "filters",
  "page",
  "pageSize",
  "totalCount",
  "pageCount",
  "hasNextPage",
  "hasPrevPage",
] as const;

/** The name of a var in code, which the author may have renamed. */
export type FixedVar = (typeof FIXED_VARS)[number];
/** The name of a var in code, the list among them. */
export type CrudVar = FixedVar | "list";

/** Vars that begin with the name of the list in views: `notesError`. */
export const PREFIXED: ReadonlySet<string> = new Set([
  "error",
  "fieldErrors",
  "search",
  "totalCount",
  "pageCount",
  "ordering",
]);

/** Returns a name with a capital letter: `title` → `Title`. */
export function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/**
 * Returns the name of a model's list, by the rules of English.
 *
 * @example
 * listName("Category"); // "categories"
 */
export function listName(model: string): string {
  const name = model.charAt(0).toLowerCase() + model.slice(1);
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}
