import { reasonOf } from "../../errors.ts";
import { atomic } from "../database/atomic.ts";
import { announce } from "../database/change-feed.ts";
import { withDatabase } from "../database/context.ts";
import type { Database } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import type { Plain } from "../schema/plain.ts";
import { freeUniqueValues } from "./free-unique-values.ts";
import { withOwnKeys } from "./own-keys.ts";
import { driverOf, inDependencyOrder, type StoredModel, storedModel, targetOf, updateStored } from "./stored-rows.ts";

/** A row that was read and checked. */
export interface ReadRow {
  readonly key: Plain;
  readonly values: ReadonlyMap<FieldInfo, Plain>;
  readonly related: ReadonlyMap<string, readonly Plain[]>;
}

/** The rows of one model in a fixture. */
export interface Part {
  readonly stored: StoredModel;
  readonly rows: readonly ReadRow[];
  /** References that point at rows which may come later: they are set when all rows are there. */
  readonly later: readonly FieldInfo[];
  /** References to rows of other models that come later, and that may not be empty meanwhile. */
  readonly circular: readonly FieldInfo[];
}

/** How rows are loaded. */
export interface LoadOptions {
  /**
   * Models whose keys are each database's own, with the fields by which their rows are told apart in all of them: such a
   * row keeps the key that it has here, and what refers to it in the file is set to that.
   */
  readonly matchBy?: { readonly [model: string]: readonly string[] };
}

/**
 * Loads what `dumpRows` wrote, in one transaction: rows keep their keys, and a row that is there already gets the new
 * values. Everything is checked before the first row is written.
 *
 * @param source Name of the text, for errors.
 * @throws FIXTURE_INVALID
 */
export async function loadRows(
  database: Database,
  text: string,
  source: string,
  { matchBy = {} }: LoadOptions = {},
): Promise<{ readonly rows: number }> {
  const read = readFixture(database, text, source);
  let count = 0;
  const load = async () => {
    const parts = await withOwnKeys(database, read, matchBy, source);
    for (const { stored, rows } of parts) await freeUniqueValues(database, stored, rows);
    // SQLite alone can look at references when everything is there.
    if (database.dialect === "sqlite" && parts.some(({ circular }) => circular.length > 0))
      await database.execute("pragma defer_foreign_keys = on");
    for (const { stored, rows, later, circular } of parts) {
      for (const row of rows) {
        await tell(stored, row, source, () => putRow(database, stored, row, later), circular);
        count++;
      }
    }
    for (const { stored, rows, later } of parts) {
      for (const row of rows) {
        await tell(stored, row, source, async () => {
          await setLater(database, stored, row, later);
          await setRelated(database, stored, row);
        });
      }
      await raiseCounter(database, stored);
      announce({ model: stored.name, action: "create", ids: "many" });
    }
  };
  await withDatabase(database, () => atomic(load, { timeout: Number.POSITIVE_INFINITY }));
  return { rows: count };
}

async function tell(
  stored: StoredModel,
  row: ReadRow,
  source: string,
  work: () => Promise<void>,
  circular: readonly FieldInfo[] = [],
): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const isCircular = circular.length > 0 && (cause as { kind?: unknown }).kind === "foreignKey";
    const fields = circular.map(({ name }) => `${stored.name}.${name}`).join(", ");
    const reason = isCircular
      ? `it refers to a row that comes later, which refers back, and ${fields} may not be empty meanwhile. Make one of the fields nullable, or load one of the rows first`
      : reasonOf(cause);
    throw modelErrors.FIXTURE_INVALID.with({ cause }, source, `${stored.name} ${row.key}: ${reason}`);
  }
}

function readFixture(database: Database, text: string, source: string): Part[] {
  let fixture: unknown;
  try {
    fixture = JSON.parse(text);
  } catch (cause) {
    throw modelErrors.FIXTURE_INVALID.with({ cause }, source, `it is no JSON (${(cause as Error).message})`);
  }
  if (typeof fixture !== "object" || fixture === null || Array.isArray(fixture)) {
    throw modelErrors.FIXTURE_INVALID(source, 'it holds no lists of rows by model. Expected { "Note": [{ "id": 1 }] }');
  }
  const given = new Map(Object.entries(fixture));
  for (const [name, rows] of given) {
    if (!database.models.has(name)) throw modelErrors.FIXTURE_INVALID(source, `there is no model ${name}`);
    if (!Array.isArray(rows)) throw modelErrors.FIXTURE_INVALID(source, `${name} is no list of rows`);
  }
  const models = [...database.models]
    .filter(([name]) => given.has(name))
    .map(([, model]) => storedModel(database, model));
  const ordered = inDependencyOrder(models);
  return ordered.map((stored, index) => {
    const rows = (given.get(stored.name) as unknown[]).map((row, at) =>
      readRow(stored, row, `${stored.name} row ${at + 1}`, source),
    );
    const ahead = ordered.slice(index);
    const later = stored.fields.filter((field) => ahead.includes(targetOf(field, ordered) as StoredModel));
    // Of a reference that may not be empty a row can be its own target for a while.
    const isOwn = (field: FieldInfo) => targetOf(field, ordered) === stored && field !== stored.key;
    return {
      stored,
      rows,
      later: later.filter((field) => field.nullable || isOwn(field)),
      circular: later.filter((field) => !field.nullable && !isOwn(field)),
    };
  });
}

