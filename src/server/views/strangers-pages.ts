import type { PageTable } from "../../protocol/page.ts";
import { isUserGuard } from "../../state/event.ts";

/** Routes of the pages that signed-in users alone may see. */
export function pagesOfUsers(pages: PageTable): string[] {
  return pages.entries.filter(({ page }) => isUserGuard(page.guard)).map(({ page }) => page.route);
}
