import { anonymousUser } from "../../bridge/anonymous-user.ts";
import { readSetCookie } from "../../bridge/cookie-header.ts";
import type { Identity, IdentityChange, RequestContext } from "../../bridge/request-context.ts";
import type { RequestSession, RequestUser } from "../../bridge/request-types.ts";
import { AntiphonError } from "../../errors.ts";
import type { Session } from "../../sessions/session.ts";
import { setReserved } from "../../sessions/session.ts";
import type { SessionManager } from "../../sessions/session-manager.ts";
import { authErrors } from "../errors.ts";
import { userKey } from "../users/stored-user.ts";
import type { Auth } from "./auth.ts";
import type { UserEntry } from "./identity-cache.ts";
import { pinnedUser, pinUser, unpinUser } from "./pinned-user.ts";
import { USER_BACKEND, USER_HASH, USER_ID } from "./session-keys.ts";
import { SignedInUser } from "./signed-in-user.ts";

/** What an identity is made of. */
export interface IdentityOptions {
  readonly sessions: SessionManager;
  /** Users and sign-in; without a database nobody is ever signed in. */
  readonly auth: Auth | undefined;
  /** The language of a request; "en" when absent. */
  readonly language?: (context: RequestContext) => string;
}

const KEPT_KEYS = 10_000;

/** What stands for everybody who is not signed in, where a user's entry would stand. */
const NOBODY = Object.freeze({});

/** Finds out who makes a request, by its session and the user table. */
export function createIdentity(options: IdentityOptions): Identity {
  return new SessionIdentity(options);
}

class SessionIdentity implements Identity {
  readonly #sessions: SessionManager;
  readonly #auth: Auth | undefined;
  readonly #language: (context: RequestContext) => string;
  /** Keys of users by their text in a session. */
  readonly #keys = new Map<string, number | string>();
  readonly #listeners = new Set<(change: IdentityChange) => void>();
  /** Whom a stored session was found to belong to, by its hash; neither changes without becoming another object. */
  readonly #proven = new WeakMap<object, UserEntry>();
  /** Sessions whose hash was renewed, with what they held then. */
  readonly #renewed = new WeakMap<RequestSession, string>();

