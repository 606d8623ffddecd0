import { p } from "@mikro-orm/core";
import { readSetCookie } from "../../bridge/cookie-header.ts";
import { runInRequest } from "../../bridge/current-request.ts";
import { type Identity, type IdentityChange, RequestContext } from "../../bridge/request-context.ts";
import { withDatabase } from "../../models/database/context.ts";
import { Database } from "../../models/database/database.ts";
import { type ModelClass, model } from "../../models/schema/model.ts";
import { DatabaseSessions } from "../../sessions/database-sessions.ts";
import { sessionCookie } from "../../sessions/session-cookie.ts";
import { SessionManager } from "../../sessions/session-manager.ts";
import { signIn } from "../account/authenticate.ts";
import { builtInModels } from "../built-in-models.ts";
import { argon2id } from "../passwords/argon2id.ts";
import { PasswordHashing } from "../passwords/password-hash.ts";
import { type Auth, type AuthOptions, type AuthSettings, bindAuth } from "./auth.ts";
import { createIdentity } from "./identity.ts";

/** A model of the app's own, with permissions of its own. */
export class Note extends model(
  "Note",
  { id: p.integer().primary(), title: p.string().default("") },
  { permissions: { publish_note: "Can publish a note" } },
) {}

/** One that is nobody's business. */
export class Plain extends model("Plain", { id: p.integer().primary() }, { defaultPermissions: [] }) {}

/** One that is only looked at. */
export class Report extends model(
  "Report",
  { id: p.integer().primary() },
  { appLabel: "stats", defaultPermissions: ["view"] },
) {}

/** Models of the tests' app. */
export const appModels: readonly ModelClass[] = [Note, Plain, Report];

/** All models of the tests' app with the framework's own. */
export const allModels: readonly ModelClass[] = [...appModels, ...builtInModels(appModels)];

/** Hashing that costs next to nothing. */
export function cheapHashing(): PasswordHashing {
  return new PasswordHashing({ hashers: [argon2id({ memory: 8, passes: 1 })] });
}

/** Opens a database in memory with the tables of the models. */
export async function memoryDatabase(
  models: readonly ModelClass[] = allModels,
  onQuery?: (sql: string) => void,
): Promise<Database> {
  const database = await Database.open({ url: "sqlite::memory:", models, ...(onQuery ? { onQuery } : {}) });
  await database.orm.schema.create();
  return database;
}

/** A server's part of an app: users, sessions and who makes a request. */
export class AuthApp {
  readonly database: Database;
  readonly auth: Auth;
  readonly sessions: SessionManager;
  readonly identity: Identity;
  readonly changes: IdentityChange[] = [];
  readonly hashing: PasswordHashing;

  constructor(database: Database, settings: AuthSettings = {}, options: AuthOptions = {}) {
    this.hashing = settings.hashing ?? cheapHashing();
    this.database = database;
    const secrets = ["secret of the tests, of some length"];
    this.auth = bindAuth(
      database,
      {
        appName: "notes",
        passwordValidators: [],
        secrets,
        ...settings,
        hashing: this.hashing,
      },
      options,
    );
    this.sessions = new SessionManager({
      backend: new DatabaseSessions(database, options),
      cookie: sessionCookie(),
      ...options,
    });
    this.identity = createIdentity({ sessions: this.sessions, auth: this.auth });
    this.identity.onChange((change) => this.changes.push(change));
  }

  /** Code that runs in no request. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return withDatabase(this.database, work);
  }

  browser(): TestBrowser {
    return new TestBrowser(this);
  }

  /** Somebody who has signed in. */
  async signedIn(username: string, password = "correct horse"): Promise<TestBrowser> {
    const browser = this.browser();
    await browser.request(() => signIn({ username, password }));
    return browser;
  }

  close(): Promise<void> {
    return this.database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A browser that keeps its cookies. */
export class TestBrowser {
  app: AuthApp;
  cookies: Record<string, string> = {};
  /** `Set-Cookie` lines of the last answer. */
  lines: readonly string[] = [];

  constructor(app: AuthApp) {
    this.app = app;
  }

  get key(): string | undefined {
    return this.cookies["sessionid"];
  }

  /** Makes a request and runs work in it, as a view; work that fails is answered with 500. */
  async request<T>(work: (context: RequestContext) => T | Promise<T>, status = 200): Promise<T> {
    const { identity } = this.app;
    const source = {
      kind: "view",
      method: "POST",
      url: "/",
      ip: "192.0.2.1",
      host: "localhost",
      protocol: "http",
    } as const;
    const context = new RequestContext({ ...source, headers: {}, cookies: { ...this.cookies } }, identity);
    return this.app.run(async () => {
      await identity.prepare(context);
      try {
        const result = await runInRequest(context, async () => work(context));
        await identity.finish(context, status);
        return result;
      } catch (error) {
        await identity.finish(context, 500);
        throw error;
      } finally {
        this.#keep([...context.outgoing.values()]);
      }
    });
  }

  /** The name that a request is made under; empty for nobody. */
  whoAmI(): Promise<string> {
    return this.request(({ user }) => user.username);
  }

  /** A second browser with the same cookies, as of a thief. */
  copy(): TestBrowser {
    const other = new TestBrowser(this.app);
    other.cookies = { ...this.cookies };
    return other;
  }

  #keep(lines: readonly string[]): void {
    this.lines = lines;
    for (const line of lines) {
      const kept = readSetCookie(line);
      if (kept?.gone) delete this.cookies[kept.name];
      else if (kept) this.cookies[kept.name] = kept.value;
    }
  }
}
