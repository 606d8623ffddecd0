import type { RequestSession } from "../../bridge/request-types.ts";
import { SIGN_IN_PREFIX } from "../../sessions/reserved-keys.ts";
import { setReserved } from "../../sessions/session.ts";

const KEY = `${SIGN_IN_PREFIX}_password_reset`;

/**
 * Puts the token of a reset link into the session, so that the page can go on under an address without it: an address
 * stays in the browser's history and goes to other sites with links and pictures. Check the token first.
 *
 * @example
 * if (await reset.check(uid, token)) moveResetTokenToSession(request.session, uid, token);
 */
export function moveResetTokenToSession(session: RequestSession, uid: string, token: string): void {
  setReserved(session, KEY, { uid, token });
}

/** The token that was put into the session for a user's link; undefined when there is none for this one. */
export function resetTokenOfSession(session: RequestSession, uid: unknown): string | undefined {
  const kept = session.get<{ readonly uid?: unknown; readonly token?: unknown }>(KEY);
  return typeof kept?.token === "string" && kept.uid === uid ? kept.token : undefined;
}

/** Takes the token out of the session, once the password was set. */
export function forgetResetToken(session: RequestSession): void {
  if (session.has(KEY)) session.delete(KEY);
}
