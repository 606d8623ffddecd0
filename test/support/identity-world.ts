import { join } from "node:path";
import { Writable } from "node:stream";
import type { AntiphonConfig } from "antiphon";
import { Group, Permission, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { type TestApp, TestBrowser, testApp } from "antiphon/testing";
import { pino } from "pino";
import { clearJournal } from "../fixtures/identity-app/src/journal.ts";

export const ROOT = join(import.meta.dirname, "../fixtures/identity-app");
export const PASSWORD = "correct horse";

/** The fixture app with three people, and what it logged. */
export interface World extends AsyncDisposable {
  readonly app: TestApp;
  /** One JSON text a line. */
  readonly log: string[];
  readonly ids: { readonly [username: string]: number };
  /** Statements that the app ran since the last call; transactions' own words are left out. */
  queries(): string[];
  /** Changes a user as other code of the app would. */
  change(username: string, data: object): Promise<unknown>;
  /** Keys of the sessions that are stored, as their hashes. */
  sessions(): Promise<{ readonly id: string; readonly data: string; readonly expires: number }[]>;
}

export interface WorldOptions {
  readonly config?: AntiphonConfig;
  readonly root?: string;
  readonly people?: boolean;
}

/** Starts the fixture app: ada and bob, and grace of the staff. */
export async function world({ config, root = ROOT, people = true }: WorldOptions = {}): Promise<World> {
  clearJournal();
  const log: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      log.push(...String(chunk).trim().split("\n"));
      done();
    },
  });
  const app = await testApp({ root, logger: pino({ level: "warn" }, stream), ...(config ? { config } : {}) });
  const ids: Record<string, number> = {};
  if (people) {
    for (const username of ["ada", "bob", "grace"]) {
      const row = await app.createUser({ username, password: PASSWORD, isStaff: username === "grace" });
      ids[username] = Number(row.id);
    }
  }
  const statements: string[] = [];
  const database = app.server.database;
  if (database) {
    for (const name of ["run", "readNow"] as const) {
      const work = database[name].bind(database) as (sql: string, values?: readonly unknown[]) => never;
      database[name] = (sql: string, values?: readonly unknown[]) => {
        statements.push(sql);
        return work(sql, values);
      };
    }
  }
  return {
    app,
    log,
    ids,
    queries: () => statements.splice(0),
    change: (username, data) =>
      app.run(() =>
        objects(User)
          .filter({ username })
          .update(data as { email: string }),
      ),
    sessions: async () => {
      const found = await database?.execute("select id, data, expires_at as expires from antiphon_session order by id");
      return (found?.rows ?? []) as { id: string; data: string; expires: number }[];
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** The session key that a browser holds; empty without one. */
export function keyOf(browser: TestBrowser): string {
  return browser.value("sessionid");
}

/** A browser with the cookies of another one, as a thief's. */
export function copyOf(browser: TestBrowser): TestBrowser {
  const copy = new TestBrowser();
  for (const pair of browser.header()?.split("; ") ?? []) copy.takeLines([pair]);
  return copy;
}

/** A group with a permission of the app's own model. */
export async function groupWith(app: TestApp, name: string, codename: string): Promise<number> {
  return app.run(async () => {
    const permission = await objects(Permission).filter({ app: "desk", codename }).first();
    const group = await objects(Group).create({ name });
    await objects(Group)
      .filter({ id: group.id })
      .update({ permissions: [Number(permission?.id)] });
    return Number(group.id);
  });
}
