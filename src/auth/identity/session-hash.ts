import { currentContext } from "../../bridge/current-request.ts";
import type { RequestSession } from "../../bridge/request-types.ts";
import { saveAhead, setReserved } from "../../sessions/session.ts";
import { isInTransaction, type StoredUser } from "../users/stored-user.ts";
import type { Auth } from "./auth.ts";
import { AuthHashes, type HashHandover } from "./auth-hash.ts";
import { USER_HASH, USER_ID } from "./session-keys.ts";

/** Milliseconds in which the request that changes a password has to end well; after that its session ends like the others. */
const HANDOVER = 60_000;

/** What is known of a user, and of his password as it is stored. */
export type PasswordUser = Pick<StoredUser, "id" | "password">;

/**
 * Makes the running request's session, if it is this user's, count with a password that he is about to get as well. Other
 * requests of the browser may come before this one has ended; without it they would find a session of another password,
 * and end it.
 *
 * With the same password in another form the session goes on; with another one only for a moment, until
 * `updateSessionAuthHash()` has given it another key.
 *
 * @throws SESSION_INTERRUPTED when the session has ended meanwhile
 */
export async function announcePassword(
  auth: Auth,
  user: PasswordUser,
  next: { readonly password: string; readonly isSame: boolean },
): Promise<void> {
  const context = currentContext();
  if (!context) return;
  const { session } = context;
  if (session.get<unknown>(USER_ID) !== String(user.id)) return;
  const { secrets } = auth.settings;
  const [before, after] = [
    new AuthHashes(user, secrets),
    new AuthHashes({ ...user, password: next.password }, secrets),
  ];
  if (before.match(session.get(USER_HASH)) < 0) return;
  const hash: HashHandover = {
    before: before.current,
    after: after.current,
    ...(next.isSame ? {} : { until: Date.now() + HANDOVER }),
  };
  await save(auth, session, hash);
  if (next.isSame) setReserved(session, USER_HASH, hash);
}

/** The same for a password that is stored already. @throws SESSION_INTERRUPTED */
export async function admitPassword(auth: Auth, session: RequestSession, hash: string): Promise<void> {
  await save(auth, session, { after: hash, until: Date.now() + HANDOVER });
}

/**
 * Stores the same password in its new form, unless it was changed meanwhile. The session that asks goes on; other sessions
 * of that user end.
 */
export async function upgradePassword(
  auth: Auth,
  user: PasswordUser,
  next: { readonly password: string; readonly encoded: string },
): Promise<void> {
  const { password, encoded } = next;
  await announcePassword(auth, user, { password: encoded, isSame: true });
  const saved = await auth.row(user.id).filter({ password: user.password }).update({ password: encoded });
  if (saved > 0) return;
  // Another request of this user did the same at the same time: its form is the one that counts.
  const stored = (await auth.users.read(user.id))?.user.password;
  if (stored !== undefined && (await auth.settings.hashing.verify(password, stored))) {
    await announcePassword(auth, user, { password: stored, isSame: true });
  }
}

async function save(auth: Auth, session: RequestSession, hash: HashHandover): Promise<void> {
  // In a transaction nobody else sees the new password yet, and a session can't be saved there.
  if (!isInTransaction(auth.database)) await saveAhead(session, USER_HASH, hash);
}
