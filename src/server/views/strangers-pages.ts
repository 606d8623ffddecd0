import { runOutsideRequest } from "../../bridge/current-request.ts";
import type { PageGuard, PageTable } from "../../protocol/page.ts";
import { isUserGuard } from "../../state/event.ts";

/**
 * Pages whose guards meet strangers only, for the documents of an app whose socket knows nobody: a page that was given to
 * somebody over HTTP would be refused as soon as its socket opens.
 */
export function pagesForStrangers(pages: PageTable): PageTable {
  return { entries: pages.entries.map(({ route, page }) => ({ route, page: { ...page, ...guardOf(page.guard) } })) };
}

function guardOf(guard: PageGuard | undefined): { readonly guard?: PageGuard } {
  return guard ? { guard: (location) => runOutsideRequest(() => guard(location)) } : {};
}

/** Routes of the pages that signed-in users alone may see. */
export function pagesOfUsers(pages: PageTable): string[] {
  return pages.entries.filter(({ page }) => isUserGuard(page.guard)).map(({ page }) => page.route);
}
