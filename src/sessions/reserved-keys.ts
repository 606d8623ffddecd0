/** The session's own expiry. */
export const EXPIRY_KEY = "_session_expiry";

/** Set while the browser has not fetched the cookie of the session. */
export const UNCLAIMED_KEY = "_session_unclaimed";

/** The keys of a sign-in begin with this text. */
export const SIGN_IN_PREFIX = "_auth";

/** Returns whether a key holds a note of the framework about the session itself. The app cannot read it. */
export function isNote(key: string): boolean {
  return key === EXPIRY_KEY || key === UNCLAIMED_KEY;
}

/** Returns whether only the framework may set a key: one of its notes, or of a sign-in. */
export function isReserved(key: string): boolean {
  return isNote(key) || key.startsWith(SIGN_IN_PREFIX);
}
