import { AntiphonError } from "../errors.ts";
import { contexts } from "../models/database/context-store.ts";
import { Freshness, type Stamp } from "../models/database/freshness.ts";
import {
  atomic,
  ConstraintError,
  type Database,
  type FieldInfo,
  fieldKinds,
  fieldOf,
  withDatabase,
} from "../models/index.ts";
import { sessionErrors } from "./errors.ts";
import type { ForeignChange, SessionBackend, SessionWrite, StoredSession } from "./session-backend.ts";
import { SESSION_TABLE, SessionRecord } from "./session-record.ts";

/**
 * Keeps sessions in a table of the app's database; on SQLite they are read at once, so that nothing is loaded ahead.
 *
 * A session is no part of the app's transactions: what a request has put into it stays when its transaction is undone.
 *
 * @example
 * const sessions = new SessionManager({ backend: new DatabaseSessions(database), cookie: sessionCookie() });
 */
export class DatabaseSessions implements SessionBackend {
  readonly readsAtOnce: boolean;
  readonly #database: Database;
  readonly #freshness: Freshness;
  readonly #sql: Statements;
  readonly #expires: FieldInfo;

  /** `now`: milliseconds since 1970, for tests. */
  constructor(database: Database, options: { readonly now?: () => number } = {}) {
    this.#database = database;
    this.readsAtOnce = database.dialect === "sqlite";
    this.#freshness = new Freshness(database, options);
    this.#sql = statements(database);
    this.#expires = fieldOf(SessionRecord, "expiresAt") as FieldInfo;
  }

  /** A database whose models were loaded again is another object, with the same feed over the same connections. */
  get storage(): object {
    return this.#database.changes;
  }

  readNow(id: string): StoredSession | "none" | undefined {
    try {
      const outcome = this.#database.readNow(this.#sql.read, [id]);
      return outcome && (this.#stored(outcome.rows[0]) ?? "none");
    } catch (error) {
      throw explained(error);
    }
  }

  async load(id: string): Promise<StoredSession | undefined> {
    const { rows } = await this.#run(() =>
      withDatabase(this.#database, () => this.#database.runReserved(this.#sql.read, [id])),
    );
    return this.#stored(rows[0]);
  }

  async create(id: string, session: StoredSession): Promise<boolean> {
    try {
      await this.#write(this.#sql.create, [id, session.data, this.#moment(session.expiresAt)]);
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }

  async update(id: string, session: StoredSession, version: number): Promise<SessionWrite> {
    const values = [session.data, this.#moment(session.expiresAt), id, version];
    if ((await this.#write(this.#sql.update, values)) > 0) return "saved";
    return (await this.load(id)) ? "stale" : "gone";
  }

  async replace(
    oldId: string,
    newId: string,
    session: StoredSession,
    version: number,
  ): Promise<SessionWrite | "taken"> {
    try {
      const moved = await this.#outside(() =>
        atomic(async () => {
          const { changes } = await this.#database.run(this.#sql.deleteVersion, [oldId, version]);
          if (changes === 0) return false;
          await this.#database.run(this.#sql.create, [newId, session.data, this.#moment(session.expiresAt)]);
          return true;
        }),
      );
      if (moved) return "saved";
    } catch (error) {
      if (isTaken(error)) return "taken";
      throw error;
    }
    return (await this.load(oldId)) ? "stale" : "gone";
  }

  async delete(id: string, version?: number): Promise<boolean> {
    const changes =
      version === undefined
        ? await this.#write(this.#sql.delete, [id])
        : await this.#write(this.#sql.deleteVersion, [id, version]);
    return changes > 0;
  }

  clearExpired(now: number): Promise<number> {
    return this.#write(this.#sql.clearExpired, [this.#moment(now)]);
  }

  stamp(): Stamp {
    return this.#freshness.stamp();
  }

  isFresh(stamp: unknown): boolean {
    return this.#freshness.isFresh(stamp as Stamp);
  }

  onForeignChange(listener: (change: ForeignChange) => void): () => void {
    return this.#database.changes.subscribe((changes) => {
      for (const { model, action, ids } of changes) {
        if (model !== SessionRecord.name) continue;
        listener({ ids: ids === "many" ? ids : ids.map(String), deleted: action === "delete" });
      }
    });
  }

  async #write(sql: string, values: readonly unknown[]): Promise<number> {
    const { changes } = await this.#run(() => this.#outside(() => this.#database.runReserved(sql, values)));
    return changes;
  }

  async #run<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explained(error);
    }
  }

  /** In a context of its own: an open transaction of the caller's could be undone, and on SQLite it holds the lock. */
  #outside<T>(work: () => T): T {
    const context = contexts.getStore();
    const same = context?.database.changes === this.storage;
    if (same && context?.scope?.connection) throw sessionErrors.SESSION_IN_TRANSACTION();
    return withDatabase(this.#database, work);
  }

  #stored(row: Record<string, unknown> | undefined): StoredSession | undefined {
    if (!row) return undefined;
    const { data, version, expires_at: expires } = row;
    return { data: String(data), version: Number(version), expiresAt: this.#time(expires) };
  }

  #moment(time: number): unknown {
    return fieldKinds.datetime.toDriver(new Date(time), this.#database.dialect, this.#expires);
  }

  #time(value: unknown): number {
    if (typeof value === "number") return value;
    return Date.parse(String(fieldKinds.datetime.fromDriver(value, this.#database.dialect, this.#expires)));
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof ConstraintError && error.kind === "unique";
}

/** The three databases' words for a table that is not there. */
function explained(error: unknown): unknown {
  const cause = error instanceof AntiphonError ? error.cause : error;
  const { code, errno, message } = (cause ?? {}) as { code?: unknown; errno?: unknown; message?: unknown };
  const missing = code === "42P01" || errno === 1146 || /^no such table/.test(String(message));
  return missing ? sessionErrors.SESSION_TABLE_MISSING.with({ cause: error }, SESSION_TABLE) : error;
}

interface Statements {
  readonly read: string;
  readonly create: string;
  readonly update: string;
  readonly delete: string;
  readonly deleteVersion: string;
  readonly clearExpired: string;
}

function statements(database: Database): Statements {
  const table = database.quote(SESSION_TABLE);
  const [id, data, version, expires] = ["id", "data", "version", "expires_at"].map((name) => database.quote(name));
  const at = (index: number) => database.placeholder(index);
  return {
    read: `select ${data}, ${version}, ${expires} from ${table} where ${id} = ${at(0)}`,
    create: `insert into ${table} (${id}, ${data}, ${version}, ${expires}) values (${at(0)}, ${at(1)}, 1, ${at(2)})`,
    update: `update ${table} set ${data} = ${at(0)}, ${expires} = ${at(1)}, ${version} = ${version} + 1 where ${id} = ${at(2)} and ${version} = ${at(3)}`,
    delete: `delete from ${table} where ${id} = ${at(0)}`,
    deleteVersion: `delete from ${table} where ${id} = ${at(0)} and ${version} = ${at(1)}`,
    clearExpired: `delete from ${table} where ${expires} <= ${at(0)}`,
  };
}
