import { type RulesOf, type ValueRule, withDefault } from "../setting.ts";
import { milliseconds, splitList, wholeNumber } from "../setting-rules.ts";

/** Settings of the database with the app's models. */
export interface DatabaseConfig {
  /**
   * `sqlite:./db.sqlite3` (relative to the app's folder), `sqlite::memory:`, `postgres://…` or `mysql://…`. When absent
   * the variable DATABASE_URL says it, else it is `sqlite:./db.sqlite3`.
   */
  readonly url?: string;
  /** Databases that `makemigrations` writes for; when absent the url's, and those that there are migrations for. */
  readonly dialects?: readonly ("sqlite" | "postgres" | "mysql")[];
  /**
   * Most connections of one process at once, on PostgreSQL and MySQL; 10 when absent. One more is opened for sessions and
   * users while all are taken.
   */
  readonly poolSize?: number;
  /** Milliseconds that a query may wait for a connection or a lock; 5,000 when absent. */
  readonly busyTimeout?: number;
  /** Milliseconds that one statement of a running server may take on PostgreSQL and MySQL; 30,000 when absent. */
  readonly statementTimeout?: number;
  /** Milliseconds that a transaction of a running server may be open before it is rolled back; 30,000 when absent. */
  readonly transactionTimeout?: number;
}

/** Address of a database. */
export const databaseUrl: ValueRule = {
  expected: 'an address such as "sqlite:./db.sqlite3", "postgres://user@host/name" or "mysql://user@host/name"',
  accepts: (value) =>
    typeof value === "string" && /^(?:sqlite:.|(?:postgres|postgresql|mysql|mariadb):\/\/)/.test(value),
  parse: (given) => given,
  // Most hold a password, and where in a malformed one nobody can say.
  secret: true,
};

const DIALECTS: readonly unknown[] = ["sqlite", "postgres", "mysql"];

const dialects: ValueRule = {
  expected: 'a list of "sqlite", "postgres" and "mysql"',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((item) => DIALECTS.includes(item)),
  parse: splitList,
};

/** Rules and defaults of {@link DatabaseConfig}. */
export const databaseOptions = {
  url: withDefault(databaseUrl, "sqlite:./db.sqlite3"),
  dialects,
  poolSize: withDefault(wholeNumber(1, 1_000), 10),
  busyTimeout: withDefault(milliseconds(), 5_000),
  statementTimeout: withDefault(milliseconds(), 30_000),
  transactionTimeout: withDefault(milliseconds(), 30_000),
} satisfies RulesOf<DatabaseConfig>;
