import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { AntiphonConfig } from "antiphon";
import { authOf, type NewUser, User } from "antiphon/auth";
import type { Database } from "antiphon/models";
import { objects } from "antiphon/models";
import { type TestApp, TestBrowser, type TestTab, testApp } from "antiphon/testing";
import { pino } from "pino";
import { AccountState } from "../fixtures/reset-app/src/account.state.ts";

export const ROOT = join(import.meta.dirname, "../fixtures/reset-app");
export const OLD = "correct horse";
export const NEW = "battery staple 77";

/** What an action of the app answered, or why it was refused. */
export interface Answer {
  readonly answer?: string;
  readonly code?: string;
  readonly message?: string;
  /** Seconds, as `Retry-After` or the page's error tells them. */
  readonly retryAfter?: number;
}

/** One way into the app: its HTTP views, or its events. */
export interface Door extends AsyncDisposable {
  readonly browser: TestBrowser;
  act(name: string, form?: object): Promise<Answer>;
}

/** Views and events do the same, so each promise is asked of both. */
export type Way = "a view" | "an event";
export const WAYS: readonly Way[] = ["a view", "an event"];

/** Every try is free: for tests that are about something else. */
const FREE = { attempts: 1_000, ipAttempts: 1_000 };
export const UNCOUNTED = { login: FREE, reset: FREE, resetConfirm: FREE, change: FREE, signup: FREE };

/** The fixture app with its people, its mails and its log. */
export class Desk {
  readonly app: TestApp;
  readonly log: string[];

  constructor(app: TestApp, log: string[]) {
    this.app = app;
    this.log = log;
  }

  static async open(config: AntiphonConfig = {}): Promise<Desk> {
    const log: string[] = [];
    const stream = new Writable({
      write: (chunk, _, done) => {
        // On a busy machine any handler may be named for holding the process: no test here is about that.
        log.push(
          ...String(chunk)
            .trim()
            .split("\n")
            .filter((line) => !line.includes("kept the process busy")),
        );
        done();
      },
    });
    return new Desk(await testApp({ root: ROOT, logger: pino({ level: "warn" }, stream), config }), log);
  }

  get database(): Database {
    return this.app.server.database as Database;
  }

  /** Runs of a hasher so far. */
  get hashes(): number {
    return authOf(this.database).settings.hashing.runs;
  }

  add(username: string, parts: Partial<NewUser> = {}) {
    return this.app.createUser({ username, email: `${username}@example.org`, password: OLD, ...parts });
  }

  async door(way: Way, browser = new TestBrowser()): Promise<Door> {
    return way === "a view"
      ? new ViewDoor(this.app, browser)
      : new EventDoor(await this.app.open("/", { browser }), browser);
  }

  /** Asks for a link and gives its parts, as they stand in the mail. */
  async link(
    email: string,
    way: Way = "a view",
  ): Promise<{ readonly uid: string; readonly key: string; readonly url: string }> {
    const before = this.app.outbox.length;
    await using door = await this.door(way);
    await door.act("forgot", { email });
    const text = (await this.app.mailsSent())[before]?.text ?? "";
    const [url = "", uid = "", key = ""] = /https?:\/\/\S+\/password-reset\/confirm\/([^/\s]+)\/(\S+)/.exec(text) ?? [];
    return { uid, key, url };
  }

  change(username: string, data: object) {
    return this.app.run(() =>
      objects(User)
        .filter({ username })
        .update(data as { email: string }),
    );
  }

  /** A request whose headers and target are sent as they stand. */
  raw(
    name: string,
    form: object,
    given: { readonly target?: string; readonly headers?: Record<string, string> },
  ): Promise<Answer & { readonly status: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer & { status: number }>();
    const { port } = this.app.server;
    const { target = `/api/${name}`, headers = {} } = given;
    const sent = httpRequest(
      {
        port,
        host: "127.0.0.1",
        method: "POST",
        path: target,
        agent: false,
        headers: { "content-type": "application/json", ...headers },
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => {
          const { answer, error } = readJson(body);
          const wait = response.headers["retry-after"];
          resolve({
            status: response.statusCode ?? 0,
            ...(answer === undefined ? {} : { answer }),
            ...error,
            ...(wait === undefined ? {} : { retryAfter: Number(wait) }),
          });
        });
      },
    );
    sent.on("error", reject).end(JSON.stringify(form));
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.app.close();
  }
}

function readJson(text: string): {
  readonly answer?: string;
  readonly error?: { readonly code: string; readonly message: string };
} {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}

class ViewDoor implements Door {
  readonly browser: TestBrowser;
  readonly #app: TestApp;

  constructor(app: TestApp, browser: TestBrowser) {
    this.#app = app;
    this.browser = browser;
  }

  async act(name: string, form: object = {}): Promise<Answer> {
    const cookie = this.browser.header();
    const { url } = this.#app;
    const response = await fetch(`${url}/api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url, ...(cookie === undefined ? {} : { cookie }) },
      body: JSON.stringify(form),
    });
    this.browser.take(response);
    const { answer, error } = readJson(await response.text());
    const wait = response.headers.get("retry-after");
    if (!error) return { answer: answer ?? "" };
    return { code: error.code, message: error.message, ...(wait === null ? {} : { retryAfter: Number(wait) }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class EventDoor implements Door {
  readonly browser: TestBrowser;
  readonly #tab: TestTab;

  constructor(tab: TestTab, browser: TestBrowser) {
    this.#tab = tab;
    this.browser = browser;
  }

  async act(name: string, form: object = {}): Promise<Answer> {
    try {
      await this.#tab.call(AccountState, "act", name, form as Record<string, unknown>);
      return { answer: this.#tab.view(AccountState).answer };
    } catch (error) {
      const { code, message, retryAfter } = error as Answer;
      return { code: code ?? "", message: message ?? "", ...(retryAfter === undefined ? {} : { retryAfter }) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tab[Symbol.asyncDispose]();
  }
}
