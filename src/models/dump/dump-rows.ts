import { runAtomic } from "../database/atomic.ts";
import { withDatabase } from "../database/context.ts";
import type { Database } from "../database/database.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";
import type { Plain } from "../schema/plain.ts";
import { valueField } from "../schema/query-set-fields.ts";
import {
  driverOf,
  inDependencyOrder,
  plainOf,
  type StoredModel,
  storedModel,
  type TableBetween,
} from "./stored-rows.ts";

/** Rows by model name, in plain values: what `dumpdata` writes and `loaddata` reads. */
export type Fixture = { readonly [model: string]: readonly { readonly [field: string]: Plain }[] };

/** Rows that are read at once. */
const PART = 500;

/**
 * Reads every row of the models, hidden fields included, as JSON text in parts. All of it is the state of one moment, and
 * nobody who writes meanwhile waits. Many-to-many fields are lists of keys; a relation is a key.
 *
 * @param write Takes a part; where it gives a promise, the next one comes when that has resolved.
 */
export async function dumpRows(
  database: Database,
  models: readonly ModelClass[],
  write: (text: string) => unknown,
): Promise<{ readonly rows: number }> {
  const ordered = inDependencyOrder(models.map((model) => storedModel(database, model)));
  let rows = 0;
  const dump = async () => {
    await write("{");
    for (const [index, stored] of ordered.entries()) {
      await write(`${index === 0 ? "" : ","}\n  ${JSON.stringify(stored.name)}: [`);
      let first = true;
      for await (const row of rowsOf(database, stored)) {
        await write(`${first ? "" : ","}\n    ${JSON.stringify(row)}`);
        first = false;
        rows++;
      }
      await write(first ? "]" : "\n  ]");
    }
    await write("\n}\n");
  };
  const settings = { isolationLevel: "repeatable read" as never, readOnly: true };
  await withDatabase(database, () => runAtomic(dump, settings, { timeout: Number.POSITIVE_INFINITY }));
  return { rows };
}

async function* rowsOf(database: Database, stored: StoredModel): AsyncGenerator<{ [field: string]: Plain }> {
  const columns = stored.fields.map(({ column }) => database.quote(column)).join(", ");
  const key = database.quote(stored.key.column);
  for (let behind: readonly unknown[] = []; ; ) {
    const where = behind.length === 0 ? "" : ` where ${key} > ${database.placeholder(0)}`;
    const { rows } = await database.execute(
      `select ${columns} from ${database.quote(stored.table)}${where} order by ${key} limit ${PART}`,
      behind,
    );
    const related = await Promise.all(
      stored.between.map((between) =>
        keysBetween(
          database,
          stored,
          between,
          rows.map((row) => row[stored.key.column]),
        ),
      ),
    );
    for (const row of rows) {
      const plain: { [field: string]: Plain } = {};
      for (const field of stored.fields) plain[field.name] = plainOf(database, field, row[field.column]);
      for (const [index, { field }] of stored.between.entries()) {
        plain[field.name] = related[index]?.get(String(row[stored.key.column])) ?? [];
      }
      yield plain;
    }
    if (rows.length < PART) return;
    behind = [place(database, stored.key, rows.at(-1)?.[stored.key.column])];
  }
}

/** A stored key as a parameter to compare with: MySQL would compare a text with a bigint as floating-point numbers. */
function place(database: Database, key: FieldInfo, value: unknown): unknown {
  const plain = plainOf(database, key, value);
  const exact = valueField(key).kind === "bigInteger" && database.dialect !== "postgres";
  return exact ? BigInt(plain as string) : driverOf(database, key, plain);
}

/** Keys at the other end, by the key of the row. */
async function keysBetween(
  database: Database,
  _stored: StoredModel,
  { field, table, own, other }: TableBetween,
  keys: readonly unknown[],
): Promise<Map<string, Plain[]>> {
  const found = new Map<string, Plain[]>();
  if (keys.length === 0) return found;
  const [ownColumn, otherColumn] = [database.quote(own), database.quote(other)];
  const places = keys.map((_, index) => database.placeholder(index)).join(", ");
  const { rows } = await database.execute(
    `select ${ownColumn}, ${otherColumn} from ${database.quote(table)} where ${ownColumn} in (${places}) order by ${ownColumn}, ${otherColumn}`,
    keys,
  );
  for (const row of rows) {
    const list = found.get(String(row[own])) ?? [];
    list.push(fieldKinds.relation.fromDriver(row[other], database.dialect, field));
    found.set(String(row[own]), list);
  }
  return found;
}
