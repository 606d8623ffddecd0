import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Kysely,
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
import { noteSent } from "./outcome.ts";
import type { QueryOutcome, Session, SessionSource } from "./session.ts";

/** Connects the driver to the scope of the calling code, so that its queries join the transaction of that scope. */
export interface DriverHooks {
  /** A transaction, or a savepoint within it, began on a connection. */
  began(connection: DriverConnection, savepoint?: string): void;
  /** The connection of a transaction was given back. */
  released(connection: DriverConnection): void;
  /** A transaction or savepoint is about to end; false when an outer one has undone it already. */
  closes(connection: DriverConnection, savepoint?: string): boolean;
  /** Resolves when the calling code may use the connection; undefined when it may at once. */
  ready(): Promise<void> | undefined;
  /** True when the calling code need not wait for a nested transaction. */
  isFree(): boolean;
  /** @throws DATABASE_TRANSACTION_ENDED, DATABASE_BUSY */
  assertUsable(): void;
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

const NOT_YET = Symbol("not yet");
const notYet = Promise.resolve(NOT_YET);

/**
 * Lets a statement of a transaction wait for a nested one before it enters Kysely's queue. Within the queue it would hold
 * up the nested one's own statements, and both would wait for each other.
 */
export function waitOutsideTheQueue(client: Kysely<never>, hooks: DriverHooks): void {
  const executor = client.getExecutor();
  const withProvider = executor.withConnectionProvider.bind(executor);
  executor.withConnectionProvider = (queue) =>
    withProvider({
      async provideConnection(consumer, options) {
        for (;;) {
          const wait = hooks.ready();
          const mayGoOn = wait === undefined || (await isTurn(wait));
          const outcome = await queue.provideConnection<unknown>(
            (connection) => (mayGoOn && !hooks.isFree() ? notYet : consumer(connection)),
            options,
          );
          if (outcome !== NOT_YET) return outcome as never;
        }
      },
    });
}

/** Waits for the turn of the calling code. False if it will not come: statements are refused then, but a rollback is not. */
function isTurn(wait: Promise<void>): Promise<boolean> {
  return wait.then(
    () => true,
    () => false,
  );
}

/** A connection that Kysely holds: for one query, or for a transaction. */
export class DriverConnection implements DatabaseConnection {
  readonly #source: SessionSource;
  readonly #hooks: DriverHooks;
  readonly #session: Session;
  /** The database, or the loss of the connection, has undone the transaction although nobody asked for it. */
  #doomed = false;
  #broken = false;
  /** Set when the transaction has ended: a later statement would run outside of it, or in another one. */
  #ended = false;
  #undoing: Promise<void> | undefined;
  #running = 0;
  #usedAt = performance.now();
  #cutReason: Error | undefined;
  /** Called when the transaction is ended from outside. */
  onCut: ((reason: Error) => void) | undefined;
  inTransaction = false;

  constructor(source: SessionSource, hooks: DriverHooks, session: Session) {
    this.#source = source;
    this.#hooks = hooks;
    this.#session = session;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    this.#hooks.assertUsable();
    const { sql, parameters } = compiled;
    // The ORM writes values into the text, so such a text hardly comes twice.
    const outcome = await this.run(sql, parameters, parameters.length === 0);
    return {
      rows: outcome.rows as R[],
      ...(outcome.rows.length === 0 ? { numAffectedRows: BigInt(outcome.changes) } : {}),
      ...(outcome.insertId === undefined ? {} : { insertId: BigInt(outcome.insertId) }),
    };
  }

  /** Runs a statement of a caller that may use the connection already. */
  async run(sql: string, parameters: readonly unknown[], once?: boolean): Promise<QueryOutcome> {
    if (this.#ended) throw modelErrors.DATABASE_TRANSACTION_ENDED();
    if (this.#doomed) throw modelErrors.DATABASE_TRANSACTION_ABORTED();
    this.#running++;
    try {
      return await this.#session.query(sql, parameters, once);
    } catch (error) {
      // The connection is lost because it was closed here: that is no outage, and nothing of it is stored.
      if (this.#cutReason) throw this.#cutReason;
      if (this.#source.breaks(error)) {
        this.#broken = true;
        if (!this.inTransaction) noteSent(error, sql);
      }
      if (this.inTransaction && this.#source.dooms(error)) this.#doomed = true;
      throw error;
    } finally {
      this.#running--;
      this.#usedAt = performance.now();
    }
  }

  /** Milliseconds since the last statement; 0 while one is running. */
  get idleTime(): number {
    return this.#running > 0 ? 0 : performance.now() - this.#usedAt;
  }

  /**
   * Ends the transaction, whatever its code is doing, and frees the connection. False when it is being committed or rolled
   * back already.
   */
  cut(reason: Error): boolean {
    if (this.#ended) return false;
    this.#cutReason = reason;
    // A statement that is running would hold the rollback up; the server undoes what a closed connection had begun.
    if (this.#running > 0) this.#broken = true;
    void this.rollBack().then(() => this.release());
    this.onCut?.(reason);
    return true;
  }

  /** Waits for answers as long as they take. */
  unlimit(): void {
    this.#session.unlimit?.();
  }

  async commit(): Promise<void> {
    if (this.#doomed) throw modelErrors.DATABASE_TRANSACTION_ABORTED();
    this.#end();
    try {
      await this.#session.query("commit", []);
    } catch (error) {
      if (this.#source.breaks(error)) {
        this.#broken = true;
        noteSent(error, "commit");
      }
      throw error;
    }
  }

  /** Undoes the transaction. Never fails: a connection on which it does is closed, which undoes it as well. */
  rollBack(): Promise<void> {
    this.#undoing ??= this.#rollBack();
    return this.#undoing;
  }

  async #rollBack(): Promise<void> {
    this.#end();
    if (this.#broken) return;
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
    this.#hooks.released(this);
    this.#end();
    this.#session.release(this.#broken);
  }

  #end(): void {
    this.inTransaction = false;
    this.#ended = true;
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
    await this.#nestedEnded();
    this.#hooks.closes(own(connection));
    await own(connection).commit();
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    this.#hooks.closes(own(connection));
    return own(connection).rollBack();
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await this.#nestedEnded();
    await own(connection).run(`savepoint ${savepointName(name)}`, []);
    this.#hooks.began(own(connection), name);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    if (!this.#hooks.closes(own(connection), name)) return;
    await own(connection).run(`rollback to savepoint ${savepointName(name)}`, []);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await this.#nestedEnded();
    if (!this.#hooks.closes(own(connection), name)) throw modelErrors.DATABASE_TRANSACTION_ENDED();
    await own(connection).run(`release savepoint ${savepointName(name)}`, []);
  }

  /** A nested transaction that began during the last flush belongs to this one. */
  #nestedEnded(): Promise<void> | undefined {
    return this.#hooks.ready()?.then(() => this.#nestedEnded());
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
