import type { Kysely } from "kysely";
import { CompiledQuery } from "kysely";
import type { Database, QueryOutcome } from "../database/database.ts";
import type { DriverConnection } from "../dialects/driver.ts";
import { CONVERT_FUNCTION, convertValue } from "../kind-changes/convert-value.ts";
import type { MigrationDatabase } from "./migration-file.ts";

/** The parts of the driver's connection that migrations use. */
interface SqliteConnection {
  function(name: string, options: { readonly safeIntegers: boolean }, work: typeof convertValue): unknown;
}

/** One connection, held for a whole migration: its locks, pragmas and transactions belong to it alone. */
export class MigrationSession implements MigrationDatabase {
  readonly #database: Database;
  readonly #connection: Kysely<unknown>;

  private constructor(database: Database, connection: Kysely<unknown>) {
    this.#database = database;
    this.#connection = connection;
  }

  /** Runs work with a connection of its own. */
  static hold<T>(database: Database, work: (session: MigrationSession) => Promise<T>): Promise<T> {
    const client = database.newManager().getKysely() as unknown as Kysely<unknown>;
    return client.connection().execute(async (connection) => {
      // A change of kind on SQLite converts by it.
      (database.native as SqliteConnection | undefined)?.function(
        CONVERT_FUNCTION,
        { safeIntegers: true },
        convertValue,
      );
      // A migration may take longer than a request.
      await connection.getExecutor().provideConnection(async (held) => (held as DriverConnection).unlimit());
      return work(new MigrationSession(database, connection));
    });
  }

  get dialect() {
    return this.#database.dialect;
  }

  async execute(sql: string, parameters: readonly unknown[] = []): Promise<QueryOutcome> {
    const result = await this.#connection.executeQuery<Record<string, unknown>>(
      CompiledQuery.raw(sql, [...parameters]),
    );
    return { rows: result.rows, changes: Number(result.numAffectedRows ?? 0) };
  }

  async rows(sql: string, parameters: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.execute(sql, parameters)).rows;
  }

  quote(identifier: string): string {
    return this.#database.quote(identifier);
  }

  placeholder(index: number): string {
    return this.#database.placeholder(index);
  }
}
