import { SIGN_IN_PREFIX } from "../../sessions/reserved-keys.ts";

/** Session key of the id of the signed-in user, as text. */
export const USER_ID = `${SIGN_IN_PREFIX}_user_id`;
/** Session key of the name of the back end that authenticated the user. */
export const USER_BACKEND = `${SIGN_IN_PREFIX}_user_backend`;
/** Session key of the hash that ends the session when the password changes. */
export const USER_HASH = `${SIGN_IN_PREFIX}_user_hash`;
