import { resolve } from "node:path";
import { createSuperuser, createUser, type NewUser } from "../auth/account/create-user.ts";
import { login } from "../auth/account/login.ts";
import { authOf, currentAuth } from "../auth/identity/auth.ts";
import { syncPermissions } from "../auth/users/sync-permissions.ts";
import type { UserRow } from "../auth/users/user-model.ts";
import { runInRequest } from "../bridge/current-request.ts";
import { RequestContext } from "../bridge/request-context.ts";
import type { AntiphonConfig } from "../config/define-config.ts";
import { loadConfig } from "../config/load-config.ts";
import type { CheckedMail } from "../mail/message.ts";
import { prepareEmptyDatabase } from "../models/migrations/create-tables.ts";
import { objects } from "../models/query/query-set.ts";
import { createServer } from "../server/assembly/create-server.ts";
import type { AntiphonServer } from "../server/assembly/server-parts.ts";
import type { Logger } from "../server/logger.ts";
import { type BrowserRequest, browserFetch } from "./browser-fetch.ts";
import { testingErrors } from "./errors.ts";
import { browserHeaders, type CookieJar, TestTab } from "./test-tab.ts";

/** What an app is tested with. */
export interface TestAppOptions {
  /** The app's folder. */
  readonly root: string;
  /**
   * Settings that differ from the app's own. Without a `database.url` here an app with models gets an empty SQLite
   * database in memory, whatever its own settings and the environment say: a test never touches data that is kept.
   */
  readonly config?: AntiphonConfig;
  /** Told of every statement before it runs: to count what a page costs. */
  readonly onQuery?: (sql: string, parameters: readonly unknown[]) => void;
  /** Where log lines go; errors and warnings to standard output when absent. */
  readonly logger?: Logger;
}

/** How a tab is opened. */
export interface OpenOptions {
  /** A browser that the tab shares its cookies with; a new one when absent. */
  readonly browser?: TestBrowser;
  /** Name of a user who is signed in already in that browser. @see TestApp.createUser */
  readonly as?: string;
  /** The id of a tab to show up as, which is what a reloaded or duplicated tab does. */
  readonly tabId?: string;
}

