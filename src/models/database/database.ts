import type { EntityMetadata, MikroORM, Options } from "@mikro-orm/core";
import type { AbstractSqlConnection, SqlEntityManager } from "@mikro-orm/sql";
import { AntiphonError, reasonOf } from "../../errors.ts";
import { RunningApp } from "../../running-app.ts";
import { resolveSettings } from "../../setting.ts";
import { type DriverHooks, kyselyDialect, waitOutsideTheQueue } from "../dialects/driver.ts";
import type { Dialect, QueryOutcome, SessionSource, SourceOptions } from "../dialects/session.ts";
import { modelErrors } from "../errors.ts";
import { type DatabaseConfig, databaseOptions } from "../options.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { ChangeFeed, changeSubscriber } from "./change-feed.ts";
import { contexts } from "./context-store.ts";
import { toDatabaseError } from "./database-errors.ts";
import { databaseName, readDatabaseUrl, shownUrl } from "./database-url.ts";
import { ownManagers } from "./manager.ts";
import { type DatabaseCaller, type DatabaseLogger, OpenTransactions, processWarnings } from "./open-transactions.ts";
import { ormDriver, ormOptions } from "./orm-options.ts";
import { Outages } from "./outages.ts";

export type { Dialect, QueryOutcome } from "../dialects/session.ts";

/** What `Database.open` may be told. */
export interface DatabaseOptions extends Pick<DatabaseConfig, "poolSize" | "busyTimeout"> {
  /** `sqlite:./db.sqlite3`, `sqlite::memory:`, `postgres://…` or `mysql://…`. */
  readonly url: string;
  readonly models: readonly ModelClass[];
  /** Folder that a relative SQLite file is relative to; the working folder when absent. */
  readonly root?: string;
  /** Milliseconds that one statement may take on PostgreSQL and MySQL; unlimited when absent. */
  readonly statementTimeout?: number;
  /** Milliseconds that a transaction may be open before it is rolled back; unlimited when absent. */
  readonly transactionTimeout?: number;
  /** Names the running code for the log, and tells when nobody waits for its work any more. */
  readonly caller?: () => DatabaseCaller | undefined;
  /** Log for transactions that were cut short; a warning of the process if absent. */
  readonly logger?: DatabaseLogger;
  /** The app that the database is opened for: code that runs with the database finds its parts. */
  readonly app?: RunningApp;
  /** Told of every statement before it runs. */
  readonly onQuery?: (sql: string, parameters: readonly unknown[]) => void;
}

/**
 * An open database with the models that live in it.
 *
 * `createServer` opens the app's own; open one yourself in scripts, and run the work in `withDatabase`.
 *
 * @example
 * await using database = await Database.open({ url: "sqlite:./db.sqlite3", models: [Note] });
 * await withDatabase(database, async () => console.log(await objects(Note).count()));
 */
export class Database {
  readonly dialect: Dialect;
  readonly models: ReadonlyMap<string, ModelClass>;
  /** What was changed, after it was committed. */
  readonly changes: ChangeFeed;
  readonly busyTimeout: number;
  /** Outages of the database, for the log. */
  readonly outages: Outages;
  /** The app that the database belongs to, with its users and sessions; one of its own for a database that a script opens. */
  readonly app: RunningApp;
  readonly #orm: MikroORM;
  readonly #source: SessionSource;
  readonly #transactions: OpenTransactions;
  readonly #onQuery: DatabaseOptions["onQuery"];
  readonly #metadata = new Map<ModelClass, EntityMetadata>();
  #closed: Promise<void> | undefined;

  private constructor(given: OpenParts) {
    this.#source = given.source;
    this.dialect = given.source.dialect;
    this.models = given.models;
    this.changes = given.changes;
    this.busyTimeout = given.busyTimeout;
    this.outages = given.outages;
    this.app = given.app;
    this.#transactions = given.transactions;
    this.#onQuery = given.onQuery;
    this.#orm = given.orm;
    ownManagers(given.orm, this);
  }

