import mysql, { type Pool, type PoolConnection } from "mysql2";
import { modelErrors } from "../errors.ts";
import { type PooledConnection, type ServerPool, ServerSource } from "./server-source.ts";
import type { QueryOutcome, Session, SourceOptions } from "./session.ts";

/** MySQL and MariaDB through a bounded pool. */
export class MysqlSource extends ServerSource {
  constructor(options: SourceOptions) {
    super(options, (each) => new MysqlPool(each));
  }
}

class MysqlPool implements ServerPool {
  readonly dialect = "mysql";
  readonly #pool: Pool;
  readonly #busyTimeout: number;
  readonly #statementTimeout: number | undefined;
  /** Time at which each connection was set up. */
  readonly #preparedAt = new WeakMap<object, number>();

  constructor({ url, poolSize, busyTimeout, statementTimeout }: SourceOptions) {
    this.#busyTimeout = busyTimeout;
    this.#statementTimeout = statementTimeout;
    this.#pool = mysql.createPool({
      uri: url.replace(/^mariadb:/, "mysql:"),
      connectionLimit: poolSize,
      maxIdle: Math.min(2, poolSize),
      idleTimeout: 30_000,
      connectTimeout: busyTimeout,
      enableKeepAlive: true,
      charset: "utf8mb4_unicode_ci",
      timezone: "Z",
      dateStrings: true,
      supportBigNumbers: true,
      // As text, or the text "1" and the number 1 would look the same once parsed.
      jsonStrings: true,
      maxPreparedStatements: 200,
      // An update that finds a row and leaves it as it was has found it, as on the other databases.
      flags: ["FOUND_ROWS"],
    });
  }

  async connect(): Promise<PooledConnection> {
    const connection = await this.#fromPool();
    const preparedAt = this.#preparedAt.get(connection);
    const prepare = async (session: Session) => {
      await this.#prepare(session);
      this.#preparedAt.set(connection, performance.now());
    };
    return {
      query: (sql, parameters, once) => query(connection, sql, parameters, once),
      release: (broken) => (broken ? connection.destroy() : connection.release()),
      since: preparedAt ?? Number.POSITIVE_INFINITY,
      prepare: preparedAt === undefined ? prepare : undefined,
    };
  }

  /** The driver's pool has no limit on waiting. */
  #fromPool(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        reject(modelErrors.DATABASE_BUSY(this.#busyTimeout));
      }, this.#busyTimeout);
      this.#pool.getConnection((error, connection) => {
        clearTimeout(timer);
        if (late) connection?.release();
        else if (error) reject(error);
        else resolve(connection);
      });
    });
  }

  async #prepare(session: Session): Promise<void> {
    for (const sql of this.#settings()) await session.query(sql, [], true);
    if (this.#statementTimeout === undefined) return;
    try {
      await session.query(`set session max_statement_time = ${this.#statementTimeout / 1000}`, [], true);
    } catch (error) {
      // MySQL knows another variable than MariaDB.
      if ((error as { errno?: unknown }).errno !== 1193) throw error;
      await session.query(`set session max_execution_time = ${this.#statementTimeout}`, [], true);
    }
  }

  #settings(): string[] {
    return [
      // Strict, so that what does not fit is refused and not cut; and quoting is the standard's.
      "set session sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE'",
      "set session transaction isolation level read committed",
      // Datetimes have no zone of their own there: what is now is written as it is in UTC, as we read it.
      "set session time_zone = '+00:00'",
      `set session innodb_lock_wait_timeout = ${Math.max(1, Math.round(this.#busyTimeout / 1000))}`,
    ];
  }

  dooms(error: unknown): boolean {
    // After a deadlock the server has undone the whole transaction, and what comes next would be kept at once.
    return this.breaks(error) || (error as { errno?: unknown } | null)?.errno === 1213;
  }

  breaks(error: unknown): boolean {
    return (error as { fatal?: unknown } | null)?.fatal === true;
  }

  end(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pool.end((error) => (error ? reject(error) : resolve()));
    });
  }
}

function query(
  connection: PoolConnection,
  sql: string,
  parameters: readonly unknown[],
  once = parameters.length === 0,
): Promise<QueryOutcome> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: unknown) => (error ? reject(error) : resolve(outcome(result)));
    if (once && parameters.length === 0) connection.query(sql, done);
    else connection.execute(sql, parameters.map(bound) as never, done);
  });
}

function outcome(result: unknown): QueryOutcome {
  if (Array.isArray(result)) return { rows: result as Record<string, unknown>[], changes: result.length };
  const { affectedRows = 0, insertId } = (result ?? {}) as { affectedRows?: number; insertId?: number | string };
  const key = typeof insertId === "string" ? BigInt(insertId) : insertId;
  return { rows: [], changes: affectedRows, ...(key ? { insertId: key } : {}) };
}

/** Whole numbers travel as such: the driver would send a double, which `limit ?` and large keys do not take. */
function bound(value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) {
    return mysql.TypedParameter.LONGLONG(value);
  }
  if (value instanceof Date) return value.toISOString().replace("T", " ").replace("Z", "");
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) return Buffer.from(value);
  return value;
}
