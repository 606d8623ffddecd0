import type { AntiphonError } from "../errors.ts";
import type { Database } from "./database.ts";
import type { DriverError } from "./database-errors.ts";
import { modelErrors } from "./errors.ts";

/** The coded error of a connection that is busy, closed, lost or too slow; undefined for any other. */
export function connectionError(error: Error, driver: DriverError, database: Database): AntiphonError | undefined {
  const code = driver.code ?? "";
  const context = { cause: error };
  if (/^(?:SQLITE_BUSY|SQLITE_LOCKED|55P03|ER_LOCK_WAIT_TIMEOUT|53300|ER_CON_COUNT_ERROR)/.test(code)) {
    return modelErrors.DATABASE_BUSY.with(context, database.busyTimeout);
  }
  if (/^(?:40P01|40001|ER_LOCK_DEADLOCK)$/.test(code)) return modelErrors.DATABASE_DEADLOCK.with(context);
  if (/^Transaction is already (?:committed|rolled back)$/.test(driver.message)) {
    return modelErrors.DATABASE_TRANSACTION_ENDED.with(context);
  }
  if (code === "25P02") return modelErrors.DATABASE_TRANSACTION_ABORTED.with(context);
  if (/^(?:57014|ER_QUERY_TIMEOUT|ER_STATEMENT_TIMEOUT)$/.test(code) || driver.errno === 1969) {
    return modelErrors.DATABASE_TIMEOUT.with(context);
  }
  if (
    /connection is not open|pool after calling end|Pool is closed|driver has already been destroyed/i.test(
      driver.message,
    )
  ) {
    return modelErrors.DATABASE_CLOSED.with(context);
  }
  const lost =
    /^(?:57P0[1-4]|08\d{3}|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|PROTOCOL_CONNECTION_LOST|PROTOCOL_SEQUENCE_TIMEOUT)$/.test(
      code,
    ) ||
    driver.fatal === true ||
    /Connection terminated|Client has encountered a connection error|Connection is closed|connection is in closed state/i.test(
      driver.message,
    );
  return lost ? modelErrors.DATABASE_CONNECTION_LOST.with(context) : undefined;
}
