import { useMemo } from "react";
import { useRuntime } from "../pages/page-runtime.ts";
import { builtInState } from "../states/built-in-states.ts";
import { useServerState } from "./use-server-state.ts";

/** Who is signed in, as a page may know it: to show a name or hide a button. What is allowed is decided on the server. */
export interface UserView {
  /** Null when nobody is signed in. */
  readonly id: number | string | null;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isAuthenticated: boolean;
  readonly isStaff: boolean;
  readonly isSuperuser: boolean;
  /** Empty unless the setting `auth.snapshotGroups` is on. */
  readonly groupNames: readonly string[];
}

/** The vars of the server's class, by shape: its module is server code. */
declare class UserVars {
  static readonly events: object;
  static readonly fields: object;
  userId: number | string | null;
  username: string;
  email: string;
  firstName: string;
  lastName: string;
  isAuthenticated: boolean;
  isStaff: boolean;
  isSuperuser: boolean;
  groupNames: string[];
}

/**
 * Reads who is signed in, live: after signing in or out every component that uses it shows the other user.
 *
 * The component renders again only when something that it read has changed, and suspends until it is known.
 *
 * @example
 * const { isAuthenticated, username } = useUser();
 * return isAuthenticated ? <p>{username}</p> : <Link to="/login">Sign in</Link>;
 */
export function useUser(): UserView {
  const { builtIn } = useRuntime("useUser");
  const vars = useServerState(builtInState(builtIn, "UserState", "useUser()") as unknown as typeof UserVars);
  // Getters, so that only what the component reads counts as read.
  return useMemo(
    () => ({
      get id() {
        return vars.userId;
      },
      get username() {
        return vars.username;
      },
      get email() {
        return vars.email;
      },
      get firstName() {
        return vars.firstName;
      },
      get lastName() {
        return vars.lastName;
      },
      get isAuthenticated() {
        return vars.isAuthenticated;
      },
      get isStaff() {
        return vars.isStaff;
      },
      get isSuperuser() {
        return vars.isSuperuser;
      },
      get groupNames() {
        return vars.groupNames;
      },
    }),
    [vars],
  );
}
