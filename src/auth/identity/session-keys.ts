/** Session key that holds the id of who is signed in, as text. */
export const USER_ID = "_auth_user_id";
/** Session key that holds the name of the back end that let him in. */
export const USER_BACKEND = "_auth_user_backend";
/** Session key that holds what ends the session when the password changes. */
export const USER_HASH = "_auth_user_hash";
