import type { UserConfig as ViteConfig } from "vite";
import type { AuthConfig } from "./auth-config.ts";
import type { MailConfig } from "./mail-config.ts";
import type { SessionConfig } from "./session-config.ts";

/** What `onStart` and `onStop` are given. */
export interface RunningServer {
  /** Where the server answers, for example `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
}

/** Bounds that protect the server from a single browser; each has a default that suits most apps. */
export interface LimitsConfig {
  /** Most characters of one message of a browser on the socket. */
  readonly frameSize?: number;
  /** How deep a value from the browser may be nested. */
  readonly depth?: number;
  /** How many events of one tab may wait for an answer. */
  readonly queue?: number;
  /** How many characters the events of one tab that wait for an answer may hold together. */
  readonly queueBytes?: number;
  /** Events per second that one tab may send in the long run. */
  readonly eventsPerSecond?: number;
  /** Events that one tab may send at once before `eventsPerSecond` counts. */
  readonly burst?: number;
  /** Background and parallel handlers of one tab that may run at once. */
  readonly background?: number;
  /** How many tabs the server keeps state for; beyond it one that is away is discarded: an unused one, else who has been away longest. */
  readonly tabs?: number;
  /**
   * How many sockets one address may have open at once; of IPv6 the first half of an address counts. When as many of its
   * tabs are kept, the one of them that has been away longest makes room.
   */
  readonly socketsPerAddress?: number;
  /** How many sockets one session may have open at once. */
  readonly socketsPerSession?: number;
  /**
   * Most bytes (about) of the states of all tabs. Beyond it tabs that are away are discarded, then those larger than
   * `tabBytes` are ended; when that is not enough no new page is let in.
   */
  readonly stateBytes?: number;
  /**
   * Most bytes (about) of the states of all tabs of one address. Beyond it those of its tabs that are away are discarded, then
   * its largest ones are ended. Half of `stateBytes` when absent.
   */
  readonly addressStateBytes?: number;
  /** A tab whose states take more bytes than this (about) is named in a warning. */
  readonly tabBytes?: number;
  /** A tab whose states take more bytes than this (about) is ended with CHANNEL_TAB_TOO_LARGE. */
  readonly tabBytesMax?: number;
  /** Bytes kept per tab (about), so that a page that comes back gets just what it missed. */
  readonly replayBytes?: number;
  /** Frames kept per tab for the same purpose. */
  readonly replayFrames?: number;
  /**
   * Bytes that the process holds for pages that have not read them yet, including what it keeps for pages that reconnect.
   * Beyond it that is dropped, then the connections that read nothing and hold most are closed.
   */
  readonly unsentBytes?: number;
  /** Milliseconds after which background work of a tab that is away ends. */
  readonly leaveAfter?: number;
  /** Milliseconds after which the states of a tab that is away are discarded. */
  readonly expireAfter?: number;
  /**
   * Milliseconds that a page which is loaded anew, or comes back after `leaveAfter`, waits for a handler of before that does
   * not end; then its states are made anew. Also how long an `update()` from outside of the tab waits for one handler.
   */
  readonly stuckAfter?: number;
  /** Milliseconds that an older page of the same tab gets to say that it is still there. */
  readonly aliveTimeout?: number;
  /** Milliseconds between two looks at whether the users of idle tabs are still signed in. */
  readonly identityCheck?: number;
  /** Milliseconds between two signs of life of a connection. */
  readonly pingInterval?: number;
  /** Milliseconds after which a silent connection counts as lost. */
  readonly pingTimeout?: number;
  /** Largest body of an HTTP request to `src/routes.ts`, in bytes; 1 MiB when absent. */
  readonly bodyBytes?: number;
}

/** Where the app's models live. */
export interface DatabaseConfig {
  /**
   * `sqlite:./db.sqlite3` (relative to the app's folder), `sqlite::memory:`, `postgres://…` or `mysql://…`. When absent
   * the variable DATABASE_URL says it, else it is `sqlite:./db.sqlite3`.
   */
  readonly url?: string;
  /** Databases that `makemigrations` writes for; when absent the url's, and those that there are migrations for. */
  readonly dialects?: readonly ("sqlite" | "postgres" | "mysql")[];
  /**
   * Most connections of one process at once, on PostgreSQL and MySQL; 10 when absent. One more is opened for sessions and
   * users while all are taken.
   */
  readonly poolSize?: number;
  /** Milliseconds that a query may wait for a connection or a lock; 5,000 when absent. */
  readonly busyTimeout?: number;
  /** Milliseconds that one statement of a running server may take on PostgreSQL and MySQL; 30,000 when absent. */
  readonly statementTimeout?: number;
  /** Milliseconds that a transaction of a running server may be open before it is rolled back; 30,000 when absent. */
  readonly transactionTimeout?: number;
}

/**
 * What the events of an open page get of a request: "full" is the app's own hooks, session and user, "session" is session
 * and user without the hooks, "none" is nothing unless a state or an event asks for more or is guarded for signed-in users.
 * False: nobody is ever signed in in an event, whatever it asks for. True is "full".
 */
export type EventBridge = boolean | "full" | "session" | "none";

/** All settings of an app; every one may be left out. */
export interface AntiphonConfig {
  /** Name of the app in log lines; the folder's name when absent. */
  readonly appName?: string;
  /** Where `src/routes.ts` lives, for example "/api". Empty or absent: the app has no HTTP views. */
  readonly backendPrefix?: string;
  /** Where the admin lives; "/admin" when absent. No page may lie below it. */
  readonly adminPrefix?: string;
  /** Further prefixes handed to the back end. */
  readonly extraPrefixes?: readonly string[];
  /** What the events of an open page get of a request; true when absent. */
  readonly eventBridge?: EventBridge;
  /**
   * What cookies and links are signed with: at least 50 characters that nobody can guess. Required in production;
   * elsewhere the server makes one and keeps it in `.antiphon/secret`.
   */
  readonly secretKey?: string;
  /** Earlier keys: what they signed is still taken, and signed anew by `secretKey`. */
  readonly secretKeyFallbacks?: readonly string[];
  /** Where people reach the app, for example "https://app.example.com": the host of links in mails. */
  readonly publicUrl?: string;
  /**
   * Where browsers load the built files from, for example "https://cdn.example.org/notes/"; the server itself when absent.
   * It is a setting of the build: `antiphon collectstatic` writes the files that belong there.
   */
  readonly assetsUrl?: string;
  /** Sessions and their cookie. */
  readonly session?: SessionConfig;
  /** Users, signing in and signing up. */
  readonly auth?: AuthConfig;
  /** How mails leave. */
  readonly mail?: MailConfig;
  /** Where the models of `src/models.ts` live. */
  readonly database?: DatabaseConfig;
  /** Port to listen on; 3000 when absent, 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on; "127.0.0.1" in development and "0.0.0.0" in production when absent. */
  readonly host?: string;
  /**
   * Other origins whose pages may open the socket and send requests that change something, such as a POST of a form:
   * "https://app.example.com", or "https://*.example.com" for all hosts below a domain. The server's own always may.
   */
  readonly trustedOrigins?: readonly string[];
  /**
   * Names under which the server may be asked for, for example "app.example.com", ".example.com" for all below it, or "*"
   * for any. Required in production; addresses and localhost are taken elsewhere.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Whether a reverse proxy's `X-Forwarded-*` headers are believed: true for whatever is connected to the server, and of
   * their lists only what that one has added; or the addresses of all proxies on the way.
   */
  readonly trustProxy?: boolean | readonly string[];
  readonly limits?: LimitsConfig;
  /**
   * Milliseconds that stopping may take, 10,000 when absent: handlers and requests that run may end, then `onStop` is
   * called. Give it less than the time after which your platform kills the process.
   */
  readonly shutdownMs?: number;
  /** False sends no Content-Security-Policy; an object replaces single directives of the default one. */
  readonly contentSecurityPolicy?: false | { readonly [directive: string]: readonly string[] };
  /** Called when the server listens; it counts as started when the promise has settled. An error stops the start. */
  readonly onStart?: (server: RunningServer) => void | Promise<void>;
  /** Called last when the server stops. */
  readonly onStop?: (server: RunningServer) => void | Promise<void>;
  /** Further settings for Vite, merged into the framework's own. */
  readonly vite?: ViteConfig;
}

/** Makes a key that no setting has an error at its own line. */
type OnlyKnownKeys<C> = { readonly [K in Exclude<keyof C, keyof AntiphonConfig>]: never };

/**
 * Declares an app's settings: `antiphon.config.ts` exports its result by default. It returns what it is given, with
 * the exact types of the values, and checks nothing at run time: that is done when the file is loaded.
 *
 * @example
 * export default defineConfig({ appName: "notes", backendPrefix: "/api", port: 4000 });
 */
export function defineConfig<const C extends AntiphonConfig>(config: C & OnlyKnownKeys<C>): C {
  return config;
}
