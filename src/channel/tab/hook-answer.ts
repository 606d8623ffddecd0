import { bridgeErrors } from "../../bridge/errors.ts";
import type { ChainOutcome } from "../../bridge/request-chain.ts";
import type { RequestContext } from "../../bridge/request-context.ts";
import type { Effect } from "../../protocol/frames.ts";

/** Returns the effects of an event that a hook answered in its place. */
export async function insteadOf(
  outcome: Exclude<ChainOutcome<readonly Effect[]>, { kind: "done" }>,
  context: RequestContext,
): Promise<readonly Effect[]> {
  if (outcome.kind === "redirect") {
    // As after a view that redirects, the session changes of the hook are saved.
    await context.identity.finish(context, 302);
    return [redirectOf(outcome.to)];
  }
  if (outcome.status >= 500) throw bridgeErrors.BRIDGE_UNAVAILABLE();
  throw bridgeErrors.BRIDGE_REFUSED(outcome.status);
}

const HERE = "http://antiphon.invalid";

function redirectOf(to: string): Effect {
  const target = URL.canParse(to, HERE) ? new URL(to, HERE) : undefined;
  if (target?.origin !== HERE) throw bridgeErrors.BRIDGE_REDIRECT_UNSAFE(to);
  const path = `${target.pathname.replace(/^\/{2,}/, "/")}${target.search}${target.hash}`;
  return { effect: "redirect", to: path, replace: false, external: false };
}
