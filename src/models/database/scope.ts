import type { SqlEntityManager } from "@mikro-orm/sql";
import type { DriverConnection } from "../dialects/driver.ts";
import { modelErrors } from "../errors.ts";
import type { Change } from "./change-feed.ts";

/** Code that waits for the end of a nested scope. */
interface Waiter {
  /** Whether it is a nested scope itself. */
  readonly takesTurn: boolean;
  wake(): void;
}

/** One open `atomic()`, or one flush outside of any. */
export class Scope {
  readonly #busyTimeout: number;
  readonly parent: Scope | undefined;
  #isLent = false;
  /** Changes to publish when the outermost scope has been committed. */
  readonly changes: Change[];
  manager: SqlEntityManager | undefined;
  /** Milliseconds that the transaction may be open, in place of the database's setting. */
  timeout: number | undefined;
  /** True when the work has ended: what its manager still writes is kept or undone with all of it. */
  isEnding = false;
  /** True for a flush: code that a lifecycle hook left running continues outside of its transaction. */
  readonly #isFlush: boolean;
  #connection: DriverConnection | undefined;
  /** Name of the scope's savepoint; empty for a transaction, undefined before it began. */
  #savepoint: string | undefined;
  readonly #nested = new Set<Scope>();
  /** Whether a nested scope has the turn. */
  #isTaken = false;
  /** Time at which a turn ended last. */
  #passedAt = Number.NEGATIVE_INFINITY;
  /** Statements and nested scopes that wait for the end of a turn, in the order in which they came. */
  readonly #waiting = new Set<Waiter>();
  #ended = false;
  #isLost = false;
  #rejectWork: ((reason: Error) => void) | undefined;
  #abortReason: Error | undefined;

  /** `busyTimeout`: milliseconds to wait for a nested scope before giving up. */
  constructor(busyTimeout: number, parent?: Scope, changes: Change[] = [], isFlush = false) {
    this.#busyTimeout = busyTimeout;
    this.parent = parent;
    this.changes = changes;
    this.#isFlush = isFlush;
    this.#connection = parent?.connection;
    if (parent) parent.#nested.add(this);
  }

  /** The scope of a flush outside of any `atomic()`. */
  static ofFlush(busyTimeout: number): Scope {
    return new Scope(busyTimeout, undefined, [], true);
  }

  /** The connection of the transaction, from its beginning to its end. */
  get connection(): DriverConnection | undefined {
    return this.#connection?.inTransaction ? this.#connection : undefined;
  }

  /** True when an outer scope ended first and has undone the work of this one. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** True when no nested scope is open. */
  get isFree(): boolean {
    return !this.#isTaken;
  }