function readRow(stored: StoredModel, row: unknown, name: string, source: string): ReadRow {
  const fail = (problem: string) => modelErrors.FIXTURE_INVALID(source, `${name}: ${problem}`);
  if (typeof row !== "object" || row === null || Array.isArray(row)) throw fail("it is no object");
  const values = new Map<FieldInfo, Plain>();
  const related = new Map<string, readonly Plain[]>();
  for (const [property, raw] of Object.entries(row)) {
    const between = stored.between.find(({ field }) => field.name === property)?.field;
    const field = between ?? stored.fields.find((one) => one.name === property);
    const through = stored.through.get(property);
    if (through !== undefined)
      throw fail(`${property} is stored in rows of ${through}. Give these, and leave ${property} out`);
    if (!field) throw fail(`there is no field ${property}`);
    if (raw === null && !field.nullable) throw fail(`${property} may not be empty`);
    const parsed = raw === null ? ({ ok: true, value: null } as const) : fieldKinds[field.kind].parse(raw, field);
    if (!parsed.ok) throw fail(`${property}: ${parsed.message}`);
    if (between) related.set(property, (parsed.value ?? []) as readonly Plain[]);
    else values.set(field, parsed.value);
  }
  const key = values.get(stored.key);
  if (key === undefined || key === null) throw fail(`the key ${stored.key.name} is missing`);
  return { key, values, related };
}

async function putRow(
  database: Database,
  stored: StoredModel,
  row: ReadRow,
  later: readonly FieldInfo[],
): Promise<void> {
  const table = database.quote(stored.table);
  const key = driverOf(database, stored.key, row.key);
  const fields = [...row.values].map(([field, value]) => {
    const own = field.nullable ? null : row.key;
    return {
      column: database.quote(field.column),
      value: driverOf(database, field, later.includes(field) ? own : value),
      // What the row refers to already is as good as its own key.
      isKept: field === stored.key || (later.includes(field) && !field.nullable),
    };
  });
  const found = await database.execute(
    `select 1 from ${table} where ${database.quote(stored.key.column)} = ${database.placeholder(0)}`,
    [key],
  );
  if (found.rows.length === 0) {
    const columns = fields.map(({ column }) => column).join(", ");
    const places = fields.map((_, index) => database.placeholder(index)).join(", ");
    await database.execute(
      `insert into ${table} (${columns}) values (${places})`,
      fields.map(({ value }) => value),
    );
    return;
  }
  await updateStored(
    database,
    stored,
    key,
    fields.filter(({ isKept }) => !isKept),
  );
}

async function setLater(
  database: Database,
  stored: StoredModel,
  row: ReadRow,
  later: readonly FieldInfo[],
): Promise<void> {
  const fields = later.flatMap((field) => {
    const value = row.values.get(field);
    return value === undefined || value === null
      ? []
      : [{ column: database.quote(field.column), value: driverOf(database, field, value) }];
  });
  await updateStored(database, stored, driverOf(database, stored.key, row.key), fields);
}

async function setRelated(database: Database, stored: StoredModel, row: ReadRow): Promise<void> {
  const key = driverOf(database, stored.key, row.key);
  for (const { field, table, own, other } of stored.between) {
    const keys = row.related.get(field.name);
    if (keys === undefined) continue;
    const [name, ownColumn, otherColumn] = [table, own, other].map((one) => database.quote(one));
    await database.execute(`delete from ${name} where ${ownColumn} = ${database.placeholder(0)}`, [key]);
    for (const one of keys) {
      await database.execute(
        `insert into ${name} (${ownColumn}, ${otherColumn}) values (${database.placeholder(0)}, ${database.placeholder(1)})`,
        [key, fieldKinds.relation.toDriver(one, database.dialect, field)],
      );
    }
  }
}

/** PostgreSQL's counters do not notice keys that are given. */
async function raiseCounter(database: Database, { table, key }: StoredModel): Promise<void> {
  if (database.dialect !== "postgres" || !["integer", "bigInteger"].includes(key.kind)) return;
  const name = database.quote(table);
  const column = database.quote(key.column);
  await database.execute(
    `select setval(counter, greatest((select max(${column}) from ${name}), nextval(counter) - 1, 1)) ` +
      `from (select pg_get_serial_sequence($1, $2)::regclass as counter) c ` +
      `where counter is not null and exists (select 1 from ${name})`,
    [name, key.column],
  );
}
