import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { giveWay } from "../../loop-turn.ts";
import { modelErrors } from "../errors.ts";
import { foldCase } from "../schema/folded-case.ts";
import { type QueryOutcome, type Session, type SessionSource, type SourceOptions, waitTwice } from "./session.ts";
import { describeForeignKey } from "./sqlite-foreign-keys.ts";
import { SqliteLock } from "./sqlite-lock.ts";
import { SqliteStatements } from "./sqlite-statements.ts";

/** Milliseconds for which SQLite itself waits for another process; it blocks this one meanwhile. */
const NATIVE_WAIT = 10;

/** What begins or ends a transaction waits for nothing: what is called after it must not slip into the gap. */
const BOUND = /^(?:begin|commit|rollback)/i;

/**
 * SQLite: one writing connection behind a lock, and for files a second one that reads, so that a long transaction of one
 * request does not hold up the lists of all others.
 */
export class SqliteSource implements SessionSource {
  readonly dialect = "sqlite";
  readonly #native: Database;
  readonly #writer: SqliteStatements;
  readonly #readerNative: Database | undefined;
  readonly #reader: SqliteStatements | undefined;
  readonly #lock: SqliteLock;
  readonly #busyTimeout: number;
  readonly #freeConnection: SourceOptions["freeConnection"];
  #isClosed = false;

  constructor({ url, busyTimeout, freeConnection }: SourceOptions) {
    this.#busyTimeout = busyTimeout;
    this.#freeConnection = freeConnection;
    this.#lock = new SqliteLock(busyTimeout, () => modelErrors.DATABASE_BUSY(busyTimeout));
    this.#native = openFile(url);
    this.#writer = new SqliteStatements(this.#native);
    if (url === ":memory:") return;
    this.#readerNative = openFile(url);
    this.#reader = new SqliteStatements(this.#readerNative);
  }

  /** The writing connection itself, for what SQL cannot do: backups and pragmas outside a transaction. */
  get native(): Database {
    return this.#native;
  }

  run(sql: string, parameters: readonly unknown[]): QueryOutcome | Promise<QueryOutcome> {
    // The driver answers at once: thousands of awaited statements would be one turn of the event loop.
    const turn = giveWay();
    return turn ? turn.then(() => this.#runNow(sql, parameters)) : this.#runNow(sql, parameters);
  }

  #runNow(sql: string, parameters: readonly unknown[]): QueryOutcome | Promise<QueryOutcome> {
    this.#assertOpen();
    if (this.#lock.held) return this.#runWhenFree(sql, parameters);
    try {
      return this.#writer.run(sql, parameters);
    } catch (error) {
      if (isBusy(error)) return this.#runWhenFree(sql, parameters);
      throw withStatement(error, this.#native, sql, parameters);
    }
  }

  /** Beside an open transaction it reads from the file's other connection, or for want of one from the same. */
  readNow(sql: string, parameters: readonly unknown[]): QueryOutcome {
    const beside = this.#lock.held ? this.#reader?.read(sql, parameters) : undefined;
    return beside ?? this.#writer.run(sql, parameters);
  }

  async #runWhenFree(sql: string, parameters: readonly unknown[]): Promise<QueryOutcome> {
    const read = await this.#patiently(() => this.#reader?.read(sql, parameters));
    if (read) return read;
    await waitTwice(() => this.#lock.acquire(), this.#freeConnection);
    try {
      return await this.#patiently(() => this.#writer.run(sql, parameters));
    } catch (error) {
      throw withStatement(error, this.#native, sql, parameters);
    } finally {
      this.#lock.release();
    }
  }

  async acquire(): Promise<Session> {
    const turn = giveWay();
    if (turn) await turn;
    if (!this.#lock.take()) await waitTwice(() => this.#lock.acquire(), this.#freeConnection);
    let released = false;
    /** The last statement that has given way and not run yet: what comes after it must not overtake it. */
    let last: Promise<unknown> | undefined;
    const later = async (before: Promise<unknown>, sql: string, parameters: readonly unknown[], once?: boolean) => {
      await before;
      const turn = giveWay();
      if (turn) await turn;
      // It was not awaited before the transaction ended: another caller may have the connection now.
      if (released) throw modelErrors.DATABASE_TRANSACTION_ENDED();
      return this.#query(sql, parameters, once);
    };
    return {
      query: (sql, parameters, once) => {
        const before = last ?? (BOUND.test(sql) ? undefined : giveWay());
        if (!before) return this.#query(sql, parameters, once);
        const outcome = later(before, sql, parameters, once);
        const ran: Promise<unknown> = outcome
          .catch(() => {})
          .finally(() => {
            if (last === ran) last = undefined;
          });
        last = ran;
        return outcome;
      },
      release: () => {
        if (released) return;
        released = true;
        if (!this.#isClosed && this.#native.inTransaction) this.#native.exec("rollback");
        this.#lock.release();
      },
    };
  }

  /** Runs a statement of the lock's holder. */
  #query(sql: string, parameters: readonly unknown[], once?: boolean): QueryOutcome | Promise<QueryOutcome> {
    this.#assertOpen();
    try {
      return this.#writer.run(sql, parameters, once);
    } catch (error) {
      // What begins a transaction may find another process writing: nothing has run then, so it can be tried again.
      if (isBusy(error) && !this.#native.inTransaction) return this.#patiently(() => this.#writer.run(sql, parameters));
      throw withStatement(error, this.#native, sql, parameters);
    }
  }

  /** The database may have been closed while a statement gave way. */
  #assertOpen(): void {
    if (this.#isClosed) throw modelErrors.DATABASE_CLOSED();
  }

  async #patiently<T>(work: () => T): Promise<T> {
    const end = performance.now() + this.#busyTimeout;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() > end) throw modelErrors.DATABASE_BUSY.with({ cause: error }, this.#busyTimeout);
        await sleep(5 + Math.random() * 20);
      }
    }
  }

  dooms(): boolean {
    return !this.#native.inTransaction;
  }

  breaks(): boolean {
    return false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#lock.refuse(modelErrors.DATABASE_CLOSED());
    this.#writer.clear();
    this.#reader?.clear();
    this.#readerNative?.close();
    this.#native.close();
  }
}

function openFile(file: string): Database {
  const native = new Database(file, { timeout: NATIVE_WAIT });
  if (file !== ":memory:") {
    native.pragma("journal_mode = wal");
    native.pragma("synchronous = normal");
  }
  native.pragma("foreign_keys = on");
  native.function("antiphon_lower", { deterministic: true }, (value) =>
    typeof value === "string" ? foldCase(value) : value,
  );
  return native;
}

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^SQLITE_(?:BUSY|LOCKED)/.test(code);
}

/** SQLite says that a foreign key failed, and not which one: that is looked up here. */
function withStatement(error: unknown, native: Database, sql: string, parameters: readonly unknown[]): unknown {
  if (error instanceof Error && (error as { code?: string }).code?.startsWith("SQLITE_CONSTRAINT")) {
    const foreignKey = describeForeignKey(error, native, sql, parameters);
    Object.defineProperty(error, "statement", { value: { sql, ...foreignKey }, configurable: true });
  }
  return error;
}
