import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import type { UserEntry } from "../identity/identity-cache.ts";
import { upgradePassword } from "../identity/session-hash.ts";
import type { UserLike } from "./login.ts";
import { passwordChanged } from "./signals.ts";

/**
 * Gives a user another password, which ends all his sessions; null leaves him without one. Whether it is a good password
 * is not asked: `validatePassword()` does that.
 *
 * In a view or event, `updateSessionAuthHash()` keeps the session that did it. Whoever changes his own password knows the
 * old one: that is `changePassword()`.
 *
 * @throws AUTH_USER_MISSING, PASSWORD_TOO_LONG
 * @example
 * await validatePassword(password, user);
 * await setPassword(user, password);
 */
export async function setPassword(user: UserLike, password: string | null): Promise<void> {
  const auth = currentAuth();
  const { hashing } = auth.settings;
  const encoded = password === null ? hashing.unusable() : await hashing.hash(password);
  const { id } = user;
  if (id === null || (await auth.row(id).update({ password: encoded })) === 0)
    throw authErrors.AUTH_USER_MISSING("setPassword");
  await passwordChanged.send({ userId: id, password });
}

/**
 * Whether a password is a user's. If it was stored in an old way it is stored anew, which ends the user's other sessions.
 * False for a user without a password.
 *
 * @throws AUTH_BUSY
 * @example
 * if (!(await checkPassword(currentUser(), oldPassword))) return toast.error("The old password is wrong.");
 */
export async function checkPassword(user: UserLike, password: string): Promise<boolean> {
  const auth = currentAuth();
  const entry = await read(auth, user);
  return auth.settings.hashing.verify(password, entry?.user.password, {
    onUpgrade: async (encoded) => {
      if (entry) await upgradePassword(auth, entry.user, { password, encoded });
    },
  });
}

/**
 * Whether a user can sign in with a password at all.
 *
 * @example
 * if (!(await hasUsablePassword(user))) return; // signs in elsewhere
 */
export async function hasUsablePassword(user: UserLike): Promise<boolean> {
  const auth = currentAuth();
  return auth.settings.hashing.isUsable((await read(auth, user))?.user.password);
}

async function read(auth: Auth, user: UserLike): Promise<UserEntry | null> {
  return user.id === null ? null : auth.users.read(user.id);
}
