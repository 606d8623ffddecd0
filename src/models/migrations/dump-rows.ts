import { runAtomic } from "../atomic.ts";
import { withDatabase } from "../context.ts";
import type { Database } from "../database.ts";
import { fieldKinds } from "../field-kinds.ts";
import type { ModelClass } from "../model.ts";
import type { Plain } from "../plain.ts";
import { inDependencyOrder, plainOf, type StoredModel, storedModel, type TableBetween } from "./stored-rows.ts";

/** Rows by model name, in plain values: what `dumpdata` writes and `loaddata` reads. */
export type Fixture = { readonly [model: string]: readonly { readonly [field: string]: Plain }[] };

/** Rows that are read at once. */
const PART = 500;

/**
 * Reads every row of the models, hidden fields included, as JSON text in parts. All of it is the state of one moment.
 * Many-to-many fields are lists of keys; a relation is a key.
 */
export async function dumpRows(
  database: Database,
  models: readonly ModelClass[],
  write: (text: string) => void,
): Promise<{ readonly rows: number }> {
  const ordered = inDependencyOrder(models.map((model) => storedModel(database, model)));
  let rows = 0;
  const dump = async () => {
    write("{");
    for (const [index, stored] of ordered.entries()) {
      write(`${index === 0 ? "" : ","}\n  ${JSON.stringify(stored.name)}: [`);
      let first = true;
      for await (const row of rowsOf(database, stored)) {
        write(`${first ? "" : ","}\n    ${JSON.stringify(row)}`);
        first = false;
        rows++;
      }
      write(first ? "]" : "\n  ]");
    }
    write("\n}\n");
  };
  await withDatabase(database, () => runAtomic(dump, { isolationLevel: "repeatable read" as never }));
  return { rows };
}

async function* rowsOf(database: Database, stored: StoredModel): AsyncGenerator<{ [field: string]: Plain }> {
  const columns = stored.fields.map(({ column }) => database.quote(column)).join(", ");
  const key = database.quote(stored.key.column);
  for (let offset = 0; ; offset += PART) {
    const { rows } = await database.execute(
      `select ${columns} from ${database.quote(stored.table)} order by ${key} limit ${PART} offset ${offset}`,
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
  }
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
