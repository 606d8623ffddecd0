import { useContext } from "react";
import type { PageTitle, RouterLocation } from "../../protocol/page.ts";
import { clientErrors } from "../errors.ts";
import type { ClientPage } from "../pages/create-app.ts";
import { LocationContext } from "../pages/router.tsx";
import { useI18n } from "./use-i18n.ts";

/** One step of the way to the page on screen. */
export interface BreadcrumbLink {
  readonly title: string;
  readonly href: string;
  /** True for the page on screen, the last step. */
  readonly isCurrent: boolean;
}

/**
 * Returns the way to the page on screen: its `breadcrumbs`, and the page itself. Empty for a page without `breadcrumbs`.
 *
 * @example
 * app.addPage(Note, { route: "/notes/[id]", title: "Note", breadcrumbs: [{ title: "Notes", href: "/notes" }] });
 * const crumbs = useBreadcrumbs();
 * return <nav aria-label={t("Breadcrumbs")}>{crumbs.map(({ href, title }) => <Link key={href} href={href}>{title}</Link>)}</nav>;
 */
export function useBreadcrumbs(): readonly BreadcrumbLink[] {
  const shown = useContext(LocationContext);
  if (!shown) throw clientErrors.CLIENT_OUTSIDE_APP("useBreadcrumbs");
  const { t } = useI18n();
  const { location, page } = shown.state;
  const { breadcrumbs = [], title } = (page ?? {}) as Partial<ClientPage>;
  if (breadcrumbs.length === 0) return [];
  const text = (given: PageTitle) => (typeof given === "function" ? given(location, t) : t(given));
  const above = breadcrumbs.map((crumb) => ({
    title: text(crumb.title),
    href: withParams(crumb.href, location),
    isCurrent: false,
  }));
  return [...above, { title: title === undefined ? location.path : text(title), href: location.path, isCurrent: true }];
}

function withParams(href: string, { params }: RouterLocation): string {
  return href.replace(/\[(?:\.\.\.)?(\w+)\]/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return [value].flat().map(encodeURIComponent).join("/");
  });
}
