/** Who somebody is, as plain data for a page: to show a name or hide a button, never to decide what is allowed. */
export interface UserSnapshot {
  /** Null for somebody who is not signed in. */
  readonly id: number | string | null;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isAuthenticated: boolean;
  readonly isStaff: boolean;
  readonly isSuperuser: boolean;
  readonly groupNames: readonly string[];
}

/** What a snapshot is taken of; `currentUser()` and `request.user` fit. */
export type SnapshotSource = Omit<UserSnapshot, "groupNames">;

/** What a page is told when nobody is signed in. */
const NOBODY: UserSnapshot = Object.freeze({
  id: null,
  username: "",
  email: "",
  firstName: "",
  lastName: "",
  isAuthenticated: false,
  isStaff: false,
  isSuperuser: false,
  groupNames: Object.freeze([]),
});

/**
 * Takes what a page may know of a user. Of somebody who is not signed in it holds nothing, whatever else is given.
 *
 * @example
 * const { username, groupNames } = userSnapshot(currentUser(), await currentUser().groupNames());
 */
export function userSnapshot(user: SnapshotSource, groupNames: readonly string[] = []): UserSnapshot {
  if (!user.isAuthenticated) return NOBODY;
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    firstName: user.firstName,
    lastName: user.lastName,
    isAuthenticated: true,
    isStaff: user.isStaff,
    isSuperuser: user.isSuperuser,
    groupNames: [...groupNames],
  };
}
