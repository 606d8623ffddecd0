import { AppState } from "antiphon/auth";
import { event } from "antiphon/state";

/** An event that is no request. */
export class NoneState extends AppState {
  static override bridge = "none" as const;
  static override events = { increment: event() };
  count = 0;

  increment(): void {
    this.count++;
  }
}

/** The same with a session and a user, both of which it reads. */
export class SessionState extends AppState {
  static override bridge = "session" as const;
  static override events = { increment: event() };
  count = 0;

  increment(): void {
    if (this.user.isAuthenticated && this.session.get("theme") === "dark") this.count++;
  }
}

/** The same behind the hooks of the app's views. */
export class FullState extends AppState {
  static override bridge = "full" as const;
  static override events = { increment: event() };
  count = 0;

  increment(): void {
    if (this.user.isAuthenticated && this.session.get("theme") === "dark") this.count++;
  }
}
