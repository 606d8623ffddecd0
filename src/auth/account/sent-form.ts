/**
 * Returns the form that a page has sent, or an empty one for `null`, `undefined` or what is no object: an event with a loose
 * schema and a view without one pass on anything, and a missing form is a form without values.
 */
export function sentForm<T extends object>(given: T): T {
  return typeof given === "object" && given !== null ? given : ({} as T);
}
