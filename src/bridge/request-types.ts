import type { IncomingHttpHeaders } from "node:http";
import type { RequestMessages } from "./messages.ts";

/**
 * What a browser's session holds: values by key, kept on the server between requests. Reading it needs no waiting.
 *
 * Views and events save it at their end, when they end well; nothing of it ever reaches a script in the browser.
 *
 * @example
 * request.session.set("theme", "dark");
 * const theme = request.session.get("theme", "light");
 */
export interface RequestSession {
  get<T = unknown>(key: string): T | undefined;
  get<T>(key: string, fallback: T): T;
  set(key: string, value: unknown): void;
  has(key: string): boolean;
  delete(key: string): boolean;
  /** Takes a value out. */
  pop<T = unknown>(key: string, fallback?: T): T | undefined;
  /** The value, which is set first if there is none. */
  setDefault<T>(key: string, value: T): T;
  update(values: { readonly [key: string]: unknown }): void;
  keys(): string[];
  entries(): [key: string, value: unknown][];
  /** Takes every value out; the key stays. */
  clear(): void;
  /** Ends the session: no values, no row and no key are left when it is saved. */
  flush(): void;
  /** Gives the session a new key when it is saved, with the same values; the old key is worth nothing then. */
  cycleKey(): void;
  /** Seconds from now, a moment, 0 for "until the browser closes", or null for the default. */
  setExpiry(value: number | Date | null): void;
  /** Seconds until it expires. */
  readonly expiryAge: number;
  readonly expiryDate: Date;
  readonly expiresAtBrowserClose: boolean;
  /** The key; null before the first save. It opens the session: never put it where a browser can see it. */
  readonly key: string | null;
  readonly isEmpty: boolean;
  /** Whether something of it was read or written. */
  readonly accessed: boolean;
  readonly modified: boolean;
  /** Saves it now; only code outside of views and events needs to. */
  save(): Promise<void>;
}

/**
 * Who makes a request. It is a picture of the moment: changing it changes nothing; the password is not in it.
 *
 * @example
 * if (await request.user.hasPerm("notes.change_note")) { … }
 */
export interface RequestUser {
  /** The primary key; null for somebody who is not signed in. */
  readonly id: number | string | null;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isAuthenticated: boolean;
  readonly isActive: boolean;
  readonly isStaff: boolean;
  readonly isSuperuser: boolean;
  /** Whether the user may do something: `app.codename`. An active superuser may do everything. */
  hasPerm(permission: string, object?: unknown): Promise<boolean>;
  hasPerms(permissions: readonly string[], object?: unknown): Promise<boolean>;
  /** Whether the user has any permission of an app. */
  hasModulePerms(app: string): Promise<boolean>;
  hasGroup(name: string): Promise<boolean>;
  groupNames(): Promise<readonly string[]>;
  permissions(): Promise<ReadonlySet<string>>;
}

/** Where a request comes from: an HTTP view, a page's document, an event on the socket, or the socket's opening. */
export type RequestKind = "view" | "page" | "event" | "handshake";

/** A request, whether it came over HTTP or as an event of an open page. */
export interface AppRequest {
  readonly kind: RequestKind;
  /** Of an event it is `GET`. */
  readonly method: string;
  /** Without the query; of an event the page's path. */
  readonly path: string;
  readonly url: string;
  /** The query; of a name that stands twice the last value. */
  readonly query: { readonly [name: string]: string };
  /** By their names in lower case; the imported `request` finds them in any case. */
  readonly headers: IncomingHttpHeaders;
  readonly cookies: { readonly [name: string]: string };
  /** The browser's address; a proxy's word counts only when the proxy is trusted. */
  readonly ip: string;
  /** The host that the browser asked for, with its port. */
  readonly host: string;
  readonly protocol: "http" | "https";
  readonly session: RequestSession;
  /** Messages for the next page that the browser opens. */
  readonly messages: RequestMessages;
  readonly user: RequestUser;
  readonly language: string;
}
