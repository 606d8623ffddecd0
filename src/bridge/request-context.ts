import type { IncomingHttpHeaders } from "node:http";
import { queryOf } from "../protocol/page.ts";
import { parseCookies, readSetCookie } from "./cookie-header.ts";
import { type RequestMessages, SessionMessages } from "./messages.ts";
import type { AppRequest, RequestKind, RequestSession, RequestUser } from "./request-types.ts";

/** The facts of a request, before anybody asked who makes it. */
export interface RequestSource {
  readonly kind: RequestKind;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
  readonly host: string;
  readonly protocol: "http" | "https";
  /** In place of those in the headers: an open socket's cookies change without a new handshake. */
  readonly cookies?: { readonly [name: string]: string };
}

/** Knows sessions and users; the bridge knows neither. */
export interface Identity {
  /** Makes the session of a request; reads nothing. */
  session(context: RequestContext): RequestSession;
  user(context: RequestContext): RequestUser;
  language(context: RequestContext): string;
  /** Loads ahead what cannot be read at once, unless it is known and fresh. */
  prepare(context: RequestContext): void | Promise<void>;
  /** Forgets what was found out about a request's user: it is looked up anew when somebody asks. */
  forget(context: RequestContext): void;
  /** Saves the session and puts the cookies that this takes into the context. Nothing is saved at 500 and above. */
  finish(context: RequestContext, status: number): void | Promise<void>;
  /** Whether the session was changed after `finish()`, so that neither its storage nor the browser knows of it. */
  isUnsaved(context: RequestContext): boolean;
  /** Called with the `Set-Cookie` lines that a browser has fetched after an event had set them. */
  delivered(cookies: readonly string[]): Promise<void>;
  /** The id of the signed-in user; undefined for anybody else. */
  owner(context: RequestContext): string | undefined;
  /** Another reference whenever something about the user has changed. */
  snapshotToken(context: RequestContext): unknown;
  /** Names the session without opening it; undefined without one. */
  sessionId(context: RequestContext): string | undefined;
  /** Told when a session ended or got another key, and when something about a user changed. */
  onChange(listener: (change: IdentityChange) => void): () => void;
}

/** What has changed about who somebody is. */
export interface IdentityChange {
  readonly sessionId?: string;
  /** The session lives on under another key, which its browser is about to get. */
  readonly cycled?: boolean;
  readonly userId?: string;
}

/** Most requests set no cookie. */
const NOTHING: ReadonlyMap<string, string> = new Map();

/** One request with what belongs to it; session, user and language are found when they are asked for. */
export class RequestContext implements AppRequest {
  readonly kind: RequestKind;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
  readonly host: string;
  readonly protocol: "http" | "https";
  readonly identity: Identity;
  /** The framework's own request, for what the app's hooks have put on it; undefined where there is none. */
  view: AppRequest | undefined;
  #outgoing: Map<string, string> | undefined;
  #cookies: { readonly [name: string]: string } | undefined;
  #query: { readonly [name: string]: string } | undefined;
  #session: RequestSession | undefined;
  #user: RequestUser | undefined;
  #language: string | undefined;
  /** The language that the visitor has chosen within this request. */
  #chosenLanguage: string | undefined;
  #userChanged = false;

  /** `url` in place of the source's: what a tab's events ask for differs in nothing else. */
  constructor(source: RequestSource, identity: Identity, url = source.url) {
    this.kind = source.kind;
    this.method = source.method;
    this.url = url;
    this.headers = source.headers;
    this.ip = source.ip;
    this.host = source.host;
    this.protocol = source.protocol;
    this.#cookies = source.cookies;
    this.identity = identity;
  }

  get path(): string {
    const end = this.url.search(/[?#]/);
    return end < 0 ? this.url : this.url.slice(0, end);
  }

  get query(): { readonly [name: string]: string } {
    this.#query ??= queryOf(new URL(this.url, "http://localhost"));
    return this.#query;
  }

  get cookies(): { readonly [name: string]: string } {
    this.#cookies ??= parseCookies(this.headers.cookie);
    return this.#cookies;
  }

  get session(): RequestSession {
    this.#session ??= this.identity.session(this);
    return this.#session;
  }

  get messages(): RequestMessages {
    return new SessionMessages(this.session);
  }

  /** The session if anything has asked for it: what nobody asked for needs no saving. */
  get openedSession(): RequestSession | undefined {
    return this.#session;
  }

  get user(): RequestUser {
    this.#user ??= this.identity.user(this);
    return this.#user;
  }

  get language(): string {
    this.#language ??= this.#chosenLanguage ?? this.identity.language(this);
    return this.#language;
  }

  /** Uses another language from here on: the visitor has chosen it. */
  set language(language: string) {
    this.#chosenLanguage = language;
    this.#language = language;
  }

  /** Whether the visitor has chosen a language in this request. */
  get hasChosenLanguage(): boolean {
    return this.#chosenLanguage !== undefined;
  }

  /** Uses the language that the visitor has by now, unless they chose one within this request. */
  followLanguage(language: string): void {
    this.#language = this.#chosenLanguage ?? language;
  }

  /** Whether anything has asked for the language: the answer then depends on it. */
  get hasLanguage(): boolean {
    return this.#language !== undefined;
  }

  /** Whether somebody may have signed in or out in this request. */
  get userChanged(): boolean {
    return this.#userChanged;
  }

  /** Called after a sign-in or sign-out: finds the user again, and the language unless it was chosen in this request. */
  forgetUser(): void {
    this.#userChanged = true;
    this.#user = undefined;
    this.#language = undefined;
  }

  /** Adds a `Set-Cookie` line to the answer; of one cookie the last line counts. */
  setCookie(line: string): void {
    const kept = readSetCookie(line);
    if (!kept) return;
    this.#outgoing ??= new Map();
    this.#outgoing.set(kept.name, line);
  }

  /** `Set-Cookie` lines by cookie name. */
  get outgoing(): ReadonlyMap<string, string> {
    return this.#outgoing ?? NOTHING;
  }
}
