import { resolve } from "node:path";
import type { AntiphonConfig } from "../config/define-config.ts";
import { loadConfig } from "../config/load-config.ts";
import { prepareEmptyDatabase } from "../models/migrations/create-tables.ts";
import { createServer } from "../server/create-server.ts";
import type { Logger } from "../server/logger.ts";
import type { AntiphonServer } from "../server/server-parts.ts";
import { type CookieJar, TestTab } from "./test-tab.ts";

/** What an app is tested with. */
export interface TestAppOptions {
  /** The app's folder. */
  readonly root: string;
  /**
   * Settings that differ from the app's own. Without a `database.url` here an app with models gets an empty SQLite
   * database in memory, whatever its own settings and the environment say: a test never touches data that is kept.
   */
  readonly config?: AntiphonConfig;
  /** Where log lines go; errors and warnings to standard output when absent. */
  readonly logger?: Logger;
}

/** How a tab is opened. */
export interface OpenOptions {
  /** A browser that the tab shares its cookies with; a new one when absent. */
  readonly browser?: TestBrowser;
  /** The id of a tab to show up as, which is what a reloaded or duplicated tab does. */
  readonly tabId?: string;
}

/** A browser: the cookies that its tabs share. */
export class TestBrowser implements CookieJar {
  readonly #cookies = new Map<string, string>();

  header(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join("; ");
  }

  take(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      const gone = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute));
      if (gone || value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
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

  /** Opens a page in a tab of its own; its `onLoad` has run when the promise settles. */
  async open(path = "/", options: OpenOptions = {}): Promise<TestTab> {
    const tab = new TestTab({
      server: this.server,
      path,
      cookies: options.browser ?? new TestBrowser(),
      ...(options.tabId === undefined ? {} : { tabId: options.tabId }),
    });
    this.#tabs.push(tab);
    return await tab.open();
  }

  /** An HTTP request of a browser without cookies; redirects are returned, not followed. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(path, this.url), { redirect: "manual", ...init });
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
    },
    port: 0,
    host: "127.0.0.1",
    ...(options.logger ? { logger: options.logger } : {}),
  });
  try {
    if (server.database) await prepareEmptyDatabase(server.database, { folder: resolve(options.root, "migrations") });
    await server.listen();
  } catch (error) {
    await server.close();
    throw error;
  }
  return new TestApp(server);
}
