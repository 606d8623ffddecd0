import type { Database } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import { modelDefinition } from "../schema/model.ts";
import type { Plain } from "../schema/plain.ts";
import type { LoadOptions, Part, ReadRow } from "./load-rows.ts";
import { plainOf, type StoredModel } from "./stored-rows.ts";

/** The keys that a file's rows have in this database, by the key in the file. */
type Keys = ReadonlyMap<string, Plain>;

/**
 * Gives rows of models whose keys are each database's own the key that they have here, or one that is free, and sets
 * what refers to them to it.
 *
 * @throws FIXTURE_INVALID when a row refers to one that the file does not hold: nothing tells which one is meant
 */
export async function withOwnKeys(
  database: Database,
  parts: readonly Part[],
  matchBy: NonNullable<LoadOptions["matchBy"]>,
  source: string,
): Promise<readonly Part[]> {
  const keys = new Map<string, Keys>();
  for (const [name, fields] of Object.entries(matchBy)) {
    const part = parts.find(({ stored }) => stored.name === name);
    keys.set(name, part ? await keysHere(database, part, fields) : new Map());
  }
  if (keys.size === 0) return parts;
  return parts.map((part) => ({ ...part, rows: part.rows.map((row) => withKeys(part.stored, row, keys, source)) }));
}

async function keysHere(database: Database, { stored, rows }: Part, names: readonly string[]): Promise<Keys> {
  const fields = names
    .map((name) => stored.fields.find((field) => field.name === name))
    .filter((one) => one !== undefined);
  const columns = [stored.key, ...fields].map(({ column }) => database.quote(column)).join(", ");
  const found = await database.execute(`select ${columns} from ${database.quote(stored.table)}`);
  const here = new Map(
    found.rows.map((row) => [
      JSON.stringify(fields.map((field) => plainOf(database, field, row[field.column]))),
      plainOf(database, stored.key, row[stored.key.column]),
    ]),
  );
  const taken = new Set([...here.values()].map(String));
  const keys = new Map<string, Plain>();
  const numbers = [...taken, ...rows.map(({ key }) => String(key))].map(Number).filter(Number.isSafeInteger);
  let last = Math.max(0, ...numbers);
  for (const { key, values } of rows) {
    const known = here.get(JSON.stringify(fields.map((field) => values.get(field) ?? null)));
    keys.set(String(key), known ?? (taken.has(String(key)) ? ++last : key));
  }
  return keys;
}

function withKeys(stored: StoredModel, row: ReadRow, all: ReadonlyMap<string, Keys>, source: string): ReadRow {
  const keyFor = (model: string, key: Plain): Plain => {
    const keys = all.get(model);
    if (keys === undefined || key === null) return key;
    const found = keys.get(String(key));
    if (found !== undefined) return found;
    const problem = `${stored.name} ${row.key} refers to ${model} ${key}, which is not in it, and keys of ${model} differ from database to database`;
    throw modelErrors.FIXTURE_INVALID(source, problem);
  };
  const key = keyFor(stored.name, row.key);
  const values = [...row.values].map(([field, value]) => {
    const target = field.relation === undefined ? undefined : modelDefinition(field.relation.target()).name;
    if (field === stored.key && target === undefined) return [field, key] as const;
    return [field, target === undefined ? value : keyFor(target, value)] as const;
  });
  const related = [...row.related].map(([name, members]) => {
    const between = stored.between.find(({ field }) => field.name === name);
    const target = between?.field.relation === undefined ? "" : modelDefinition(between.field.relation.target()).name;
    return [name, members.map((member) => keyFor(target, member))] as const;
  });
  return { key, values: new Map(values), related: new Map(related) };
}
