import type { AntiphonError } from "../../errors.ts";
import { isOutcomeUnknown } from "../dialects/outcome.ts";
import { modelErrors } from "../errors.ts";
import { metasOf } from "./constraint-errors.ts";
import type { Database } from "./database.ts";
import type { DriverError } from "./database-errors.ts";

interface Rule {
  readonly codes?: RegExp;
  /** Numbers of MySQL and MariaDB. */
  readonly numbers?: readonly number[];
  /** Sentences of a database. */
  readonly message?: RegExp;
  /** Sentences of a driver's or the ORM's own, which have no code. */
  readonly codeless?: RegExp;
  readonly make: (context: { readonly cause: Error }, driver: DriverError, database: Database) => AntiphonError;
}

/** The errors of a database that are about no single value, by the codes of its drivers; the first that fits counts. */
const RULES: readonly Rule[] = [
  {
    codes: /^(?:SQLITE_BUSY|SQLITE_LOCKED|55P03|ER_LOCK_WAIT_TIMEOUT|53300|ER_CON_COUNT_ERROR)/,
    make: (context, _, { busyTimeout }) => modelErrors.DATABASE_BUSY.with(context, busyTimeout),
  },
  { codes: /^(?:40P01|40001|ER_LOCK_DEADLOCK)$/, make: (context) => modelErrors.DATABASE_DEADLOCK.with(context) },
  {
    codeless: /^Transaction is already (?:committed|rolled back)$/,
    make: (context) => modelErrors.DATABASE_TRANSACTION_ENDED.with(context),
  },
  { codes: /^25P02$/, make: (context) => modelErrors.DATABASE_TRANSACTION_ABORTED.with(context) },
  {
    codes: /^(?:57014|ER_QUERY_TIMEOUT|ER_STATEMENT_TIMEOUT)$/,
    numbers: [1969],
    make: (context) => modelErrors.DATABASE_TIMEOUT.with(context),
  },
  {
    codeless: /connection is not open|pool after calling end|Pool is closed|driver has already been destroyed/i,
    make: (context) => modelErrors.DATABASE_CLOSED.with(context),
  },
  {
    codes: /^(?:SQLITE_FULL|53100)$/,
    numbers: [1021, 1114],
    message: /^Got error 28\b|\berrno: 28\b|No space left on device/,
    make: (context) => modelErrors.DATABASE_FULL.with(context),
  },
  {
    codes: /^(?:SQLITE_READONLY\w*|25006)$/,
    numbers: [1036, 1290, 1792, 1836],
    make: (context) => modelErrors.DATABASE_READ_ONLY.with(context),
  },
  {
    codes: /^(?:SQLITE_(?:IOERR|CORRUPT|NOTADB|CANTOPEN|PROTOCOL)\w*|58\w{3}|XX00[12])$/,
    numbers: [1030, 1034, 1194, 1195, 1712],
    make: (context, { message }) => modelErrors.DATABASE_STORAGE_FAILED.with(context, message),
  },
  {
    codes: /^(?:42P01|42703)$/,
    numbers: [1054, 1146],
    message: /^no such (?:table|column): |^table \S+ has no column named /,
    make: (context, { message }, database) => {
      const column = unknownColumn(message);
      return column !== undefined && !isColumn(database, column)
        ? modelErrors.DATABASE_COLUMN_UNKNOWN.with(context, column, message)
        : modelErrors.DATABASE_TABLE_MISSING.with(context, message);
    },
  },
  {
    codeless: /^Too (?:few|many) parameter values were provided$/,
    make: (context, { message }) => modelErrors.DATABASE_PLACEHOLDERS_INVALID.with(context, message),
  },
  {
    codes: /^2200H$/,
    numbers: [1467],
    make: (context, { message }) => modelErrors.DATABASE_KEYS_EXHAUSTED.with(context, message),
  },
];

/** Returns the name of the column that a database does not know; undefined if the sentence is about a table. */
function unknownColumn(sentence: string): string | undefined {
  const found =
    /^no such column: (?:[^\s.]+\.)?"?([^\s."]+)/.exec(sentence) ??
    /has no column named "?([^\s"]+)/.exec(sentence) ??
    /^column (?:[^\s.]+\.)?"?([^\s."]+)"? .*does not exist/.exec(sentence) ??
    /^column (?:[^\s.]+\.)?"?([^\s."]+)"? does not exist/.exec(sentence) ??
    /Unknown column '(?:[^'.]+\.)?([^'.]+)'/.exec(sentence);
  return found?.[1];
}

function isColumn(database: Database, column: string): boolean {
  const wanted = column.toLowerCase();
  return metasOf(database).some((meta) =>
    Object.values(meta.properties).some(({ fieldNames }) => fieldNames?.some((name) => name.toLowerCase() === wanted)),
  );
}

/** Returns the coded error of a driver's error that is about no single value; undefined for an error of other code. */
export function connectionError(error: Error, driver: DriverError, database: Database): AntiphonError | undefined {
  const { code, errno, message } = driver;
  const context = { cause: error };
  // Whatever code inside of atomic() throws comes here: the same words in another error mean something else.
  const isServers = isRefused(driver);
  for (const rule of RULES) {
    const fits =
      (typeof code === "string" && rule.codes?.test(code)) ||
      (isServers && errno !== undefined && database.dialect === "mysql" && rule.numbers?.includes(errno)) ||
      (isServers && rule.message?.test(message)) ||
      rule.codeless?.test(message);
    if (fits) return rule.make(context, driver, database);
  }
  if (isLost(driver)) {
    return isOutcomeUnknown(driver)
      ? modelErrors.DATABASE_OUTCOME_UNKNOWN.with(context)
      : modelErrors.DATABASE_CONNECTION_LOST.with(context);
  }
  return isServers ? modelErrors.DATABASE_STATEMENT_FAILED.with(context, code ?? "", message) : undefined;
}

const LOST =
  /^(?:57P0[1-4]|08\w{3}|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|PROTOCOL_CONNECTION_LOST|PROTOCOL_SEQUENCE_TIMEOUT)$/;

function isLost({ code = "", fatal, message }: DriverError): boolean {
  if (LOST.test(code) || fatal === true) return true;
  return /Connection terminated|Client has encountered a connection error|Connection is closed|connection is in closed state/i.test(
    message,
  );
}

/** Whether a database server or SQLite itself has refused a statement. */
function isRefused(driver: DriverError): boolean {
  const { name, code } = driver;
  // Of MariaDB's own errors the driver knows numbers alone.
  if ("sqlState" in driver) return true;
  if (typeof code !== "string") return false;
  return name === "SqliteError" || ("severity" in driver && /^\w{5}$/.test(code));
}
