import type { IncomingMessage, Server } from "node:http";
import type { App } from "../../app/app.ts";
import type { AppMail } from "../../app/mail.ts";
import type { Identity, RequestSource } from "../../bridge/request-context.ts";
import type { TabSummary } from "../../channel/channel.ts";
import type { Bridge } from "../../channel/tab/tab-requests.ts";
import type { RunWithin } from "../../context-variable.ts";
import type { Translator } from "../../i18n/translator.ts";
import type { Database } from "../../models/database/database.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import type { PageKeys } from "../../protocol/messages.ts";
import type { PageTable } from "../../protocol/page.ts";
import type { StateRegistry } from "../../state/registry.ts";
import type { ServerStats } from "../http/health.ts";
import type { Logger } from "../logger.ts";
import type { ShownApp } from "../views/document.ts";
import type { Frontend } from "../views/frontend.ts";

/** What an app gives the server. */
export interface AppParts {
  readonly states: StateRegistry;
  readonly pages: PageTable;
  /** Default export of `src/routes.ts`. */
  readonly routes?: unknown;
  /** The model classes that `src/models.ts` exports. */
  readonly models?: readonly ModelClass[];
}

/** An app that was loaded, and the front end that shows it. */
export interface OpenedApp {
  readonly app: AppParts;
  readonly frontend: Frontend;
  /** Names the build that browsers were given; "development" when there is none. */
  readonly build: string;
  /** URL from which browsers load the built files; undefined for this server. */
  readonly assetsUrl?: string | undefined;
  /** Returns the keys of the messages that the app's pages use. */
  readonly messageKeys?: () => Promise<PageKeys>;
}

/** What the opener of an app is given. */
export interface OpenContext {
  readonly httpServer: Server;
  /** The pages and states as they are now; a reload replaces them. */
  app(): ShownApp;
  /** Takes a changed app in; rejects, with the old app still running, when it cannot be used. */
  replace(app: AppParts): Promise<void>;
}

/** The socket's side of the server. */
export interface ChannelParts {
  replaceApp(states: StateRegistry, pages: PageTable): Promise<void>;
  stats(): { readonly tabs: number; readonly connected: number; readonly bytes: number };
  tabs(): readonly TabSummary[];
  /** Lets running handlers end, within so many milliseconds, and closes every connection. */
  close(bound: number): Promise<void>;
}

/** What a server is put together from. */
export interface AssemblyOptions {
  /** The app's parts, which the server opens with the app's models and closes. */
  readonly app: App;
  readonly logger: Logger;
  /** The most that stopping may take, in milliseconds. */
  readonly shutdownMs: number;
  open(context: OpenContext): Promise<OpenedApp>;
  /** Runs the turns of tabs with the database, and as requests of their browsers. */
  attachChannel(httpServer: Server, opened: OpenedApp, turns: TurnParts): ChannelParts;
}

/** What the turns of tabs run in. */
export interface TurnParts {
  readonly runIn: RunWithin;
  readonly bridge: Omit<Bridge, "tier">;
  readonly sourceOf: (request: IncomingMessage) => RequestSource;
}

/** How much an app has. */
export interface AppCounts {
  readonly pages: number;
  readonly states: number;
  /** HTTP views. */
  readonly routes: number;
}

/** A server of an Antiphon app. */
export interface AntiphonServer {
  /** Where the server answers, for example `http://127.0.0.1:3000`; known exactly once it listens. */
  readonly url: string;
  readonly port: number;
  /** How much the app has: for a start-up message. */
  readonly counts: AppCounts;
  /** The database of an app that has models. */
  readonly database: Database | undefined;
  /** Sessions and users of requests; undefined until the app is open. */
  readonly identity: Identity | undefined;
  /** How the app's mails leave. */
  readonly mail: AppMail | undefined;
  /** Translates for the app's requests. */
  readonly translator: Translator;
  /** Ids of the app's state classes, as they are now. */
  readonly stateIds: readonly string[];
  /** The app's pages, as they are now. */
  readonly pages: PageTable;
  /**
   * Begins to accept connections and calls `onStart`.
   *
   * @throws SERVER_PORT_IN_USE, SERVER_PORT_REFUSED, SERVER_HOOK_FAILED, SERVER_CLOSED
   */
  listen(): Promise<void>;
  /** Stops: no new connections, running handlers and answers end, then everything is put away. Never rejects. */
  close(): Promise<void>;
  /**
   * Runs code as the app's own: with its database, users, sessions and mail.
   *
   * @example
   * await server.run(() => objects(Note).count());
   */
  run<T>(work: () => T): T;
  stats(): ServerStats;
  /** Every browser tab that the server holds states for, with their size, measured now. */
  tabs(): readonly TabSummary[];
}
