/** Name of the meta tag by which a document tells its page under which path the app is hosted. */
export const BASE_META = "antiphon-base";

/**
 * Returns a path of the app as the browser requests it: below the path under which the app is hosted. Whole URLs and
 * relative ones stay as they are.
 *
 * @example
 * withBase("/app", "/notes"); // "/app/notes"
 */
export function withBase(base: string, path: string): string {
  return path.startsWith("/") && !/^\/[/\\]/.test(path) ? base + path : path;
}

/**
 * Returns a path without the path under which the app is hosted. One that does not lie below it stays as it is.
 *
 * @example
 * withoutBase("/app", "/app/notes?tab=2"); // "/notes?tab=2"
 */
export function withoutBase(base: string, path: string): string {
  if (base === "" || !path.startsWith(base)) return path;
  const rest = path.slice(base.length);
  if (rest === "" || rest.startsWith("?") || rest.startsWith("#")) return `/${rest}`;
  // A second slash would make a host of what follows.
  return rest.startsWith("/") && !rest.startsWith("//") ? rest : path;
}
