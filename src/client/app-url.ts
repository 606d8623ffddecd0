import { BASE_META, withBase, withoutBase } from "../protocol/base-path.ts";

/** Path under which the app is hosted, as the document tells it; empty for the whole host. */
export function basePath(): string {
  if (typeof document === "undefined") return "";
  return document.querySelector<HTMLMetaElement>(`meta[name="${BASE_META}"]`)?.content ?? "";
}

/**
 * Returns the URL of a path of the app: below the setting `basePath`, if there is one. `<Link>`, `push()` and `redirect()`
 * do that themselves; use it for `fetch()`, forms, images and plain links.
 *
 * @example
 * const answer = await fetch(appUrl("/api/notes"));
 */
export function appUrl(path: string): string {
  return withBase(basePath(), path);
}

/** Returns the path of a URL of this host as the app knows it. */
export function appPath({ pathname, search }: { readonly pathname: string; readonly search: string }): string {
  return withoutBase(basePath(), pathname + search);
}
