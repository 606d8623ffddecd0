import type { PageDefinition } from "../../protocol/page.ts";
import { classInfo, type StateClass } from "../../state/class-info.ts";
import type { AskedTier } from "../../state/event.ts";

/**
 * What opening a page asks for, whatever is usual in the app: as over HTTP, a guard is asked by a request, and an on-load
 * event has what it asks for itself. Undefined when all of it is content with what is usual.
 */
export function pageTier({ guard, exists, onLoad = [] }: PageDefinition): AskedTier | undefined {
  const asked = [onLoad, exists ?? []].flat().map(({ state, event }) => {
    const { events, bridge } = classInfo(state as StateClass);
    return events.get(event)?.bridge ?? bridge;
  });
  if (asked.includes("full")) return "full";
  return guard || exists || asked.includes("session") || asked.includes("user") ? "user" : undefined;
}