  /**
   * Opens a database and reads its models; tables are the migrations' affair.
   *
   * @throws DATABASE_URL_INVALID, DATABASE_OPEN_FAILED, DATABASE_MODEL_TWICE, MODEL_COLUMN_TWICE, MODEL_TABLE_TWICE
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { statementTimeout, onQuery } = options;
    const { poolSize, busyTimeout } = resolveSettings(databaseOptions, options);
    const models = byName(options.models);
    const { dialect, url } = readDatabaseUrl(options.url, options.root);
    const { transactionTimeout: timeout, caller, logger = processWarnings } = options;
    const transactions = new OpenTransactions({ timeout, caller, logger });
    const freeConnection = () => transactions.endIdlest();
    const source = await openSource(dialect, { url, poolSize, busyTimeout, statementTimeout, freeConnection });
    const changes = new ChangeFeed();
    try {
      const dbName = databaseName(dialect, url);
      const shared = { changes, transactions, onQuery, outages: new Outages(logger) };
      const orm = await openOrm(source, { models: [...models.values()], dbName, ...shared });
      const database = new Database({
        source,
        orm,
        models,
        busyTimeout,
        app: options.app ?? new RunningApp(),
        ...shared,
      });
      await database.run("select 1", []);
      return database;
    } catch (error) {
      await source.close().catch(() => {});
      if (error instanceof AntiphonError && !error.code.startsWith("DATABASE_CONNECTION")) throw error;
      throw modelErrors.DATABASE_OPEN_FAILED.with({ cause: error }, shownUrl(options.url), reasonOf(error));
    }
  }

  /**
   * The same connections and listeners with other models, for an app whose code was loaded again. Closing either closes
   * both.
   *
   * @throws DATABASE_MODEL_TWICE
   */
  async withModels(given: readonly ModelClass[]): Promise<Database> {
    const models = byName(given);
    const { dbName } = this.#orm.config.getAll() as { dbName: string };
    const { changes, outages, busyTimeout } = this;
    const shared = { changes, outages, transactions: this.#transactions, onQuery: this.#onQuery };
    const orm = await openOrm(this.#source, { models: [...models.values()], dbName, ...shared });
    return new Database({ source: this.#source, orm, models, busyTimeout, app: this.app.anew(), ...shared });
  }

  /** The ORM, for what has no function of ours: its schema comparator, for example. */
  get orm(): MikroORM {
    return this.#orm;
  }

  /** The driver's own connection on SQLite, for backups and pragmas; undefined elsewhere. */
  get native(): unknown {
    return "native" in this.#source ? this.#source.native : undefined;
  }

  /** A manager with an empty identity map. */
  newManager(): SqlEntityManager {
    return this.#orm.em.fork() as unknown as SqlEntityManager;
  }

  /**
   * Runs SQL in the transaction of the calling context if there is one, else on a free connection. Values are bound.
   *
   * @throws ConstraintError, DATABASE_BUSY, DATABASE_CONNECTION_LOST, DATABASE_PARAMETER_INVALID
   */
  async execute(sql: string, parameters: readonly unknown[] = []): Promise<QueryOutcome> {
    return this.run(sql, parameters);
  }

  /** Like `execute`; on SQLite the answer is there at once when nobody holds the connection. */
  run(sql: string, parameters: readonly unknown[] = []): QueryOutcome | Promise<QueryOutcome> {
    assertParameters(parameters);
    if (this.#closed) throw modelErrors.DATABASE_CLOSED();
    this.#onQuery?.(sql, parameters);
    const context = contexts.getStore();
    if (context?.scope && context.database === this) return this.#runInScope(sql, parameters);
    try {
      const outcome = this.#source.run(sql, parameters);
      return this.#settled(sql, outcome);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /**
   * Runs a statement of sessions and users outside of any transaction. When the pool is exhausted it has a connection of
   * its own, so that slow queries of some handlers do not hold up the events of all signed-in users.
   *
   * @throws what `run()` throws
   */
  async runReserved(sql: string, parameters: readonly unknown[] = []): Promise<QueryOutcome> {
    assertParameters(parameters);
    if (this.#closed) throw modelErrors.DATABASE_CLOSED();
    this.#onQuery?.(sql, parameters);
    try {
      return await this.#settled(
        sql,
        (this.#source.runReserved ?? this.#source.run).call(this.#source, sql, parameters),
      );
    } catch (error) {
      return this.#fail(error);
    }
  }

  #settled(sql: string, outcome: QueryOutcome | Promise<QueryOutcome>): QueryOutcome | Promise<QueryOutcome> {
    if (outcome instanceof Promise) {
      const answered = this.outages.isOpen ? outcome.then((rows) => this.#passed(sql, rows)) : outcome;
      return answered.catch((error) => this.#fail(error));
    }
    return this.outages.isOpen ? this.#passed(sql, outcome) : outcome;
  }

  #passed(sql: string, outcome: QueryOutcome): QueryOutcome {
    this.outages.passed(sql);
    return outcome;
  }

  /**
   * Reads without waiting where the database can do that, which is SQLite; undefined elsewhere. It sees what is
   * committed, also when the calling context has a transaction open.
   */
  readNow(sql: string, parameters: readonly unknown[] = []): QueryOutcome | undefined {
    if (!this.#source.readNow) return undefined;
    assertParameters(parameters);
    if (this.#closed) throw modelErrors.DATABASE_CLOSED();
    this.#onQuery?.(sql, parameters);
    try {
      return this.#source.readNow(sql, parameters);
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #runInScope(sql: string, parameters: readonly unknown[]): Promise<QueryOutcome> {
    const scope = contexts.getStore()?.scope;
    try {
      for (let wait = scope?.ready(); wait !== undefined; wait = scope?.ready()) await wait;
      const outcome = await (scope?.usableConnection() ?? this.#source).run(sql, parameters);
      return this.outages.isOpen ? this.#passed(sql, outcome) : outcome;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    throw toDatabaseError(error, this);
  }

  /** A name as it stands in SQL. */
  quote(identifier: string): string {
    return this.dialect === "mysql"
      ? `\`${identifier.replaceAll("`", "``")}\``
      : `"${identifier.replaceAll('"', '""')}"`;
  }

  /** What stands in SQL for the value at a place of the parameters, counted from 0. */
  placeholder(index: number): string {
    return this.dialect === "postgres" ? `$${index + 1}` : "?";
  }

  /** What the ORM knows of a model: table, columns, relations. @throws DATABASE_MODEL_MISSING */
  meta(model: ModelClass): EntityMetadata {
    const known = this.#metadata.get(model);
    if (known) return known;
    const { name } = modelDefinition(model);
    const found = this.models.get(name);
    if (!found) throw modelErrors.DATABASE_MODEL_MISSING(name);
    const meta = this.#orm.getMetadata().get(found as never) as EntityMetadata;
    this.#metadata.set(model, meta);
    return meta;
  }

  /** Closes every connection. */
  close(): Promise<void> {
    // The ORM closes what it has used itself; a database that only ran SQL it has never used.
    this.#closed ??= this.#orm.close(true).finally(() => this.#source.close());
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface OpenParts {
  readonly source: SessionSource;
  readonly orm: MikroORM;
  readonly models: ReadonlyMap<string, ModelClass>;
  readonly changes: ChangeFeed;
  readonly busyTimeout: number;
  readonly outages: Outages;
  readonly app: RunningApp;
  readonly transactions: OpenTransactions;
  readonly onQuery: DatabaseOptions["onQuery"];
}

async function openSource(dialect: Dialect, options: SourceOptions): Promise<SessionSource> {
  try {
    switch (dialect) {
      case "sqlite":
        return new (await import("../dialects/sqlite.ts")).SqliteSource(options);
      case "postgres":
        return new (await import("../dialects/postgres.ts")).PostgresSource(options);
      case "mysql":
        return new (await import("../dialects/mysql.ts")).MysqlSource(options);
    }
  } catch (error) {
    throw modelErrors.DATABASE_OPEN_FAILED.with({ cause: error }, shownUrl(options.url), reasonOf(error));
  }
}

interface OrmParts {
  readonly models: readonly ModelClass[];
  readonly dbName: string;
  readonly changes: ChangeFeed;
  readonly transactions: OpenTransactions;
  readonly onQuery: DatabaseOptions["onQuery"];
}

async function openOrm(source: SessionSource, parts: OrmParts): Promise<MikroORM> {
  const { models, dbName, onQuery } = parts;
  const { MikroORM: Orm } = await import("@mikro-orm/core");
  const hooks = scopeHooks(parts);
  const orm = await Orm.init({
    ...ormOptions(models, source.dialect),
    dbName,
    driver: await ormDriver(source.dialect),
    driverOptions: kyselyDialect(source, hooks),
    subscribers: [changeSubscriber()],
    ...(onQuery === undefined
      ? {}
      : {
          onQuery: (sql: string, parameters: readonly unknown[]) => {
            onQuery(sql, parameters);
            return sql;
          },
        }),
  } as Options);
  await orm.connect();
  waitOutsideTheQueue((orm.em.getConnection() as AbstractSqlConnection).getClient(), hooks);
  return orm as MikroORM;
}

/** The scope of the calling code, if it is one of this database: another one may be open at the same time. */
function scopeHooks({ changes, transactions }: OrmParts): DriverHooks {
  const scope = () => {
    const context = contexts.getStore();
    return context?.database.changes === changes ? context.scope : undefined;
  };
  return {
    began: (connection, savepoint) => {
      const joining = scope();
      joining?.joined(connection, savepoint);
      if (savepoint === undefined) transactions.began(connection, joining?.timeout);
    },
    released: (connection) => transactions.ended(connection),
    closes: (connection, savepoint) => scope()?.closes(connection, savepoint) ?? true,
    ready: () => scope()?.ready(),
    isFree: () => scope()?.isFree ?? true,
    assertUsable: () => scope()?.assertUsable(),
  };
}

function byName(models: readonly ModelClass[]): Map<string, ModelClass> {
  const found = new Map<string, ModelClass>();
  for (const model of models) {
    const { name } = modelDefinition(model);
    if (found.has(name) && found.get(name) !== model) throw modelErrors.DATABASE_MODEL_TWICE(name);
    found.set(name, model);
  }
  return found;
}

function assertParameters(parameters: readonly unknown[]): void {
  for (let index = 0; index < parameters.length; index++) {
    const value = parameters[index];
    if (typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array)) {
      throw modelErrors.DATABASE_PARAMETER_INVALID(index, Array.isArray(value) ? "a list" : "an object");
    }
    if (typeof value === "function" || typeof value === "symbol") {
      throw modelErrors.DATABASE_PARAMETER_INVALID(index, `a ${typeof value}`);
    }
  }
}
