import { hasContext } from "../models/database/context.ts";
import { tagStates } from "../state/class-info.ts";
import { event } from "../state/event.ts";
import { AppState } from "./app-state.ts";
import { currentAuth } from "./identity/auth.ts";
import { userSnapshot } from "./users/user-snapshot.ts";

/**
 * Who is signed in, as vars: for a name in the corner and buttons that not everybody sees. A page reads it by `useUser()`,
 * another state by `this.state(UserState)`; a class that extends it has the vars itself.
 *
 * It follows by itself who is signed in, unless `auth.autoSync` is off: then it stays empty until `sync`. It is a picture
 * for the page, so decide by `this.user` what is allowed.
 *
 * @example
 * export class ProfileState extends UserState {
 *   get initials() { return this.firstName.slice(0, 1) + this.lastName.slice(0, 1); }
 * }
 */
export class UserState extends AppState {
  // Without a request it would take everybody for a stranger, also where the app's events have none.
  static override events = { sync: { ...event(), bridge: "user" as const } };
  /** Null for somebody who is not signed in. */
  userId: number | string | null = null;
  username = "";
  email = "";
  firstName = "";
  lastName = "";
  isAuthenticated = false;
  isStaff = false;
  isSuperuser = false;
  /** Empty unless `auth.snapshotGroups` is on. */
  groupNames: string[] = [];

  /** Takes over who is signed in now. */
  async sync(): Promise<void> {
    await this.refreshUser();
  }

  /** The same for code on the server, with or without the names of groups, whatever the setting says. */
  async refreshUser(includeGroups: boolean = settings().snapshotGroups): Promise<void> {
    const { user } = this;
    const { id, groupNames, ...rest } = userSnapshot(user, includeGroups ? await user.groupNames() : []);
    Object.assign(this, rest);
    this.userId = id;
    this.groupNames = [...groupNames];
  }

  protected override async onConnect(): Promise<void> {
    if (settings().autoSync) await this.refreshUser();
  }

  protected override async onIdentityChange(): Promise<void> {
    if (settings().autoSync) await this.refreshUser();
  }
}

// Every app has it, so that no module of an app has to export it.
tagStates("antiphon", { UserState });

function settings(): { readonly autoSync: boolean; readonly snapshotGroups: boolean } {
  return hasContext() ? currentAuth().settings : { autoSync: true, snapshotGroups: false };
}
