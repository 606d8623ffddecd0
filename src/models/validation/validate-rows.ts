import { currentDatabase } from "../database/context.ts";
import type { Database } from "../database/database.ts";
import { type FieldInfo, fieldInfo, primaryField } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";
import type { Plain } from "../schema/plain.ts";
import type { PlainValues } from "./row-values.ts";

/** Keys asked for in one statement. */
const KEYS_AT_ONCE = 500;

/** A condition under construction: its text and the values bound in it. */
class Statement {
  readonly parameters: unknown[] = [];
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  table(model: ModelClass): string {
    const { schema, tableName } = this.#database.meta(model);
    const table = this.#database.quote(tableName);
    return schema === undefined || schema === "*" ? table : `${this.#database.quote(schema)}.${table}`;
  }

  column(field: FieldInfo): string {
    return this.#database.quote(field.column);
  }

  bind(field: FieldInfo, value: Plain): string {
    this.parameters.push(fieldKinds[field.kind].toDriver(value, this.#database.dialect, field));
    return this.#database.placeholder(this.parameters.length - 1);
  }

  equals(field: FieldInfo, value: Plain): string {
    return `${this.column(field)} = ${this.bind(field, value)}`;
  }

  async rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#database.execute(sql, this.parameters)).rows;
  }
}

/** Whether a row other than the one with `key` has these values. */
export async function hasOther(
  model: ModelClass,
  values: readonly (readonly [field: FieldInfo, value: Plain])[],
  key: Plain | undefined,
): Promise<boolean> {
  const statement = new Statement(currentDatabase());
  const same = values.map(([field, value]) => statement.equals(field, value));
  const others = key === undefined || key === null ? [] : [`not (${statement.equals(primaryField(model), key)})`];
  const rows = await statement.rows(
    `select 1 as found from ${statement.table(model)} where ${[...same, ...others].join(" and ")} limit 1`,
  );
  return rows.length > 0;
}

/** Whether every key names a row. */
export async function allExist(model: ModelClass, keys: readonly Plain[]): Promise<boolean> {
  const primary = primaryField(model);
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    const some = keys.slice(start, start + KEYS_AT_ONCE);
    const statement = new Statement(currentDatabase());
    const places = some.map((key) => statement.bind(primary, key)).join(", ");
    const rows = await statement.rows(
      `select count(*) as found from ${statement.table(model)} where ${statement.column(primary)} in (${places})`,
    );
    if (Number(rows[0]?.found) !== some.length) return false;
  }
  return true;
}

/** The columns of the row with this key; empty when it is gone. */
export async function storedValues(model: ModelClass, key: Plain): Promise<PlainValues> {
  const database = currentDatabase();
  const statement = new Statement(database);
  const fields = fieldInfo(model).filter((field) => field.column !== "" && !field.hidden);
  const list = fields.map((field) => statement.column(field)).join(", ");
  const where = statement.equals(primaryField(model), key);
  const [row] = await statement.rows(`select ${list} from ${statement.table(model)} where ${where}`);
  const values: PlainValues = {};
  for (const field of row === undefined ? [] : fields) {
    values[field.name] = fieldKinds[field.kind].fromDriver(row?.[field.column], database.dialect, field);
  }
  return values;
}
