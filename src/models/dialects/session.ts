/** The databases that models work on; MariaDB counts as "mysql". */
export type Dialect = "sqlite" | "postgres" | "mysql";

/** What a statement gave. */
export interface QueryOutcome {
  readonly rows: Record<string, unknown>[];
  /** Rows that were inserted, updated or deleted. */
  readonly changes: number;
  /** Key that the database made for an inserted row; PostgreSQL gives it by `returning` only. */
  readonly insertId?: number | bigint;
}

/** One connection, held by one user at a time. */
export interface Session {
  /** Runs a statement with bound values; `once` tells that its text will not come again, so that it is not kept. */
  query(sql: string, parameters: readonly unknown[], once?: boolean): QueryOutcome | Promise<QueryOutcome>;
  /** Waits for answers as long as they take from now on: for migrations. */
  unlimit?(): void;
  /** Gives the connection back; `broken` closes it instead. Calling it again does nothing more. */
  release(broken: boolean): void;
}

/** Where a dialect's connections come from. */
export interface SessionSource {
  readonly dialect: Dialect;
  /** Waits for a free connection. @throws DATABASE_BUSY when there is none for too long. */
  acquire(): Promise<Session>;
  /** Runs one statement outside any transaction, on whatever connection is free. */
  run(sql: string, parameters: readonly unknown[]): QueryOutcome | Promise<QueryOutcome>;
  /** The same, on a connection that is kept for it when all others are taken; absent where none can be kept. */
  runReserved?(sql: string, parameters: readonly unknown[]): Promise<QueryOutcome>;
  /** Runs a reading statement at once; absent where that cannot be done. */
  readNow?(sql: string, parameters: readonly unknown[]): QueryOutcome;
  /** True for an error after which the transaction is undone by the database itself. */
  dooms(error: unknown): boolean;
  /** True for an error after which the connection is of no use any more. */
  breaks(error: unknown): boolean;
  /** Closes every connection; calling it again does nothing more. */
  close(): Promise<void>;
}

/** What is needed to reach a database. */
export interface SourceOptions {
  /** File or address; without the scheme for SQLite. */
  readonly url: string;
  /** Most connections at once. */
  readonly poolSize: number;
  /** Milliseconds that a statement may wait for a connection or a lock. */
  readonly busyTimeout: number;
  /** Milliseconds that one statement may take on PostgreSQL and MySQL; unlimited when absent. */
  readonly statementTimeout?: number | undefined;
  /** Frees a connection for a caller that has waited too long; false when none can be freed. */
  readonly freeConnection?: () => boolean;
}

/** Waits for a connection, and once more when one could be freed after the first wait was too long. */
export async function waitTwice<T>(
  wait: () => Promise<T>,
  freeConnection: SourceOptions["freeConnection"],
): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "DATABASE_BUSY" || !freeConnection?.()) throw error;
    return await wait();
  }
}
