import { runInRequest } from "../bridge/current-request.ts";
import { bridgeErrors } from "../bridge/errors.ts";
import { prepareIdentity } from "../bridge/prepare-identity.ts";
import { RequestContext, type RequestSource } from "../bridge/request-context.ts";
import type { Bridge } from "./tab/tab-requests.ts";
import type { LocalizeError } from "./wire-error.ts";

/** A socket that the app's hooks have let in. */
export interface Admitted {
  readonly source: RequestSource;
  /** Who is signed in; undefined for nobody. */
  readonly owner: string | undefined;
  /** Names the session of the browser's cookie; undefined without one. */
  readonly sessionId: string | undefined;
  /** `Set-Cookie` lines by name that the hooks want the browser to have. */
  readonly cookies: ReadonlyMap<string, string>;
}

/**
 * Sends the opening of a socket through the same hooks as an event.
 *
 * @throws BRIDGE_REFUSED when a hook does not let it pass, BRIDGE_UNAVAILABLE when it cannot be told who it is
 */
export async function admit(bridge: Bridge, given: RequestSource): Promise<Admitted> {
  const source: RequestSource = { ...given, kind: "handshake", method: "GET" };
  const { identity, chain, tier } = bridge;
  const context = new RequestContext(source, identity);
  await prepareIdentity(identity, context);
  const work = () => runInRequest(context, () => identify(context));
  const outcome =
    tier === "full" && !chain.isEmpty ? await chain.run(context, work) : { kind: "done" as const, value: await work() };
  if (outcome.kind === "done") {
    return { source, owner: outcome.value, sessionId: identity.sessionId(context), cookies: context.outgoing };
  }
  if (outcome.kind === "refused" && outcome.status >= 500) throw bridgeErrors.BRIDGE_UNAVAILABLE();
  throw bridgeErrors.BRIDGE_REFUSED(outcome.kind === "refused" ? outcome.status : 302);
}

/** Returns the signed-in user of a request's session; undefined without one. */
export async function ownerOf({ identity }: Bridge, source: RequestSource): Promise<string | undefined> {
  const context = new RequestContext(source, identity);
  await prepareIdentity(identity, context);
  return identity.owner(context);
}

/** Returns what writes errors in the language of a page whose socket is not open yet; undefined if nothing does. */
export function localizeOpening(
  bridge: Bridge | undefined,
  source: RequestSource | undefined,
  hello: unknown,
): LocalizeError | undefined {
  const localize = bridge?.localize;
  if (!bridge || !localize || !source) return undefined;
  // The socket's own address has no prefix of a language. The hello may be what was refused.
  const { path } = (hello ?? {}) as { readonly path?: unknown };
  const { language } = new RequestContext(source, bridge.identity, typeof path === "string" ? path : source.url);
  return (error) => localize(error, language);
}

async function identify(context: RequestContext): Promise<string | undefined> {
  const owner = context.identity.owner(context);
  // That a socket is opened again keeps no session alive; what a hook has put into it is kept.
  if (context.openedSession?.modified) await context.identity.finish(context, 200);
  return owner;
}
