import { safeNext } from "antiphon";
import { AppState } from "antiphon/auth";
import { event, redirect, toast } from "antiphon/state";
import { z } from "zod";

const Credentials = z.object({ username: z.string().min(1, "Who are you?"), password: z.string().min(1, "And your password?") });

/** Signing in and out. Nothing of it is special: `login` and `logout` are methods of every AppState. */
export class AccountState extends AppState {
  static override events = {
    signIn: event({ args: [Credentials] }),
    signOut: event(),
    setTheme: event({ args: [z.enum(["light", "dark"])] }),
    open: event(),
  };

  error = "";
  theme = "light";

  open() {
    this.theme = this.session.get("theme", "light");
  }

  async signIn({ username, password }: z.infer<typeof Credentials>) {
    this.error = "";
    if (!(await this.login({ username, password }))) {
      this.error = "That name and password do not go together.";
      return undefined;
    }
    return [redirect(this.next()), toast.success(`Welcome, ${this.user.username}.`)];
  }

  async signOut() {
    await this.logout();
    return redirect("/");
  }

  /** Kept in the session, which somebody who is not signed in has as well. */
  setTheme(theme: "light" | "dark") {
    this.session.set("theme", theme);
    this.theme = theme;
  }

  /** Where somebody wanted to go who was sent here first; nowhere outside of this app. */
  private next(): string {
    const { host, protocol } = this.request;
    return safeNext(this.router.query.next, { host, secure: protocol === "https", fallback: "/notes" });
  }
}
