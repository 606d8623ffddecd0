import { AntiphonError } from "../../errors.ts";
import { contexts } from "../../models/database/context-store.ts";
import {
  type Database,
  type FieldInfo,
  fieldKinds,
  fieldOf,
  type QueryOutcome,
  withDatabase,
} from "../../models/index.ts";
import type { ThrottlePurpose } from "../options.ts";
import { passwordErrors } from "../passwords/password-errors.ts";
import {
  type Counter,
  type CounterMatch,
  type CounterState,
  type Counters,
  digest,
  steadyNow,
} from "./throttle-counters.ts";
import { THROTTLE_TABLE, ThrottleRecord } from "./throttle-record.ts";

/** Counted tries after which those whose window is over are taken out of the table. */
const SWEEP_AFTER = 1_000;

/** How often a try is counted anew when the database undid it for the sake of another. */
const DEADLOCK_TRIES = 5;

/**
 * Counts tries in a table of the app's database, which all its processes share. A try stays counted, whatever becomes of
 * the caller's own work; so it can't be one of a transaction.
 *
 * @throws THROTTLE_IN_TRANSACTION, from every method that writes
 * @example
 * const throttle = new Throttle({ counters: databaseCounters(database) });
 */
export function databaseCounters(database: Database, options: { readonly now?: () => number } = {}): Counters {
  return new DatabaseCounters(database, options.now ?? steadyNow);
}

