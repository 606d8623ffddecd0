import type { AppRequest, RequestUser } from "../../bridge/request-types.ts";
import type { Auth } from "../identity/auth.ts";
import type { StoredUser } from "./stored-user.ts";

/** What somebody gives to prove who he is: names with values, which are text where they are to be of any use. */
export type Credentials = { readonly [name: string]: unknown };

/** The sign-in that a back end is called for. */
export interface AuthenticationContext {
  readonly auth: Auth;
  readonly request: AppRequest | undefined;
  /** The accounts that the credentials may be for, if the sign-in has read them already. */
  readonly accounts?: readonly StoredUser[] | undefined;
}

/**
 * Lets people in, or tells what they may do, or both. Every function may be left out.
 *
 * Users live in the user table, wherever their passwords are kept: a back end that asks another system makes a row for
 * who it lets in. To end the search with a no, throw `denied()`.
 *
 * @example
 * const rows: AuthBackend = {
 *   name: "rows",
 *   hasPerm: async (user, permission, object) => object instanceof Note && object.user.id === user.id,
 * };
 */
export interface AuthBackend {
  /** Stays the same for ever: sessions remember it. */
  readonly name: string;
  /** Whether it can do anything with credentials of these names; absent: with any. */
  accepts?(credentials: Credentials): boolean;
  /** The key of who the credentials belong to; undefined when it knows nobody. */
  authenticate?(
    credentials: Credentials,
    context: AuthenticationContext,
  ): Promise<{ readonly id: number | string } | undefined>;
  /** Whether a session of this user counts; absent: while the user is active. */
  acceptsUser?(user: StoredUser): boolean;
  /** Whether it has anything to say of somebody who is not signed in; absent: no. */
  readonly knowsAnonymous?: boolean;
  /** What the user may do, as `app.codename`. */
  permissions?(user: RequestUser, object: unknown, auth: Auth): Promise<ReadonlySet<string>>;
  hasPerm?(user: RequestUser, permission: string, object: unknown, auth: Auth): Promise<boolean>;
  hasModulePerms?(user: RequestUser, app: string, auth: Auth): Promise<boolean>;
}
