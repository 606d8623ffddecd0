import type { SqlEntityManager } from "@mikro-orm/sql";
import type { Change } from "./change-feed.ts";
import type { DriverConnection } from "./dialects/driver.ts";
import { modelErrors } from "./errors.ts";

/** One open `atomic()`, or one flush outside of any. */
export class Scope {
  readonly #busyTimeout: number;
  readonly parent: Scope | undefined;
  /** What is published when the outermost scope has been committed. */
  readonly changes: Change[];
  manager: SqlEntityManager | undefined;
  #connection: DriverConnection | undefined;
  #child: Promise<void> | undefined;
  #ended = false;

  /** `busyTimeout`: milliseconds to wait for a nested scope before giving up. */
  constructor(busyTimeout: number, parent?: Scope, changes: Change[] = []) {
    this.#busyTimeout = busyTimeout;
    this.parent = parent;
    this.changes = changes;
    this.#connection = parent?.connection;
  }

  /** The connection of the transaction, from its beginning to its end. */
  get connection(): DriverConnection | undefined {
    return this.#connection?.inTransaction ? this.#connection : undefined;
  }

  /** A transaction began in this scope; a scope has one. */
  joined(connection: DriverConnection): void {
    this.#connection ??= connection;
  }

  /**
   * Waits until no nested scope is open. What a parallel branch writes meanwhile would be inside of the nested one's
   * savepoint, and be lost with it.
   */
  ready(): Promise<void> | undefined {
    if (this.#ended) return Promise.reject(modelErrors.DATABASE_TRANSACTION_ENDED());
    return this.#child === undefined ? undefined : this.#waitForChild();
  }

  async #waitForChild(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(modelErrors.DATABASE_BUSY(this.#busyTimeout)), this.#busyTimeout);
    });
    try {
      while (this.#child) await Promise.race([this.#child, limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs work as the only nested scope: parallel ones take turns. */
  async nest<T>(work: () => Promise<T>): Promise<T> {
    for (let wait = this.ready(); wait !== undefined; wait = this.ready()) await wait;
    let ended = (): void => {};
    this.#child = new Promise((resolve) => {
      ended = resolve;
    });
    try {
      return await work();
    } finally {
      this.#child = undefined;
      ended();
    }
  }

  /** The same transaction and changes for a nested scope that is about to begin: it need not wait for itself. */
  lent(): Scope {
    const scope = new Scope(this.#busyTimeout, this, this.changes);
    scope.manager = this.manager;
    return scope;
  }

  end(): void {
    this.#ended = true;
  }
}