class DatabaseCounters implements Counters {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #sql: Statements;
  readonly #resets: FieldInfo;
  #counted = 0;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.#sql = statements(database);
    this.#resets = fieldOf(ThrottleRecord, "resetAt") as FieldInfo;
  }

  async increment(counter: Counter, windowMs: number): Promise<{ readonly count: number; readonly resetAt: number }> {
    const now = this.#now();
    const { purpose, rule, ip = null, identifier = null, userAgent = null } = counter;
    const id = idOf(counter);
    const at = this.#moment(now);
    const values = [id, purpose, rule, ip, identifier, userAgent, this.#moment(now + windowMs), at, at];
    const outcome = await this.#countedOnce(values);
    if (++this.#counted % SWEEP_AFTER === 0) await this.clearExpired();
    const [row] = outcome.rows;
    if (row) return { count: Number(row["count"]), resetAt: this.#time(row["reset_at"]) };
    // MySQL gives the count in place of a made key, and none for a new row.
    const { rows } = await this.#write(this.#sql.read, [id]);
    const resetAt = rows[0] ? this.#time(rows[0]["reset_at"]) : now + windowMs;
    return { count: Number(outcome.insertId ?? 1), resetAt };
  }

  async refund(counter: Counter): Promise<void> {
    await this.#write(this.#sql.refund, [idOf(counter), this.#moment(this.#now())]);
  }

  async forget(counter: Counter): Promise<void> {
    await this.#write(this.#sql.forget, [idOf(counter)]);
  }

  async clear({ ip, identifier }: CounterMatch): Promise<number> {
    const values = [ip, identifier].filter((value) => value !== undefined);
    const { changes } = await this.#write(this.#sql.clear(ip !== undefined, identifier !== undefined), values);
    return changes;
  }

  async list(limit: number): Promise<readonly CounterState[]> {
    const { rows } = await withDatabase(this.#database, () =>
      this.#database.run(this.#sql.list(limit), [this.#moment(this.#now())]),
    );
    return rows.map((row) => ({
      purpose: String(row["purpose"]) as ThrottlePurpose,
      rule: String(row["rule"]),
      ...(row["ip"] ? { ip: String(row["ip"]) } : {}),
      ...(row["identifier"] ? { identifier: String(row["identifier"]) } : {}),
      ...(row["user_agent"] ? { userAgent: String(row["user_agent"]) } : {}),
      count: Number(row["count"]),
      resetAt: this.#time(row["reset_at"]),
    }));
  }

  async clearExpired(): Promise<number> {
    return (await this.#write(this.#sql.clearExpired, [this.#moment(this.#now())])).changes;
  }

  async #countedOnce(values: readonly unknown[]): Promise<QueryOutcome> {
    for (let left = DEADLOCK_TRIES; ; left--) {
      try {
        return await this.#write(this.#sql.increment, values);
      } catch (error) {
        if (left <= 1 || !(error instanceof AntiphonError) || error.code !== "DATABASE_DEADLOCK") throw error;
      }
    }
  }

  /** In a context of its own: an open transaction of the caller's could be undone, and on SQLite it holds the lock. */
  async #write(sql: string, values: readonly unknown[]): Promise<QueryOutcome> {
    const context = contexts.getStore();
    // The feed tells the database: one whose models were loaded again is another object over the same connections.
    const same = context?.database.changes === this.#database.changes;
    if (same && context?.scope?.connection) throw passwordErrors.THROTTLE_IN_TRANSACTION();
    return withDatabase(this.#database, () => this.#database.run(sql, values));
  }

  #moment(time: number): unknown {
    return fieldKinds.datetime.toDriver(new Date(time), this.#database.dialect, this.#resets);
  }

  #time(value: unknown): number {
    if (typeof value === "number") return value;
    return Date.parse(String(fieldKinds.datetime.fromDriver(value, this.#database.dialect, this.#resets)));
  }
}

function idOf({ purpose, rule, ip, identifier, userAgent }: Counter): string {
  return digest(JSON.stringify([purpose, rule, ip, identifier, userAgent]));
}

interface Statements {
  readonly increment: string;
  readonly read: string;
  readonly refund: string;
  readonly forget: string;
  readonly clearExpired: string;
  clear(ip: boolean, identifier: boolean): string;
  list(limit: number): string;
}

const COLUMNS = ["id", "purpose", "rule", "ip", "identifier", "user_agent", "reset_at", "count"];

function statements(database: Database): Statements {
  const q = (name: string) => database.quote(name);
  const at = (index: number) => database.placeholder(index);
  const table = q(THROTTLE_TABLE);
  const columns = COLUMNS.map(q).join(", ");
  return {
    increment: incrementOf(database),
    read: `select ${q("reset_at")} from ${table} where ${q("id")} = ${at(0)}`,
    refund: `update ${table} set ${q("count")} = ${q("count")} - 1 where ${q("id")} = ${at(0)} and ${q("count")} > 0 and ${q("reset_at")} > ${at(1)}`,
    forget: `delete from ${table} where ${q("id")} = ${at(0)}`,
    clearExpired: `delete from ${table} where ${q("reset_at")} <= ${at(0)}`,
    clear(ip, identifier) {
      const named = [...(ip ? ["ip"] : []), ...(identifier ? ["identifier"] : [])];
      const conditions = named.map((name, index) => `${q(name)} = ${at(index)}`);
      return `delete from ${table}${conditions.length > 0 ? ` where ${conditions.join(" and ")}` : ""}`;
    },
    list: (limit) =>
      `select ${columns} from ${table} where ${q("reset_at")} > ${at(0)} and ${q("count")} > 0 order by ${q("count")} desc, ${q("id")} limit ${Math.max(0, Math.trunc(limit))}`,
  };
}

/**
 * One statement that makes the row, counts on, or starts again after the window, and returns the new count. A window
 * that would end later than one which begins now was stored when a clock was ahead: it is cut to that.
 */
function incrementOf(database: Database): string {
  const q = (name: string) => database.quote(name);
  const at = (index: number) => database.placeholder(index);
  const [table, count, reset] = [q(THROTTLE_TABLE), q("count"), q("reset_at")];
  const values = COLUMNS.map((_, index) => (index < 7 ? at(index) : "1")).join(", ");
  const insert = `insert into ${table} (${COLUMNS.map(q).join(", ")}) values (${values})`;
  if (database.dialect === "mysql") {
    // Read anew, the count would be one that others have raised meanwhile. The assignments run in this order.
    return `${insert} on duplicate key update ${count} = last_insert_id(if(${reset} <= ${at(7)}, 1, ${count} + 1)), ${reset} = if(${reset} <= ${at(8)} or ${reset} > values(${reset}), values(${reset}), ${reset})`;
  }
  const old = `${table}.${reset}`;
  return `${insert} on conflict (${q("id")}) do update set ${count} = case when ${old} <= ${at(7)} then 1 else ${table}.${count} + 1 end, ${reset} = case when ${old} <= ${at(8)} or ${old} > excluded.${reset} then excluded.${reset} else ${old} end returning ${count}, ${reset}`;
}