/** A browser: the cookies that its tabs share. */
export class TestBrowser implements CookieJar {
  readonly #cookies = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  header(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join("; ");
  }

  take(response: Response): void {
    this.takeLines(response.headers.getSetCookie());
  }

  /** Keeps what `Set-Cookie` lines say. */
  takeLines(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      const gone = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute));
      if (gone || value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    if (lines.length > 0) for (const listener of [...this.#listeners]) listener();
  }

  value(name: string): string {
    return this.#cookies.get(name) ?? "";
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A running app under test: the real server on a free port. */
export class TestApp {
  readonly server: AntiphonServer;
  readonly #tabs: TestTab[] = [];

  constructor(server: AntiphonServer) {
    this.server = server;
  }

  /** Where the app answers. */
  get url(): string {
    return this.server.url;
  }

  /** Makes a user, with a password that costs little to check. */
  createUser(user: NewUser): Promise<UserRow> {
    return this.run(() => createUser(user));
  }

  /** Makes a user who may do everything. */
  createSuperuser(user: NewUser): Promise<UserRow> {
    return this.run(() => createSuperuser(user));
  }

  /** Mails that the app sent, the oldest first; `mailsSent()` waits for those that are on their way. */
  get outbox(): CheckedMail[] {
    return this.server.mail?.memory?.outbox ?? [];
  }

  /**
   * Waits until no mail is on its way, and gives all that were sent.
   *
   * @example
   * await tab.call(AccountState, "forgotPassword", "ada@example.org");
   * const [mail] = await app.mailsSent();
   */
  async mailsSent(): Promise<readonly CheckedMail[]> {
    await this.server.mail?.queue.idle();
    return this.outbox;
  }

  /** Runs code as the app's own: with its database, users, sessions and mail. */
  run<T>(work: () => T): T {
    return this.server.run(work);
  }

  /**
   * Signs a user in without asking for a password, in a browser of the test.
   *
   * @throws TESTING_USER_UNKNOWN
   */
  async signIn(username: string, browser: TestBrowser = new TestBrowser()): Promise<TestBrowser> {
    const { identity, database } = this.server;
    if (!identity || !database) throw testingErrors.TESTING_USER_UNKNOWN(username);
    const cookie = browser.header();
    const host = new URL(this.url).host;
    const context = new RequestContext(
      {
        kind: "view",
        method: "POST",
        url: "/",
        headers: { host, ...(cookie === undefined ? {} : { cookie }) },
        ip: "127.0.0.1",
        host,
        protocol: "http",
      },
      identity,
    );
    await this.run(() =>
      runInRequest(context, async () => {
        const user = await objects(currentAuth().user).filter({ username }).first();
        if (!user) throw testingErrors.TESTING_USER_UNKNOWN(username);
        await identity.prepare(context);
        await login({ id: user.id });
        await identity.finish(context, 200);
      }),
    );
    browser.takeLines([...context.outgoing.values()]);
    return browser;
  }

  /** Opens a page in a tab of its own; its `onLoad` has run when the promise settles. */
  async open(path = "/", options: OpenOptions = {}): Promise<TestTab> {
    const browser = options.browser ?? new TestBrowser();
    if (options.as !== undefined) await this.signIn(options.as, browser);
    const tab = new TestTab({
      server: this.server,
      path,
      cookies: browser,
      ...(options.tabId === undefined ? {} : { tabId: options.tabId }),
    });
    this.#tabs.push(tab);
    return await tab.open();
  }

  /** An HTTP request of a browser of its own, signed in as a user if one is named; redirects are returned, not followed. */
  async fetch(path: string, { as, ...init }: BrowserRequest & { readonly as?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (as !== undefined) {
      for (const [name, value] of Object.entries(browserHeaders(this.url, await this.signIn(as)))) {
        if (!headers.has(name)) headers.set(name, value);
      }
    }
    return await browserFetch(new URL(path, this.url), { ...init, headers });
  }

  /** Closes every tab and stops the server. */
  async close(): Promise<void> {
    for (const tab of this.#tabs) tab.close();
    await this.server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Starts an app for a test: the real server, socket and protocol on a free port of this machine, no browser. An app with
 * models has a database of its own, made by its migrations, or from its models as long as it has none.
 *
 * @throws whatever `antiphon run` would report about the app.
 * @example
 * await using app = await testApp({ root: import.meta.dirname });
 * await using tab = await app.open("/");
 */
export async function testApp(options: TestAppOptions): Promise<TestApp> {
  const { config } = await loadConfig({ root: options.root });
  const server = await createServer({
    root: options.root,
    mode: "test",
    config: {
      ...config,
      ...options.config,
      database: { ...config.database, url: "sqlite::memory:", ...options.config?.database },
      // A hundred users in a test take no longer than one in production.
      auth: { passwordHashing: { memory: 8, passes: 1 }, ...config.auth, ...options.config?.auth },
      // Nor does it write to anybody.
      mail: { ...config.mail, backend: "memory", ...options.config?.mail },
      session: { ...config.session, secure: false, ...options.config?.session },
    },
    port: 0,
    host: "127.0.0.1",
    ...(options.logger ? { logger: options.logger } : {}),
    ...(options.onQuery ? { onQuery: options.onQuery } : {}),
    prepareDatabase: (database) =>
      prepareEmptyDatabase(database, {
        folder: resolve(options.root, "migrations"),
        warn: (sentence) => (options.logger ? options.logger.warn({}, sentence) : process.emitWarning(sentence)),
      }),
  });
  try {
    const { database } = server;
    if (database) {
      const { appName } = authOf(database).settings;
      await server.run(() => syncPermissions(database, [...database.models.values()], appName));
    }
    await server.listen();
  } catch (error) {
    await server.close();
    throw error;
  }
  return new TestApp(server);
}
