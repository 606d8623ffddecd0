import { runAlone } from "./outcome.ts";
import { type ServerConnection, ServerSession, type ServerSessionOptions } from "./server-session.ts";
import { type QueryOutcome, type Session, type SessionSource, type SourceOptions, waitTwice } from "./session.ts";

/** A connection from a driver's pool. */
export interface PooledConnection extends ServerConnection {
  /** `performance.now()` of the time when the connection was opened. */
  readonly since: number;
  /** Sets up a new connection; absent if there is nothing to set up. */
  readonly prepare?: ((session: Session) => Promise<void>) | undefined;
}

/** A driver's pool of connections to a database server. */
export interface ServerPool {
  readonly dialect: "postgres" | "mysql";
  /** Waits for a free connection. @throws DATABASE_BUSY if none becomes free in time. */
  connect(): Promise<PooledConnection>;
  /** Returns whether the database itself undoes the transaction after this error. */
  dooms(error: unknown): boolean;
  /** Returns whether the connection cannot be used after this error. */
  breaks(error: unknown): boolean;
  /** Closes every connection. */
  end(): Promise<void>;
}

/** The connections to a database server: counts them, keeps one in reserve, and closes those that may be dead. */
export class ServerSource implements SessionSource {
  readonly #options: SourceOptions;
  readonly #openPool: (options: SourceOptions) => ServerPool;
  readonly #pool: ServerPool;
  readonly #answers: ServerSessionOptions;
  /** The last time when a server did not answer. Connections opened before may be dead without a sign of it. */
  #silentAt = Number.NEGATIVE_INFINITY;
  /** Number of callers that have a connection or wait for one. */
  #held = 0;
  #reserve: ServerSource | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: SourceOptions, openPool: (options: SourceOptions) => ServerPool) {
    this.#options = options;
    this.#openPool = openPool;
    this.#pool = openPool(options);
    this.#answers = {
      statementTimeout: options.statementTimeout,
      onSilence: () => {
        this.#silentAt = performance.now();
      },
    };
  }

  get dialect(): ServerPool["dialect"] {
    return this.#pool.dialect;
  }

  dooms(error: unknown): boolean {
    return this.#pool.dooms(error);
  }

  breaks(error: unknown): boolean {
    return this.#pool.breaks(error);
  }

  run(sql: string, parameters: readonly unknown[]): Promise<QueryOutcome> {
    return runAlone(this, sql, parameters);
  }

  runReserved(sql: string, parameters: readonly unknown[]): Promise<QueryOutcome> {
    if (this.#held < this.#options.poolSize) return this.run(sql, parameters);
    const { freeConnection: _, ...options } = this.#options;
    this.#reserve ??= new ServerSource({ ...options, poolSize: 1 }, this.#openPool);
    return this.#reserve.run(sql, parameters);
  }

  async acquire(): Promise<Session> {
    this.#held++;
    let connection: PooledConnection;
    try {
      connection = await waitTwice(() => this.#connect(), this.#options.freeConnection);
    } catch (error) {
      this.#held--;
      throw error;
    }
    const session = this.#session(connection);
    try {
      await connection.prepare?.(session);
    } catch (error) {
      session.release(true);
      throw error;
    }
    return session;
  }

  #session(connection: PooledConnection): Session {
    const release = (broken: boolean) => {
      this.#held--;
      connection.release(broken);
    };
    return new ServerSession({ query: connection.query, release }, this.#answers);
  }

  async #connect(): Promise<PooledConnection> {
    for (;;) {
      const connection = await this.#pool.connect();
      if (connection.since > this.#silentAt) return connection;
      connection.release(true);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#reserve?.close();
    await this.#pool.end();
  }
}
