import type { QueryOutcome, Session } from "./session.ts";

/** Milliseconds beyond `statementTimeout` that a server gets for its answer to arrive. */
const ANSWER_SLACK = 5_000;

/** The driver's connection to a database server. */
export interface ServerConnection {
  query(sql: string, parameters: readonly unknown[], once: boolean | undefined): Promise<QueryOutcome>;
  /** Gives it back to the pool; `broken` closes it at once instead, also while a statement is running. */
  release(broken: boolean): void;
}

/** Settings of `ServerSession`. */
export interface ServerSessionOptions {
  /** Milliseconds after which the server itself ends a statement; without it an answer is waited for as long as it takes. */
  readonly statementTimeout: number | undefined;
  /** Called when an answer did not come: other connections may be dead too. */
  readonly onSilence: () => void;
}

/**
 * A connection to a database server, held by one user.
 *
 * A network that drops packets without a word looks like a statement that takes long. The server ends each statement
 * itself after `statementTimeout`, so an answer that does not come soon after never will.
 */
export class ServerSession implements Session {
  readonly #connection: ServerConnection;
  readonly #onSilence: () => void;
  readonly #running = new Set<(error: Error) => void>();
  #limit: number | undefined;
  #isReleased = false;

  constructor(connection: ServerConnection, { statementTimeout, onSilence }: ServerSessionOptions) {
    this.#connection = connection;
    this.#limit = statementTimeout === undefined ? undefined : statementTimeout + ANSWER_SLACK;
    this.#onSilence = onSilence;
  }

  query(sql: string, parameters: readonly unknown[], once?: boolean): Promise<QueryOutcome> {
    return new Promise((resolve, reject) => {
      const limit = this.#limit;
      const timer =
        limit === undefined
          ? undefined
          : setTimeout(() => {
              this.#onSilence();
              this.#fail(noAnswer(limit));
            }, limit);
      const ended = () => {
        clearTimeout(timer);
        this.#running.delete(fail);
      };
      const fail = (error: Error) => {
        ended();
        reject(error);
      };
      this.#running.add(fail);
      this.#connection.query(sql, parameters, once).then((outcome) => {
        ended();
        resolve(outcome);
      }, fail);
    });
  }

  unlimit(): void {
    this.#limit = undefined;
  }

  release(broken: boolean): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#connection.release(broken || this.#running.size > 0);
    // Not every driver answers the statements of a connection that it closes.
    this.#fail(closedMeanwhile());
  }

  #fail(error: Error): void {
    for (const fail of [...this.#running]) fail(error);
  }
}

function noAnswer(milliseconds: number): Error {
  const error = new Error(`The database server has not answered for ${milliseconds} ms.`);
  return Object.assign(error, { code: "ETIMEDOUT", fatal: true });
}

function closedMeanwhile(): Error {
  const error = new Error("The connection was closed while a statement was running.");
  return Object.assign(error, { code: "ECONNABORTED", fatal: true });
}
