import { type Translate, translate } from "../../protocol/messages.ts";
import type { MetaTag } from "../../protocol/page.ts";
import { missingValue } from "../languages/missing-value.ts";
import type { PageLanguage } from "../languages/page-language.ts";
import type { ClientPage } from "./create-app.ts";
import type { RouterState } from "./page-router.ts";

/** The document's title and meta tags. Those of index.html show where a page sets none; without a title there, the app's name. */
export interface PageHead {
  /** Sets title and meta tags for a page that is on screen. */
  show(state: RouterState, notFoundTitle: string | undefined): void;
  /** Sets a title that stands until the next navigation, also before the title of a page that is on its way. */
  readonly setTitle: (title: string) => void;
  /** Runs a navigation: titles that were set before it are not for the page that it leads to. */
  navigate(go: () => Promise<void>): Promise<void>;
}

/** Begins to manage the document's title and meta tags, while it shows the first page. */
export function createPageHead(firstPage: ClientPage | undefined, language?: PageLanguage): PageHead {
  const defaultTitle = typeof document === "undefined" ? "" : usualTitle(firstPage);
  let setSince: string | undefined;
  let newest = 0;
  let undo: (() => void)[] = [];
  return {
    show(state, notFoundTitle) {
      const { page, location } = state;
      const own = page ? page.title : notFoundTitle;
      const t = titleTranslation(language, location.route);
      const title = setSince ?? (typeof own === "function" ? own(location, t) : own ? t(own) : defaultTitle);
      if (title !== "") document.title = title;
      for (const step of undo) step();
      undo = (page?.meta ?? []).map(showMeta);
    },
    setTitle(title) {
      setSince = title;
      document.title = title;
    },
    navigate(go) {
      const turn = ++newest;
      setSince = undefined;
      const served = go();
      const settle = () => {
        // Overtaken by another: what its `onLoad` has set was for a page that is not shown.
        if (turn !== newest) setSince = undefined;
      };
      served.then(settle, settle);
      return served;
    },
  };
}

/** The title of pages without one. A document that has the first page's own names it beside that. */
function usualTitle(firstPage: ClientPage | undefined): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name="antiphon-title"]')?.content;
  return named ?? (firstPage?.title === undefined ? document.title : "");
}

/** Translates by the messages that are there; without any, a text stays as it is. */
function titleTranslation(language: PageLanguage | undefined, route: string): Translate {
  const tables = language?.tables(route) ?? [];
  return (key, values) => translate(tables, key, values, missingValue(key));
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
