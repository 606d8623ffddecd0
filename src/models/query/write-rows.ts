import { atomic } from "../database/atomic.ts";
import { announce } from "../database/change-feed.ts";
import { currentDatabase } from "../database/context.ts";
import type { Database } from "../database/database.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import type { Plain } from "../schema/field-kinds.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { modelFields } from "../schema/query-set-fields.ts";
import type { Condition } from "./conditions.ts";
import { writeCondition } from "./conditions-sql.ts";
import { compileRowMapper } from "./row-mapper.ts";
import { type Plan, planFor } from "./select-sql.ts";
import { SqlWriter } from "./select-sql-writer.ts";
import { leavesFirst, strictParents } from "./tree-order.ts";
import { setMembers } from "./write-members.ts";
import { driverValue, updateHooks, type WriteData } from "./write-values.ts";

/** A key as rows hold it. */
export type PlainKey = string | number;

/** The rows that a write is for. */
export interface WriteScope {
  readonly model: ModelClass;
  readonly where: readonly Condition[];
  readonly values: readonly unknown[];
  /** What the conditions' SQL is cached by. */
  readonly key: string;
  /** True when a limit or a place narrows the rows further than the conditions do. */
  readonly narrowed: boolean;
  /** The keys of the rows; on servers that know it, locked until the transaction ends. */
  readonly keys: () => Promise<PlainKey[]>;
}

/** Keys that one statement names. */
const KEYS_AT_ONCE = 1_000;

/** Writes columns and members of all rows of a scope, and tells of it. Gives the keys of the rows. */
export function updateRows(scope: WriteScope, data: WriteData): Promise<PlainKey[]> {
  const database = currentDatabase();
  const { model } = scope;
  if (data.columns.size === 0 && data.members.size === 0) return Promise.resolve([]);
  const columns = new Map([...data.columns, ...updateHooks(database, model, data.columns)]);
  const direct = database.dialect !== "mysql" && !scope.narrowed;
  if (direct && data.members.size === 0) return updateDirectly(database, scope, columns);
  return atomic(async () => {
    const keys = direct ? await updateDirectly(database, scope, columns) : await scope.keys();
    for (const some of direct ? [] : chunks(keys)) await updateKeys(database, model, columns, some);
    if (!direct) told(model, "update", keys);
    for (const [field, members] of data.members) {
      for (const some of chunks(keys)) await setMembers(database, model, field, some, members);
    }
    return keys;
  });
}

/** Deletes all rows of a scope, and tells of it. Gives the number of rows, without those that go with them. */
export function deleteRows(scope: WriteScope): Promise<number> {
  const database = currentDatabase();
  const { model } = scope;
  const parents = strictParents(database, model);
  if (parents.length === 0 && database.dialect !== "mysql" && !scope.narrowed) return deleteDirectly(database, scope);
  return atomic(async () => {
    const keys = await scope.keys();
    const { groups, knot } =
      parents.length === 0 ? { groups: [keys], knot: [] } : await leavesFirst(database, model, parents, keys);
    const loose = new Map<FieldInfo, Plain>(parents.filter(({ nullable }) => nullable).map((field) => [field, null]));
    for (const some of chunks(knot)) await updateKeys(database, model, loose, some);
    for (const some of [...groups, knot].flatMap(chunks)) {
      const plan = planFor(database, model, `delete ${some.length}`, () => {
        const writer = new SqlWriter(database);
        return {
          sql: `delete from ${writer.table(model)} where ${keyList(writer, model, some.length)}`,
          bind: writer.binder(),
          map: undefined,
        };
      });
      await database.execute(plan.sql, plan.bind(some));
    }
    told(model, "delete", keys);
    return keys.length;
  });
}

async function updateDirectly(
  database: Database,
  scope: WriteScope,
  columns: ReadonlyMap<FieldInfo, Plain>,
): Promise<PlainKey[]> {
  const { model, where } = scope;
  const names = Array.from(columns.keys(), (field) => field.name).join(",");
  const plan = planFor(database, model, `update ${names} | ${scope.key}`, () => {
    const writer = new SqlWriter(database);
    const alias = writer.alias();
    const assignments = writeAssignments(writer, model, [...columns.keys()], alias);
    const conditions = where.map((condition) => writeCondition(writer, model, alias, condition));
    const sql = `update ${writer.table(model)} as ${alias} set ${assignments}${filtered(conditions)} ${returning(writer, model, alias)}`;
    return { sql, bind: writer.binder(), map: keyMapper(database, model) };
  });
  const keys = await runForKeys(database, model, plan, [...assigned(database, columns), ...scope.values]);
  told(model, "update", keys);
  return keys;
}

