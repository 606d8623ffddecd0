import type { QueryOutcome } from "../database/database.ts";

/** Name of the table that tells which migrations are applied. */
export const RECORDS_TABLE = "antiphon_migrations";

/** What the database knows of a migration. */
export interface MigrationRecord {
  readonly name: string;
  readonly checksum: string;
  /** ISO time. */
  readonly appliedAt: string;
  /** Undefined when all is done; else how many statements are, and in which direction. */
  readonly half?: { readonly done: number; readonly direction: "up" | "down" };
}

interface Executor {
  readonly dialect: "sqlite" | "postgres" | "mysql";
  execute(sql: string, parameters?: readonly unknown[]): Promise<QueryOutcome>;
  placeholder(index: number): string;
}

/** Makes the table unless it is there. */
export async function ensureRecords(database: Executor): Promise<void> {
  if (await hasRecords(database)) return;
  await database.execute(
    `create table if not exists ${RECORDS_TABLE} (name varchar(200) not null primary key, checksum varchar(64) not null, ` +
      "applied_at varchar(30) not null, done integer null, direction varchar(4) null)",
  );
}

/** Every record, in the order of their names; none when there is no table. */
export async function readRecords(database: Executor): Promise<MigrationRecord[]> {
  if (!(await hasRecords(database))) return [];
  const { rows } = await database.execute(
    `select name, checksum, applied_at, done, direction from ${RECORDS_TABLE} order by name`,
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    checksum: String(row["checksum"]),
    appliedAt: String(row["applied_at"]),
    ...(row["done"] === null || row["done"] === undefined
      ? {}
      : { half: { done: Number(row["done"]), direction: row["direction"] === "down" ? "down" : "up" } as const }),
  }));
}

/** Writes a record, in place of the one that is there: at once, so that none is lost where nothing can be taken back. */
export async function putRecord(database: Executor, record: Omit<MigrationRecord, "appliedAt">): Promise<void> {
  const values = [
    record.name,
    record.checksum,
    new Date().toISOString(),
    record.half?.done ?? null,
    record.half?.direction ?? null,
  ];
  const places = values.map((_, index) => database.placeholder(index)).join(", ");
  const given = (column: string) => (database.dialect === "mysql" ? `values(${column})` : `excluded.${column}`);
  const changes = ["checksum", "applied_at", "done", "direction"].map((column) => `${column} = ${given(column)}`);
  const conflict = database.dialect === "mysql" ? "on duplicate key update" : "on conflict (name) do update set";
  await database.execute(
    `insert into ${RECORDS_TABLE} (name, checksum, applied_at, done, direction) values (${places}) ` +
      `${conflict} ${changes.join(", ")}`,
    values,
  );
}

/** Forgets that a migration was applied. */
export async function deleteRecord(database: Executor, name: string): Promise<void> {
  await database.execute(`delete from ${RECORDS_TABLE} where name = ${database.placeholder(0)}`, [name]);
}

async function hasRecords(database: Executor): Promise<boolean> {
  const sql = {
    sqlite: `select 1 as found from sqlite_master where type = 'table' and name = '${RECORDS_TABLE}'`,
    postgres: `select 1 as found where to_regclass('${RECORDS_TABLE}') is not null`,
    mysql: `select 1 as found from information_schema.tables where table_schema = database() and table_name = '${RECORDS_TABLE}'`,
  }[database.dialect];
  return (await database.execute(sql)).rows.length > 0;
}
