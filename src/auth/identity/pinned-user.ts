import type { RequestContext } from "../../bridge/request-context.ts";
import type { UserEntry } from "./identity-cache.ts";

const pins = new WeakMap<RequestContext, UserEntry>();

/** Keeps who a request's session names, as he was loaded for it: what comes between does not make it wait again. */
export function pinUser(context: RequestContext, entry: UserEntry): void {
  pins.set(context, entry);
}

/** Lets go of who was kept for a request. */
export function unpinUser(context: RequestContext): void {
  pins.delete(context);
}

/** Who was kept for a request, if he has this key. */
export function pinnedUser(context: RequestContext, id: number | string): UserEntry | undefined {
  const entry = pins.get(context);
  return entry?.user.id === id ? entry : undefined;
}
