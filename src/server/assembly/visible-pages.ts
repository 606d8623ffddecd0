import type { PageTable } from "../../protocol/page.ts";
import { serverErrors } from "../errors.ts";
import { type PrefixTable, pathOwner } from "../http/path-owner.ts";

/**
 * Refuses a page whose path belongs to someone else.
 *
 * @throws SERVER_PAGE_SHADOWED
 */
export function assertPagesVisible(pages: PageTable, prefixes: PrefixTable): void {
  for (const { route } of pages.entries) {
    const { owner, endpoint } = pathOwner(prefixes, route.pattern);
    if (owner === "frontend") continue;
    const admin = `the admin at "${prefixes.admin}"`;
    const whose = endpoint ? `the framework's "${endpoint}"` : owner === "admin" ? admin : "the back end's prefix";
    throw serverErrors.SERVER_PAGE_SHADOWED(route.pattern, whose);
  }
}
