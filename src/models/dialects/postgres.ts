import { createPostgreSqlTypeParsers } from "@mikro-orm/sql";
import { type Client, Pool, TypeOverrides } from "pg";
import { modelErrors } from "../errors.ts";
import { type PooledConnection, type ServerPool, ServerSource } from "./server-source.ts";
import type { QueryOutcome, SourceOptions } from "./session.ts";

/** PostgreSQL through a bounded pool. */
export class PostgresSource extends ServerSource {
  constructor(options: SourceOptions) {
    super(options, (each) => new PostgresPool(each));
  }
}

class PostgresPool implements ServerPool {
  readonly dialect = "postgres";
  readonly #pool: Pool;
  readonly #busyTimeout: number;
  readonly #connectedAt = new WeakMap<Client, number>();

  constructor({ url, poolSize, busyTimeout, statementTimeout }: SourceOptions) {
    this.#busyTimeout = busyTimeout;
    this.#pool = new Pool({
      connectionString: inUtc(url),
      max: poolSize,
      connectionTimeoutMillis: busyTimeout,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      lock_timeout: busyTimeout,
      types: typeParsers(),

      ...(statementTimeout === undefined ? {} : { statement_timeout: statementTimeout }),
    });
    // An "error" event without a listener would end the process. The query that runs then fails by itself, and the pool
    // has already put the connection away.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => {
      this.#connectedAt.set(client, performance.now());
      client.on("error", () => {});
    });
  }

  async connect(): Promise<PooledConnection> {
    const client = await this.#client();
    return {
      query: (sql, parameters) => query(client, sql, parameters),
      release: (broken) => client.release(broken),
      since: this.#connectedAt.get(client) ?? 0,
    };
  }

  async #client(): Promise<Client> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      if (error instanceof Error && /timeout exceeded when trying to connect/.test(error.message)) {
        throw modelErrors.DATABASE_BUSY.with({ cause: error }, this.#busyTimeout);
      }
      throw error;
    }
  }

  dooms(error: unknown): boolean {
    // PostgreSQL itself refuses all that comes after an error, and answers a commit with "ROLLBACK".
    return this.breaks(error);
  }

  breaks(error: unknown): boolean {
    return !isServerAnswer(error);
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

/** Sets the time zone to UTC for values without one, wherever the server is: a timestamp that becomes a date, a default, SQL of an app's own. */
function inUtc(url: string): string {
  const [address, query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  parameters.set("options", `${parameters.get("options") ?? ""} -c timezone=UTC`.trim());
  return `${address}?${parameters}`;
}

async function query(client: Client, sql: string, parameters: readonly unknown[]): Promise<QueryOutcome> {
  const result = await client.query(
    parameters.length === 0 ? { text: sql } : { text: sql, values: parameters.map(bound) },
  );
  if (sql === "commit" && result.command === "ROLLBACK") throw modelErrors.DATABASE_TRANSACTION_ABORTED();
  // A text of several statements gives a list of results.
  const last = Array.isArray(result) ? (result.at(-1) as typeof result) : result;
  return { rows: last.rows ?? [], changes: last.rowCount ?? 0 };
}

/** The driver would turn an array or object into something of its own: only single values are taken. */
function bound(value: unknown): unknown {
  return value instanceof Uint8Array && !Buffer.isBuffer(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : typeof value === "bigint"
      ? value.toString()
      : value;
}

function isServerAnswer(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !/^(?:57P0|08)/.test(code);
}

/** Dates stay text, as the row mappers and the ORM expect them. */
function typeParsers(): TypeOverrides {
  const overrides = new TypeOverrides();
  const parsers = createPostgreSqlTypeParsers((text: string) => parseArray(text) as string[]) as Record<
    string,
    (text: string) => unknown
  >;
  for (const [oid, parser] of Object.entries(parsers)) overrides.setTypeParser(Number(oid), parser);
  return overrides;
}

/** One-dimensional arrays of dates, the only ones that come as text: `{"2026-01-01 00:00:00+00",NULL}`. */
function parseArray(text: string): (string | null)[] {
  const body = text.slice(1, -1);
  if (body === "") return [];
  return body.split(",").map((item) => (item === "NULL" ? null : item.replace(/^"|"$/g, "")));
}
