import type Database from "better-sqlite3";
import type { Statement } from "better-sqlite3";
import { LRUCache } from "lru-cache";
import type { QueryOutcome } from "./session.ts";

interface Prepared {
  readonly statement: Statement;
  /** Set when whole numbers may be larger than a JavaScript number holds. */
  readonly wide: boolean;
}

/** Statements that are kept ready. A prepared statement takes a few kilobytes. */
const KEPT = 500;

/** Runs statements on one SQLite connection and keeps the prepared ones. */
export class SqliteStatements {
  readonly #native: Database;
  readonly #kept = new LRUCache<string, Prepared>({ max: KEPT });

  constructor(native: Database) {
    this.#native = native;
  }

  run(sql: string, parameters: readonly unknown[], once = false): QueryOutcome {
    const { statement, wide } = this.#prepare(sql, once);
    const values = bindable(parameters);
    if (statement.reader) {
      const rows = statement.all(values);
      return { rows: wide ? narrowed(rows) : rows, changes: rows.length };
    }
    const { changes, lastInsertRowid } = statement.run(values);
    return { rows: [], changes, insertId: lastInsertRowid };
  }

  /** Runs a statement that writes nothing; undefined for any other. */
  read(sql: string, parameters: readonly unknown[]): QueryOutcome | undefined {
    // Another connection may have changed the tables: running anything is what makes SQLite notice.
    this.run("select 1 from sqlite_master limit 1", []);
    return this.#native.prepare(sql).readonly ? this.run(sql, parameters, true) : undefined;
  }

  /** Forgets all: after a change of the schema column types may be others. */
  clear(): void {
    this.#kept.clear();
  }

  #prepare(sql: string, once: boolean): Prepared {
    const known = this.#kept.get(sql);
    if (known) return known;
    const statement = this.#native.prepare(sql);
    // A key that counts up is an "integer" there, of whatever size: what a writing statement gives may be one.
    const wide =
      statement.reader &&
      (!statement.readonly ||
        statement.columns().some(({ type }) => type === null || /big|int8|numeric|decimal/i.test(type)));
    if (wide || !statement.reader) statement.safeIntegers(true);
    const prepared = { statement, wide };
    if (/^\s*(?:create|alter|drop)\b/i.test(sql)) {
      this.#kept.clear();
      return prepared;
    }
    if (!once) this.#kept.set(sql, prepared);
    return prepared;
  }
}

/** Big integers become numbers again where that loses nothing. */
function narrowed(rows: Record<string, unknown>[]): Record<string, unknown>[] {
  for (const row of rows) {
    for (const name in row) {
      const value = row[name];
      if (typeof value === "bigint" && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER) {
        row[name] = Number(value);
      }
    }
  }
  return rows;
}

function bindable(parameters: readonly unknown[]): readonly unknown[] {
  for (let index = 0; index < parameters.length; index++) {
    const value = parameters[index];
    if (typeof value === "boolean" || value === undefined || value instanceof Date) return parameters.map(sqliteValue);
  }
  return parameters;
}

function sqliteValue(value: unknown): unknown {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  return value ?? null;
}
