import type { ResolvedConfig } from "../../config/resolve-config.ts";
import { withDatabaseFor } from "../../models/database/context.ts";
import { Database } from "../../models/database/database.ts";
import type { DatabaseLogger } from "../../models/database/open-transactions.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { databaseCaller } from "../http/database-caller.ts";

/** Opens the database of an app's settings for a server: no statement and no transaction takes for ever. */
export function openAppDatabase(options: {
  readonly root: string;
  readonly database: ResolvedConfig["database"];
  readonly models: readonly ModelClass[];
  readonly logger: DatabaseLogger;
  readonly onQuery?: (sql: string, parameters: readonly unknown[]) => void;
}): Promise<Database> {
  const { dialects: _, ...database } = options.database;
  const { root, models, logger, onQuery } = options;
  return Database.open({
    ...database,
    root,
    models,
    logger,
    caller: databaseCaller,
    ...(onQuery ? { onQuery } : {}),
  });
}

/** An empty database in memory with the tables of an app's models, for what only looks at the app. */
export async function openScratchDatabase(models: readonly ModelClass[] = []): Promise<Database | undefined> {
  if (models.length === 0) return undefined;
  const database = await Database.open({ url: "sqlite::memory:", models });
  await database.orm.schema.create();
  return database;
}

/** A database that an app may have next. */
export interface PreparedDatabase {
  readonly database: Database | undefined;
  readonly adopt: () => void;
}

/** Runs what starts or stops an app with a database, when there is one. */
export async function startWith<T>(database: Database | undefined, work: () => T | Promise<T>): Promise<T> {
  return database ? await withDatabaseFor(database, work) : await work();
}

/** The database of a running app: the same connections for as long as it runs, with the models as they are now. */
export class AppDatabase {
  readonly #open: ((models: readonly ModelClass[]) => Promise<Database>) | undefined;
  #current: Database | undefined;

  constructor(open: ((models: readonly ModelClass[]) => Promise<Database>) | undefined) {
    this.#open = open;
  }

  get current(): Database | undefined {
    return this.#current;
  }

  /**
   * Makes ready for an app's models, which may be those that it has. Nothing changes before it is adopted, so that whatever
   * else can fail may do so.
   *
   * @throws DATABASE_… errors
   */
  async prepare(models: readonly ModelClass[] = []): Promise<PreparedDatabase> {
    const before = this.#current;
    const known = before && [...before.models.values()];
    const same = known
      ? known.length === models.length && models.every((each) => known.includes(each))
      : models.length === 0;
    if (same) return { database: before, adopt: () => {} };
    if (!before) {
      // Kept at once, so that it is closed whatever fails next.
      this.#current = await this.#open?.(models);
      return { database: this.#current, adopt: () => {} };
    }
    const next = await before.withModels(models);
    return {
      database: next,
      adopt: () => {
        this.#current = next;
      },
    };
  }

  async close(): Promise<void> {
    await this.#current?.close();
  }
}