async function deleteDirectly(database: Database, scope: WriteScope): Promise<number> {
  const { model, where } = scope;
  const plan = planFor(database, model, `delete | ${scope.key}`, () => {
    const writer = new SqlWriter(database);
    const alias = writer.alias();
    const conditions = where.map((condition) => writeCondition(writer, model, alias, condition));
    const sql = `delete from ${writer.table(model)} as ${alias}${filtered(conditions)} ${returning(writer, model, alias)}`;
    return { sql, bind: writer.binder(), map: keyMapper(database, model) };
  });
  const keys = await runForKeys(database, model, plan, scope.values);
  told(model, "delete", keys);
  return keys.length;
}

async function updateKeys(
  database: Database,
  model: ModelClass,
  columns: ReadonlyMap<FieldInfo, Plain>,
  keys: readonly PlainKey[],
): Promise<void> {
  if (columns.size === 0) return;
  const names = Array.from(columns.keys(), (field) => field.name).join(",");
  const plan = planFor(database, model, `update ${names} ${keys.length}`, () => {
    const writer = new SqlWriter(database);
    const assignments = writeAssignments(writer, model, [...columns.keys()], "");
    const sql = `update ${writer.table(model)} set ${assignments} where ${keyList(writer, model, keys.length)}`;
    return { sql, bind: writer.binder(), map: undefined };
  });
  await database.execute(plan.sql, plan.bind([...assigned(database, columns), ...keys]));
}

function assigned(database: Database, columns: ReadonlyMap<FieldInfo, Plain>): unknown[] {
  return Array.from(columns, ([field, value]) => driverValue(value, field, database));
}

function writeAssignments(writer: SqlWriter, model: ModelClass, fields: readonly FieldInfo[], alias: string): string {
  const { version } = modelFields(model);
  const parts = fields.map((field) => `${writer.column("", model, field)} = ${writer.take()()}`);
  if (version !== undefined)
    parts.push(`${writer.column("", model, version)} = ${nextVersion(writer, model, version, alias)}`);
  // A change of members alone leaves the columns as they are; the key stands in, so that the statement is one.
  const key = writer.column("", model, modelFields(model).primary);
  return parts.length === 0 ? `${key} = ${writer.primary(alias, model)}` : parts.join(", ");
}

function nextVersion(writer: SqlWriter, model: ModelClass, version: FieldInfo, alias: string): string {
  if (version.kind !== "datetime") return `${writer.column(alias, model, version)} + 1`;
  return {
    sqlite: "cast(unixepoch('subsec') * 1000 as integer)",
    postgres: "current_timestamp(3)",
    mysql: "current_timestamp(3)",
  }[writer.dialect];
}

function keyList(writer: SqlWriter, model: ModelClass, count: number): string {
  const { primary } = modelFields(model);
  return `${writer.primary("", model)} in (${Array.from({ length: count }, () => writer.take(primary)()).join(", ")})`;
}

function returning(writer: SqlWriter, model: ModelClass, alias: string): string {
  // SQLite knows no alias here.
  const { primary } = modelFields(model);
  const column = writer.primary(writer.dialect === "postgres" ? alias : "", model);
  return `returning ${writer.readable(column, primary)} as ${writer.name(primary.name)}`;
}

function filtered(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
}

function keyMapper(database: Database, model: ModelClass): Plan["map"] {
  return compileRowMapper([modelFields(model).primary], database.dialect);
}

async function runForKeys(
  database: Database,
  model: ModelClass,
  plan: Plan,
  values: readonly unknown[],
): Promise<PlainKey[]> {
  const { rows } = await database.execute(plan.sql, plan.bind(values));
  plan.map?.(rows);
  const { name } = modelFields(model).primary;
  return rows.map((row) => row[name] as PlainKey);
}

function told(model: ModelClass, action: "update" | "delete", ids: readonly PlainKey[]): void {
  if (ids.length > 0) announce({ model: modelDefinition(model).name, action, ids });
}

function chunks<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / KEYS_AT_ONCE) }, (_, index) =>
    list.slice(index * KEYS_AT_ONCE, (index + 1) * KEYS_AT_ONCE),
  );
}
