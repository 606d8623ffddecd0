import { AntiphonError } from "../errors.ts";
import { bridgeErrors } from "./errors.ts";
import type { Identity, RequestContext } from "./request-context.ts";

/**
 * Loads ahead what a request may ask for. A failure is no reason to take somebody for a stranger: nothing runs then.
 *
 * @throws BRIDGE_UNAVAILABLE
 */
export function prepareIdentity(identity: Identity, context: RequestContext): void | Promise<void> {
  try {
    const ready = identity.prepare(context);
    return ready instanceof Promise ? ready.catch(unavailable) : ready;
  } catch (error) {
    return unavailable(error);
  }
}

function unavailable(cause: unknown): never {
  if (cause instanceof AntiphonError && cause.expose) throw cause;
  throw bridgeErrors.BRIDGE_UNAVAILABLE.with({ cause });
}
