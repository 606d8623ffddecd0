import type { DriverConnection } from "../dialects/driver.ts";
import { modelErrors } from "../errors.ts";

/** Milliseconds that a timer of Node takes: a longer limit, such as `Infinity`, is none. */
export const LONGEST_TIMER = 2_147_483_647;

/** The code that a transaction belongs to: a handler, a view or a command. */
export interface DatabaseCaller {
  /** Its name for the log, such as `NotesState.save`. */
  readonly label: string;
  /** Calls a listener when the result is no longer awaited. Returns a function that removes the listener. */
  readonly onGone?: (listener: (reason: Error) => void) => () => void;
}

/** A place for log lines; pino's loggers fit. */
export interface DatabaseLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** Log lines of a script that has no logger. */
export const processWarnings: DatabaseLogger = {
  info() {},
  warn: (details, message) =>
    process.emitWarning(message, { code: "ANTIPHON_DATABASE", detail: JSON.stringify(details) }),
};

/** Milliseconds without a statement after which a transaction counts as idle. */
const IDLE_AFTER = 2_000;

/** Milliseconds for which a connection that was freed is a reason to wait once more. */
const SHARED_FOR = 500;

interface Open {
  readonly label: string | undefined;
  readonly since: number;
  readonly isLimited: boolean;
  readonly settle: () => void;
}

/** Settings of `OpenTransactions`. */
export interface TransactionLimits {
  /** Milliseconds that a transaction may be open; unlimited when absent. */
  readonly timeout: number | undefined;
  readonly caller: (() => DatabaseCaller | undefined) | undefined;
  readonly logger: DatabaseLogger;
}

/** The open transactions of a database, each of which holds a connection that others may be waiting for. */
export class OpenTransactions {
  readonly #limits: TransactionLimits;
  #freedAt = Number.NEGATIVE_INFINITY;
  readonly #open = new Map<DriverConnection, Open>();

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  /** Watches a transaction from its beginning on; `timeout` replaces the setting. */
  began(connection: DriverConnection, timeout = this.#limits.timeout): void {
    const caller = this.#limits.caller?.();
    const isLimited = timeout === undefined || timeout <= LONGEST_TIMER;
    const timer =
      isLimited && timeout !== undefined
        ? setTimeout(() => this.#end(connection, transactionTooLong(timeout)), timeout)
        : undefined;
    let stopListening: (() => void) | undefined;
    const settle = () => {
      clearTimeout(timer);
      stopListening?.();
    };
    this.#open.set(connection, { label: caller?.label, since: performance.now(), isLimited, settle });
    // Last, because the caller may be gone already: then this ends the transaction at once.
    stopListening = caller?.onGone?.((reason) => this.#end(connection, reason));
  }

  ended(connection: DriverConnection): void {
    const open = this.#open.get(connection);
    if (!open) return;
    this.#open.delete(connection);
    open.settle();
  }

  /**
   * Ends the transaction that has been idle for longest, for code that has waited too long for a connection. Returns false
   * when none is idle, so that a second wait is useless.
   */
  endIdlest(): boolean {
    let idlest: DriverConnection | undefined;
    for (const [connection, { isLimited }] of this.#open) {
      if (isLimited && connection.idleTime >= (idlest?.idleTime ?? IDLE_AFTER)) idlest = connection;
    }
    // Code that began to wait at the same moment shares the connection that was freed.
    if (!idlest) return performance.now() - this.#freedAt < SHARED_FOR;
    this.#freedAt = performance.now();
    this.#end(idlest, modelErrors.DATABASE_TRANSACTION_TIMEOUT(idleFor(idlest.idleTime)));
    return true;
  }

  #end(connection: DriverConnection, reason: Error): void {
    const open = this.#open.get(connection);
    if (!open) return;
    const { label = "A script", since } = open;
    const details = {
      code: (reason as { code?: unknown }).code,
      handler: label,
      openMs: Math.round(performance.now() - since),
      idleMs: Math.round(connection.idleTime),
    };
    this.ended(connection);
    if (!connection.cut(reason)) return;
    this.#limits.logger.warn(details, `${label}: a transaction was rolled back before its end. ${reason.message}`);
  }
}

/** The error of a transaction that was open for too long. */
export function transactionTooLong(milliseconds: number): Error {
  return modelErrors.DATABASE_TRANSACTION_TIMEOUT(`was open for ${inSeconds(milliseconds)}`);
}

function idleFor(milliseconds: number): string {
  return `sent no statement for ${inSeconds(milliseconds)} while others waited for the database`;
}

function inSeconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