  constructor({ sessions, auth, language = () => "en" }: IdentityOptions) {
    this.#sessions = sessions;
    this.#language = language;
    this.#auth = auth;
    sessions.onEnded((sessionId, cycled) => this.#notify(cycled ? { sessionId, cycled } : { sessionId }));
    auth?.users.onChange((userId) => this.#notify({ userId }));
  }

  session(context: RequestContext): RequestSession {
    const byTicket = context.kind === "event" || context.kind === "handshake";
    const origin = { ip: context.ip, byTicket };
    return this.#sessions.open(context.cookies[this.#sessions.cookie.name], origin);
  }

  async delivered(cookies: readonly string[]): Promise<void> {
    const kept = cookies.map(readSetCookie).find((cookie) => cookie?.name === this.#sessions.cookie.name);
    if (kept && !kept.gone) await this.#sessions.claimed(kept.value).catch(unlessEnded);
  }

  sessionId(context: RequestContext): string | undefined {
    return this.#sessions.idOf(context.cookies[this.#sessions.cookie.name]);
  }

  language(context: RequestContext): string {
    return this.#language(context);
  }

  user(context: RequestContext): RequestUser {
    const auth = this.#auth;
    if (!auth) return anonymousUser;
    const entry = guarded(() => this.#entry(context, auth));
    return entry ? auth.show(entry) : auth.anonymous;
  }

  owner(context: RequestContext): string | undefined {
    if (this.#isNobody(context)) return undefined;
    const { user } = context;
    return user.isAuthenticated ? String(user.id) : undefined;
  }

  snapshotToken(context: RequestContext): unknown {
    if (this.#isNobody(context)) return NOBODY;
    return SignedInUser.entryOf(context.user) ?? NOBODY;
  }

  /** Without a cookie, and with a session that nobody has asked for, there is nothing to look up. */
  #isNobody(context: RequestContext): boolean {
    return !context.openedSession && context.cookies[this.#sessions.cookie.name] === undefined;
  }

  prepare(context: RequestContext): void | Promise<void> {
    // Without a cookie there is no session, and nothing to load.
    if (this.sessionId(context) === undefined) return;
    const session = sessionOf(context);
    const loading = guarded(() => this.#sessions.prepare(session));
    if (loading) return this.#afterSession(context, loading);
    return this.#prepareUser(context);
  }

  forget(context: RequestContext): void {
    unpinUser(context);
    missing.delete(context);
  }

  finish(context: RequestContext, status: number): void | Promise<void> {
    if (!context.openedSession) return;
    const session = sessionOf(context);
    if (this.#sessions.isClean(session)) return;
    return this.#save(context, session, status);
  }

  isUnsaved(context: RequestContext): boolean {
    return context.openedSession !== undefined && this.#sessions.isUnsaved(sessionOf(context));
  }

  async #save(context: RequestContext, session: Session, status: number): Promise<void> {
    try {
      for (const line of await this.#sessions.save(session, status)) context.setCookie(line);
    } catch (error) {
      if (!this.#wasRenewedElsewhere(session, error)) throw error;
    }
  }

  onChange(listener: (change: IdentityChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #afterSession(context: RequestContext, loading: Promise<void>): Promise<void> {
    await loading.catch(unavailable);
    await this.#prepareUser(context);
  }

  #prepareUser(context: RequestContext): void | Promise<void> {
    const auth = this.#auth;
    if (!auth) return;
    // A database that answers at once is asked when somebody wants to know.
    if (auth.database.dialect === "sqlite") return;
    const session = sessionOf(context);
    // A request that asks for nobody must not look like one that does.
    const id = this.#userKey(
      guarded(() => this.#sessions.peek(session, USER_ID)),
      auth,
    );
    if (id === undefined) return;
    const known = guarded(() => auth.users.now(id));
    if (known) return this.#pin(context, auth, known);
    return auth.users.load(id).then((entry) => {
      if (entry) return this.#pin(context, auth, entry);
      missing.add(context);
      return undefined;
    }, unavailable);
  }

  #pin(context: RequestContext, auth: Auth, entry: UserEntry): void | Promise<void> {
    const session = sessionOf(context);
    if (entry.hashes.match(this.#sessions.peek(session, USER_HASH)) >= 0) pinUser(context, entry);
    else return this.#readAnew(context, auth, session).catch(unavailable);
  }

  /**
   * The session and the user do not go together. That ends the session, so it must be true of what is stored: what is
   * known here of one of them may be older than what another process has written.
   */
  async #readAnew(context: RequestContext, auth: Auth, session: Session): Promise<void> {
    await this.#sessions.refresh(session);
    const id = this.#userKey(this.#sessions.peek(session, USER_ID), auth);
    if (id === undefined) return;
    const entry = await auth.users.reload(id);
    if (entry) pinUser(context, entry);
    else missing.add(context);
  }

  /** The key of who is named in a session. */
  #userKey(id: unknown, auth: Auth): number | string | undefined {
    if (typeof id !== "string") return undefined;
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const key = userKey(auth.user, id);
    if (key !== undefined) {
      if (this.#keys.size >= KEPT_KEYS) this.#keys.clear();
      this.#keys.set(id, key);
    }
    return key;
  }

  #entry(context: RequestContext, auth: Auth): UserEntry | undefined {
    const session = sessionOf(context);
    const id = this.#userKey(session.get(USER_ID), auth);
    if (id === undefined) return undefined;
    const entry = pinnedUser(context, id) ?? (missing.has(context) ? null : auth.users.now(id));
    if (entry === undefined) throw authErrors.AUTH_NOT_LOADED();
    if (entry === null) return undefined;
    if (!auth.accepts(session.get(USER_BACKEND), entry.user)) return undefined;
    const stored = this.#sessions.unchanged(session);
    if (stored && this.#proven.get(stored) === entry) return entry;
    const hash = session.get(USER_HASH);
    const secret = entry.hashes.match(hash);
    if (secret > 0) this.#renew(session, entry);
    if (secret < 0) session.flush();
    // Of a handover one of the two counts for a while only.
    if (secret === 0 && stored && typeof hash === "string") this.#proven.set(stored, entry);
    return secret < 0 ? undefined : entry;
  }

  /** The secret that the session's hash was made with is an old one: from here on it is the one of now. */
  #renew(session: RequestSession, entry: UserEntry): void {
    const before = session.modified ? undefined : valuesOf(session);
    session.cycleKey();
    setReserved(session, USER_HASH, entry.hashes.current);
    if (before !== undefined) this.#renewed.set(session, before);
  }

  /** Of several requests at once the first one renews the session; the others have lost nothing when they did no more. */
  #wasRenewedElsewhere(session: RequestSession, error: unknown): boolean {
    if (!(error instanceof AntiphonError) || error.code !== "SESSION_INTERRUPTED") return false;
    const before = this.#renewed.get(session);
    return before !== undefined && before === valuesOf(session);
  }

  #notify(change: IdentityChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** A session that has ended while its cookie was on its way stays ended. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof AntiphonError) || error.code !== "SESSION_INTERRUPTED") throw error;
}

/** Every session of a request was opened by this identity, which opens those of the manager. */
function sessionOf(context: RequestContext): Session {
  return context.session as Session;
}

/** Requests whose session names nobody who exists. */
const missing = new WeakSet<RequestContext>();

/** All that a session holds but the hash, as one text. */
function valuesOf(session: RequestSession): string {
  return JSON.stringify(session.entries().filter(([key]) => key !== USER_HASH));
}

/** A storage that fails must not look like somebody who is not signed in. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return unavailable(error);
  }
}

function unavailable(error: unknown): never {
  if (error instanceof AntiphonError && /^(?:AUTH|SESSION)_/.test(error.code)) throw error;
  throw authErrors.AUTH_UNAVAILABLE.with({ cause: error });
}
