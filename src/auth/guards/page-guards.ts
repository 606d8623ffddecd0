import { type DeclaredPage, isGuardRule, type PageDefinition } from "../../protocol/page.ts";
import { guardOf } from "./guards.ts";

/**
 * An app's pages as the server uses them: a guard that is a rule becomes the function that judges by it.
 *
 * Whoever loads an app calls it once; all that asks guards then meets functions only.
 *
 * @throws AUTH_GUARD_INVALID for a rule that asks for nothing, or for something that does not exist
 */
export function guardedPages(pages: readonly DeclaredPage[]): PageDefinition[] {
  return pages.map(({ guard, ...page }) => {
    if (guard === undefined) return page;
    return { ...page, guard: isGuardRule(guard) ? guardOf(guard) : guard };
  });
}
