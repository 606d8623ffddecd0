import { announce } from "../database/change-feed.ts";
import type { Database } from "../database/database.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { Plain } from "../schema/field-kinds.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { modelFields, targetModel } from "../schema/query-set-fields.ts";
import { pivotOf } from "./conditions-sql.ts";
import { SqlWriter } from "./select-sql-writer.ts";

/** Pairs that one statement inserts. */
const PAIRS_AT_ONCE = 500;

/** Makes the members of a many-to-many field these and no others, for each of some rows; run it in `atomic()`. */
export async function setMembers(
  database: Database,
  model: ModelClass,
  field: FieldInfo,
  keys: readonly (string | number)[],
  members: readonly Plain[],
): Promise<void> {
  const wanted = new Set(members.map(String));
  const present = new Set<string>();
  const superfluous: (readonly [Plain, Plain])[] = [];
  for (const [own, target] of await readPairs(database, model, field, keys)) {
    if (wanted.has(String(target))) present.add(`${own} ${target}`);
    else superfluous.push([own, target]);
  }
  const missing = keys.flatMap((own) =>
    members.filter((target) => !present.has(`${own} ${target}`)).map((target) => [own, target] as const),
  );
  for (let start = 0; start < superfluous.length; start += PAIRS_AT_ONCE) {
    await removePairs(database, model, field, superfluous.slice(start, start + PAIRS_AT_ONCE));
  }
  for (let start = 0; start < missing.length; start += PAIRS_AT_ONCE) {
    await addPairs(database, model, field, missing.slice(start, start + PAIRS_AT_ONCE));
  }
  const changed = new Set([...superfluous, ...missing].map(([own]) => own as string | number));
  if (changed.size > 0)
    announce({ model: modelDefinition(model).name, action: "m2m", ids: [...changed], field: field.name });
}

async function readPairs(
  database: Database,
  model: ModelClass,
  field: FieldInfo,
  keys: readonly Plain[],
): Promise<[Plain, Plain][]> {
  const writer = new SqlWriter(database);
  const pivot = pivotOf(writer, model, field);
  const { primary } = modelFields(model);
  const places = keys.map(() => writer.take(primary)()).join(", ");
  const target = modelFields(targetModel(field)).primary;
  const columns = `${writer.readable(pivot.own, primary)} as ${writer.name("own")}, ${writer.readable(pivot.target, target)} as ${writer.name("target")}`;
  const { rows } = await database.execute(
    `select ${columns} from ${pivot.table} where ${pivot.own} in (${places})`,
    writer.binder()(keys),
  );
  return rows.map((row) => [plainKey(row["own"]), plainKey(row["target"])]);
}

async function removePairs(
  database: Database,
  model: ModelClass,
  field: FieldInfo,
  pairs: readonly (readonly [Plain, Plain])[],
): Promise<void> {
  const writer = new SqlWriter(database);
  const pivot = pivotOf(writer, model, field);
  const [own, target] = [modelFields(model).primary, modelFields(targetModel(field)).primary];
  const ways = pairs.map(() => `(${pivot.own} = ${writer.take(own)()} and ${pivot.target} = ${writer.take(target)()})`);
  await database.execute(`delete from ${pivot.table} where ${ways.join(" or ")}`, writer.binder()(pairs.flat()));
}

async function addPairs(
  database: Database,
  model: ModelClass,
  field: FieldInfo,
  pairs: readonly (readonly [Plain, Plain])[],
): Promise<void> {
  const writer = new SqlWriter(database);
  const pivot = pivotOf(writer, model, field);
  const [own, target] = [modelFields(model).primary, modelFields(targetModel(field)).primary];
  const rows = pairs.map(() => `(${writer.take(own)()}, ${writer.take(target)()})`);
  const sql = `insert into ${pivot.table} (${pivot.own}, ${pivot.target}) values ${rows.join(", ")}`;
  await database.execute(sql, writer.binder()(pairs.flat()));
}

/** Keys of big integers are text in rows. */
function plainKey(value: unknown): Plain {
  return typeof value === "bigint" ? value.toString() : (value as Plain);
}
