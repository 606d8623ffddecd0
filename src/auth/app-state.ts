import { assertNoGetter, currentSession, currentUser } from "../bridge/current-request.ts";
import { currentMessages, type RequestMessages } from "../bridge/messages.ts";
import { type RequestProxy, request } from "../bridge/request-proxy.ts";
import type { RequestSession, RequestUser } from "../bridge/request-types.ts";
import { AntiphonError } from "../errors.ts";
import { markBase } from "../state/class-info.ts";
import { toast } from "../state/effects.ts";
import { State } from "../state/state.ts";
import { signIn } from "./account/authenticate.ts";
import { logout } from "./account/login.ts";
import { guardErrors } from "./guard-errors.ts";
import type { Credentials } from "./users/auth-backend.ts";

/** What a failed sign-in looks like that is the visitor's own doing. */
const REFUSED: ReadonlySet<string> = new Set(["AUTH_CREDENTIALS_INVALID", "AUTH_INACTIVE"]);

/**
 * A state that knows who uses it: the request of the running event, its session and its user.
 *
 * All of it is read anew each time and nothing of it is sent to the page. None of its methods can be called from there.
 *
 * @example
 * export class NotesState extends AppState {
 *   static override events = { publish: event({ args: [z.number()] }) };
 *   async publish(id: number) {
 *     if (!(await this.hasPerm("notes.change_note"))) return this.onPermissionDenied();
 *     await objects(Note).filter({ id, user: this.user }).update({ isPublic: true });
 *   }
 * }
 */
export abstract class AppState extends State {
  static {
    markBase(AppState);
  }

  /** The request of the running event; outside of one an anonymous visitor's. @throws AUTH_READ_IN_GETTER */
  protected get request(): RequestProxy {
    assertNoGetter("this.request");
    return request;
  }

  /**
   * Who calls the running event; somebody anonymous outside of one. Decide by it what is allowed.
   *
   * @throws AUTH_READ_IN_GETTER, because a getter would not run again when somebody else signs in
   */
  protected get user(): RequestUser {
    assertNoGetter("this.user");
    return currentUser();
  }

  /**
   * The session of the running event; it is saved when the event ends well.
   *
   * @throws AUTH_SESSION_UNBOUND outside of an event and where the bridge is switched off, AUTH_READ_IN_GETTER
   * @example
   * this.session.set("theme", "dark");
   */
  protected get session(): RequestSession {
    assertNoGetter("this.session");
    const session = currentSession();
    if (!session) throw guardErrors.AUTH_SESSION_UNBOUND(this.constructor.name, "session");
    return session;
  }

  /**
   * Messages for the next page of the browser: written now, shown once after the redirect. They are kept in the session.
   *
   * @throws AUTH_SESSION_UNBOUND outside of an event and where the bridge is switched off, AUTH_READ_IN_GETTER
   * @example
   * this.messages.success(t("Saved"));
   * return redirect("/notes");
   */
  protected get messages(): RequestMessages {
    assertNoGetter("this.messages");
    const messages = currentMessages();
    if (!messages) throw guardErrors.AUTH_SESSION_UNBOUND(this.constructor.name, "messages");
    return messages;
  }

  /**
   * Signs somebody in who knows his password. False, after `onAuthFailed()`, when he does not; the session is then what it
   * was. When the event ends well, the browser has its new cookie.
   *
   * @throws AUTH_THROTTLED (429) after too many tries, AUTH_SESSION_UNBOUND
   * @example
   * if (await this.login(username, password)) return redirect("/notes");
   */
  protected async login(credentials: Credentials): Promise<boolean>;
  protected async login(username: string, password: string): Promise<boolean>;
  protected async login(first: Credentials | string, password?: string): Promise<boolean> {
    if (!currentSession()) throw guardErrors.AUTH_SESSION_UNBOUND(this.constructor.name, "login()");
    try {
      await signIn(typeof first === "string" ? { username: first, password } : first);
      return true;
    } catch (error) {
      if (!(error instanceof AntiphonError && REFUSED.has(error.code))) throw error;
      await this.onAuthFailed();
      return false;
    }
  }

  /**
   * Signs out who is signed in: the session ends with all that it held, and every state of the user's tabs is made anew
   * once the event has ended well.
   *
   * @throws AUTH_SESSION_UNBOUND
   */
  protected async logout(): Promise<unknown> {
    if (!currentSession()) throw guardErrors.AUTH_SESSION_UNBOUND(this.constructor.name, "logout()");
    await logout();
    return undefined;
  }

  /** Whether the user may do something, such as `notes.change_note`; of a given object, where a back end knows about it. */
  protected hasPerm(permission: string, object?: unknown): Promise<boolean> {
    return this.user.hasPerm(permission, object);
  }

  /** Whether the user may do all of several things. */
  protected hasPerms(permissions: readonly string[], object?: unknown): Promise<boolean> {
    return this.user.hasPerms(permissions, object);
  }

  /** Whether the user is in a group. Superusers are in none that they were not put in. */
  protected hasGroup(name: string): Promise<boolean> {
    return this.user.hasGroup(name);
  }

  /** Runs when `login()` has failed; it may write vars, and what it answers is not used. */
  protected onAuthFailed(): unknown {
    return undefined;
  }

  /**
   * Answers, with effects, in place of an event whose guard does not let the signed-in user pass. As an answer to a guard it
   * may not write vars.
   */
  protected onPermissionDenied(): unknown {
    return toast.error(guardErrors.AUTH_FORBIDDEN().message);
  }
}