  /** Records the transaction or savepoint that began in this scope; a scope has one. */
  joined(connection: DriverConnection, savepoint = ""): void {
    if (this.#savepoint !== undefined) return;
    this.#connection = connection;
    this.#savepoint = savepoint;
    if (savepoint === "") connection.onCut = (reason) => this.abort(reason);
  }

  /** Runs work until it ends or the scope is aborted, whichever comes first. */
  race<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rejectWork = reject;
      work().then(resolve, reject);
    });
  }

  /** Ends the scope whatever its work is doing. */
  abort(reason: Error): void {
    if (this.#ended) return;
    this.#abortReason = reason;
    this.end();
    this.#rejectWork?.(reason);
  }

  /** Why the scope ended before its work did. */
  get abortReason(): Error | undefined {
    return this.#abortReason;
  }

  /**
   * Ends the scope when this is its own transaction or savepoint, so that no later statement runs outside of it.
   * Returns false when an outer scope has undone it already: the savepoint does not exist any more.
   */
  closes(connection: DriverConnection, savepoint = ""): boolean {
    if (connection !== this.#connection) return true;
    if (this.#isLost) return false;
    if (savepoint !== this.#savepoint) return !this.#ended;
    this.end();
    return true;
  }

  /**
   * Returns the connection for a statement of this scope; undefined when no transaction began in it. A scope that had a
   * connection never uses another one.
   *
   * @throws DATABASE_TRANSACTION_ENDED
   */
  usableConnection(): DriverConnection | undefined {
    const { connection } = this;
    if (connection === undefined && this.#connection !== undefined && !this.#isFlush) {
      throw modelErrors.DATABASE_TRANSACTION_ENDED();
    }
    return connection;
  }

  /** @throws DATABASE_TRANSACTION_ENDED, and DATABASE_BUSY while a nested scope is open */
  assertUsable(): void {
    if (this.#ended && !this.#isFlush) throw modelErrors.DATABASE_TRANSACTION_ENDED();
    if (!this.isFree) throw modelErrors.DATABASE_BUSY(this.#busyTimeout);
  }

  /**
   * Waits until no nested scope is open. A statement that a parallel branch sends meanwhile would run inside the nested
   * savepoint and be lost with it. Ask again afterwards: the next nested scope may have begun.
   */
  ready(): Promise<void> | undefined {
    if (this.#ended && !this.#isFlush) return Promise.reject(modelErrors.DATABASE_TRANSACTION_ENDED());
    return this.isFree ? undefined : this.#wait(false);
  }

  /** Runs work as the only nested scope: parallel ones take turns, in the order in which they came. */
  async nest<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isFree) await this.#wait(true);
    if (this.#ended && !this.#isFlush) throw modelErrors.DATABASE_TRANSACTION_ENDED();
    this.#isTaken = true;
    try {
      return await work();
    } finally {
      this.#passTurn();
    }
  }

  #wait(takesTurn: boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
    };
    const since = performance.now();
    const check = () => {
      // Many short turns are no reason to give up: one that lasts too long is.
      const left = Math.max(since, this.#passedAt) + this.#busyTimeout - performance.now();
      if (left > 0) {
        timer = setTimeout(check, left);
        return;
      }
      leave();
      reject(modelErrors.DATABASE_BUSY(this.#busyTimeout));
    };
    let timer = setTimeout(check, this.#busyTimeout);
    const waiter: Waiter = {
      takesTurn,
      wake() {
        leave();
        resolve();
      },
    };
    this.#waiting.add(waiter);
    return promise;
  }

  /** Wakes the statements that came before the next nested scope, then that scope, which has the turn from now on. */
  #passTurn(): void {
    this.#isTaken = false;
    this.#passedAt = performance.now();
    let hasWoken = false;
    for (const waiter of this.#waiting) {
      if (waiter.takesTurn) {
        // First the statements: they ask again, and would find the turn taken.
        if (hasWoken) setImmediate(() => this.#isTaken || this.#passTurn());
        else {
          this.#isTaken = true;
          waiter.wake();
        }
        return;
      }
      waiter.wake();
      hasWoken = true;
    }
  }

  /** The same transaction and changes for a nested scope that is about to begin: it need not wait for itself. */
  lent(): Scope {
    const scope = new Scope(this.#busyTimeout, this, this.changes);
    scope.manager = this.manager;
    scope.#isLent = true;
    return scope;
  }

  /** The scope itself, or the one that lent this one its transaction: it is open for longer. */
  get lender(): Scope {
    return this.#isLent && this.parent ? this.parent.lender : this;
  }

  /** Refuses every later statement of this scope and of its nested ones. */
  end(): void {
    this.#ended = true;
    // They are refused; those of a flush go on when the turn ends.
    if (!this.#isFlush) for (const waiter of this.#waiting) waiter.wake();
    for (const nested of this.#nested) {
      nested.#isLost = true;
      nested.end();
    }
    this.#nested.clear();
  }

  /** Ends the scope and removes it from the outer one. */
  leave(): void {
    this.end();
    if (this.parent) this.parent.#nested.delete(this);
  }
}
