import { join } from "node:path";
import { type ModelClass, objects, type QuerySet } from "antiphon/models";
import { type OpenOptions, type TestApp, type TestTab, testApp } from "antiphon/testing";
import pino from "pino";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Folder, Label, Note, Plan, Reminder, Tag } from "../fixtures/crud-app/src/models.ts";

const ROOT = join(import.meta.dirname, "../fixtures/crud-app");

/** The level of errors in lines of pino. */
const PINO_ERROR = 50;

interface Models {
  readonly Note: typeof Note;
  readonly Folder: typeof Folder;
  readonly Tag: typeof Tag;
  readonly Label: typeof Label;
  readonly Reminder: typeof Reminder;
  readonly Plan: typeof Plan;
}

/** The running fixture app of data states, with the users ada and bob, and empty tables before each test. */
export interface CrudWorld {
  readonly app: TestApp;
  readonly ada: number;
  readonly bob: number;
  /** Statements since the last call, without those of transactions, sessions and users. */
  statements(): string[];
  /** Lines of the log since the last call: errors alone. */
  errors(): string[];
  /** Lines of the log since the last call: warnings alone. */
  warnings(): string[];
  /** Runs work on the rows of a model, as other code of the app would. */
  rows<N extends keyof Models, T>(name: N, work: (query: QuerySet<Models[N]>) => Promise<T>): Promise<T>;
  /** Opens a tab of a user; anonymous without one. */
  open(as?: string, path?: string): Promise<TestTab>;
  /** Writes notes of a user by their titles. */
  notes(user: number, ...titles: readonly string[]): Promise<number[]>;
}

/** Gives the address of an empty database. */
export type Address = () => Promise<string | undefined>;

/** Starts the app for the tests of a `describe`. */
export function crudWorld(address: Address): CrudWorld {
  let app: TestApp | undefined;
  const log: string[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  const take = (line: string) => {
    const { level } = JSON.parse(line) as { readonly level: number };
    (level < PINO_ERROR ? warnings : errors).push(line);
  };
  const ids: Record<string, number> = {};
  beforeAll(async () => {
    const url = await address();
    app = await testApp({
      root: ROOT,
      logger: pino({ level: "warn" }, { write: take }),
      onQuery: (sql) => void log.push(sql),
      // Some tests call every event with every value.
      config: {
        limits: { eventsPerSecond: 100_000, burst: 100_000 },
        ...(url === undefined ? {} : { database: { url } }),
      },
    });
    for (const username of ["ada", "bob"]) {
      ids[username] = Number((await app.createUser({ username, password: "correct horse" })).id);
    }
  });
  afterAll(async () => app?.close());
  const world: CrudWorld = {
    get app() {
      return app as TestApp;
    },
    get ada() {
      return ids["ada"] as number;
    },
    get bob() {
      return ids["bob"] as number;
    },
    statements: () =>
      log.splice(0).filter((sql) => !/auth_|session|^(?:begin|commit|rollback|savepoint|pragma)/i.test(sql)),
    errors: () => errors.splice(0),
    warnings: () => warnings.splice(0),
    rows: (name, work) =>
      world.app.run(async () => {
        const model = world.app.server.database?.models.get(name) as ModelClass;
        return await work(objects(model) as never);
      }),
    open: (as, path = "/") => {
      const options: OpenOptions = as === undefined ? {} : { as };
      return world.app.open(path, options);
    },
    notes: (user, ...titles) =>
      world.rows("Note", async (notes) => {
        const made = await notes.createMany(titles.map((title) => ({ title, user })));
        return made.map(({ id }) => id);
      }),
  };
  beforeEach(async () => {
    for (const name of ["Note", "Plan", "Reminder", "Folder", "Tag", "Label"] as const)
      await world.rows(name, (query) => query.delete());
    log.length = 0;
  });
  return world;
}
