import type { MetaTag } from "../protocol/page.ts";
import type { RouterState } from "./page-router.ts";

/** Title and meta tags of index.html, which stand where a page sets none. */
export interface PageHead {
  /** Sets the document's title and meta tags for a page. */
  show(state: RouterState, notFoundTitle: string | undefined): void;
}

/** Begins to manage the document's title and meta tags. */
export function createPageHead(): PageHead {
  let defaultTitle: string | undefined;
  let undo: (() => void)[] = [];
  return {
    show(state, notFoundTitle) {
      const { page, location } = state;
      // The first document's title is the page's own when the page has one: then there is no default.
      defaultTitle ??= state.by === "start" && page?.title !== undefined ? "" : document.title;
      const own = page ? page.title : notFoundTitle;
      const title = typeof own === "function" ? own(location) : (own ?? defaultTitle);
      if (title !== "") document.title = title;
      for (const step of undo) step();
      undo = (page?.meta ?? []).map(showMeta);
    },
  };
}

/** Writes one meta tag, into the document's own if it has one of that name. Returns what takes it back. */
function showMeta(tag: MetaTag): () => void {
  const attribute = tag.name === undefined ? "property" : "name";
  const value = tag.name ?? tag.property ?? "";
  const tags = [...document.head.querySelectorAll("meta")];
  const existing = tags.find((element) => element.getAttribute(attribute) === value);
  if (existing) {
    const before = existing.content;
    existing.content = tag.content;
    return () => {
      existing.content = before;
    };
  }
  const element = document.createElement("meta");
  element.setAttribute(attribute, value);
  element.content = tag.content;
  document.head.append(element);
  return () => element.remove();
}
