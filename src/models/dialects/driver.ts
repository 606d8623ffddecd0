import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Dialect as KyselyDialect,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { modelErrors } from "../errors.ts";
import type { QueryOutcome, Session, SessionSource } from "./session.ts";

/** Told of transactions, so that queries of the same context can join them. */
export interface DriverHooks {
  /** A transaction began on a connection. */
  began(connection: DriverConnection): void;
  /** Resolves when the calling context may use the connection. */
  ready(): Promise<void> | undefined;
}

/** The ORM's way to our connections: one driver for every dialect, since they differ in their sessions only. */
export function kyselyDialect(source: SessionSource, hooks: DriverHooks): KyselyDialect {
  const driver = () => new SessionDriver(source, hooks);
  switch (source.dialect) {
    case "sqlite":
      return {
        createDriver: driver,
        createAdapter: () => new ManySqliteConnections(),
        createQueryCompiler: () => new SqliteQueryCompiler(),
        createIntrospector: (db) => new SqliteIntrospector(db),
      };
    case "postgres":
      return {
        createDriver: driver,
        createAdapter: () => new PostgresAdapter(),
        createQueryCompiler: () => new PostgresQueryCompiler(),
        createIntrospector: (db) => new PostgresIntrospector(db),
      };
    case "mysql":
      return {
        createDriver: driver,
        createAdapter: () => new MysqlAdapter(),
        createQueryCompiler: () => new MysqlQueryCompiler(),
        createIntrospector: (db) => new MysqlIntrospector(db),
      };
  }
}

/** Kysely's own lock for SQLite waits for ever; ours, in the session source, does not. */
class ManySqliteConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** A connection that Kysely holds: for one query, or for a transaction. */
export class DriverConnection implements DatabaseConnection {
  readonly #source: SessionSource;
  readonly #hooks: DriverHooks;
  readonly #session: Session;
  /** The database, or the loss of the connection, has undone the transaction although nobody asked for it. */
  #doomed = false;
  #broken = false;
  inTransaction = false;

  constructor(source: SessionSource, hooks: DriverHooks, session: Session) {
    this.#source = source;
    this.#hooks = hooks;
    this.#session = session;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    for (let wait = this.#hooks.ready(); wait !== undefined; wait = this.#hooks.ready()) await wait;
    const { sql, parameters } = compiled;
    // The ORM writes values into the text, so such a text hardly comes twice.
    const outcome = await this.run(sql, parameters, parameters.length === 0);
    return {
      rows: outcome.rows as R[],
      ...(outcome.rows.length === 0 ? { numAffectedRows: BigInt(outcome.changes) } : {}),
      ...(outcome.insertId === undefined ? {} : { insertId: BigInt(outcome.insertId) }),
    };
  }

  /** Runs a statement for whoever already has the right to use the connection. */
  async run(sql: string, parameters: readonly unknown[], once?: boolean): Promise<QueryOutcome> {
    if (this.#doomed) throw modelErrors.DATABASE_TRANSACTION_ABORTED();
    try {
      return await this.#session.query(sql, parameters, once);
    } catch (error) {
      if (this.inTransaction && this.#source.dooms(error)) this.#doomed = true;
      throw error;
    }
  }

  /** Undoes the transaction. Never fails: a connection on which it does is closed, which undoes it as well. */
  async rollBack(): Promise<void> {
    this.inTransaction = false;
    this.#doomed = false;
    try {
      await this.#session.query("rollback", []);
    } catch {
      this.#broken = true;
    }
  }

  /** Closes the connection. */
  discard(): void {
    this.#broken = true;
    this.release();
  }

  release(): void {
    this.#session.release(this.#broken);
  }

  // biome-ignore lint/correctness/useYield: there is nothing to give.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw modelErrors.DATABASE_STREAMING();
  }
}

class SessionDriver implements Driver {
  readonly #source: SessionSource;
  readonly #hooks: DriverHooks;

  constructor(source: SessionSource, hooks: DriverHooks) {
    this.#source = source;
    this.#hooks = hooks;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new DriverConnection(this.#source, this.#hooks, await this.#source.acquire());
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    own(connection).release();
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    try {
      for (const sql of beginning(this.#source.dialect, settings)) await own(connection).run(sql, []);
    } catch (error) {
      // Kysely forgets a connection on which no transaction could begin.
      own(connection).discard();
      throw error;
    }
    own(connection).inTransaction = true;
    this.#hooks.began(own(connection));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).run("commit", []);
    own(connection).inTransaction = false;
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return own(connection).rollBack();
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await own(connection).run(`savepoint ${savepointName(name)}`, []);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await own(connection).run(`rollback to savepoint ${savepointName(name)}`, []);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await own(connection).run(`release savepoint ${savepointName(name)}`, []);
  }

  async destroy(): Promise<void> {
    await this.#source.close();
  }
}

function own(connection: DatabaseConnection): DriverConnection {
  return connection as DriverConnection;
}

function savepointName(name: string): string {
  return name.replace(/\W/g, "_");
}

function beginning(dialect: string, { isolationLevel, accessMode }: TransactionSettings): string[] {
  // Taking SQLite's write lock at once: a transaction that reads first and writes later could fail in between. One that
  // only reads sees the file as it was when it began, and holds nobody up.
  if (dialect === "sqlite") return [accessMode === "read only" ? "begin" : "begin immediate"];
  const parts = [isolationLevel && `isolation level ${isolationLevel}`, accessMode].filter(Boolean);
  if (dialect === "mysql") return [...(parts.length === 0 ? [] : [`set transaction ${parts.join(", ")}`]), "begin"];
  return [parts.length === 0 ? "begin" : `start transaction ${parts.join(", ")}`];
}
