import { randomUUID } from "node:crypto";
import type { Database } from "../database/database.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { Plain } from "../schema/plain.ts";
import { uniqueSets } from "../schema/unique-sets.ts";
import type { ReadRow } from "./load-rows.ts";
import { driverOf, plainOf, type StoredModel, updateStored } from "./stored-rows.ts";

/** Of a text that nobody else has; shorter columns could have it by chance. */
const SHORTEST = 12;

/**
 * Takes unique values from rows that get others, so that rows may exchange theirs. Each is written anew afterwards, in the
 * same transaction.
 */
export async function freeUniqueValues(
  database: Database,
  stored: StoredModel,
  rows: readonly ReadRow[],
): Promise<void> {
  const sets = uniqueSets(stored.model)
    .map((names) => stored.fields.filter(({ name }) => names.includes(name)))
    .filter((fields) => !fields.includes(stored.key));
  if (sets.length === 0 || rows.length < 2) return;
  const fields = [...new Set(sets.flat())];
  const columns = fields.map(({ column }) => database.quote(column)).join(", ");
  const where = `${database.quote(stored.key.column)} = ${database.placeholder(0)}`;
  for (const row of rows) {
    const key = driverOf(database, stored.key, row.key);
    const found = await database.execute(`select ${columns} from ${database.quote(stored.table)} where ${where}`, [
      key,
    ]);
    const [saved] = found.rows;
    if (saved === undefined) continue;
    const changes = (field: FieldInfo) =>
      row.values.has(field) && row.values.get(field) !== plainOf(database, field, saved[field.column]);
    const freed = new Map<FieldInfo, Plain>();
    for (const set of sets.filter((all) => all.some(changes))) {
      const field = set.find((one) => row.values.has(one) && freeValue(one) !== undefined);
      if (field !== undefined) freed.set(field, freeValue(field) as Plain);
    }
    const written = Array.from(freed, ([field, value]) => ({
      column: database.quote(field.column),
      value: driverOf(database, field, value),
    }));
    await updateStored(database, stored, key, written);
  }
}

/** A value that is no other row's; undefined where a field has none that is certain. */
function freeValue(field: FieldInfo): Plain | undefined {
  if (field.nullable) return null;
  if (field.kind === "uuid") return randomUUID();
  const isText = field.kind === "text" || field.kind === "longText";
  if (!isText || (field.maxLength ?? SHORTEST) < SHORTEST) return undefined;
  return `~${randomUUID()}`.slice(0, field.maxLength);
}
